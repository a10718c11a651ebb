"""Changing or cancelling an unpaid order, by its customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import Any
from uuid import UUID

from api.cart import service as cart_service
from api.checkout import flows
from api.checkout.errors import CartChanged, TotalBelowTendered
from api.checkout.flows import shipping_choice
from api.checkout.flows.repricing import as_ordered, reprice, totals_columns
from api.checkout.flows.terms import terms_for
from api.inventory import service as inventory_service
from api.kernel.errors import Stale
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.orders.queries import customer_orders
from api.orders.service import Amendment, Order
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.payments import queries as payments_queries
from api.payments.errors import GatewayUnavailable, PaymentInProgress
from api.platform import etags
from api.platform.db import session, transaction
from api.promotions import service as promotions_service
from api.shipping import queries as shipping_queries
from api.shipping.queries import ShippingOption
from api.shipping.rules import MethodKind
from api.tax.queries import Terms
from api.tax.rules import Destination

_PROMISED = ("promised_ship_at", "promised_delivery_at")
ROUNDS = 3
"""How often a payment opened in the meantime is cancelled before the customer must wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForm:
    """The values to change; None leaves a value as it is.

    A note is removed with None; `...` leaves it.
    """

    email: str | None = None
    shipping_address: dict[str, Any] | None = None
    billing_address: Mapping[str, object] | None = None
    shipping_method: str | None = None
    customer_note: str | EllipsisType | None = ...
    expected_total: Money | None = None


def amend_order(order_id: UUID, form: ChangeForm, *, expected_version: int, by: Principal) -> None:
    """Change addresses, e-mail, note or shipping of an unpaid order.

    Prices of goods stay as ordered. Another country, region, postal code or shipping method
    recalculates shipping and tax, at the rates of the day when the order was placed. When that
    changes the total, open PaymentIntents are cancelled first, so that the old total is never paid
    for the changed order; the next payment is for the new one. If a payment succeeded first, it is
    recorded and the change is refused.

    Locks the order. Raises `OrderNotFound`, `Stale`, `InvalidState` (paid, cancelled, completed),
    `PaymentInProgress`, `CartChanged` (the total is not `expected_total`), what pricing raises
    about shipping, `TaxRuleMissing`, `CountryNotSold`, `MarketMismatch`, `TotalBelowTendered`,
    `AmountNotChargeable`, `AmountBelowMinimum` and `GatewayUnavailable`: then nothing has changed.
    """
    orders_queries.order_id_of_customer(order_id, by)
    session.rollback()
    content: tuple[object, ...] | None = None
    for _ in range(ROUNDS):
        with transaction():
            order = orders_service.lock(order_id)
            if content is None:
                etags.check(order.version, expected_version)
            elif content != _content(order):
                raise Stale(current_version=order.version, expected_version=expected_version)
            content = _content(order)
            if _amend(order, form, by=by):
                return
        payment_sync_flows.cancel_open_intents(order_id)
    raise GatewayUnavailable(retry_after=5)


def cancel_order(order_id: UUID, *, by: Principal) -> None:
    """Cancel an unpaid order for its customer: its units are released and put back into the cart.

    Open PaymentIntents are cancelled first; if a payment succeeded before, it is recorded and the
    order stays. Locks the cart, then the order. Raises `OrderNotFound`, `InvalidState`,
    `PaymentInProgress` and `GatewayUnavailable`: then nothing has changed.
    """
    orders_queries.order_id_of_customer(order_id, by)
    session.rollback()
    with transaction():
        orders_service.check_amendable(orders_service.lock(order_id), "cancel")
    payment_sync_flows.cancel_open_intents(order_id)
    with transaction():
        ordered = customer_orders.ordered_lines(order_id)
        lines = [dict(line._mapping) for line in ordered]
        cart_service.restore(by, ordered[0].currency, lines)
        order = orders_service.lock(order_id)
        orders_service.check_amendable(order, "cancel")
        check_not_in_progress(order_id)
        payment_sync_service.release_tenders(order)
        orders_service.cancel(order, reason="customer", text="Cancelled by the customer.", by=by)
        inventory_service.release(order_id, None, by=by, reason="cancelled by the customer")
        payment_sync_service.refresh(order)
    payment_sync_flows.cancel_remaining_intents(order_id)


def check_not_in_progress(order_id: UUID) -> None:
    """Refuse a change while a payment is being carried out. Raises `PaymentInProgress`."""
    if payments_queries.is_in_progress(order_id):
        raise PaymentInProgress(
            "Your bank is processing a payment for this order. Wait for its result, then try again."
        )


def _content(order: Order) -> tuple[object, ...]:
    """Return the values that a customer can change, to detect a change in between."""
    return (
        order.email,
        order.shipping_address,
        order.billing_address,
        order.shipping_method,
        order.customer_note,
        order.total,
    )


def _amend(order: Order, form: ChangeForm, *, by: Principal) -> bool:
    """Change the order; False, without a change, if a PaymentIntent must be cancelled first."""
    orders_service.check_amendable(order, "amend")
    amendment = _amendment(order, form)
    total = order.total
    if amendment.pricing is not None:
        total = amendment.pricing.subtotal + amendment.pricing.shipping_total
        if total < order.tendered:
            raise TotalBelowTendered(
                total=Money(total, order.currency), tendered=Money(order.tendered, order.currency)
            )
        flows.check_chargeable(total - order.tendered, order.currency, order.payment_method)
    if form.expected_total is not None and form.expected_total != Money(total, order.currency):
        raise CartChanged(quote={"total": Money(total, order.currency)})
    check_not_in_progress(order.id)
    if total != order.total and payments_queries.payable_intents(order.id):
        return False
    orders_service.amend(order, amendment, by=by)
    if amendment.pricing is not None:
        promotions_service.record_shipping(order.id, amendment.pricing.shipping_discounts)
    payment_sync_service.refresh(order)
    return True


def _amendment(order: Order, form: ChangeForm) -> Amendment:
    typed, before = form.shipping_address, order.shipping_method
    was_pickup = before.get("kind") == MethodKind.PICKUP
    shipping_address = typed or order.shipping_address
    code = form.shipping_method or before["code"]
    promised = {name: getattr(order, name) for name in _PROMISED}
    method, priced = before, None
    has_moved = Destination.of(shipping_address) != Destination.of(order.shipping_address)
    if code != before["code"] or (has_moved and not was_pickup):
        options = shipping_choice.of_order(order, shipping_choice.place_of(shipping_address))
        option = shipping_queries.chosen_option(options, code)
        # An order that was to be picked up bears the address of the shop.
        own_address = typed if was_pickup else shipping_address
        shipping_address = shipping_choice.handed_over_at(
            option, own_address, collector=order.shipping_address
        )
        method, promised = option.agreed, option.promised
        terms = terms_for(
            Destination.of(shipping_address), customer_id=order.customer_id,
            vat_id=order.vat_id, subtotal=order.subtotal, currency=order.currency,
            placed_at=order.placed_at,
        )  # fmt: skip
        terms.check_market(shipping_address["country"], order.currency, order.payment_method)
        priced = _repriced(order, terms, option)
    elif was_pickup and typed is not None:
        who = {name: typed[name] for name in ("name", "company", "phone")}
        shipping_address = {**order.shipping_address, **who}
    # A billing address equal to the shipping address follows it.
    same_address = order.billing_address == order.shipping_address
    billing_address = form.billing_address
    if billing_address is None:
        billing_address = shipping_address if same_address else order.billing_address
    note = form.customer_note
    return Amendment(
        email=form.email or order.email,
        shipping_address=shipping_address,
        billing_address=billing_address,
        shipping_method=method,
        customer_note=order.customer_note if isinstance(note, EllipsisType) else note,
        pricing=priced,
        **promised,
    )


def _repriced(order: Order, terms: Terms, option: ShippingOption) -> orders_service.Pricing:
    priced = reprice(order, as_ordered(order), option, terms)
    return orders_service.Pricing(
        **totals_columns(priced.figures),
        shipping_discounts=tuple(priced.off or ()),
        lines=priced.lines,
    )
