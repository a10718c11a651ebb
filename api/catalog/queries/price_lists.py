"""Price lists: for staff, and over the usual prices of what a customer of a group is shown.

Lists are sorted and narrowed by the prices that the customer pays. A listed price is no reduction:
nothing is shown struck through beside it, and the lowest price of 30 days (`prior_price`) is about
the usual one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol, Unpack
from uuid import UUID

from sqlalchemy import column, func, select, table, text

from api.catalog.errors.price_lists import PriceListNotFound
from api.catalog.models.prices import ListedPrice, PriceList
from api.catalog.models.products import Variant
from api.catalog.queries.own_prices import IN_FORCE, values_of_buyer
from api.catalog.queries.product_cards import money
from api.kernel.money import Money
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort, UncountedPageQuery
from api.platform.service_registry import get_service

NetOf = Callable[[int, str], int | None]
"""Returns an amount of a tax class without tax; None where no rule is known."""


class NetPrices(Protocol):
    """Finds prices without tax; taxes belong to another package."""

    def __call__(self, country: str | None) -> NetOf:
        """Return how prices of goods for a country, by default the shop's, are told without tax."""
        ...


# The prices of the lists that are in force for a buyer, each list in turn, smallest break first,
# beside the usual price.
_LISTED: Final = text(
    f"""
    SELECT v.product_id, v.id, v.tax_class, p.amount AS usual, EXISTS (
        SELECT FROM customer_groups g
        WHERE g.shows_net AND g.id = ANY(CAST(:customer_groups AS uuid[]))) AS shows_net, (
        SELECT jsonb_agg(jsonb_build_array(l.id, lp.min_quantity, lp.amount)
                         ORDER BY l.priority, l.id, lp.min_quantity)
        FROM price_list_prices lp JOIN price_lists l ON l.id = lp.list_id
        WHERE lp.variant_id = v.id AND {IN_FORCE}
    ) AS listed
    FROM variants v
    LEFT JOIN variant_prices p ON p.variant_id = v.id AND p.currency = :currency
    WHERE v.product_id = ANY(CAST(:products AS uuid[]))
    """  # noqa: S608 - our own words
)


def show_listed_prices(
    products: Iterable[dict[str, Any]],
    groups: Sequence[str],
    currency: str,
    *,
    country: str | None = None,
) -> None:
    """Put the prices of price lists in place of the usual ones, in cards and pages of products.

    One statement, none without a group and a country. Variants get their quantity breaks as
    `price_breaks`. For a group that is shown prices without tax, they are added as `net_price`; the
    rates are then looked up.
    """
    shown = list(products)
    if not shown or not (groups or country):
        return
    values = {
        **values_of_buyer(groups, country),
        "currency": currency,
        "products": [str(product["id"]) for product in shown],
    }
    found: dict[UUID, dict[UUID, AnyRow]] = {}
    for row in session.execute(_LISTED, values):
        found.setdefault(row.product_id, {})[row.id] = row
    is_net = any(row.shows_net for rows in found.values() for row in rows.values())
    net_of = get_service(NetPrices)(country) if is_net else None
    for product in shown:
        rows = found.get(product["id"], {})
        if any(row.listed for row in rows.values()):
            _show(product, rows, currency)
        if net_of is not None:
            _show_net(product, rows, net_of)


def price_at(listed: Sequence[Sequence[Any]], usual: int | None, quantity: int) -> int | None:
    """Return the price of one unit of so many: of the first list with a price for them."""
    fitting = [row for row in listed if row[1] <= quantity]
    if not fitting:
        return usual
    first = fitting[0][0]
    return int(next(row[2] for row in reversed(fitting) if row[0] == first))


def _show(product: dict[str, Any], rows: dict[UUID, Any], currency: str) -> None:
    prices = {key: price_at(row.listed or (), row.usual, 1) for key, row in rows.items()}
    for variant in product.get("variants", ()):
        row = rows[variant["id"]]
        if row.listed:
            _set_price(variant, prices[variant["id"]], currency)
            variant["price_breaks"] = _breaks(row.listed, row.usual, currency)
    asked = [amount for amount in prices.values() if amount is not None]
    if "price" in product:
        _set_price(product, min(asked, default=None), currency)
        product["price_varies"] = len(set(asked)) > 1
    product["for_sale"] = bool(asked)


def _show_net(product: dict[str, Any], rows: dict[UUID, Any], net_of: NetOf) -> None:
    for variant in product.get("variants", ()):
        for shown in (variant, *variant.get("price_breaks", ())):
            _set_net(shown, rows[variant["id"]].tax_class, net_of)
    if "price" in product:
        asked = [
            (amount, row.tax_class)
            for row in rows.values()
            if (amount := price_at(row.listed or (), row.usual, 1)) is not None
        ]
        _set_net(product, min(asked)[1] if asked else "", net_of)


def _set_net(shown: dict[str, Any], tax_class: str, net_of: NetOf) -> None:
    price = shown["price"]
    amount = None if price is None else net_of(price["amount"], tax_class)
    shown["net_price"] = None if amount is None else money(amount, price["currency"])


def _set_price(shown: dict[str, object], amount: int | None, currency: str) -> None:
    shown |= {"price": money(amount, currency), "compare_at": None, "prior_price": None}
    shown["for_sale"] = amount is not None


def _breaks(
    listed: Sequence[Sequence[Any]], usual: int | None, currency: str
) -> list[dict[str, object]]:
    breaks: list[dict[str, object]] = []
    before = price_at(listed, usual, 1)
    for quantity in sorted({row[1] for row in listed if row[1] > 1}):
        amount = price_at(listed, usual, quantity)
        if amount != before:
            breaks.append({"min_quantity": quantity, "price": money(amount, currency)})
        before = amount
    return breaks


_GROUPS: Final = table("customer_groups", column("id"), column("code"))
_LIST: Final = select(
    *(PriceList.id, PriceList.version, PriceList.code, PriceList.name, PriceList.currency),
    *(PriceList.priority, PriceList.is_active, PriceList.starts_on, PriceList.ends_on),
    PriceList.markets,
    _GROUPS.c.code.label("customer_group"),
    select(func.count())
    .where(ListedPrice.list_id == PriceList.id)
    .correlate(PriceList)
    .scalar_subquery()
    .label("prices"),
).outerjoin(_GROUPS, _GROUPS.c.id == PriceList.group_id)


def price_list(list_id: UUID) -> dict[str, Any]:
    """Return a price list. Raises `PriceListNotFound`."""
    row = session.execute(_LIST.where(PriceList.id == list_id)).one_or_none()
    if row is None:
        raise PriceListNotFound
    return dict(row._mapping)


def price_lists(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of all price lists, by code."""
    return pagination.page_response(_LIST, Sort((PriceList.code,)), **asked)


_PRICES: Final = (
    select(
        *(Variant.sku, Variant.title, ListedPrice.min_quantity, ListedPrice.amount),
        PriceList.currency,
    )
    .join(Variant, Variant.id == ListedPrice.variant_id)
    .join(PriceList, PriceList.id == ListedPrice.list_id)
)


def listed_prices(list_id: UUID, **asked: Unpack[UncountedPageQuery]) -> dict[str, object]:
    """Return a page of the prices of a list."""
    return pagination.page_response(
        _PRICES.where(ListedPrice.list_id == list_id),
        Sort((ListedPrice.variant_id, ListedPrice.min_quantity)),
        _price,
        filters=list_id,
        **asked,
    )


def all_listed_prices(list_id: UUID) -> list[dict[str, Any]]:
    """Return all prices of a list by SKU, for the CSV export."""
    rows = session.execute(
        _PRICES.where(ListedPrice.list_id == list_id).order_by(
            Variant.sku, ListedPrice.min_quantity
        )
    )
    return [_price(row) for row in rows]


def _price(row: AnyRow) -> dict[str, object]:
    price = Money(row.amount, row.currency)
    return {"sku": row.sku, "title": row.title, "min_quantity": row.min_quantity, "price": price}
