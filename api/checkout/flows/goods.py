"""Goods that staff put on an order or a draft, by SKU."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api.catalog.errors import VariantNotFound
from api.catalog.queries.order_goods import OrderGoods, order_goods
from api.checkout.errors import CartNotPurchasable


def find_goods(
    wanted: Sequence[tuple[str, int]],
    currency: str,
    *,
    customer_id: UUID | None,
    member: str,
    at: datetime | None = None,
    has_price: Sequence[bool] = (),
) -> list[OrderGoods]:
    """Find SKUs at the prices of a moment; errors point into the list `member` of the request.

    `has_price` says which of them staff gave a price of their own: those need none in the
    currency. Raises `VariantNotFound` and `CartNotPurchasable`.
    """
    found = order_goods(wanted, currency, customer_id=customer_id, at=at)
    unknown = [
        {"pointer": f"/{member}/{at_}/sku", "code": VariantNotFound.code, "detail": wanted[at_][0]}
        for at_, one in enumerate(found)
        if one is None
    ]
    if unknown:
        skus = ", ".join(error["detail"] for error in unknown)
        raise VariantNotFound(f"There is no variant {skus}.", errors=unknown)
    goods = [one for one in found if one is not None]
    own = [*has_price, *[False] * (len(goods) - len(has_price))]
    for position, (one, has_own) in enumerate(zip(goods, own, strict=True)):
        if not one.is_active or (one.unit_price is None and not has_own):
            why = f"has no price in {currency}" if one.is_active else "is not for sale"
            detail = f"{one.sku} {why}."
            error = {"pointer": f"/{member}/{position}", "code": "not_for_sale", "detail": detail}
            raise CartNotPurchasable(detail, errors=[error])
    return goods
