"""Pinning notes of orders, and acknowledging them."""

from uuid import UUID

from api.kernel.permissions import Permission
from api.orders import service
from api.orders.errors import NoteNotFound, NotePinnedForCustomer, OrderNotFound
from api.orders.queries import handling
from api.orders.schemas.handling import OrderNoteSchema, PinSchema
from api.platform import audit
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "admin-order-notes",
    __name__,
    url_prefix="/api/v1/admin/order-notes",
    description="Notes about orders, for staff.",
)


@blueprint.route("/<uuid:note_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(NoteNotFound)
@blueprint.response(200, OrderNoteSchema)
def get_order_note(note_id: UUID) -> object:
    """Read one note, and who has acknowledged it."""
    return handling.note(note_id, principal())


@blueprint.route("/<uuid:note_id>", methods=["PATCH"])
@requires(Permission.ORDERS_WRITE)
@may_answer(NoteNotFound, NotePinnedForCustomer, OrderNotFound)
@versioned
@blueprint.arguments(PinSchema)
@blueprint.response(200, OrderNoteSchema)
def pin_order_note(body: dict[str, bool], note_id: UUID, expected_version: int) -> object:
    """Pin a note, so that it interrupts shipping, or unpin it."""
    with transaction():
        note = service.pin(note_id, **body, expected_version=expected_version, by=principal())
        audit.record(
            "order.note_pinned", by=principal(), subject_id=note.order_id, note_id=str(note_id),
            **body,
        )  # fmt: skip
    return handling.note(note_id, principal())


@blueprint.route("/<uuid:note_id>/acknowledge", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(NoteNotFound, OrderNotFound)
@idempotent(required=False)
@blueprint.response(200, OrderNoteSchema)
def acknowledge_order_note(note_id: UUID) -> object:
    """Record that you have read a pinned note; then it no longer keeps you from shipping."""
    note = service.acknowledge(note_id, by=principal())
    audit.record("order.note_read", by=principal(), subject_id=note.order_id, note_id=str(note_id))
    return handling.note(note_id, principal())
