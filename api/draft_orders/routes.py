"""Links that customers open: to pay, and to see an order that was looked up."""

from api.accounts.errors import AccountNotFound
from api.catalog.errors import VariantNotFound
from api.checkout.errors import AddressRequired, CartNotPurchasable
from api.draft_orders import flows
from api.draft_orders.errors import (
    DraftIncomplete,
    DraftNotFound,
    PricesNotApproved,
    QuoteChanged,
    QuoteExpired,
)
from api.draft_orders.schemas import (
    LinkTokenSchema,
    LookUpAnswerSchema,
    LookUpSchema,
    OpenedLinkSchema,
)
from api.inventory.errors import InsufficientStock
from api.kernel.errors import InvalidState
from api.orders.errors import (
    LinkExpired,
    LinkNotFound,
    LinkOpened,
    LinkVoid,
    NothingIsDue,
    OrderNotFound,
)
from api.orders.service import links
from api.payments.errors import AmountBelowMinimum, AmountNotChargeable
from api.platform import rate_limits
from api.platform.auth import anyone, principal, public
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.openapi_errors import may_answer
from api.platform.rate_limits import by_account, by_address, limiter, was_refused
from api.promotions.errors import DiscountUsedUp
from api.shipping.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.tax.errors import CountryNotSold, MarketMismatch, TaxRuleMissing

blueprint = Blueprint(
    "order-links",
    __name__,
    url_prefix="/api/v1/order-links",
    description="Links in e-mails that open an order.",
)

ANSWER = (
    "If there is such an order, a link to it was mailed to this address. It is good for an hour."
)


@blueprint.route("/pay", methods=["POST"], tags=["orders"])
@public
@may_answer(
    AccountNotFound,
    AddressRequired,
    AmountBelowMinimum,
    AmountNotChargeable,
    CartNotPurchasable,
    CountryNotSold,
    DraftIncomplete,
    DraftNotFound,
    DiscountUsedUp,
    InsufficientStock,
    InvalidState,
    LinkExpired,
    LinkNotFound,
    LinkOpened,
    LinkVoid,
    MarketMismatch,
    NothingIsDue,
    OrderNotFound,
    PricesNotApproved,
    QuoteChanged,
    QuoteExpired,
    ShippingMethodNotFound,
    ShippingNotAvailable,
    TaxRuleMissing,
    VariantNotFound,
)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@blueprint.arguments(LinkTokenSchema)
@blueprint.response(200, OpenedLinkSchema)
def open_pay_link(body: dict[str, str]) -> object:
    """Open the link of a pay e-mail, once; then create a PaymentIntent with the token it gives.

    Takes no `Idempotency-Key`: a link opens once. A draft becomes an order by it, which expires
    after a day without payment.
    """
    with transaction():
        order_id, token = flows.open_pay_link(body["token"])
    return {"order_id": order_id, "access_token": token}


@blueprint.route("/view", methods=["POST"], tags=["orders"])
@anyone
@may_answer(LinkExpired, LinkNotFound, LinkOpened, LinkVoid)
@limiter.limit(rate_limits.SIGN_IN, key_func=by_address, deduct_when=was_refused)
@blueprint.arguments(LinkTokenSchema)
@blueprint.response(200, OpenedLinkSchema)
def open_view_link(body: dict[str, str]) -> object:
    """Open the link of a look-up, once; then read the order with the token it gives.

    Signed in with the same e-mail, all that was ordered with it as a guest joins your account.
    Takes no `Idempotency-Key`: a link opens once.
    """
    with transaction():
        order_id, token = flows.open_view_link(body["token"], by=principal())
    return {"order_id": order_id, "access_token": token}


@blueprint.route("/look-up", methods=["POST"], tags=["orders"])
@public
@limiter.limit(rate_limits.REGISTER, key_func=by_address)
@limiter.limit(rate_limits.REGISTER, key_func=by_account)
@blueprint.arguments(LookUpSchema)
@blueprint.response(202, LookUpAnswerSchema)
def look_up_order(body: dict[str, str]) -> object:
    """Have a link to an order mailed, by its number and e-mail, without an account.

    The answer is the same whether there is such an order or not. Takes no `Idempotency-Key`: each
    request may mail another link.
    """
    number = body["number"].strip().upper().removeprefix("O-").removeprefix("#")[:20]
    with transaction():
        links.request_look_up(number, body["email"])
    return {"detail": ANSWER}
