"""Checkout flows: cart to order, stock and payment.

Placing is one transaction without network. Paying is record, call the provider, record; see
`payment_sync`. Lock order everywhere: cart, order, payment, gift cards and store
credit, stock levels by id, counters last.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from api.accounts import queries as accounts_queries
from api.carriers import flows as carriers_flows
from api.cart import queries as cart_queries
from api.cart import service as cart_service
from api.cart.errors import CartEmpty, CartNotFound
from api.cart.queries import CartLine, CartRow
from api.cart.states import CartStatus
from api.checkout import manual_payment_limits
from api.checkout.errors import CartAlreadyOrdered, CartChanged, CartNotPurchasable, EmailRequired
from api.checkout.flows import shipping_choice, tenders
from api.checkout.flows.expiry import EXPIRY, expire_unpaid_orders
from api.checkout.flows.order_input import CheckoutForm, fingerprint_of, order_input
from api.checkout.flows.tenders import TenderChoice
from api.checkout.flows.terms import checked_vat_id, flag_unchecked, terms_for
from api.inventory import service as inventory_service
from api.inventory.service import AllocationRequest
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.queries import customer_orders
from api.orders.service import Order
from api.payment_sync import service as payment_sync_service
from api.payments.gateways import PaymentGateway
from api.platform.service_registry import get_service
from api.pricing import totals
from api.promotions import queries as promotions_queries
from api.promotions import service as promotions_service
from api.promotions.calculation import Outcome
from api.shipping import queries as shipping_queries
from api.shipping.queries import ShippingOption
from api.shipping.rules import Place
from api.tax import flows as tax_flows
from api.tax.queries import Terms
from api.tax.rules import Destination, normalize_postal_code

__all__ = [
    "EXPIRY",
    "CheckoutForm",
    "check_chargeable",
    "expire_unpaid_orders",
    "place_order",
    "quote",
    "reserve_stock",
]

RESERVATION_LIFETIME = timedelta(minutes=15)


def quote(
    principal: Principal,
    *,
    country: str,
    region: str | None,
    postal_code: str | None,
    shipping_method: str | None,
    payment_method: str,
    vat_id: str | None = None,
    explain: bool = False,
    gift_cards: Sequence[str] = (),
    store_credit: bool = False,
) -> dict[str, object]:
    """Calculate what the cart would cost in a place, and list its shipping methods.

    Without a shipping method the total is that of the goods, and is marked so. `explain` adds each
    step of the sums in words. Reserves nothing and changes nothing; a VAT id is checked. Raises
    `CartNotFound`, `CartEmpty`, `CartNotPurchasable`, `TaxRuleMissing`, `CountryNotSold`,
    `MarketMismatch`, `VatIdInvalid`, what `chosen_option` raises, what `tenders.choose`
    raises about gift cards, and `AmountNotChargeable` or `AmountBelowMinimum` for what remains of a
    complete total and cannot be paid this way.
    """
    known = None if vat_id is None else tax_flows.check_vat_id(vat_id, country)
    cart = cart_queries.find(principal)
    if cart is None:
        raise CartNotFound
    lines = _purchasable_lines(cart, country)
    discounts = cart_queries.discounts(cart, lines, country=country)
    place = Place.of(country, region, postal_code)
    options = shipping_choice.of_cart(cart, lines, place, _subtotal(lines, discounts))
    if options.missing_rates:
        carriers_flows.fetch_rates(options.missing_rates)
        options = shipping_choice.of_cart(cart, lines, place, _subtotal(lines, discounts))
    chosen = shipping_queries.chosen_option(options, shipping_method) if shipping_method else None
    destination = Destination(country, region or "", normalize_postal_code(postal_code))
    if chosen is not None and chosen.pickup_address is not None:
        destination = Destination.of(chosen.pickup_address)
    terms = terms_for(
        destination,
        customer_id=cart.customer_id, vat_id=known, subtotal=_subtotal(lines, discounts),
        currency=cart.currency,
    )  # fmt: skip
    market = destination.country
    terms.check_market(market, cart.currency, None if chosen is None else payment_method)
    steps: list[str] = []
    priced = _total(cart, lines, terms, chosen, discounts, steps if explain else None)
    paying = tenders.choose(
        Money(priced.total, cart.currency),
        TenderChoice(gift_cards, store_credit, payment_method),
        by=principal,
        lock=False,
    )
    if chosen is not None:
        rest = priced.total - tenders.paid_by(paying)
        check_chargeable(rest, cart.currency, payment_method)
    off = discounts.off_shipping(0 if chosen is None else chosen.amount, cart.currency)
    return {
        **_figures(priced, cart.currency),
        **promotions_queries.explained(discounts, off, cart.currency),
        **tenders.shown(paying, priced.total, cart.currency),
        "total_excludes_shipping": chosen is None,
        "payment_methods": terms.offered(manual_payment_limits.payment_methods_for(principal)),
        "prices_include_tax": priced.prices_include_tax,
        "vat_id": known,
        "explanation": steps if explain else None,
        "shipping_method": None if chosen is None else chosen.code,
        "shipping_methods": [options.offered(option) for option in options.available],
        "unavailable_shipping_methods": options.refusals,
        "shipping_notice": options.notice,
    }


def reserve_stock(principal: Principal) -> dict[str, object]:
    """Reserve the cart's units for 15 minutes during checkout.

    Repeating extends the time. Raises `CartNotFound`, `CartEmpty`, `CartNotPurchasable`,
    `InsufficientStock`. Needs a transaction; locks the cart, then its stock levels.
    """
    cart = cart_service.lock_for_checkout(principal)
    if cart.status is not CartStatus.ACTIVE:
        raise CartNotFound
    until = clock.now() + RESERVATION_LIFETIME
    demand = {line.variant_id: line.quantity for line in _purchasable_lines(cart)}
    inventory_service.reserve(cart.id, demand, until=until)
    return {"held_until": until, "unit_count": sum(demand.values())}


def place_order(
    form: CheckoutForm, *, network: str, ip_country: str | None = None, by: Principal
) -> Order:
    """Turn the cart into an order and allocate its units; returns the order.

    `network` is the client's network address, as rate limits count it, and `ip_country` the
    country that it is in, where that is known.

    One transaction, which the caller opens: the cart is locked and priced, units are allocated, the
    order is written with snapshots, gift cards and store credit pay their part, the cart is closed.
    The same checkout sent twice, with an idempotency key or without, returns the same order; a
    different one is refused with `CartAlreadyOrdered`. Raises `CartEmpty`, `CartNotPurchasable`,
    `CartChanged` (the total is not `expected_total`), `InsufficientStock`, `DiscountUsedUp`,
    `TaxRuleMissing`, `CountryNotSold`, `MarketMismatch`, `VatIdInvalid`, `AmountNotChargeable` and
    `AmountBelowMinimum` (no card could pay what remains), what `tenders.choose` raises about gift
    cards and store credit, `AddressRequired`, what `manual_payment_limits` refuses, and what
    `chosen_option` raises.
    """
    cart = cart_service.lock_for_checkout(by)
    fingerprint = fingerprint_of(form)
    if cart.status is CartStatus.ORDERED:
        return _existing_order(cart.id, fingerprint)
    email, typed = _email(form, by), form.shipping_address
    market = None if typed is None else typed["country"]
    lines = _purchasable_lines(cart, market)
    discounts = cart_queries.discounts(cart, lines, email=email, country=market)
    place = None if typed is None else shipping_choice.place_of(typed)
    options = shipping_choice.of_cart(cart, lines, place, _subtotal(lines, discounts))
    shipping = shipping_queries.chosen_option(options, form.shipping_method)
    address = shipping_choice.handed_over_at(
        shipping, typed, collector=form.billing_address, email=email, by=by
    )
    country = address["country"]
    vat_id = checked_vat_id(form.vat_id, country)
    terms = terms_for(
        Destination.of(address),
        customer_id=by.id, vat_id=vat_id, subtotal=_subtotal(lines, discounts),
        currency=cart.currency,
    )  # fmt: skip
    terms.check_market(country, cart.currency, form.payment_method)
    priced = _total(cart, lines, terms, shipping, discounts)
    _check_expected_total(form.expected_total, priced, cart.currency)
    paying = tenders.choose(
        Money(priced.total, cart.currency),
        TenderChoice(form.gift_cards, form.store_credit, form.payment_method),
        by=by,
        lock=True,
    )
    rest = priced.total - tenders.paid_by(paying)
    check_chargeable(rest, cart.currency, form.payment_method)
    values = order_input(form, email, address, fingerprint, cart, lines, priced, shipping, network,
                         ip_country, by, vat_id, terms.language)  # fmt: skip
    off = discounts.off_shipping(shipping.amount, cart.currency)
    applied = [one for one in zip(discounts.applied, off, strict=True) if one[0].amount + one[1]]
    persons = promotions_queries.persons(by.id, email) if applied else []
    promotions_service.claim([one for one, _ in applied], persons)
    inventory_service.allocate(
        values.id,
        [AllocationRequest(line.id, line.variant_id, line.quantity) for line in values.lines],
        cart_id=cart.id,
        by=by,
        is_new=True,
    )
    order = orders_service.create_order(values, by=by)
    ordered = {line.id: new.id for line, new in zip(lines, values.lines, strict=True)}
    promotions_service.record(order.id, applied, persons, ordered)
    cart_service.mark_ordered(cart.id)
    if vat_id is not None and terms.is_unchecked(vat_id):
        flag_unchecked(order.id, order.number, vat_id)
    if order.total == 0 or paying:
        payment_sync_service.pay_with(order, paying, by=by)
    return order


def _purchasable_lines(cart: CartRow, country: str | None = None) -> list[CartLine]:
    lines = cart_queries.lines(cart, country=country)
    if not lines:
        raise CartEmpty
    errors = [
        {
            "pointer": f"/items/{position}",
            "code": "not_for_sale",
            "detail": f"{line.title} is not for sale in {cart.currency}.",
        }
        for position, line in enumerate(lines)
        if not line.is_for_sale
    ]
    if errors:
        raise CartNotPurchasable(errors=errors)
    return lines


def _subtotal(lines: list[CartLine], discounts: Outcome) -> int:
    """Return what the goods cost after discounts: it decides which shipping is free."""
    whole = sum(line.quantity * (line.unit_price or 0) for line in lines)
    return whole - sum(one.amount for one in discounts.applied)


def _total(
    cart: CartRow,
    lines: list[CartLine],
    terms: Terms,
    shipping: ShippingOption | None,
    discounts: Outcome,
    steps: list[str] | None = None,
) -> totals.Totals:
    choice = None
    if shipping is not None:
        off = sum(discounts.off_shipping(shipping.amount, cart.currency))
        choice = replace(shipping.choice, discount=off)
    return totals.calculate_totals(
        [
            totals.LineToPrice(
                *(line.id, line.quantity, line.unit_price or 0, line.tax_class),
                discount=discounts.off_line(line.id),
                name=line.title,
            )
            for line in lines
        ],
        choice,
        terms.rules,
        cart.currency,
        prices_include_tax=terms.prices_include_tax,
        explain=None if steps is None else steps.append,
    )


def _figures(priced: totals.Totals, currency: str) -> dict[str, object]:
    return {
        "subtotal": Money(priced.subtotal, currency),
        "shipping_total": Money(priced.shipping, currency),
        "discount_total": Money(priced.discount_total, currency),
        "tax_total": Money(priced.tax, currency),
        "total": Money(priced.total, currency),
    }


def _existing_order(cart_id: UUID, fingerprint: bytes) -> Order:
    """Return the order of an ordered cart when the same checkout is sent again.

    Orders of an older release have no fingerprint and are always returned. Raises
    `CartAlreadyOrdered` for another checkout.
    """
    placed = customer_orders.order_of_cart(cart_id)
    stored = placed.checkout_fingerprint
    if stored is not None and bytes(stored) != fingerprint:
        raise CartAlreadyOrdered(order_id=placed.id, order_number=placed.number)
    return orders_service.lock(placed.id)


def _check_expected_total(expected: Money | None, priced: totals.Totals, currency: str) -> None:
    if expected is not None and expected != Money(priced.total, currency):
        raise CartChanged(quote=_figures(priced, currency))


def check_chargeable(total: int, currency: str, payment_method: str) -> None:
    """Refuse a total that the provider cannot charge; an order with total 0 needs no payment."""
    if payment_method == "stripe" and total > 0:
        gateway: PaymentGateway = get_service(PaymentGateway)
        gateway.check_charge(total, currency)


def _email(form: CheckoutForm, by: Principal) -> str:
    if form.email is not None:
        return form.email
    if by.id is None:
        raise EmailRequired
    return accounts_queries.contact(by.id).email
