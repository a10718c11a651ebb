"""What staff list: products in any state, narrowed and searched as in the shop window.

Statements are built once for each kind of list.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, func, select

from api.catalog.models.navigation import Collection
from api.catalog.models.prices import PriceRange
from api.catalog.models.products import Product, Variant
from api.catalog.queries import ranking, search_query
from api.catalog.queries.admin_detail import variants_of
from api.catalog.queries.filters import (
    FilterShape,
    ProductFilter,
    build_query,
    find_category,
    price_of,
    resolve_filter,
)
from api.catalog.queries.product_cards import IMAGE_URL
from api.catalog.states import ProductStatus
from api.platform import pagination
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PreparedList, Sort

LINE_EXPANSIONS = ("variants",)
"""What a list may bring along."""

VARIANTS_OF_A_PAGE = 1_000
"""Variants that one page brings along; a single product may have more, and still is a page."""

_VARIANT_COUNT = (
    select(func.count())
    .select_from(Variant)
    .where(Variant.product_id == Product.id)
    .scalar_subquery()
)
_LINE: tuple[object, ...] = (
    *(Product.id, Product.slug, Product.title, Product.status, Product.vendor),
    *(Product.product_type, Product.in_stock, Product.version, Product.created_at),
    *(Product.published_at, Product.publish_at, Product.external_reference),
    *(PriceRange.lowest, PriceRange.highest),
    _VARIANT_COUNT.label("variant_count"),
    IMAGE_URL,
)


def list_products(
    *,
    currency: str,
    status: str | None = None,
    q: str | None = None,
    external_reference: str | None = None,
    vendor: str | None = None,
    product_type: str | None = None,
    tag: str | None = None,
    category: str | None = None,
    collection: str | None = None,
    ids: Sequence[UUID] | None = None,
    expand: Set[str] = frozenset(),
    sort: str = "newest",
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
) -> dict[str, object]:
    """Return a page of products, the newest first or by name, whatever their state.

    Vendors, types and tags are compared without case and accents. A category counts with what
    stands below it; one that is not there, or a collection that is not, holds nothing. A search
    finds by words, SKUs and barcodes. With `ids` only these are listed, as far as they are there.
    With variants there are three statements more, and a page ends before it grows too heavy.
    Raises CursorInvalid.
    """
    wanted = ProductFilter(
        currency=currency,
        category=category,
        collection=collection,
        q=q,
        vendor=(vendor,) if vendor else (),
        type=(product_type,) if product_type else (),
        tag=(tag,) if tag else (),
    )
    narrowing = resolve_filter(
        wanted,
        collection_id=_collection_id(collection) if collection is not None else None,
        status=ProductStatus(status) if status else None,
        is_staffs=True,
    )
    shape, values = narrowing.shape, narrowing.values
    if narrowing.is_empty:
        nothing = {"limit": limit, "next_cursor": None, "has_more": False}
        return {"data": [], "page": nothing | _counted(None, values, with_total)}
    has_few_hits = None
    if q:
        values |= search_query.values_of(q)
        seen = ranking.probe_search(shape, values)
        values["exact"], has_few_hits = seen.exact, seen.is_low
    if external_reference is not None:
        values["reference"] = external_reference
    if ids is not None:
        values["ids"] = list(ids)
    chosen = (external_reference is not None, ids is not None, has_few_hits)
    listed = find_category(shape, values) if sort == "name" else shape
    rows, page = pagination.page_of(
        _listing(_statement(listed, *chosen), shape, sort == "name"),
        values,
        limit=limit,
        cursor=cursor,
        filters=(wanted, status, external_reference, ids),
        fitting=_fitting if "variants" in expand else None,
    )
    data = [_line(row, currency) for row in rows]
    if data and "variants" in expand:
        variants = variants_of([line["id"] for line in data])
        for line in data:
            line["variants"] = variants[line["id"]]
    counted = _counted(_statement(shape, *chosen), values, with_total)
    return {"data": data, "page": page | counted}


@lru_cache(maxsize=512)
def _statement(
    shape: FilterShape, by_reference: bool, by_ids: bool, has_few_hits: bool | None
) -> AnySelect:
    """Build the statement of one kind of list; `has_few_hits` is None without a search."""
    statement = build_query(_LINE, shape).outerjoin(PriceRange, price_of())
    if has_few_hits is not None:
        statement = statement.where(ranking.found(shape, has_few_hits=has_few_hits))
    if by_reference:
        reference = bindparam("reference", type_=String)
        statement = statement.where(Product.external_reference == reference)
    if by_ids:
        statement = statement.where(Product.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    return statement


@lru_cache(maxsize=512)
def _listing(statement: AnySelect, shape: FilterShape, by_name: bool) -> PreparedList:
    columns = (Product.search_title, Product.id) if by_name else (shape.product_id,)
    return pagination.listing(statement, Sort(columns, descending=not by_name))


def _fitting(rows: Sequence[AnyRow]) -> int:
    """Count the rows from the first one on whose variants are not too many together."""
    so_far: Iterator[int] = accumulate(row.variant_count for row in rows)
    return max(1, sum(together <= VARIANTS_OF_A_PAGE for together in so_far))


def _counted(
    statement: AnySelect | None, values: Mapping[str, object], with_total: bool
) -> dict[str, object]:
    """Return the members of `page` that tell the total, when it is asked for."""
    if not with_total:
        return {}
    if statement is None:
        return {"total": 0, "total_is_capped": False}
    return pagination.total_of(statement.with_only_columns(Product.id), values)


def _collection_id(slug: str) -> object:
    """Return a collection's id whether or not storefronts see it; None when there is none."""
    return session.scalar(select(Collection.id).where(Collection.slug == slug))


def _line(row: AnyRow, currency: str) -> dict[str, Any]:
    line = pagination.strip_sort_columns(row)
    lowest, highest = line.pop("lowest"), line.pop("highest")
    line["price"] = None if lowest is None else {"amount": lowest, "currency": currency}
    line["price_varies"] = lowest != highest
    return line
