"""The shop window. Answers are kept as finished bytes until a fact makes them old."""

from typing import Any, TypedDict

from flask import Response, request

from api.catalog.errors import (
    AttributeNotFilterable,
    CategoryNotFound,
    CollectionNotFound,
    FilterUnreadable,
    ProductNotFound,
    SortNeedsListing,
    SortNeedsQuery,
)
from api.catalog.queries import (
    cache_tags,
    storefront_detail,
    storefront_list,
    storefront_navigation,
)
from api.catalog.queries import redirects as redirect_queries
from api.catalog.queries.filters import ProductFilter
from api.catalog.queries.price_lists import show_listed_prices
from api.catalog.schemas.product_queries import (
    ShownProductQuerySchema,
    ShownProductsQuerySchema,
    SuggestionsQuerySchema,
)
from api.catalog.schemas.storefront import (
    ShownCategoryPageSchema,
    ShownCategorySchema,
    ShownCollectionSchema,
    ShownProductCardListSchema,
    ShownProductSchema,
    SuggestionsSchema,
)
from api.platform import response_cache
from api.platform.auth import claimed_groups, public
from api.platform.http import LOCATED, Blueprint, UncountedPageQuerySchema, list_schema
from api.platform.languages import fallbacks, negotiate_language
from api.platform.openapi_errors import may_answer
from api.platform.pagination import UncountedPageQuery
from api.platform.settings import current_settings

blueprint = Blueprint(
    "catalogue",
    __name__,
    url_prefix="/api/v1",
    description="Published products: categories, collections, products, search.",
)

_MOVED = {"description": "It is found elsewhere now: see Location.", "content_type": None}


def _list_namespaces() -> tuple[str, ...]:
    return cache_tags.listing_tags(request.args.get("category"), request.args.get("collection"))


def _page_namespaces(slug: str) -> tuple[str, ...]:
    return cache_tags.product_page(slug, with_others="expand" in request.args)


@blueprint.route("/categories")
@public
@response_cache.cache_response(cache_tags.tree)
@blueprint.response(200, list_schema(ShownCategorySchema))
def list_categories() -> object:
    """Read the whole tree as a flat list, parents before children."""
    return _told(storefront_navigation.list_storefront_categories(_languages()))


@blueprint.route("/categories/<slug>")
@public
@may_answer(CategoryNotFound)
@response_cache.cache_response(cache_tags.category_page)
@blueprint.alt_response(301, **_MOVED)
@blueprint.response(200, ShownCategoryPageSchema)
def get_category(slug: str) -> object:
    """Read one category with the way to it and what stands directly below."""
    try:
        return _told(storefront_navigation.get_storefront_category(slug, _languages()))
    except CategoryNotFound:
        if now := redirect_queries.resolve_slug("category", slug):
            return _moved("categories", now)
        raise


@blueprint.route("/collections")
@public
@response_cache.cache_response(cache_tags.collections)
@blueprint.arguments(UncountedPageQuerySchema, location="query")
@blueprint.response(200, list_schema(ShownCollectionSchema))
def list_collections(query: UncountedPageQuery) -> object:
    """List the collections by title."""
    return _told(storefront_navigation.list_storefront_collections(**query, languages=_languages()))


@blueprint.route("/collections/<slug>")
@public
@may_answer(CollectionNotFound)
@response_cache.cache_response(cache_tags.collection_page)
@blueprint.alt_response(301, **_MOVED)
@blueprint.response(200, ShownCollectionSchema)
def get_collection(slug: str) -> object:
    """Read one collection; its products are listed with `collection=<slug>`."""
    try:
        return _told(storefront_navigation.get_storefront_collection(slug, _languages()))
    except CollectionNotFound:
        if now := redirect_queries.resolve_slug("collection", slug):
            return _moved("collections", now)
        raise


@blueprint.route("/products")
@public
@may_answer(
    AttributeNotFilterable,
    CategoryNotFound,
    CollectionNotFound,
    FilterUnreadable,
    SortNeedsQuery,
    SortNeedsListing,
)
@response_cache.cache_response(_list_namespaces)
@blueprint.arguments(ShownProductsQuerySchema, location="query")
@blueprint.response(200, ShownProductCardListSchema)
def list_products(query: dict[str, Any]) -> object:
    """List published products: of a category or collection, found by words, filtered, sorted.

    `include=facets` counts what the list can be narrowed by further.
    """
    paging = ("sort", "limit", "cursor", "expand", "with_total", "with_facets")
    how = {name: query.pop(name) for name in paging}
    query["currency"] = query["currency"] or current_settings().currency
    filters: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in query.items()
    }
    found = storefront_list.list_storefront_products(
        ProductFilter(**filters, customer_groups=claimed_groups()),
        **how,
        languages=_languages(),
    )
    _show_own_prices(found["data"], query["currency"], query["country"])
    return _told(found)


class ShownProductQuery(TypedDict):
    """How a product is shown."""

    currency: str | None
    country: str | None
    expand: frozenset[str]


@blueprint.route("/products/<slug>")
@public
@may_answer(ProductNotFound)
@response_cache.cache_response(_page_namespaces)
@blueprint.arguments(ShownProductQuerySchema, location="query")
@blueprint.alt_response(301, **_MOVED)
@blueprint.response(200, ShownProductSchema)
def get_product(query: ShownProductQuery, slug: str) -> object:
    """Read a product's page: variants, prices, pictures, attributes, and what is in stock.

    An address that the product had before leads to the one that it has now.
    """
    currency = query["currency"] or current_settings().currency
    try:
        found = storefront_detail.get_storefront_product(
            slug, currency=currency, expand=query["expand"], languages=_languages()
        )
        beside = [card for cards in found.get("related", {}).values() for card in cards]
        _show_own_prices([found, *beside], currency, query["country"])
        return _told(found)
    except ProductNotFound:
        if now := redirect_queries.resolve_slug("product", slug):
            return _moved("products", now)
        raise


class SuggestionsQuery(TypedDict):
    """What is typed in, and how prices are shown."""

    currency: str | None
    country: str | None
    q: str
    limit: int


@blueprint.route("/search/suggestions")
@public
@response_cache.cache_response(cache_tags.listing_tags)
@blueprint.arguments(SuggestionsQuerySchema, location="query")
@blueprint.response(200, SuggestionsSchema, headers=LOCATED)
def list_search_suggestions(query: SuggestionsQuery) -> object:
    """Guess, while somebody types, what they are looking for."""
    currency = query["currency"] or current_settings().currency
    found = storefront_list.autocomplete(
        query["q"], currency=currency, limit=query["limit"], languages=_languages()
    )
    _show_own_prices(found["products"], currency, query["country"])
    return _told(found)


def _show_own_prices(products: list[dict[str, object]], currency: str, country: str | None) -> None:
    show_listed_prices(products, claimed_groups(), currency, country=country)


def _languages() -> tuple[str, ...]:
    return fallbacks(negotiate_language())


def _told(found: dict[str, Any]) -> tuple[dict[str, object], dict[str, str]]:
    """Say in which languages an answer is."""
    own = current_settings().languages[0]
    used = dict.fromkeys(language or own for language in found.pop("languages"))
    return found, {"Content-Language": ", ".join(used) or own}


def _moved(place: str, slug: str) -> object:
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    location = f"{blueprint.url_prefix}/{place}/{slug}{query}"
    return Response(status=301, headers={"Location": location})
