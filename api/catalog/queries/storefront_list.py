"""What storefronts list: only published products, narrowed and in the wanted order.

Columns, not entities; a list is one statement, or one for each filter that has to be looked up,
whatever its length. Statements are built once for each kind of list and given their values.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from api.catalog.errors import (
    CategoryNotFound,
    CollectionNotFound,
    SortNeedsListing,
    SortNeedsQuery,
)
from api.catalog.models.navigation import Category, CollectionProduct, ProductCategory
from api.catalog.models.navigation import Collection as ProductCollection
from api.catalog.models.products import Product
from api.catalog.queries import ranking, search_query
from api.catalog.queries.facets import facets_of
from api.catalog.queries.filters import (
    MOST_MONEY,
    FilterShape,
    ProductFilter,
    ResolvedFilter,
    build_query,
    find_category,
    lowest_prices,
    resolve_filter,
)
from api.catalog.queries.product_cards import CARD, cards
from api.catalog.queries.spelling import complete_query, correct_query, suggest_categories
from api.platform import pagination
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import CursorInvalid, PreparedList, Sort

SORTS = ("relevance", "newest", "name", "price", "-price", "position")


@dataclass(frozen=True, slots=True)
class _Found:
    """A page of a list, and what its totals and facets are to be counted with."""

    rows: list[AnyRow]
    page: dict[str, object]
    values: dict[str, object]
    has_few_hits: bool | None = None
    """Whether a search has few hits, which are then gathered; None without a search."""
    corrected_q: str | None = None


def list_storefront_products(
    wanted: ProductFilter,
    *,
    sort: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
    with_facets: bool = False,
    expand: Collection[str] = (),
    languages: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a page of published products.

    `relevance` is the order of a search, the collection's own that of a collection, and `newest`
    that of any other list, unless `sort` says otherwise. In an order by price, and under a limit
    on prices, products without a price in the currency have no place and are left out. A search
    that finds nothing is made again with words that are one typo away; `corrected_q` tells.
    `languages` are those in which texts are looked for before the shop's own, and in the answer
    those in which they are; "" is the shop's own.

    Raises CategoryNotFound, CollectionNotFound, SortNeedsQuery, SortNeedsListing, FilterUnreadable,
    AttributeNotFilterable and CursorInvalid.
    """
    collection = _collection(wanted.collection)
    order = sort or ("relevance" if wanted.q else collection.sort if collection else "newest")
    if order == "relevance" and not wanted.q:
        raise SortNeedsQuery
    if order == "position" and not (wanted.category or wanted.collection):
        raise SortNeedsListing
    narrowing = resolve_filter(wanted, collection_id=collection.id if collection else None)
    if narrowing.is_empty:
        found = _nothing(wanted, narrowing, limit, cursor)
    elif wanted.q:
        found = _search(wanted, narrowing, order, limit, cursor)
    else:
        found = _listed(wanted, narrowing.shape, order, narrowing.values, limit, cursor)
    if not found.rows and wanted.category is not None:
        _check_category(wanted.category)
    if order.endswith("price"):
        narrowing = _of_what_has_a_price(narrowing, found.values)
    page = found.page
    if with_total:
        everything = _everything(narrowing.shape, found.has_few_hits)
        none = {"total": 0, "total_is_capped": False}
        page |= none if narrowing.is_empty else pagination.total_of(everything, found.values)
    data, spoken = cards(found.rows, wanted.currency, languages=languages, expand=expand)
    shown: dict[str, object] = {"data": data, "page": page, "languages": spoken}
    if wanted.q:
        shown["corrected_q"] = found.corrected_q
    if with_facets:
        if narrowing.is_empty and wanted.q:
            # What else could be chosen is counted among what the words find.
            found.values["exact"] = ranking.probe_search(narrowing.shape, found.values).exact
        shown["facets"] = facets_of(
            narrowing, found.values, has_few_hits=found.has_few_hits, languages=languages
        )
    return shown


def search_storefront_products(
    q: str, *, currency: str, limit: int, languages: Sequence[str]
) -> tuple[list[dict[str, object]], list[str]]:
    """Return the cards of the first products that a search finds, and their languages."""
    wanted = ProductFilter(currency=currency, q=q)
    values = {"currency": currency, **search_query.values_of(q)}
    listed = _listed(wanted, FilterShape(), "relevance", values, limit, None)
    return cards(listed.rows, currency, languages=languages)


def _nothing(
    wanted: ProductFilter, narrowing: ResolvedFilter, limit: int, cursor: str | None
) -> _Found:
    """Answer what no product fits without asking; no page came before, so no cursor is its own."""
    if cursor:
        raise CursorInvalid
    searched = search_query.values_of(wanted.q) if wanted.q else {}
    page: dict[str, object] = {"limit": limit, "next_cursor": None, "has_more": False}
    return _Found([], page, narrowing.values | searched, True if wanted.q else None)


def _of_what_has_a_price(narrowing: ResolvedFilter, values: dict[str, object]) -> ResolvedFilter:
    """Count what an order by price lists: only what has a price in the currency."""
    if narrowing.shape.price:
        return narrowing
    values |= {"price_gte": 0, "price_lte": MOST_MONEY}
    return replace(narrowing, shape=replace(narrowing.shape, price=True))


def _search(
    wanted: ProductFilter, narrowing: ResolvedFilter, order: str, limit: int, cursor: str | None
) -> _Found:
    """Search, and when that finds nothing, search for what was probably meant.

    A cursor of a corrected search does not fit the words as typed, which is how it is told.
    """
    typed = wanted.q or ""
    values = {**narrowing.values, **search_query.values_of(typed)}
    try:
        found = _listed(wanted, narrowing.shape, order, values, limit, cursor)
        if found.rows or cursor:
            return found
    except CursorInvalid:
        corrected = correct_query(typed)
        if corrected is None:
            raise
    else:
        corrected = correct_query(typed)
        if corrected is None:
            return found
    other = {**narrowing.values, **search_query.values_of(corrected)}
    found = _listed(wanted, narrowing.shape, order, other, limit, cursor)
    return replace(found, corrected_q=corrected)


def _listed(
    wanted: ProductFilter,
    shape: FilterShape,
    order: str,
    values: dict[str, object],
    limit: int,
    cursor: str | None,
) -> _Found:
    """Read a page of one kind of list; notes among the values who is exactly it."""
    # What was asked, and the words that are searched, which may be others than those typed.
    filters = (wanted, values.get("tsquery"))
    seen = ranking.probe_search(shape, values) if wanted.q else None
    has_few_hits = None
    if seen is not None:
        values["exact"], has_few_hits = seen.exact, seen.is_low
        if order == "relevance":
            hits, page = ranking.search_page(
                shape, seen, values, limit=limit, cursor=cursor, filters=filters
            )
            return _Found(hits, page, values, has_few_hits)
    if order == "name" or order.endswith("price"):
        shape = find_category(shape, values)
    listed = _listing(order, shape, has_few_hits)
    rows, page = pagination.page_of(listed, values, limit=limit, cursor=cursor, filters=filters)
    return _Found(rows, page, values, has_few_hits)


@lru_cache(maxsize=512)
def _listing(order: str, shape: FilterShape, has_few_hits: bool | None) -> PreparedList:
    """Build the statement of one kind of list; `has_few_hits` is None without a search."""
    by_price = order.endswith("price")
    statement = _searched(build_query(CARD, shape, with_prices=by_price), shape, has_few_hits)
    columns: tuple[object, ...] = (shape.product_id,)
    if order == "name":
        columns = (Product.search_title, Product.id)
    elif order == "position":
        member = CollectionProduct if shape.in_collection else ProductCategory
        columns = (member.position, member.product_id)
    elif by_price:
        prices = lowest_prices(shape)
        columns = (prices.price, prices.product_id)
    return pagination.listing(statement, Sort(columns, descending=order in ("newest", "-price")))


@lru_cache(maxsize=128)
def _everything(shape: FilterShape, has_few_hits: bool | None) -> AnySelect:
    """Build the statement that a total is counted by."""
    return _searched(build_query((Product.id,), shape), shape, has_few_hits)


def _searched(statement: AnySelect, shape: FilterShape, has_few_hits: bool | None) -> AnySelect:
    if has_few_hits is None:
        return statement
    return statement.where(ranking.found(shape, has_few_hits=has_few_hits))


def _collection(slug: str | None) -> AnyRow | None:
    if slug is None:
        return None
    row = session.execute(
        select(ProductCollection.id, ProductCollection.sort).where(
            ProductCollection.slug == slug, ProductCollection.is_visible
        )
    ).first()
    if row is None:
        raise CollectionNotFound(slug=slug)
    return row


def _check_category(slug: str) -> None:
    """Tell an empty category from one that is not there."""
    if session.scalar(select(Category.id).where(Category.slug == slug, Category.is_shown)) is None:
        raise CategoryNotFound(slug=slug)


def autocomplete(
    typed: str, *, currency: str, limit: int, languages: Sequence[str] = ()
) -> dict[str, Any]:
    """Return products, categories, collections and whole searches for what was typed so far.

    When no product is found, what was probably meant is taken instead, and told. The `languages`
    in the answer are those that its products are called in.
    """
    products, spoken = search_storefront_products(
        typed, currency=currency, limit=limit, languages=languages
    )
    corrected = None if products else correct_query(typed)
    if corrected:
        products, spoken = search_storefront_products(
            corrected, currency=currency, limit=limit, languages=languages
        )
    return {
        "languages": spoken,
        "q": typed,
        "corrected_q": corrected,
        "queries": complete_query(corrected or typed)[:limit],
        "products": products,
        **suggest_categories(corrected or typed, limit, languages),
    }
