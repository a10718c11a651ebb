"""The second factor of staff: setting it up, showing it, and what helps when it is lost."""

from typing import Any
from uuid import UUID

from api.accounts import flows, service
from api.accounts.errors import (
    AccountNotFound,
    CurrentPasswordWrong,
    GrantExceedsOwn,
    RoleUnknown,
    SecondFactorExists,
    SecondFactorNeeded,
    SecondFactorWrong,
    StaffNotFound,
)
from api.accounts.schemas.staff import (
    CodeSchema,
    EnrolmentSchema,
    OwnPasswordSchema,
    RecoveryCodesSchema,
)
from api.kernel.permissions import Permission
from api.platform import auth, rate_limits
from api.platform.auth import principal, requires, staff_only
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.rate_limits import by_person, limiter, was_refused

Answer = tuple[dict[str, Any], dict[str, str]]

NOT_STORED = {"Cache-Control": "no-store"}

blueprint = Blueprint(
    "second-factor",
    __name__,
    url_prefix="/api/v1/admin",
    description="Codes of an app beside the password.",
)


@blueprint.route("/me/second-factor", methods=["POST"])
@staff_only
@may_answer(AccountNotFound, CurrentPasswordWrong, SecondFactorExists)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@blueprint.arguments(OwnPasswordSchema)
@blueprint.response(201, EnrolmentSchema)
def begin_second_factor(body: dict[str, str]) -> Answer:
    """Make the secret that one's app takes over; it counts once a code of it was confirmed.

    Takes no `Idempotency-Key`: the answer is a secret, which is not kept; ask again for another.
    """
    made = flows.begin_second_factor(principal(), current=body["current_password"])
    return {"secret": made.secret, "uri": made.uri}, NOT_STORED


@blueprint.route("/me/second-factor/confirm", methods=["POST"])
@staff_only
@may_answer(SecondFactorExists, SecondFactorWrong)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@blueprint.arguments(CodeSchema)
@blueprint.response(200, RecoveryCodesSchema)
def confirm_second_factor(body: dict[str, str]) -> Answer:
    """Have the factor count from now on; answers ten recovery codes, told this once.

    Takes no `Idempotency-Key`: a code is good once.
    """
    with transaction():
        codes = service.confirm_second_factor(
            body["code"], sign_in=auth.sign_in_id(), by=principal()
        )
    return {"recovery_codes": codes}, NOT_STORED


@blueprint.route("/me/second-factor/remove", methods=["POST"])
@staff_only
@may_answer(SecondFactorNeeded, SecondFactorWrong)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@blueprint.arguments(CodeSchema)
@blueprint.response(204)
def remove_second_factor(body: dict[str, str]) -> None:
    """Give one's factor up, against one of its codes or a recovery code.

    Takes no `Idempotency-Key`: a code is good once.
    """
    with transaction():
        service.remove_second_factor(body["code"], by=principal())


@blueprint.route("/me/recovery-codes", methods=["POST"])
@staff_only
@may_answer(SecondFactorWrong)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@blueprint.arguments(CodeSchema)
@blueprint.response(200, RecoveryCodesSchema)
def renew_recovery_codes(body: dict[str, str]) -> Answer:
    """Replace one's recovery codes; those of before are worthless.

    Takes no `Idempotency-Key`: a code is good once.
    """
    with transaction():
        codes = service.renew_recovery_codes(body["code"], by=principal())
    return {"recovery_codes": codes}, NOT_STORED


@blueprint.route("/me/step-up", methods=["POST"])
@staff_only
@may_answer(SecondFactorWrong)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_person, deduct_when=was_refused)
@blueprint.arguments(CodeSchema)
@blueprint.response(204)
def step_up(body: dict[str, str]) -> None:
    """Show a code again, for what asks for a fresh one (`step_up_required`) within ten minutes.

    Takes no `Idempotency-Key`: a code is good once.
    """
    with transaction():
        user_id = principal().id
        assert user_id is not None
        service.step_up(user_id, body["code"], sign_in=auth.sign_in_id())


@blueprint.route("/staff/<uuid:user_id>/second-factor/reset", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(GrantExceedsOwn, RoleUnknown, StaffNotFound)
@idempotent(required=False)
@blueprint.response(204)
def reset_second_factor(user_id: UUID) -> None:
    """Take the factor of somebody away who lost it; they are signed out and told by e-mail."""
    service.reset_second_factor(user_id, by=principal())
