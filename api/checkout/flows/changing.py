"""What customers do with an order that they have not paid yet: change it, or cancel it."""

from dataclasses import dataclass
from types import EllipsisType
from typing import Any
from uuid import UUID

from api.cart import service as carts
from api.checkout import flows
from api.checkout.errors import CartChanged
from api.inventory import service as inventory
from api.kernel import clock
from api.kernel.errors import Stale
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import queries as order_queries
from api.orders import service as orders
from api.orders.queries import own as own_orders
from api.orders.service import Amendment, Order
from api.payments import queries as payment_queries
from api.payments.errors import GatewayUnavailable, PaymentInProgress
from api.platform import concurrency
from api.platform.db import session, transaction
from api.pricing import queries as pricing
from api.pricing import totals
from api.settlement import flows as settlement
from api.settlement import service as settlement_service

ROUNDS = 3
"""How often a payment that is opened meanwhile is withdrawn, before the customer has to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForm:
    """What a customer wants to change; None leaves a thing as it was agreed.

    A note may be taken back, which is None; `...` leaves it.
    """

    email: str | None = None
    shipping_address: dict[str, Any] | None = None
    billing_address: dict[str, Any] | None = None
    shipping_method: str | None = None
    customer_note: str | EllipsisType | None = ...
    expected_total: Money | None = None


def amend_order(order_id: UUID, form: ChangeForm, *, expected_version: int, by: Principal) -> None:
    """Change addresses, e-mail, note or shipping of an unpaid order.

    Prices of goods stay as agreed. Another country or shipping method prices shipping and tax
    anew. When that changes the total, what could still be paid at the provider is withdrawn
    before, so that the old total is never paid for the changed order; the next payment asks for
    the new one. A payment that came first is taken over, and the change is refused.

    Locks the order. Raises `OrderNotFound`, `Stale`, `InvalidState` (paid, cancelled, completed),
    `PaymentInProgress`, `CartChanged` (the total is not `expected_total`), what pricing says about
    shipping, `AmountNotChargeable`, `AmountBelowMinimum` and `GatewayUnavailable`: then nothing
    has changed.
    """
    order_queries.own_order_id(order_id, by)
    session.rollback()
    seen: tuple[Any, ...] | None = None
    for _ in range(ROUNDS):
        with transaction():
            order = orders.lock(order_id)
            if seen is None:
                concurrency.check(order.version, expected_version)
            elif seen != _content(order):
                raise Stale(current_version=order.version, expected_version=expected_version)
            seen = _content(order)
            if _amend(order, form, by=by):
                return
        settlement.withdraw_open_payments(order_id)
    raise GatewayUnavailable(retry_after=5)


def cancel_order(order_id: UUID, *, by: Principal) -> None:
    """Cancel an unpaid order for its customer: goods released, and back into the cart.

    What could still be paid is withdrawn first; a payment that came before is taken over, and the
    order stays. Locks the cart, then the order. Raises `OrderNotFound`, `InvalidState`,
    `PaymentInProgress` and `GatewayUnavailable`: then nothing has changed.
    """
    order_queries.own_order_id(order_id, by)
    session.rollback()
    with transaction():
        orders.refuse_unamendable(orders.lock(order_id), "cancel")
    settlement.withdraw_open_payments(order_id)
    with transaction():
        bought = own_orders.bought(order_id)
        lines = [(line.variant_id, line.quantity, line.unit_price) for line in bought]
        carts.restore(by, bought[0].currency, lines)
        order = orders.lock(order_id)
        orders.refuse_unamendable(order, "cancel")
        _refuse_in_progress(order_id)
        orders.cancel(order, reason="customer", text="Cancelled by the customer.", by=by)
        inventory.release(order_id, None, by=by, reason="cancelled by the customer")
        settlement_service.refresh(order)
    settlement.withdraw_what_is_left(order_id)


def _refuse_in_progress(order_id: UUID) -> None:
    if payment_queries.is_in_progress(order_id):
        raise PaymentInProgress(
            "Your bank is carrying out a payment for this order. Wait for its end, then try again."
        )


def _content(order: Order) -> tuple[Any, ...]:
    """Return what a customer changes, to see whether another change came in between."""
    return (
        order.email,
        order.shipping_address,
        order.billing_address,
        order.shipping_method,
        order.customer_note,
        order.total,
    )


def _amend(order: Order, form: ChangeForm, *, by: Principal) -> bool:
    """Change the order, unless a payment must be withdrawn before: then False, and no change."""
    orders.refuse_unamendable(order, "amend")
    wanted = _wanted(order, form)
    total = order.total
    if wanted.pricing is not None:
        total = order.subtotal + wanted.pricing.shipping_total
        flows.refuse_unchargeable(total, order.currency, order.payment_method)
    if form.expected_total is not None and form.expected_total != Money(total, order.currency):
        raise CartChanged(quote={"total": Money(total, order.currency)})
    _refuse_in_progress(order.id)
    if total != order.total and payment_queries.payable_intents(order.id):
        return False
    orders.amend(order, wanted, by=by)
    settlement_service.refresh(order)
    return True


def _wanted(order: Order, form: ChangeForm) -> Amendment:
    shipping_address = form.shipping_address or order.shipping_address
    # Who gave no billing address was billed at the shipping address, and still is.
    follows = order.billing_address == order.shipping_address
    billing_address = form.billing_address
    if billing_address is None:
        billing_address = shipping_address if follows else order.billing_address
    note = form.customer_note
    code = form.shipping_method or order.shipping_method["code"]
    country = shipping_address["country"]
    method, priced = order.shipping_method, None
    if code != method["code"] or country != order.ship_country:
        option = pricing.shipping_option(code, country, order.currency, order.subtotal)
        method = option.agreed
        priced = _repriced(order, country, option)
    return Amendment(
        email=form.email or order.email,
        shipping_address=shipping_address,
        billing_address=billing_address,
        shipping_method=method,
        customer_note=order.customer_note if isinstance(note, EllipsisType) else note,
        pricing=priced,
    )


def _repriced(order: Order, country: str, option: pricing.ShippingOption) -> orders.Pricing:
    figures = totals.quote(
        [
            totals.LineToPrice(line.id, line.quantity, line.unit_price, line.tax_class)
            for line in order.lines
        ],
        option.choice,
        pricing.tax_rates(country, on=clock.now().date()),
        order.currency,
    )
    return orders.Pricing(
        shipping_total=figures.shipping,
        shipping_tax=figures.shipping_tax,
        shipping_rate_basis_points=figures.shipping_rate,
        tax_total=figures.tax,
        line_taxes={line.key: (line.tax, line.rate_basis_points) for line in figures.lines},
    )
