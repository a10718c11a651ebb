"""The withdrawal function: two steps, without an account (Directive (EU) 2023/2673)."""

from typing import TypedDict
from uuid import UUID

from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound
from api.platform import languages, rate_limits
from api.platform.auth import anyone, principal, public
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.rate_limits import by_address, limiter
from api.returns.errors import (
    NO_WITHDRAWAL,
    NothingToWithdraw,
    QuantityExceedsReturnable,
    WithdrawalExcluded,
    WithdrawalPeriodOver,
)
from api.returns.flows import withdrawals as flows
from api.returns.queries import settings as settings_queries
from api.returns.queries import withdrawals as queries
from api.returns.schemas.withdrawals import (
    BeginWithdrawalSchema,
    BegunWithdrawalSchema,
    ConfirmedWithdrawalSchema,
    ConfirmWithdrawalSchema,
    WithdrawalTextsSchema,
    WithdrawnUnits,
)

blueprint = Blueprint(
    "withdrawals",
    __name__,
    url_prefix="/api/v1/withdrawals",
    description="The right to withdraw from a contract, in two steps.",
)


@blueprint.route("/texts", methods=["GET"])
@public
@blueprint.response(200, WithdrawalTextsSchema)
def get_withdrawal_texts() -> object:
    """Read the labels of the two buttons and the sentence of the statement."""
    texts = settings_queries.texts_of(languages.negotiate_language())
    return {name: texts[name] for name in ("withdraw_label", "confirm_label", "statement")}


class BegunWithdrawal(TypedDict):
    """Who withdraws from which order."""

    order_number: str
    name: str
    email: str
    order_id: UUID | None
    lines: list[WithdrawnUnits] | None


@blueprint.route("", methods=["POST"])
@anyone
@limiter.limit(rate_limits.REGISTER_BY_ADDRESS, key_func=by_address)
@may_answer(
    NothingToWithdraw,
    OrderNotFound,
    QuantityExceedsReturnable,
    WithdrawalExcluded,
    WithdrawalPeriodOver,
)
@idempotent(required=False, strangers=True)
@blueprint.arguments(BeginWithdrawalSchema)
@blueprint.response(201, BegunWithdrawalSchema)
def begin_withdrawal(body: BegunWithdrawal) -> object:
    """Begin: "Withdraw from contract here". Shows the statement; nothing is declared yet.

    Needs no account. An order that is not found by its number and e-mail address is taken all the
    same, and staff look for it: the answer does not tell which orders exist.
    """
    order_id = body["order_id"]
    if order_id is not None:
        orders_queries.order_id_of_customer(order_id, principal())
    language = languages.negotiate_language()
    lines = body["lines"]
    begun = flows.begin(
        order_id=order_id,
        order_number=body["order_number"],
        name=body["name"],
        email=body["email"],
        units=None
        if lines is None
        else {line["order_line_id"]: line["quantity"] for line in lines},
        language=language,
    )
    return {
        "id": begun.id,
        "token": begun.token,
        "statement": begun.statement,
        "confirm_label": settings_queries.texts_of(language)["confirm_label"],
        "ends_at": begun.ends_at,
    }


@blueprint.route("/<uuid:withdrawal_id>/confirm", methods=["POST"])
@public
@limiter.limit(rate_limits.REGISTER_BY_ADDRESS, key_func=by_address)
@may_answer(*NO_WITHDRAWAL)
@blueprint.arguments(ConfirmWithdrawalSchema, as_kwargs=True)
@blueprint.response(200, ConfirmedWithdrawalSchema)
def confirm_withdrawal(withdrawal_id: UUID, token: str) -> object:
    """Confirm: "Confirm withdrawal". The notice is given at this moment.

    A receipt with the statement, the date and the time goes to the e-mail address at once. Takes
    no `Idempotency-Key`: confirmed again, it changes nothing.
    """
    flows.confirm(withdrawal_id, token)
    found = queries.withdrawal(withdrawal_id)
    names = ("id", "statement", "email", "confirmed_at")
    return {name: found[name] for name in names}
