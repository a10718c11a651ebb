"""What an edited order will be: its lines, address, shipping, totals, and the money that follows.

Calculating a plan changes nothing. The preview shows it, and the edit writes the same one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.catalog.queries import variant_lookup
from api.checkout import flows as checkout_flows
from api.checkout.flows import shipping_choice
from api.checkout.flows.amendments import check_not_in_progress
from api.checkout.flows.repricing import reprice, shipping_columns
from api.checkout.flows.terms import terms_for
from api.fulfilment import queries as fulfilment_queries
from api.kernel.money import Money
from api.order_edits.errors import (
    BelowRefunded,
    EditChanged,
    NothingToEdit,
    ParcelIsOpen,
    PartHasShipped,
)
from api.order_edits.flows.discounts import with_discounts
from api.order_edits.flows.form import NOW, EditForm
from api.order_edits.flows.goods import PlannedLine, planned_lines, units_of
from api.orders import service as orders_service
from api.orders.service import Order
from api.payments.errors import AmountBelowMinimum
from api.platform.problems import NumberOutOfRange
from api.pricing import totals
from api.promotions.queries import admin as promotions_queries
from api.returns.flows.amounts import round_up
from api.shipping import queries as shipping_queries
from api.shipping.queries import ShippingOption
from api.shipping.rules import Consignment, MethodKind
from api.tax.rules import Destination

_MOST = 2**63 - 1
"""The largest amount that a BIGINT holds."""
_SHIPPING = (
    "shipping_total", "shipping_tax", "shipping_rate_basis_points", "shipping_tax_lines",
    "shipping_discount",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An edited order before it is written. Amounts are minor units of its currency."""

    columns: Mapping[str, object]
    """The new columns of the order."""
    lines: Sequence[PlannedLine]
    line_columns: Mapping[UUID, Mapping[str, Any]]
    """Discount, total and taxes of each line that is priced anew."""
    shares: Mapping[UUID, Mapping[UUID, int]]
    shipping_shares: Sequence[int] | None
    changes: Sequence[str]
    """What changes, in words."""
    sums: Sequence[str]
    """What it costs, in words."""
    total_before: int
    total: int
    due: int
    """What the customer owes after it."""
    refund: int
    """What goes back to the customer."""
    edit_due: int
    reduction: int
    """How much less it costs because staff set prices."""

    @property
    def steps(self) -> list[str]:
        """Return every step in words."""
        return [*self.changes, *self.sums]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where the order goes and how, after the edit."""

    shipping_address: dict[str, Any]
    billing_address: Mapping[str, object]
    option: ShippingOption | None
    """The method priced anew; None leaves the shipping as ordered."""


def plan_edit(order: Order, form: EditForm) -> Plan:
    """Calculate an edit of a locked order; changes nothing.

    Raises `InvalidState`, `PaymentInProgress`, `NothingToEdit`, `PartHasShipped`, `ParcelIsOpen`,
    `BelowRefunded`, `EditChanged`, what `planned_lines` raises about lines, and what pricing raises
    about shipping, taxes and amounts that no card can pay.
    """
    orders_service.check_editable(order)
    check_not_in_progress(order.id)
    shares = promotions_queries.shares_of(order.id)
    lines, scaled = planned_lines(order, form, shares)
    lines, scaled = with_discounts(order, form, lines, scaled, shares)
    target = _target(order, form, lines)
    pricing, figures, shipping_shares = _priced(order, form, lines, target)
    columns = {
        "email": form.email or order.email,
        "shipping_address": target.shipping_address,
        "billing_address": target.billing_address,
        **_method_columns(target.option),
        **pricing,
    }
    changes = _changes_in_words(order, form, columns, lines)
    if not changes:
        raise NothingToEdit
    total = pricing["subtotal"] + pricing["shipping_total"]
    if total > _MOST:
        raise NumberOutOfRange
    _check_refunded(order, lines, figures, pricing)
    if form.expected_total not in (None, Money(total, order.currency)):
        raise EditChanged(total=Money(total, order.currency))
    due, refund, edit_due = _balance(order, total)
    _check_chargeable(order, due)
    return Plan(
        columns=columns,
        lines=lines,
        line_columns=figures,
        shares=scaled,
        shipping_shares=shipping_shares,
        changes=changes,
        sums=_sums_in_words(order, pricing, total, due, refund, form),
        total_before=order.total,
        total=total,
        due=due,
        refund=refund,
        edit_due=edit_due,
        reduction=sum(line.reduction for line in lines),
    )


def _check_chargeable(order: Order, due: int) -> None:
    """Refuse what no card could pay, and say how it is avoided."""
    try:
        checkout_flows.check_chargeable(due, order.currency, order.payment_method)
    except AmountBelowMinimum as error:
        advice = "Set the price of a line so that nothing is due, or at least the minimum."
        raise AmountBelowMinimum(f"{error.detail} {advice}", **error.facts) from error


def _target(order: Order, form: EditForm, lines: Sequence[PlannedLine]) -> _Target:
    before = order.shipping_method
    was_pickup = before.get("kind") == MethodKind.PICKUP
    address = form.shipping_address or order.shipping_address
    code = form.shipping_method or before["code"]
    has_moved = Destination.of(address) != Destination.of(order.shipping_address)
    has_moved = has_moved and not was_pickup
    is_anew = has_moved or code != before["code"] or form.rules == NOW
    has_shipped = any(line.shipped_quantity for line in order.lines)
    if has_shipped and (has_moved or form.rules == NOW):
        raise PartHasShipped
    if form.shipping_address is not None or code != before["code"]:
        _refuse_open_parcel(order)
    option = None
    if is_anew:
        place = shipping_choice.place_of(address)
        options = shipping_queries.shipping_options(
            place, order.currency, _consignment(order, lines)
        )
        option = shipping_queries.chosen_option(options, code)
        own = form.shipping_address if was_pickup else address
        address = shipping_choice.handed_over_at(option, own, collector=order.shipping_address)
    elif was_pickup and form.shipping_address is not None:
        who = {name: form.shipping_address[name] for name in ("name", "company", "phone")}
        address = {**order.shipping_address, **who}
    same = order.billing_address == order.shipping_address
    billing = form.billing_address or (address if same else order.billing_address)
    return _Target(
        shipping_address=address,
        billing_address=billing,
        option=option,
    )


def _refuse_open_parcel(order: Order) -> None:
    for parcel in fulfilment_queries.fulfilments_of_order(order.id):
        if parcel["status"] in ("open", "ready_for_pickup"):
            raise ParcelIsOpen(number=parcel["number"])


def _consignment(order: Order, lines: Sequence[PlannedLine]) -> Consignment:
    kept = [line for line in lines if line.quantity]
    profiles = variant_lookup.shipping_profiles([line.variant_id for line in kept])
    return Consignment(
        subtotal=sum(line.amount for line in kept),
        weight_grams=sum(line.weight_grams * line.quantity for line in kept),
        quantity=units_of(kept),
        profiles={
            profiles[line.variant_id]: line.title for line in kept if profiles.get(line.variant_id)
        },
        products={line.product_id: line.title for line in kept},
        customer_id=order.customer_id,
        is_digital=shipping_choice.is_digital(line.tax_class for line in kept),
    )


def _priced(
    order: Order, form: EditForm, lines: Sequence[PlannedLine], target: _Target
) -> tuple[dict[str, Any], dict[UUID, dict[str, Any]], list[int] | None]:
    """Price the lines that change, or all of them where their taxes or the shipping do.

    What is left as ordered keeps its stored amounts, so that a corrected tax rate changes nothing.
    """
    is_anew = target.option is not None
    kept = [line for line in lines if line.quantity]
    before = {line.id: line.discount for line in order.lines}
    priced = [
        line
        for line in kept
        if is_anew or line.is_changed or line.goods or line.discount != before[line.id]
    ]
    terms = terms_for(
        Destination.of(target.shipping_address),
        customer_id=order.customer_id,
        vat_id=order.vat_id,
        subtotal=sum(line.amount for line in kept),
        currency=order.currency,
        placed_at=None if form.rules == NOW else order.placed_at,
    )
    terms.check_market(target.shipping_address["country"], order.currency, order.payment_method)
    priced_lines = [
        totals.LineToPrice(line.id, line.quantity, line.unit_price, line.tax_class, line.discount)
        for line in priced
    ]
    anew = reprice(order, priced_lines, target.option, terms)
    result, off, figures = anew.figures, anew.off, anew.lines
    untouched = [
        line
        for line in order.lines
        if line.id not in figures and line.id not in {one.id for one in lines if one.is_removed}
    ]
    shipping = {name: getattr(order, name) for name in _SHIPPING}
    if is_anew:
        shipping = dict(shipping_columns(result))
    pricing = {
        **shipping,
        "subtotal": result.subtotal + sum(line.total for line in untouched),
        "tax_total": sum(figure["tax"] for figure in figures.values())
        + sum(line.tax for line in untouched)
        + shipping["shipping_tax"],
        "discount_total": sum(figure["discount"] for figure in figures.values())
        + sum(line.discount for line in untouched)
        + shipping["shipping_discount"],
    }
    return pricing, figures, off


def _method_columns(option: ShippingOption | None) -> dict[str, object]:
    return {} if option is None else {"shipping_method": option.agreed, **option.promised}


def _check_refunded(
    order: Order,
    lines: Sequence[PlannedLine],
    figures: Mapping[UUID, Mapping[str, Any]],
    pricing: Mapping[str, Any],
) -> None:
    """Refuse to price anything below what was refunded of it."""
    refunded = {line.id: line.refunded_amount for line in order.lines}
    for line in lines:
        total = figures[line.id]["total"] if line.id in figures else None
        if total is not None and total < refunded.get(line.id, 0):
            raise BelowRefunded(what=line.sku, refunded=Money(refunded[line.id], order.currency))
    if pricing["shipping_total"] < order.shipping_refunded:
        raise BelowRefunded(
            what="The shipping", refunded=Money(order.shipping_refunded, order.currency)
        )


def _balance(order: Order, total: int) -> tuple[int, int, int]:
    """Return what is due after the edit, what goes back, and the new `edit_due` of the order.

    What was refunded without a change of the price (goodwill) stays refunded: an edit asks for,
    or returns, only what it adds or takes away.
    """
    due_before = orders_service.amount_due(order)
    overpaid = orders_service.overpaid(order)
    change = total - order.total
    position = due_before - overpaid + change
    due = max(0, position)
    refund = max(0, min(-position, -change, orders_service.refundable(order)))
    refund = round_up(order, refund)
    was_paid = order.paid_at is not None
    return due, refund, max(0, due - order.charged_back) if was_paid else 0


def _changes_in_words(
    order: Order, form: EditForm, columns: Mapping[str, object], lines: Sequence[PlannedLine]
) -> list[str]:
    def money(amount: int) -> Money:
        return Money(amount, order.currency)

    words = []
    for line in lines:
        if line.goods is not None:
            words.append(f"{line.sku} added: {line.quantity} x {money(line.unit_price)}.")
            continue
        if line.is_removed:
            words.append(f"{line.sku} removed: {line.was_quantity} x {money(line.was_price)}.")
            continue
        if line.quantity != line.was_quantity:
            units = "unit" if line.was_quantity == 1 else "units"
            words.append(f"{line.sku}: {line.was_quantity} {units}, now {line.quantity}.")
        if line.unit_price != line.was_price:
            old, new = money(line.was_price), money(line.unit_price)
            words.append(f"{line.sku}: price {old}, now {new}.")
    before = {line.id: line.discount for line in order.lines}
    words += [
        f"{line.sku}: discount {money(before[line.id])}, now {money(line.discount)}."
        for line in lines
        if line.goods is None and line.discount != before[line.id]
    ]
    names: Mapping[str, Callable[[Any], str]] = {
        "email": str,
        "shipping_address": _address_in_words,
        "billing_address": _address_in_words,
        "shipping_method": lambda method: str(method["name"]),
    }
    for name, described in names.items():
        was = getattr(order, name)
        becomes = columns.get(name, was)
        if was != becomes:
            label = name.replace("_", " ").replace("email", "e-mail address").capitalize()
            words.append(f"{label}: {described(was)}, now {described(becomes)}.")
    if form.rules == NOW:
        words.append("Priced by the prices, taxes and shipping of today.")
    return words


def _sums_in_words(
    order: Order,
    pricing: Mapping[str, Any],
    total: int,
    due: int,
    refund: int,
    form: EditForm,
) -> list[str]:
    def money(amount: int) -> Money:
        return Money(amount, order.currency)

    rows = (
        ("Goods", order.subtotal, pricing["subtotal"]),
        ("Shipping", order.shipping_total, pricing["shipping_total"]),
        ("Tax contained", order.tax_total, pricing["tax_total"]),
        ("Total", order.total, total),
    )
    words = [
        f"{label}: {money(before)}, now {money(now)}." if before != now
        else f"{label}: {money(now)}, as before."
        for label, before, now in rows
    ]  # fmt: skip
    words.append(f"Paid and not refunded: {money(orders_service.refundable(order))}.")
    if due:
        words.append(f"The customer owes {money(due)}.")
    elif refund:
        words.append(f"{money(refund)} goes back the way it was paid.")
    else:
        words.append("Nothing is to be paid or refunded.")
    return words


def _address_in_words(address: Mapping[str, object]) -> str:
    parts = ("name", "line1", "postal_code", "city", "country")
    return ", ".join(str(address[part]) for part in parts if address.get(part))
