"""The letter book, for staff."""

from typing import Any
from uuid import UUID

from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.notifications import queries, service
from api.notifications.errors import LetterHoldsSecret, LetterInHand, LetterNotFound
from api.notifications.queries import LetterFilter
from api.notifications.schemas import LetterCardSchema, LetterListQuerySchema, LetterSchema
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, list_of
from api.platform.idempotency import idempotent
from api.platform.refusals import refuses

blueprint = Blueprint(
    "letters",
    __name__,
    url_prefix="/api/v1/admin/letters",
    description="Which letters were sent, and what became of them.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@blueprint.arguments(LetterListQuerySchema, location="query")
@blueprint.response(200, list_of(LetterCardSchema))
def list_letters(query: dict[str, Any]) -> Any:
    """List letters, newest first."""
    return queries.letters(
        LetterFilter(
            status=query["status"],
            subject_id=query["subject_id"],
            subject_ids=query["subject_ids"],
        ),
        limit=query["limit"],
        cursor=query["cursor"],
        with_total=query["include"] == "total",
    )


@blueprint.route("/<uuid:letter_id>", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@refuses(LetterNotFound)
@blueprint.response(200, LetterSchema)
def get_letter(letter_id: UUID) -> Any:
    """Read one letter."""
    return queries.letter(letter_id)


@blueprint.route("/<uuid:letter_id>/resend", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@refuses(InvalidState, LetterHoldsSecret, LetterInHand, LetterNotFound)
@idempotent(required=True)
@blueprint.response(202, LetterSchema)
def resend_letter(letter_id: UUID) -> Any:
    """Send a letter again, under a new Message-ID when it was sent before.

    The letter goes out a moment later; its status tells when it has.
    """
    service.resend(letter_id, by=principal())
    return queries.letter(letter_id)
