"""Shared terminals, and how people come in there: by badge and PIN."""

from typing import Any
from uuid import UUID

from flask import request

from api.accounts import flows, queries, service, user_agents
from api.accounts.errors import (
    AccountNotFound,
    BadCredentials,
    BadgeRefused,
    BadgeTaken,
    CurrentPasswordWrong,
    EnrolmentCodeInvalid,
    GrantExceedsOwn,
    LocationUnknown,
    PinTooSimple,
    RoleUnknown,
    StaffNotFound,
    TerminalNotFound,
    TerminalUnknown,
)
from api.accounts.queries import terminals as terminal_queries
from api.accounts.schemas.staff import StaffMemberSchema, StaffSignedInSchema
from api.accounts.schemas.terminals import (
    BadgeSchema,
    BadgeSignInSchema,
    EnrolmentCodeSchema,
    MadeTerminalSchema,
    NewTerminalSchema,
    OwnPinSchema,
    TerminalKeySchema,
    TerminalSchema,
)
from api.kernel.permissions import Permission
from api.platform import rate_limits
from api.platform.auth import principal, public, requires, staff_only
from api.platform.db import transaction
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent, idempotent_steps
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.rate_limits import by_address, by_badge, by_person, limiter, was_refused
from api.platform.storefronts import client_address

Answer = tuple[dict[str, Any], dict[str, str]]

NOT_STORED = {"Cache-Control": "no-store"}

blueprint = Blueprint(
    "terminals",
    __name__,
    url_prefix="/api/v1/admin",
    description="Consoles that several people share.",
)


@blueprint.route("/terminals")
@requires(Permission.STAFF_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(TerminalSchema))
def list_terminals(query: PageQuery) -> dict[str, object]:
    """List the shared terminals, the newest first, those revoked included."""
    return terminal_queries.terminal_page(**query)


@blueprint.route("/terminals", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(GrantExceedsOwn, LocationUnknown, TerminalNotFound)
@blueprint.arguments(NewTerminalSchema, as_kwargs=True)
@blueprint.response(201, MadeTerminalSchema, headers=LOCATED)
def create_terminal(name: str, location: str | None) -> Answer:
    """Make a terminal; its code enrols one console within the hour.

    Takes no `Idempotency-Key`: the answer is a secret, which is not kept; make another one.
    """
    with transaction():
        made = service.create_terminal(name=name, location=location, by=principal())
    card = terminal_queries.terminal(made.id) | {"enrolment_code": made.code}
    return card, {"Location": f"{blueprint.url_prefix}/terminals/{made.id}", **NOT_STORED}


@blueprint.route("/terminals/<uuid:terminal_id>")
@requires(Permission.STAFF_READ)
@may_answer(TerminalNotFound)
@blueprint.response(200, TerminalSchema)
def get_terminal(terminal_id: UUID) -> dict[str, object]:
    """Show a terminal."""
    return terminal_queries.terminal(terminal_id)


@blueprint.route("/terminals/<uuid:terminal_id>/revoke", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(TerminalNotFound)
@idempotent(required=False)
@blueprint.response(200, TerminalSchema)
def revoke_terminal(terminal_id: UUID) -> dict[str, object]:
    """Shut a terminal out at once, with everybody who is signed in there."""
    service.revoke_terminal(terminal_id, by=principal())
    return terminal_queries.terminal(terminal_id)


@blueprint.route("/auth/enrol-terminal", methods=["POST"])
@public
@may_answer(EnrolmentCodeInvalid)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@blueprint.arguments(EnrolmentCodeSchema)
@blueprint.response(200, TerminalKeySchema)
def enrol_terminal(body: dict[str, str]) -> Answer:
    """Trade the code of a terminal for its key, once.

    Takes no `Idempotency-Key`: the code is good once, and the answer is a secret.
    """
    with transaction():
        row, key = service.enrol_terminal(body["code"])
    return {"id": row.id, "name": row.name, "terminal_key": key}, NOT_STORED


@blueprint.route("/auth/badge", methods=["POST"])
@public
@may_answer(BadCredentials, BadgeRefused, TerminalUnknown)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_badge, deduct_when=was_refused)
@blueprint.arguments(BadgeSignInSchema)
@blueprint.response(200, StaffSignedInSchema)
def sign_in_by_badge(body: dict[str, str]) -> Answer:
    """Sign somebody in at an enrolled terminal, by their badge and its PIN.

    Opens warehouse work and nothing else, for an hour without a visit and a shift at most. After
    10 wrong PINs in a row a badge opens nothing until its PIN is set anew.
    Takes no `Idempotency-Key`: the answer is a secret, which is not kept.
    """
    device = user_agents.describe(request.user_agent.string, client_address())
    return flows.sign_in_by_badge(**body, device=device), NOT_STORED


@blueprint.route("/staff/<uuid:user_id>/badge", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(BadgeTaken, GrantExceedsOwn, PinTooSimple, RoleUnknown, StaffNotFound)
@idempotent_steps()
@blueprint.arguments(BadgeSchema, as_kwargs=True)
@blueprint.response(200, StaffMemberSchema)
def set_badge(user_id: UUID, code: str | None, pin: str) -> dict[str, object]:
    """Give somebody a badge and a PIN, in place of the ones before."""
    flows.set_badge(user_id, code=code, pin=pin, by=principal())
    return queries.staff_member(user_id)


@blueprint.route("/me/pin", methods=["POST"])
@staff_only
@may_answer(AccountNotFound, CurrentPasswordWrong, PinTooSimple, StaffNotFound)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@idempotent_steps()
@blueprint.arguments(OwnPinSchema)
@blueprint.response(204)
def set_pin(body: dict[str, str]) -> None:
    """Change the PIN of one's badge."""
    flows.set_pin(principal(), current=body["current_password"], pin=body["pin"])
