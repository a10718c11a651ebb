"""The discounts of an edited order: taken anew by their rules, as in the cart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from api.order_edits.flows.form import NOW, EditForm
from api.order_edits.flows.goods import PlannedLine
from api.orders.service import Order
from api.promotions.calculation import Goods
from api.promotions.queries import of_orders

Shares = dict[UUID, dict[UUID, int]]


def with_discounts(
    order: Order,
    form: EditForm,
    lines: Sequence[PlannedLine],
    scaled: Shares,
    shares: Mapping[UUID, Mapping[UUID, int]],
) -> tuple[list[PlannedLine], Shares]:
    """Return the planned lines with their discounts taken anew, and the shares of each discount.

    So an added line gets the discount that the order has, and one whose minimum is no longer
    reached falls away. Discounts that staff gave keep their share of each line. Where a discount
    was changed since the order was placed, or a line that has shipped or was refunded would cost
    something else, the shares stay scaled with the lines, as `planned_lines` did.
    """
    if not shares:
        return list(lines), scaled
    kept = [line for line in lines if line.quantity]
    found = of_orders.taken_anew(
        order.id,
        order.currency,
        ordered=[
            Goods(line.id, line.quantity, line.unit_price, line.product_id, line.tax_class)
            for line in order.lines
            if line.removed_at is None
        ],
        edited=[
            Goods(line.id, line.quantity, line.unit_price, line.product_id, line.tax_class)
            for line in kept
        ],
        shares=shares,
        by_rules_of_now=form.rules == NOW,
    )
    if found is None:
        return list(lines), scaled
    anew: Shares = {row: dict(found.get(row, scaled[row])) for row in scaled}
    planned = []
    for line in lines:
        left = line.unit_price * line.quantity
        for by_line in anew.values():
            if line.id in by_line:
                by_line[line.id] = min(by_line[line.id], left)
                left -= by_line[line.id]
        planned.append(replace(line, discount=line.unit_price * line.quantity - left))
    fixed = {line.id for line in order.lines if line.shipped_quantity or line.refunded_quantity}
    before = {line.id: line.discount for line in order.lines}
    if any(line.id in fixed and line.discount != before[line.id] for line in planned):
        return list(lines), scaled
    return planned, anew
