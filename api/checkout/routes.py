"""Checking out and paying, for customers and guests; and marking as paid, for staff."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import current_app, request

from api.accounts.errors import AccountNotFound
from api.cart.errors import CartEmpty, CartNotFound
from api.catalog.errors import VariantNotFound
from api.checkout import flows
from api.checkout.errors import (
    AddressRequired,
    CartAlreadyOrdered,
    CartChanged,
    CartNotPurchasable,
    DiscountTooLarge,
    EmailRequired,
    ManualPaymentForCustomers,
    ManualPaymentOff,
    TooMuchUnpaid,
    TotalBelowTendered,
)
from api.checkout.flows import amendments, estimates, staff_discounts, terms
from api.checkout.flows import payments as paying
from api.checkout.flows.amendments import ChangeForm
from api.checkout.flows.order_input import CheckoutForm
from api.checkout.flows.staff_discounts import StaffDiscount
from api.checkout.schemas import (
    AmendOrderSchema,
    Checkout,
    CheckoutSchema,
    EstimateRequestSchema,
    EstimateSchema,
    MarkPaidSchema,
    PaymentIntentSchema,
    PaymentRequestSchema,
    QuoteRequest,
    QuoteRequestSchema,
    QuoteSchema,
    ReservationSchema,
    StaffDiscountSchema,
)
from api.inventory.errors import InsufficientStock
from api.kernel.errors import InvalidState
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound
from api.orders.schemas import OrderSchema
from api.payments.errors import (
    REFUSED_BY_GATEWAY,
    AmountBelowMinimum,
    AmountExceedsDue,
    AmountNotChargeable,
    NothingDue,
    PaymentInProgress,
    WrongCurrency,
)
from api.platform import approvals
from api.platform.auth import anyone, principal, requires
from api.platform.client_country import client_country
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.rate_limits import gift_card_codes
from api.platform.storefronts import client_address, counted_as
from api.promotions.errors import DiscountUsedUp
from api.shipping.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.stored_value.errors import GiftCardNotUsable, StoreCreditNeedsAccount
from api.tax.errors import CountryNotSold, MarketMismatch, TaxRuleMissing, VatIdInvalid
from api.tax.schemas import VatIdSchema

View = TypeVar("View", bound=Callable[..., Any])

checkout = Blueprint(
    "checkout", __name__, url_prefix="/api/v1/checkout", description="From cart to order."
)
payments = Blueprint(
    "payments", __name__, url_prefix="/api/v1/payments", description="Paying for an order."
)
estimates_blueprint = Blueprint(
    "admin-estimates",
    __name__,
    url_prefix="/api/v1/admin/estimates",
    description="What goods would cost in a place, for staff.",
)
orders_blueprint = Blueprint(
    "order-changes",
    __name__,
    url_prefix="/api/v1/orders",
    description="Changing an order that is not paid yet.",
)
admin = Blueprint(
    "admin-payments",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Payments made outside the provider, for staff.",
)


def vat_id_checked(view: View) -> View:
    """Have a VAT id checked before the transaction of a checkout begins: VIES is another network.

    What cannot be read is left for the view to refuse.
    """

    @wraps(view)
    def checked(*args: object, **kwargs: object) -> object:
        form = request.get_json(silent=True)
        address = form.get("shipping_address") if isinstance(form, dict) else None
        typed = form.get("vat_id") if isinstance(form, dict) else None
        if isinstance(address, dict) and isinstance(typed, str):
            terms.check_ahead(typed[:30], str(address.get("country"))[:2])
        return view(*args, **kwargs)

    return cast(View, checked)


@checkout.route("/quote", methods=["POST"])
@anyone
@may_answer(
    AmountBelowMinimum,
    AmountNotChargeable,
    CartEmpty,
    CartNotFound,
    CartNotPurchasable,
    GiftCardNotUsable,
    ShippingMethodNotFound,
    ShippingNotAvailable,
    CountryNotSold,
    MarketMismatch,
    StoreCreditNeedsAccount,
    TaxRuleMissing,
    VatIdInvalid,
)
@gift_card_codes
@checkout.arguments(QuoteRequestSchema)
@checkout.response(200, QuoteSchema)
def quote_checkout(body: QuoteRequest) -> object:
    """Calculate what the cart would cost in a country, and list its shipping methods.

    Takes no `Idempotency-Key`: it changes nothing, and a kept answer could be out of date.
    """
    return flows.quote(principal(), **body)


@checkout.route("/hold", methods=["POST"])
@anyone
@may_answer(CartEmpty, CartNotFound, CartNotPurchasable, InsufficientStock)
@idempotent(required=False)
@checkout.response(200, ReservationSchema)
def reserve_stock() -> object:
    """Reserve the cart's units for 15 minutes; repeating extends the time."""
    return flows.reserve_stock(principal())


@checkout.route("", methods=["POST"])
@anyone
@may_answer(
    AccountNotFound,
    AddressRequired,
    AmountBelowMinimum,
    AmountNotChargeable,
    CartAlreadyOrdered,
    CartChanged,
    CartEmpty,
    CartNotFound,
    CartNotPurchasable,
    DiscountUsedUp,
    EmailRequired,
    GiftCardNotUsable,
    InsufficientStock,
    ManualPaymentForCustomers,
    ManualPaymentOff,
    OrderNotFound,
    ShippingMethodNotFound,
    ShippingNotAvailable,
    CountryNotSold,
    MarketMismatch,
    StoreCreditNeedsAccount,
    TaxRuleMissing,
    TooMuchUnpaid,
    VatIdInvalid,
)
@gift_card_codes
@vat_id_checked
@idempotent(required=True)
@checkout.arguments(CheckoutSchema)
@checkout.response(201, OrderSchema, headers=LOCATED)
def place_order(form: Checkout) -> object:
    """Turn the cart into an order. Its units are allocated; an unpaid order expires.

    Gift cards and store credit pay at once, and return when the order ends unpaid. What remains
    is paid by the payment method; an order that they pay in full needs no other payment.
    """
    order = flows.place_order(
        CheckoutForm(**form),
        network=counted_as(client_address()),
        ip_country=client_country(),
        by=principal(),
    )
    return orders_queries.customer_view_of(order), {"Location": f"/api/v1/orders/{order.id}"}


@payments.route("/create-payment-intent", methods=["POST"])
@anyone
@may_answer(*REFUSED_BY_GATEWAY, InvalidState, NothingDue, OrderNotFound)
@payments.arguments(PaymentRequestSchema, as_kwargs=True)
@payments.response(200, PaymentIntentSchema)
def create_payment_intent(order_id: UUID) -> object:
    """Open a Stripe PaymentIntent for what is due; repeated, it returns the open one.

    Takes no `Idempotency-Key`: an order has one open payment at a time.
    """
    payment_id, intent = paying.start_payment(order_id, by=principal())
    return {
        "payment_id": payment_id,
        "payment_intent_id": intent.id,
        "client_secret": intent.client_secret,
        "publishable_key": current_app.extensions["stockroom_settings"].stripe_publishable_key,
        "status": intent.status,
        "amount": Money(intent.amount, intent.currency),
    }


@payments.route("/confirm-payment/<uuid:order_id>", methods=["POST"])
@anyone
@may_answer(*REFUSED_BY_GATEWAY, OrderNotFound)
@payments.response(200, OrderSchema)
def confirm_payment(order_id: UUID) -> object:
    """Fetch the payment's state from Stripe without waiting for the webhook; returns the order.

    Takes no `Idempotency-Key`: a payment counts once, and a kept answer could be out of date.
    """
    paying.confirm_payment(order_id, by=principal())
    return orders_queries.order_of_customer(order_id, principal())


@orders_blueprint.route("/<uuid:order_id>", methods=["PATCH"], tags=["orders"])
@anyone
@may_answer(
    *REFUSED_BY_GATEWAY,
    AccountNotFound,
    AddressRequired,
    AmountBelowMinimum,
    CartChanged,
    InvalidState,
    OrderNotFound,
    PaymentInProgress,
    ShippingMethodNotFound,
    ShippingNotAvailable,
    CountryNotSold,
    MarketMismatch,
    TaxRuleMissing,
    TotalBelowTendered,
)
@versioned
@orders_blueprint.arguments(AmendOrderSchema)
@orders_blueprint.response(200, OrderSchema)
def amend_order(form: dict[str, Any], order_id: UUID, expected_version: int) -> object:
    """Change e-mail, addresses, note or shipping of your unpaid order.

    A guest sends the X-Cart-Token. Prices of goods stay as ordered. When the total changes, an open
    PaymentIntent is cancelled: create a new one. Refused once the order is paid or while a payment
    is being processed.
    """
    amendments.amend_order(
        order_id, ChangeForm(**form), expected_version=expected_version, by=principal()
    )
    return orders_queries.order_of_customer(order_id, principal())


@estimates_blueprint.route("", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(
    CartNotPurchasable,
    CountryNotSold,
    MarketMismatch,
    ShippingMethodNotFound,
    ShippingNotAvailable,
    TaxRuleMissing,
    VariantNotFound,
    VatIdInvalid,
)
@estimates_blueprint.arguments(EstimateRequestSchema)
@estimates_blueprint.response(200, EstimateSchema)
def estimate(body: dict[str, Any]) -> object:
    """Calculate what goods would cost in a place, and explain each step.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    currency = body.pop("currency") or current_app.extensions["stockroom_settings"].currency
    return estimates.estimate(**body, currency=currency)


@admin.route("/<uuid:order_id>/check-vat-id", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(OrderNotFound, VatIdInvalid)
@admin.response(200, VatIdSchema)
def recheck_vat_id(order_id: UUID) -> object:
    """Ask VIES again about an order's VAT id; a confirmed one resolves its attention item.

    Takes no `Idempotency-Key`: each call asks anew.
    """
    return terms.recheck_vat_id(order_id, by=principal())


@admin.route("/<uuid:order_id>/mark-paid", methods=["POST"])
@requires(Permission.PAYMENTS_WRITE)
@may_answer(
    *REFUSED_BY_GATEWAY,
    AmountExceedsDue,
    InvalidState,
    NothingDue,
    OrderNotFound,
    PaymentInProgress,
    WrongCurrency,
)
@idempotent_flow
@admin.arguments(MarkPaidSchema, as_kwargs=True)
@admin.response(200, OrderSchema)
def mark_order_paid(
    order_id: UUID,
    operation_id: UUID,
    reference: str,
    amount: Money | None,
    allow_overpayment: bool,
) -> object:
    """Record a payment made outside the provider: a bank transfer or cash.

    The customer's open PaymentIntent is cancelled first; if it turns out to be paid, the answer is
    `nothing_due`.
    """
    paying.mark_paid(
        order_id,
        reference=reference,
        amount=amount,
        allow_overpayment=allow_overpayment,
        payment_id=operation_id,
        by=principal(),
    )
    return orders_queries.customer_view(order_id)


@admin.route("/<uuid:order_id>/discounts", methods=["POST"])
@requires(Permission.ORDERS_DISCOUNT)
@may_answer(
    *REFUSED_BY_GATEWAY,
    AmountBelowMinimum,
    CountryNotSold,
    DiscountTooLarge,
    InvalidState,
    MarketMismatch,
    OrderNotFound,
    PaymentInProgress,
    TaxRuleMissing,
    TotalBelowTendered,
    WrongCurrency,
)
@idempotent_flow
@admin.arguments(StaffDiscountSchema)
@admin.response(200, OrderSchema)
@admin.alt_response(202, **approvals.WAITS)
def discount_order(body: dict[str, Any], order_id: UUID, operation_id: UUID) -> object:
    """Take something off the goods of an unpaid order, with a reason; the customer is told.

    An open PaymentIntent is cancelled first. More than the limit of one's role (`discount_max`)
    waits for a second person (202).
    """
    amount = body.pop("amount")
    form = StaffDiscount(
        **body,
        amount=None if amount is None else amount.amount,
        currency=None if amount is None else amount.currency,
    )
    if staff_discounts.discount_order(order_id, form, command_id=operation_id, by=principal()):
        return orders_queries.customer_view(order_id)
    return approvals.waiting(operation_id)
