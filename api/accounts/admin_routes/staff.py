"""How staff come in, and how the owner looks after them."""

from typing import Any
from uuid import UUID

from flask import request

from api.accounts import flows, queries, service, user_agents
from api.accounts.errors import (
    AccountNotFound,
    BadCredentials,
    CurrentPasswordWrong,
    EmailTaken,
    GrantExceedsOwn,
    LastOwner,
    LocationUnknown,
    PasswordRefused,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    RefreshTokenReused,
    RoleUnknown,
    SecondFactorRequired,
    SecondFactorWrong,
    StaffNotFound,
)
from api.accounts.roles import AccountKind
from api.accounts.schemas import PasswordChangeSchema, RefreshSchema
from api.accounts.schemas.staff import (
    NewStaffSchema,
    StaffCredentialsSchema,
    StaffEditSchema,
    StaffMemberSchema,
    StaffMeSchema,
    StaffSignedInSchema,
)
from api.kernel.permissions import Permission
from api.platform import auth, rate_limits
from api.platform.auth import principal, public, requires, staff_only
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent_steps
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.rate_limits import (
    by_account,
    by_address,
    by_person,
    by_refresh_token,
    limiter,
    was_refused,
    was_wrong,
)
from api.platform.storefronts import client_address

Answer = tuple[dict[str, Any], dict[str, str]]

NOT_STORED = {"Cache-Control": "no-store"}

blueprint = Blueprint("staff", __name__, url_prefix="/api/v1/admin", description="Staff accounts.")


@blueprint.route("/auth/login", methods=["POST"])
@public
@may_answer(BadCredentials, SecondFactorRequired, SecondFactorWrong)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@limiter.limit(rate_limits.SIGN_IN_BY_ACCOUNT, key_func=by_account, deduct_when=was_wrong)
@blueprint.arguments(StaffCredentialsSchema)
@blueprint.response(200, StaffSignedInSchema)
def login(body: dict[str, str]) -> Answer:
    """Sign a member of staff in.

    `device_token` proves next time that this device was signed in before: send it along, so that
    somebody who guesses passwords elsewhere cannot lock you out. Whoever has a second factor is
    answered `second_factor_required` at first: ask for a code and send everything again with it.
    Takes no `Idempotency-Key`: the answer is a secret, which is not kept; ask again for another.
    """
    try:
        return flows.sign_in(AccountKind.STAFF, **body, device=_device()), NOT_STORED
    except SecondFactorRequired:
        rate_limits.do_not_count()
        raise


@blueprint.route("/auth/refresh", methods=["POST"])
@public
@may_answer(RefreshTokenExpired, RefreshTokenInvalid, RefreshTokenReused)
@limiter.limit(rate_limits.REFRESH_BY_ADDRESS, key_func=by_address)
@limiter.limit(rate_limits.REFRESH, key_func=by_refresh_token)
@blueprint.arguments(RefreshSchema)
@blueprint.response(200, StaffSignedInSchema)
def refresh_tokens(body: dict[str, str]) -> Answer:
    """Trade a refresh token of staff for the next pair of tokens.

    Each is good once; two tabs that come with one within ten seconds, from the same browser and
    network, get a pair each. One that comes again later ends the whole sign-in (`token_reused`).
    Takes no `Idempotency-Key`: the answer is a secret, which is not kept.
    """
    signed_in = flows.refresh(AccountKind.STAFF, body["refresh_token"], device=_device())
    return signed_in, NOT_STORED


@blueprint.route("/auth/logout", methods=["POST"])
@public
@limiter.limit(rate_limits.REFRESH_BY_ADDRESS, key_func=by_address)
@limiter.limit(rate_limits.REFRESH, key_func=by_refresh_token)
@blueprint.arguments(RefreshSchema)
@blueprint.response(204)
def logout(body: dict[str, str]) -> None:
    """End a sign-in of staff. Says nothing about whether there was one.

    Takes no `Idempotency-Key`: to end it twice is to end it once.
    """
    with transaction():
        service.revoke_token_family(AccountKind.STAFF, body["refresh_token"])


@blueprint.route("/me")
@staff_only
@may_answer(AccountNotFound)
@blueprint.response(200, StaffMeSchema)
def get_me() -> dict[str, object]:
    """Show one's own account and what one may do."""
    return queries.me(_own_id()) | {"permissions": sorted(principal().permissions)}


@blueprint.route("/me/password", methods=["POST"])
@staff_only
@may_answer(AccountNotFound, CurrentPasswordWrong, PasswordRefused)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@idempotent_steps()
@blueprint.arguments(PasswordChangeSchema)
@blueprint.response(204)
def change_password(body: dict[str, str]) -> None:
    """Change one's own password; every other session ends."""
    flows.change_password(
        _own_id(), current=body["current_password"], new=body["password"], keep=auth.sign_in_id()
    )


@blueprint.route("/staff")
@requires(Permission.STAFF_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(StaffMemberSchema))
def list_staff(query: PageQuery) -> dict[str, object]:
    """List the staff by name, those who left included."""
    return queries.staff_page(**query)


@blueprint.route("/staff", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(EmailTaken, GrantExceedsOwn, PasswordRefused, RoleUnknown, StaffNotFound)
@idempotent_steps()
@blueprint.arguments(NewStaffSchema)
@blueprint.response(201, StaffMemberSchema, headers=LOCATED)
def create_staff_member(body: dict[str, str]) -> Answer:
    """Take someone on with a first password; an address is on the staff once (`email_taken`)."""
    user_id = flows.create_staff_user(**body, by=principal())
    return queries.staff_member(user_id), {"Location": f"/api/v1/admin/staff/{user_id}"}


@blueprint.route("/staff/<uuid:user_id>")
@requires(Permission.STAFF_READ)
@may_answer(StaffNotFound)
@blueprint.response(200, StaffMemberSchema)
def get_staff_member(user_id: UUID) -> dict[str, object]:
    """Show a member of staff."""
    return queries.staff_member(user_id)


@blueprint.route("/staff/<uuid:user_id>", methods=["PATCH"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(GrantExceedsOwn, LastOwner, LocationUnknown, RoleUnknown, StaffNotFound)
@versioned
@blueprint.arguments(StaffEditSchema(partial=True))
@blueprint.response(200, StaffMemberSchema)
def update_staff_member(
    body: dict[str, object], user_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a member of staff's name, role or locations, or switch them off, at once.

    Nobody gives or takes more than they hold, and the last active owner stays (`last_owner`).
    """
    with transaction():
        service.edit_staff(user_id, by=principal(), expected_version=expected_version, changes=body)
        return queries.staff_member(user_id)


def _own_id() -> UUID:
    """Return who asks; the guard has let in a member of staff."""
    user_id = principal().id
    assert user_id is not None
    return user_id


def _device() -> user_agents.Device:
    return user_agents.describe(request.user_agent.string, client_address())
