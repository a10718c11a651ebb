"""The list of e-mails, for staff."""

from uuid import UUID

from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.notifications import queries, service
from api.notifications.errors import EmailBeingSent, EmailContainsSecret, EmailNotFound
from api.notifications.queries import EmailFilter
from api.notifications.schemas import EmailCardSchema, EmailListQuerySchema, EmailSchema
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "emails",
    __name__,
    url_prefix="/api/v1/admin/emails",
    description="Which e-mails were sent, and what became of them.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@blueprint.arguments(EmailListQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(EmailCardSchema))
def list_emails(
    limit: int,
    cursor: str | None,
    status: str | None,
    subject_id: UUID | None,
    subject_ids: tuple[UUID, ...] | None,
    with_total: bool,
) -> object:
    """List e-mails, newest first."""
    return queries.emails(
        EmailFilter(
            status=status,
            subject_id=subject_id,
            subject_ids=subject_ids,
        ),
        limit=limit,
        cursor=cursor,
        with_total=with_total,
    )


@blueprint.route("/<uuid:email_id>", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@may_answer(EmailNotFound)
@blueprint.response(200, EmailSchema)
def get_email(email_id: UUID) -> object:
    """Read one e-mail."""
    return queries.email(email_id)


@blueprint.route("/<uuid:email_id>/resend", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(InvalidState, EmailContainsSecret, EmailBeingSent, EmailNotFound)
@idempotent(required=True)
@blueprint.response(202, EmailSchema)
def resend_email(email_id: UUID) -> object:
    """Send an e-mail again, under a new Message-ID when it was sent before.

    The e-mail goes out a moment later; its status tells when it has.
    """
    service.resend(email_id, by=principal())
    return queries.email(email_id)
