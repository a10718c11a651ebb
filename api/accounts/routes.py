"""Routes of customers: registration, sign-in, account, addresses, sessions."""

from typing import Any, Unpack
from uuid import UUID

from flask import request

from api.accounts import flows, queries, service, user_agents
from api.accounts.errors import (
    AccountNotFound,
    AddressIncomplete,
    AddressNotFound,
    BadCredentials,
    CurrentPasswordWrong,
    EmailAlreadyVerified,
    PasswordRefused,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    RefreshTokenReused,
    ResetTokenInvalid,
    SessionNotFound,
    TooManyAddresses,
    VerificationInvalid,
)
from api.accounts.roles import AccountKind
from api.accounts.schemas import (
    AcceptedSchema,
    AddressBookEntrySchema,
    AddressEditSchema,
    CredentialsSchema,
    ForgottenPasswordSchema,
    MeEditSchema,
    MeSchema,
    NewPasswordByTokenSchema,
    PasswordChangeSchema,
    RefreshSchema,
    RegistrationSchema,
    SavedAddressSchema,
    SessionSchema,
    SignedInSchema,
    VerificationSchema,
)
from api.platform import auth, rate_limits
from api.platform.auth import customers_only, public
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent, idempotent_steps
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.rate_limits import (
    by_account,
    by_address,
    by_person,
    by_refresh_token,
    by_storefront,
    limiter,
    speaks_for_itself,
    was_refused,
    was_wrong,
)
from api.platform.storefronts import client_address

Answer = tuple[dict[str, Any], dict[str, str]]

NOT_STORED = {"Cache-Control": "no-store"}

blueprint = Blueprint(
    "auth", __name__, url_prefix="/api/v1/auth", description="Customers sign in and out."
)
users = Blueprint(
    "users", __name__, url_prefix="/api/v1/users", description="What belongs to a customer."
)

_REGISTERED = "Thank you. If this address is new here, its account is ready: sign in."
_VERIFICATION = "An e-mail with a link is on its way to you."
_RESET = "If this address has an account, an e-mail with a link is on its way to it."


@blueprint.route("/register", methods=["POST"])
@public
@may_answer(PasswordRefused)
@limiter.limit(rate_limits.REGISTER_BY_ADDRESS, key_func=by_address)
@limiter.limit(rate_limits.REGISTER, key_func=by_account)
@idempotent_steps(strangers=True)
@blueprint.arguments(RegistrationSchema)
@blueprint.response(202, AcceptedSchema)
def register(body: dict[str, str]) -> dict[str, str]:
    """Open a customer account.

    The answer is the same for an address that has an account already; its owner gets an e-mail.
    """
    flows.register(**body)
    return {"detail": _REGISTERED}


@blueprint.route("/login", methods=["POST"])
@public
@may_answer(BadCredentials)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@limiter.limit(
    rate_limits.SIGN_IN_BY_STOREFRONT,
    key_func=by_storefront,
    exempt_when=speaks_for_itself,
    deduct_when=was_refused,
)
@limiter.limit(rate_limits.SIGN_IN_BY_ACCOUNT, key_func=by_account, deduct_when=was_wrong)
@blueprint.arguments(CredentialsSchema)
@blueprint.response(200, SignedInSchema)
def login(body: dict[str, str]) -> Answer:
    """Sign a customer in.

    `device_token` proves next time that this device was signed in before: send it along, so that
    somebody who guesses passwords elsewhere cannot lock you out.
    Takes no `Idempotency-Key`: the answer is a secret, which is not kept; ask again for another.
    """
    return flows.sign_in(AccountKind.CUSTOMER, **body, device=_device()), NOT_STORED


@blueprint.route("/refresh", methods=["POST"])
@public
@may_answer(RefreshTokenExpired, RefreshTokenInvalid, RefreshTokenReused)
@limiter.limit(rate_limits.REFRESH_BY_ADDRESS, key_func=by_address)
@limiter.limit(rate_limits.REFRESH, key_func=by_refresh_token)
@blueprint.arguments(RefreshSchema)
@blueprint.response(200, SignedInSchema)
def refresh_tokens(body: dict[str, str]) -> Answer:
    """Trade a refresh token for the next pair of tokens.

    Each is good once; two tabs that come with one within ten seconds, from the same browser and
    network, get a pair each. One that comes again later ends the whole sign-in (`token_reused`).
    Takes no `Idempotency-Key`: the answer is a secret, which is not kept.
    """
    signed_in = flows.refresh(AccountKind.CUSTOMER, body["refresh_token"], device=_device())
    return signed_in, NOT_STORED


@blueprint.route("/logout", methods=["POST"])
@public
@limiter.limit(rate_limits.REFRESH_BY_ADDRESS, key_func=by_address)
@limiter.limit(rate_limits.REFRESH, key_func=by_refresh_token)
@blueprint.arguments(RefreshSchema)
@blueprint.response(204)
def logout(body: dict[str, str]) -> None:
    """End a sign-in. Says nothing about whether there was one.

    Takes no `Idempotency-Key`: to end it twice is to end it once.
    """
    with transaction():
        service.revoke_token_family(AccountKind.CUSTOMER, body["refresh_token"])


@blueprint.route("/forgot-password", methods=["POST"])
@public
@limiter.limit(rate_limits.REGISTER, key_func=by_address)
@limiter.limit(rate_limits.REGISTER, key_func=by_account)
@idempotent(required=False, strangers=True)
@blueprint.arguments(ForgottenPasswordSchema)
@blueprint.response(202, AcceptedSchema)
def forgot_password(body: dict[str, str]) -> dict[str, str]:
    """Request an e-mail with a link to set a new password. The link is valid for an hour, once."""
    service.request_reset(body["email"])
    return {"detail": _RESET}


@blueprint.route("/reset-password", methods=["POST"])
@public
@may_answer(PasswordRefused, ResetTokenInvalid)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@limiter.limit(
    rate_limits.SIGN_IN_BY_STOREFRONT,
    key_func=by_storefront,
    exempt_when=speaks_for_itself,
    deduct_when=was_refused,
)
@idempotent_steps(strangers=True)
@blueprint.arguments(NewPasswordByTokenSchema)
@blueprint.response(204)
def reset_password(body: dict[str, str]) -> None:
    """Set a new password with the token of the e-mail; every session ends."""
    flows.reset_password(**body)


@blueprint.route("/verify-email", methods=["POST"])
@public
@may_answer(VerificationInvalid)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@blueprint.arguments(VerificationSchema)
@blueprint.response(204)
def verify_email(body: dict[str, str]) -> None:
    """Prove an e-mail address with the token of the link that was mailed to it.

    What was ordered with the address as a guest joins the account. Takes no `Idempotency-Key`: a
    link opens once.
    """
    with transaction():
        service.verify_email(body["token"])


@users.route("/me/verify-email", methods=["POST"])
@customers_only
@may_answer(AccountNotFound, EmailAlreadyVerified)
@limiter.limit(rate_limits.REGISTER, key_func=by_person)
@idempotent(required=False)
@users.response(202, AcceptedSchema)
def request_verification() -> dict[str, str]:
    """Have another link mailed to prove one's e-mail address. It opens once, within two days."""
    service.request_verification(_customer())
    return {"detail": _VERIFICATION}


@users.route("/me")
@customers_only
@may_answer(AccountNotFound)
@users.response(200, MeSchema)
def get_me() -> dict[str, object]:
    """Show one's own account."""
    return queries.me(_customer())


@users.route("/me", methods=["PATCH"])
@customers_only
@may_answer(AccountNotFound)
@versioned
@users.arguments(MeEditSchema, as_kwargs=True)
@users.response(200, MeSchema)
def update_me(expected_version: int, full_name: str) -> dict[str, object]:
    """Change one's own account."""
    with transaction():
        service.rename(_customer(), full_name=full_name, expected_version=expected_version)
        return queries.me(_customer())


@users.route("/me/password", methods=["POST"])
@customers_only
@may_answer(AccountNotFound, CurrentPasswordWrong, PasswordRefused)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@idempotent_steps()
@users.arguments(PasswordChangeSchema)
@users.response(204)
def change_password(body: dict[str, str]) -> None:
    """Change one's own password; every other session ends."""
    flows.change_password(
        _customer(),
        current=body["current_password"],
        new=body["password"],
        keep=auth.sign_in_id(),
    )


@users.route("/me/addresses")
@customers_only
@users.arguments(PageQuerySchema, location="query")
@users.response(200, list_schema(SavedAddressSchema))
def list_addresses(query: PageQuery) -> dict[str, object]:
    """List one's addresses."""
    return queries.address_page(_customer(), **query)


@users.route("/me/addresses", methods=["POST"])
@customers_only
@may_answer(AddressNotFound, TooManyAddresses)
@idempotent(required=False)
@users.arguments(AddressBookEntrySchema)
@users.response(201, SavedAddressSchema, headers=LOCATED)
def add_address(body: dict[str, object]) -> Answer:
    """Add an address."""
    address_id = service.add_address(_customer(), body)
    location = f"/api/v1/users/me/addresses/{address_id}"
    return queries.address(_customer(), address_id), {"Location": location}


@users.route("/me/addresses/<uuid:address_id>")
@customers_only
@may_answer(AddressNotFound)
@users.response(200, SavedAddressSchema)
def get_address(address_id: UUID) -> dict[str, object]:
    """Show one of one's addresses."""
    return queries.address(_customer(), address_id)


@users.route("/me/addresses/<uuid:address_id>", methods=["PATCH"])
@customers_only
@may_answer(AddressIncomplete, AddressNotFound)
@versioned
@users.arguments(AddressEditSchema(partial=True))
@users.response(200, SavedAddressSchema)
def update_address(
    body: dict[str, object], address_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change an address. As a default it takes over from the one before."""
    with transaction():
        service.edit_address(
            _customer(), address_id, changes=body, expected_version=expected_version
        )
        return queries.address(_customer(), address_id)


@users.route("/me/addresses/<uuid:address_id>", methods=["DELETE"])
@customers_only
@may_answer(AddressNotFound)
@versioned
@users.response(204)
def delete_address(address_id: UUID, expected_version: int) -> None:
    """Delete an address. Orders keep their own copy."""
    with transaction():
        service.remove_address(_customer(), address_id, expected_version=expected_version)


@users.route("/me/sessions")
@customers_only
@users.arguments(PageQuerySchema, location="query", as_kwargs=True)
@users.response(200, list_schema(SessionSchema))
def list_sessions(**page: Unpack[PageQuery]) -> dict[str, object]:
    """List the devices on which one is signed in."""
    return queries.sign_in_page(_customer(), current=auth.sign_in_id(), **page)


@users.route("/me/sessions/<uuid:session_id>", methods=["DELETE"])
@customers_only
@may_answer(SessionNotFound)
@users.response(204)
def end_session(session_id: UUID) -> None:
    """Sign a device out: its refresh token is dead, its access token when it runs out.

    Needs no If-Match: a session has nothing that two people could edit, and must end at once.
    """
    with transaction():
        service.end_session(_customer(), session_id)


def _customer() -> UUID:
    """Return who asks; the guard has let in a customer."""
    user_id = auth.principal().id
    assert user_id is not None
    return user_id


def _device() -> user_agents.Device:
    return user_agents.describe(request.user_agent.string, client_address())
