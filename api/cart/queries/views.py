"""A cart as the API shows it: its sums, warnings, and what still blocks the checkout."""

from typing import Any

from api.cart.queries import CartLine, CartRow, discounts
from api.catalog.queries.price_lists import NetOf
from api.kernel.money import Money
from api.pricing import totals
from api.promotions import queries as promotions_queries
from api.promotions.calculation import Outcome


def view(cart: CartRow, lines: list[CartLine], *, net_of: NetOf | None = None) -> dict[str, object]:
    """Return a cart as the API shows it; shipping and tax need an address and are not included.

    With `net_of`, prices without tax are added.
    """
    currency = cart.currency
    result = discounts(cart, lines)
    warnings: list[dict[str, object]] = [w for line in lines for w in _warnings(line)]
    warnings += [
        {"code": "code_not_applied", "item_id": None, "detail": f"{one.code}: {one.why.detail}"}
        for one in result.refused
        if one.code is not None
    ]
    subtotal = sum((line.unit_price or 0) * line.quantity for line in lines if line.is_for_sale)
    off_goods = sum(one.amount for one in result.applied)
    shown = {
        "id": cart.id,
        "version": cart.version,
        "currency": currency,
        "country": cart.country,
        "items": [
            {
                "id": line.id,
                "variant_id": line.variant_id,
                "product_slug": line.product_slug,
                "sku": line.sku,
                "title": line.title,
                "variant_title": line.variant_title,
                "image_url": line.image_url,
                "quantity": line.quantity,
                "unit_price": None if line.unit_price is None else Money(line.unit_price, currency),
                "total": None
                if line.unit_price is None
                else Money(line.unit_price * line.quantity, currency),
                "discount": Money(result.off_line(line.id), currency),
                "discounts": [
                    {
                        "name": one.discount.name,
                        "code": one.code,
                        "amount": Money(one.shares[line.id], currency),
                    }
                    for one in result.applied
                    if line.id in one.shares
                ],
                "for_sale": line.is_for_sale,
                "back_ordered_quantity": line.back_ordered,
                "back_order_note": line.back_order_note,
                "note": line.note,
                "properties": line.properties or {},
            }
            for line in lines
        ],
        "unit_count": sum(line.quantity for line in lines),
        "subtotal": Money(subtotal, currency),
        "codes": cart.codes,
        "note": cart.note,
        "gift_message": cart.gift_message,
        "discount_total": Money(off_goods, currency),
        "total": Money(subtotal - off_goods, currency),
        **promotions_queries.explained(result, [0] * len(result.applied), currency),
        "warnings": warnings,
        "requirements": _requirements(lines),
    }
    if net_of is not None:
        _add_net(shown, lines, result, net_of)
    return shown


def _add_net(shown: dict[str, Any], lines: list[CartLine], result: Outcome, net_of: NetOf) -> None:
    """Add prices without tax: of a unit, of a line before and of the goods after discounts."""
    left: list[int | None] = []
    for item, line in zip(shown["items"], lines, strict=True):
        unit, whole, rest = (
            None if line.unit_price is None else net_of(amount, line.tax_class)
            for amount in (
                line.unit_price or 0,
                (line.unit_price or 0) * line.quantity,
                (line.unit_price or 0) * line.quantity - result.off_line(line.id),
            )
        )
        item["net_unit_price"] = None if unit is None else Money(unit, shown["currency"])
        item["net_total"] = None if whole is None else Money(whole, shown["currency"])
        left += [rest] if line.is_for_sale else []
    known = [one for one in left if one is not None]
    is_known = len(known) == len(left)
    shown["net_total"] = Money(sum(known), shown["currency"]) if is_known else None


def _requirements(lines: list[CartLine]) -> list[dict[str, object]]:
    """Return what still blocks the checkout: of the cart itself, and what its form must say."""
    blocking: list[dict[str, object]] = [
        {
            "code": "not_for_sale" if not line.is_for_sale else "insufficient_stock",
            "item_id": line.id,
            "detail": f"Remove {line.title}, or choose fewer."
            if line.is_for_sale
            else f"Remove {line.title}: it is no longer for sale.",
        }
        for line in lines
        if not line.is_for_sale or not line.can_be_had
    ]
    if not lines:
        blocking.append({"code": "empty", "item_id": None, "detail": "Put something into it."})
    return blocking


def explain(cart: CartRow, lines: list[CartLine]) -> list[str]:
    """Return each step of a cart's sums in words."""
    result = discounts(cart, lines)
    return totals.explain_goods(
        [
            totals.LineToPrice(
                *(line.id, line.quantity, line.unit_price),
                discount=result.off_line(line.id), name=line.title,
            )
            for line in lines
            if line.is_active and line.unit_price is not None
        ],
        cart.currency,
    )  # fmt: skip


def _warnings(line: CartLine) -> list[dict[str, object]]:
    """Return warnings about what changed since the customer last saw the cart."""
    warnings = []
    if not line.is_for_sale:
        warnings.append(("not_for_sale", f"{line.title} is no longer for sale."))
    elif not line.can_be_had:
        left = max(0, line.available) + line.back_orderable
        warnings.append(("insufficient_stock", f"Only {left} of {line.title} left."))
    elif line.back_ordered:
        when = f" {line.back_order_note}." if line.back_order_note else ""
        warnings.append(
            ("back_ordered", f"{line.back_ordered} of {line.title} are not in stock yet.{when}")
        )
    if line.is_for_sale and line.seen_price not in (None, line.unit_price):
        warnings.append(("price_changed", f"The price of {line.title} changed."))
    return [{"code": code, "item_id": line.id, "detail": detail} for code, detail in warnings]
