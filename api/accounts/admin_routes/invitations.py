"""Invitations onto the staff, and how they are answered."""

from uuid import UUID

from api.accounts import flows, service
from api.accounts import queries as people
from api.accounts.errors import (
    EmailTaken,
    GrantExceedsOwn,
    InvitationInvalid,
    InvitationNotFound,
    PasswordRefused,
    RoleUnknown,
)
from api.accounts.queries import staff as queries
from api.accounts.schemas.staff import (
    AcceptInvitationSchema,
    InvitationSchema,
    NewInvitationSchema,
    StaffMeSchema,
)
from api.kernel.permissions import Permission
from api.platform import rate_limits
from api.platform.auth import principal, public, requires
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.rate_limits import by_address, limiter, was_refused

blueprint = Blueprint(
    "invitations",
    __name__,
    url_prefix="/api/v1/admin",
    description="People who are asked onto the staff by e-mail.",
)


@blueprint.route("/invitations")
@requires(Permission.STAFF_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(InvitationSchema))
def list_invitations(query: PageQuery) -> dict[str, object]:
    """List the invitations, the newest first, those answered or run out included."""
    return queries.invitation_page(**query)


@blueprint.route("/invitations", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(EmailTaken, GrantExceedsOwn, InvitationNotFound, RoleUnknown)
@idempotent(required=False)
@blueprint.arguments(NewInvitationSchema)
@blueprint.response(201, InvitationSchema, headers=LOCATED)
def create_invitation(body: dict[str, str]) -> tuple[dict[str, object], dict[str, str]]:
    """Ask somebody onto the staff by e-mail, in a role that is fixed now.

    The code of the e-mail is valid once, for two weeks. Inviting an address again replaces the
    earlier invitation, so a lost e-mail is sent again this way.
    """
    invitation_id = service.invite(**body, by=principal())
    headers = {"Location": f"{blueprint.url_prefix}/invitations/{invitation_id}"}
    return queries.invitation(invitation_id), headers


@blueprint.route("/invitations/<uuid:invitation_id>")
@requires(Permission.STAFF_READ)
@may_answer(InvitationNotFound)
@blueprint.response(200, InvitationSchema)
def get_invitation(invitation_id: UUID) -> dict[str, object]:
    """Show an invitation and what became of it."""
    return queries.invitation(invitation_id)


@blueprint.route("/invitations/<uuid:invitation_id>/revoke", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(InvitationNotFound)
@idempotent(required=False)
@blueprint.response(200, InvitationSchema)
def revoke_invitation(invitation_id: UUID) -> dict[str, object]:
    """Take an open invitation back: its code is worthless at once."""
    service.revoke(invitation_id, by=principal())
    return queries.invitation(invitation_id)


@blueprint.route("/auth/accept-invitation", methods=["POST"])
@public
@may_answer(InvitationInvalid, PasswordRefused)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@blueprint.arguments(AcceptInvitationSchema)
@blueprint.response(200, StaffMeSchema)
def accept_invitation(body: dict[str, str]) -> dict[str, object]:
    """Join the staff with the code of the e-mail and a password of one's own; then sign in.

    Refuses when the invitation expired, was used or revoked, or when whoever wrote it is not
    here any more or may not give that role any more.
    Takes no `Idempotency-Key`: the code is good once.
    """
    user_id = flows.accept_invitation(**body)
    return people.me(user_id)
