"""What storefronts list: only products on the shelf, narrowed and in the wanted order.

Columns, not entities; a list is one statement, or one for each filter that has to be looked up,
whatever its length. Statements are built once for each kind of list and given their values.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from api.catalog.errors import (
    CategoryNotFound,
    CollectionNotFound,
    SortNeedsQuery,
    SortNeedsShelf,
)
from api.catalog.models import Category, CategoryMember, CollectionMember, PriceRange, Product
from api.catalog.models import Collection as Shelf
from api.catalog.queries import relevance, searching
from api.catalog.queries.cards import CARD, cards
from api.catalog.queries.facets import facets_of
from api.catalog.queries.guessing import meant
from api.catalog.queries.narrowing import Narrowing, Shape, Wanted, narrow, narrowed
from api.platform import pagination
from api.platform.db import AnySelect, session
from api.platform.pagination import CursorInvalid, Listing, Sort

SORTS = ("relevance", "newest", "name", "price", "-price", "position")

Page = tuple[list[Any], dict[str, Any]]


def shown_products(
    wanted: Wanted,
    *,
    sort: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
    with_facets: bool = False,
    expand: Collection[str] = (),
    languages: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a page of products on the shelf.

    `relevance` is the order of a search, the collection's own that of a collection, and `newest`
    that of any other list, unless `sort` says otherwise. In an order by price, and under a limit
    on prices, products without a price in the currency have no place and are left out. A search
    that finds nothing is made again with words that are one typo away; `corrected_q` tells.
    `languages` are those in which texts are looked for before the shop's own, and in the answer
    those in which they are; "" is the shop's own.

    Raises CategoryNotFound, CollectionNotFound, SortNeedsQuery, SortNeedsShelf, FilterUnreadable,
    AttributeNotFilterable and CursorInvalid.
    """
    collection = _collection(wanted.collection)
    order = sort or ("relevance" if wanted.q else collection.sort if collection else "newest")
    if order == "relevance" and not wanted.q:
        raise SortNeedsQuery
    if order == "position" and not (wanted.category or wanted.collection):
        raise SortNeedsShelf
    narrowing = narrow(wanted, collection_id=collection.id if collection else None)
    corrected = None
    if narrowing.is_empty:
        values = narrowing.values
        rows: list[Any] = []
        page: dict[str, Any] = {"limit": limit, "next_cursor": None, "has_more": False}
    elif wanted.q:
        rows, page, values, corrected = _search(wanted, narrowing, order, limit, cursor)
    else:
        values = narrowing.values
        rows, page = _listed(wanted, narrowing.shape, order, values, limit, cursor)
    if not rows and wanted.category is not None:
        _check_category(wanted.category)
    if with_total:
        everything = _everything(narrowing.shape, is_search=bool(wanted.q))
        count = {"total": 0, "total_is_capped": False}
        page |= count if narrowing.is_empty else pagination.total_of(everything, values)
    data, spoken = cards(rows, wanted.currency, languages=languages, expand=expand)
    found: dict[str, Any] = {"data": data, "page": page, "languages": spoken}
    if wanted.q:
        found["corrected_q"] = corrected
    if with_facets:
        found["facets"] = facets_of(narrowing, values, languages=languages)
    return found


def found_products(
    q: str, *, currency: str, limit: int, languages: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the cards of the first products that a search finds."""
    wanted = Wanted(currency=currency, q=q)
    values = {"currency": currency, **searching.values_of(q)}
    rows, _ = _listed(wanted, Shape(), "relevance", values, limit, None)
    found, _ = cards(rows, currency, languages=languages)
    return found


def _search(
    wanted: Wanted, narrowing: Narrowing, order: str, limit: int, cursor: str | None
) -> tuple[list[Any], dict[str, Any], dict[str, Any], str | None]:
    """Search, and when that finds nothing, search for what was probably meant.

    A cursor of a corrected search does not fit the words as typed, which is how it is told.
    """
    typed = wanted.q or ""
    values = {**narrowing.values, **searching.values_of(typed)}
    try:
        rows, page = _listed(wanted, narrowing.shape, order, values, limit, cursor)
        if rows or cursor:
            return rows, page, values, None
    except CursorInvalid:
        corrected = meant(typed)
        if corrected is None:
            raise
    else:
        corrected = meant(typed)
        if corrected is None:
            return rows, page, values, None
    other = {**narrowing.values, **searching.values_of(corrected)}
    rows, page = _listed(wanted, narrowing.shape, order, other, limit, cursor)
    return rows, page, other, corrected


def _listed(
    wanted: Wanted,
    shape: Shape,
    order: str,
    values: dict[str, Any],
    limit: int,
    cursor: str | None,
) -> Page:
    """Read a page of one kind of list; notes among the values who is exactly it."""
    # What was asked, and the words that are searched, which may be others than those typed.
    filters = (wanted, values.get("tsquery"))
    seen = relevance.look(shape, values) if wanted.q else None
    if seen is not None:
        values["exact"] = seen.exact
        if order == "relevance":
            return relevance.hits(shape, seen, values, limit=limit, cursor=cursor, filters=filters)
    listed = _listing(order, shape, seen and seen.is_low)
    return pagination.page_of(listed, values, limit=limit, cursor=cursor, filters=filters)


@lru_cache(maxsize=512)
def _listing(order: str, shape: Shape, has_few_hits: bool | None) -> Listing:
    """Build the statement of one kind of list; `has_few_hits` is None without a search."""
    by_price = order.endswith("price")
    statement = _searched(narrowed(CARD, shape, with_prices=by_price), shape, has_few_hits)
    columns: tuple[Any, ...] = (shape.product_id,)
    if order == "name":
        columns = (Product.search_title, Product.id)
    elif order == "position":
        member = CollectionMember if shape.in_collection else CategoryMember
        columns = (member.position, member.product_id)
    elif by_price:
        columns = (PriceRange.lowest, PriceRange.product_id)
    return pagination.listing(statement, Sort(columns, descending=order in ("newest", "-price")))


@lru_cache(maxsize=128)
def _everything(shape: Shape, *, is_search: bool) -> AnySelect:
    """Build the statement that a total is counted by."""
    return _searched(narrowed((Product.id,), shape), shape, False if is_search else None)


def _searched(statement: AnySelect, shape: Shape, has_few_hits: bool | None) -> AnySelect:
    if has_few_hits is None:
        return statement
    return statement.where(relevance.found(shape, has_few_hits=has_few_hits))


def _collection(slug: str | None) -> Any:
    if slug is None:
        return None
    row = session.execute(
        select(Shelf.id, Shelf.sort).where(Shelf.slug == slug, Shelf.is_visible)
    ).first()
    if row is None:
        raise CollectionNotFound(slug=slug)
    return row


def _check_category(slug: str) -> None:
    """Tell an empty category from one that is not there."""
    if session.scalar(select(Category.id).where(Category.slug == slug)) is None:
        raise CategoryNotFound(slug=slug)
