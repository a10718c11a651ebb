"""The lines of an edited order: what staff may change about them, and their discounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.catalog.queries.order_goods import OrderGoods, order_goods
from api.checkout.flows.goods import find_goods
from api.fulfilment import queries as fulfilment_queries
from api.kernel.ids import new_id
from api.kernel.money import Money, divide_half_up, to_charge_unit
from api.order_edits.errors import LineNotRepriced, LineRemoved, NothingToEdit, UnitsNotEditable
from api.order_edits.flows.form import NOW, EditForm, LineChange
from api.orders.errors import UnknownOrderLine
from api.orders.service import Order
from api.payments.errors import WrongCurrency
from api.returns import queries as returns_queries


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """A line as it will stand. Amounts are minor units; `was` are its values before, 0 if new."""

    id: UUID
    variant_id: UUID
    sku: str
    title: str
    tax_class: str
    weight_grams: int
    product_id: UUID
    was_quantity: int
    was_price: int
    quantity: int
    unit_price: int
    discount: int
    usual_price: int
    """What it would cost had staff set no price."""
    goods: OrderGoods | None = None

    @property
    def is_removed(self) -> bool:
        """Return whether the edit takes the line off the order."""
        return self.quantity == 0

    @property
    def is_changed(self) -> bool:
        """Return whether its units or its price change."""
        return (self.quantity, self.unit_price) != (self.was_quantity, self.was_price)

    @property
    def amount(self) -> int:
        """Return what its units cost after discounts."""
        return self.unit_price * self.quantity - self.discount

    @property
    def reduction(self) -> int:
        """Return how much less its units cost because staff set their price."""
        return max(0, self.usual_price - self.unit_price) * self.quantity


def planned_lines(
    order: Order, form: EditForm, shares: Mapping[UUID, Mapping[UUID, int]]
) -> tuple[list[PlannedLine], dict[UUID, dict[UUID, int]]]:
    """Return the lines as they will stand, and the new shares of the order's discounts.

    Lines that were removed before are left out. Raises `UnknownOrderLine`, `LineRemoved`,
    `UnitsNotEditable`, `LineNotRepriced`, `WrongCurrency`, `VariantNotFound`,
    `CartNotPurchasable` and `NothingToEdit` when nothing would be left.
    """
    changes = _changes(order, form)
    claimed = fulfilment_queries.claimed_units(order.id) if changes else {}
    # Goods that others pay for: the return or the claim says what becomes of them.
    exchanged = returns_queries.paid_by_goods(order.id)
    prices = _prices_now(order) if form.rules == NOW else {}
    scaled = {row: dict(by_line) for row, by_line in shares.items()}
    lines = []
    for line in order.lines:
        at, change = changes.get(line.id, (0, LineChange(line.id)))
        if line.removed_at is not None:
            if line.id in changes:
                raise LineRemoved(sku=line.sku, errors=[_error(at, "", LineRemoved.code)])
            continue
        fixed = line.shipped_quantity + line.cancelled_quantity + claimed.get(line.id, 0)
        fixed = max(fixed, line.refunded_quantity)
        if line.id in exchanged:
            fixed = line.quantity
        quantity = line.quantity if change.quantity is None else change.quantity
        if quantity < min(fixed, line.quantity):
            raise UnitsNotEditable(
                sku=line.sku, fixed=fixed,
                errors=[_error(at, "/quantity", UnitsNotEditable.code, f"At least {fixed}.")],
            )  # fmt: skip
        has_fixed_price = bool(
            line.shipped_quantity or line.refunded_quantity or line.id in exchanged
        )
        usual = line.unit_price if has_fixed_price else prices.get(line.id, line.unit_price)
        price = usual
        if change.unit_price is not None:
            price = _in_currency(change.unit_price, order, at, "lines")
        if price != line.unit_price and has_fixed_price:
            raise LineNotRepriced(
                sku=line.sku, errors=[_error(at, "/unit_price", LineNotRepriced.code)]
            )
        before, after = line.unit_price * line.quantity, price * quantity
        lines.append(
            PlannedLine(
                id=line.id, variant_id=line.variant_id, product_id=line.product_id, sku=line.sku,
                title=line.title, tax_class=line.tax_class, weight_grams=line.weight_grams,
                was_quantity=line.quantity, was_price=line.unit_price, quantity=quantity,
                unit_price=price, usual_price=usual,
                discount=_rescale(scaled, line.id, before, after, order.currency),
            )
        )  # fmt: skip
    lines += _added(order, form)
    if not any(line.quantity for line in lines):
        raise NothingToEdit("Nothing would be left on the order. Cancel it instead.")
    return lines, scaled


def _changes(order: Order, form: EditForm) -> dict[UUID, tuple[int, LineChange]]:
    known = {line.id for line in order.lines}
    unknown = [
        {
            "pointer": f"/lines/{at}/order_line_id",
            "code": UnknownOrderLine.code,
            "detail": str(change.order_line_id),
        }
        for at, change in enumerate(form.lines)
        if change.order_line_id not in known
    ]
    if unknown:
        raise UnknownOrderLine(errors=unknown)
    return {change.order_line_id: (at, change) for at, change in enumerate(form.lines)}


def _prices_now(order: Order) -> dict[UUID, int]:
    """Return what the lines cost today; those that are no longer sold keep their price."""
    wanted = [(line.sku, line.quantity) for line in order.lines]
    found = order_goods(wanted, order.currency, customer_id=order.customer_id)
    return {
        line.id: goods.unit_price
        for line, goods in zip(order.lines, found, strict=True)
        if goods is not None and goods.unit_price is not None
        and goods.variant_id == line.variant_id
    }  # fmt: skip


def _added(order: Order, form: EditForm) -> list[PlannedLine]:
    if not form.add:
        return []
    found = find_goods(
        [(one.sku, one.quantity) for one in form.add],
        order.currency,
        customer_id=order.customer_id,
        member="add",
        at=None if form.rules == NOW else order.placed_at,
        has_price=[one.unit_price is not None for one in form.add],
    )
    lines = []
    for at, (wanted, goods) in enumerate(zip(form.add, found, strict=True)):
        usual = goods.unit_price or 0
        price = usual
        if wanted.unit_price is not None:
            price = _in_currency(wanted.unit_price, order, at, "add")
        lines.append(
            PlannedLine(
                id=new_id(), variant_id=goods.variant_id, product_id=goods.product_id,
                sku=goods.sku, title=goods.title, tax_class=goods.tax_class,
                weight_grams=goods.weight_grams, was_quantity=0, was_price=price,
                quantity=wanted.quantity, unit_price=price, usual_price=usual, discount=0,
                goods=goods,
            )
        )  # fmt: skip
    return lines


def _rescale(
    shares: dict[UUID, dict[UUID, int]], line_id: UUID, before: int, after: int, currency: str
) -> int:
    """Scale the shares of a line with what its units cost; returns their sum.

    A discount of a tenth stays one. Rounding never takes more off than the units cost.
    """
    total = 0
    for by_line in shares.values():
        share = by_line.get(line_id, 0)
        if share == 0:
            continue
        if before != after:
            share = divide_half_up(share * after, before) if before else 0
            share = by_line[line_id] = min(to_charge_unit(share, currency), after - total)
        total += share
    return total


def _in_currency(price: Money, order: Order, at: int, member: str) -> int:
    if price.currency != order.currency:
        error = _error(at, "/unit_price/currency", WrongCurrency.code, member=member)
        raise WrongCurrency(expected=order.currency, errors=[error])
    return price.amount


def _error(
    at: int, member_of: str, code: str, detail: str = "Not possible.", *, member: str = "lines"
) -> dict[str, str]:
    return {"pointer": f"/{member}/{at}{member_of}", "code": code, "detail": detail}


def units_of(lines: Sequence[PlannedLine]) -> int:
    """Return how many units lines have together."""
    return sum(line.quantity for line in lines)
