"""The list of orders for staff, their tags, notes and references, and actions on many."""

from typing import Any
from uuid import UUID

from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.orders import flows, queries, service
from api.orders.errors import (
    HoldNotFound,
    NoteNotFound,
    NotePinnedForCustomer,
    OrderNotFound,
    TooManyNotes,
    TooManyTags,
)
from api.orders.flows import Bulk
from api.orders.queries import handling
from api.orders.schemas import (
    OrderCardSchema,
    OrderHoldRequestSchema,
    OrderHoldSchema,
    OrderListQuerySchema,
)
from api.orders.schemas.handling import (
    BulkActionSchema,
    BulkResultsSchema,
    ChangeTagsSchema,
    NoteSchema,
    OrderNoteSchema,
    TagsSchema,
)
from api.orders.states import BulkAction, HoldReason
from api.platform import audit
from api.platform import external_references as references
from api.platform.auth import principal, requires
from api.platform.external_references import (
    ReferenceTaken,
    Subject,
    SubjectKind,
    TooManySystems,
)
from api.platform.http import Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.reference_schemas import ReferencesSchema, SetReferenceSchema, WrittenReference

blueprint = Blueprint(
    "admin-orders",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Orders, for staff.",
)

_SORTS = {"-placed_at": queries.NEWEST, "placed_at": queries.OLDEST}


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(OrderListQuerySchema, location="query")
@blueprint.response(200, list_schema(OrderCardSchema))
def list_orders(query: dict[str, Any]) -> object:
    """List orders."""
    paging = PageQuery(
        limit=query.pop("limit"), cursor=query.pop("cursor"), with_total=query.pop("with_total")
    )
    sort = _SORTS[query.pop("sort")]
    return queries.list_orders(queries.OrderFilter(**query), sort, by=principal(), **paging)


@blueprint.route("/batch", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@idempotent(required=True)
@blueprint.arguments(BulkActionSchema, as_kwargs=True)
@blueprint.response(200, BulkResultsSchema)
def act_on_orders(
    order_ids: list[UUID], action: str, tags: list[str], reason: str | None, note: str | None
) -> object:
    """Do one thing to up to 100 orders: tag, untag, hold, release or note.

    Each order has a result of its own; what is refused for one changes nothing for the others.
    """
    bulk = Bulk(
        action=BulkAction(action),
        tags=tags,
        reason=HoldReason(reason) if reason else None,
        note=note,
    )
    results = flows.act_on_many(order_ids, bulk, by=principal())
    ended = [one["status"] for one in results]
    counts = {name: ended.count(name) for name in ("done", "unchanged", "refused")}
    return {"data": results, **counts}


@blueprint.route("/<uuid:order_id>/notes", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(OrderNoteSchema))
def list_order_notes(query: PageQuery, order_id: UUID) -> object:
    """List the notes of an order, oldest first, and who has acknowledged the pinned ones."""
    if queries.number_of(order_id) is None:
        raise OrderNotFound(order_id=order_id)
    return handling.notes_page(order_id, principal(), **query)


@blueprint.route("/<uuid:order_id>/notes", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(NoteNotFound, NotePinnedForCustomer, OrderNotFound, TooManyNotes)
@idempotent(required=False)
@blueprint.arguments(NoteSchema, as_kwargs=True)
@blueprint.response(201, OrderNoteSchema)
def add_order_note(order_id: UUID, text: str, for_customer: bool, is_pinned: bool) -> object:
    """Add a note for colleagues, or one that the customer sees with the order."""
    note = service.note(
        order_id, text=text, for_customer=for_customer, is_pinned=is_pinned, by=principal()
    )
    # The text is with the order, where it can be erased on request.
    audit.record(
        "order.noted",
        by=principal(),
        subject_id=order_id,
        characters=len(text),
        for_customer=for_customer,
        is_pinned=is_pinned,
    )
    return handling.note(note.id, principal())


@blueprint.route("/<uuid:order_id>/tags", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(OrderNotFound, TooManyTags)
@idempotent(required=False)
@blueprint.arguments(ChangeTagsSchema, as_kwargs=True)
@blueprint.response(200, TagsSchema)
def change_order_tags(order_id: UUID, add: list[str], remove: list[str]) -> object:
    """Add and remove tags of an order."""
    order = service.lock(order_id)
    before = list(order.tags)
    service.change_tags(order, add=add, remove=remove, by=principal())
    audit.record(
        "order.tagged", by=principal(), subject_id=order_id, before=before, after=list(order.tags)
    )
    return {"tags": order.tags, "version": order.version}


@blueprint.route("/<uuid:order_id>/references", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(OrderNotFound, ReferenceTaken, TooManySystems)
@idempotent(required=False)
@blueprint.arguments(SetReferenceSchema)
@blueprint.response(200, ReferencesSchema)
def set_order_reference(body: WrittenReference, order_id: UUID) -> object:
    """Write what another system keeps about an order; nothing removes it."""
    order = service.lock(order_id)
    kept = references.set_reference(Subject(SubjectKind.ORDER, order.id), **body, by=principal())
    return {"data": kept}


@blueprint.route("/<uuid:order_id>/holds", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(HoldNotFound, InvalidState, OrderNotFound)
@idempotent(required=True)
@blueprint.arguments(OrderHoldRequestSchema, as_kwargs=True)
@blueprint.response(201, OrderHoldSchema)
def hold_order(order_id: UUID, reason: str, note: str | None) -> object:
    """Put an order on hold. It is out of the queue until all of its holds are released."""
    order = service.lock(order_id)
    hold = service.hold(order, HoldReason(reason), note=note, by=principal())
    audit.record("order.held", by=principal(), subject_id=order_id, reason=reason)
    return queries.hold(hold.id)
