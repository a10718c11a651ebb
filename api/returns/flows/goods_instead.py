"""Goods that a customer gets instead of others of the same order. Need the order locked.

The others pay for them: what those are worth of their line counts as refunded, though no money
moves, so that no unit is exchanged, replaced or refunded a second time.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from api.checkout.flows.repricing import line_columns
from api.checkout.flows.terms import terms_for
from api.kernel.ids import new_id
from api.kernel.money import charge_unit
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.service import LineInput, Order, OrderLine
from api.pricing import totals
from api.pricing.totals import LineToPrice
from api.returns import service
from api.returns.service import RequestedLine
from api.tax.rules import Destination

GOODS = (
    "variant_id", "product_id", "sku", "barcode", "title", "variant_title", "image_url",
    "weight_grams", "tax_class", "hs_code", "origin_country",
)  # fmt: skip
"""What a line copies of an article."""


def worth(order: Order, old: OrderLine, quantity: int, *, before: int = 0) -> int:
    """Return what units of a line are worth that were not refunded, after `before` others.

    It is what a card can be charged, so that a difference to other goods is too.
    """
    refunded, unit = old.refunded_quantity + before, charge_unit(order.currency)
    share = totals.refund_share(old.total, old.quantity, refunded, quantity, unit)
    return min(share, old.total - old.refunded_amount)


def same_article(order: Order, old: OrderLine, quantity: int, share: int) -> LineInput:
    """Price units of the same article: at most `share`, which those are worth that pay for it.

    One unit costs exactly that. Several have one price, and may cost a little less together; what
    is left can be paid by card like the share.
    """
    copied = {name: getattr(old, name) for name in (*GOODS, "note", "properties")}
    price = share // quantity
    if not order.prices_include_tax:
        net = old.total - old.tax
        price = net // old.quantity
    step = charge_unit(order.currency)
    step = 1 if share % step else step
    price -= price % step
    while True:
        line = priced(order, copied, quantity, price, placed_then=True)
        if line.total <= share or not price:
            break
        price -= step
    if quantity > 1 or line.total == share:
        return line
    # No net price comes to this sum with its tax rounded: so the tax is what is in the sum.
    line = priced(order, copied, 1, share, placed_then=True, is_gross=True)
    return replace(line, unit_price=line.total - line.tax)


def priced(
    order: Order,
    copied: Mapping[str, Any],
    quantity: int,
    price: int,
    *,
    placed_then: bool = False,
    is_gross: bool = False,
) -> LineInput:
    """Tax units at a price: by today's rules, or (`placed_then`) by those of the order's day.

    The price is without tax where those of the order are, unless it `is_gross`.
    """
    line_id = new_id()
    terms = terms_for(
        Destination.of(order.shipping_address),
        customer_id=order.customer_id,
        vat_id=order.vat_id,
        subtotal=price * quantity,
        currency=order.currency,
        placed_at=order.placed_at if placed_then else None,
    )
    figures = totals.calculate_totals(
        [LineToPrice(line_id, quantity, price, copied["tax_class"])],
        None,
        terms.rules,
        order.currency,
        prices_include_tax=is_gross or order.prices_include_tax,
    )
    return LineInput(
        id=line_id, quantity=quantity, unit_price=price,
        **copied, **line_columns(figures.lines[0]),
    )  # fmt: skip


def add(
    order: Order,
    old: OrderLine,
    goods: LineInput,
    *,
    share: int,
    reason: str,
    why: str,
    return_id: UUID | None,
    by: Principal,
) -> tuple[UUID, int]:
    """Add goods for as many units of a line, which pay `share` of them or all.

    Returns the refund request that says so, and what is due on the order.
    """
    case_id, paid = new_id(), min(share, goods.total)
    due = orders_service.add_exchanged_line(order, goods, paid_by_goods=paid, why=why, by=by)
    service.create_refund_request(
        case_id, order.id, amount=0, shipping=0, currency=order.currency, reason=reason,
        note=None, lines=[RequestedLine(old.id, goods.quantity, paid, 0)], by=by,
        return_id=return_id,
    )  # fmt: skip
    orders_service.record_refunded_lines(order, {old.id: (goods.quantity, paid)}, shipping=0)
    return case_id, due
