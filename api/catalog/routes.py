"""The shop window. Answers are kept as finished bytes until a fact makes them old."""

from typing import Any

from flask import current_app

from api.catalog import policy, queries
from api.catalog.schemas.shelf import (
    CurrencyQuerySchema,
    ShownCategoryPageSchema,
    ShownCategorySchema,
    ShownProductCardSchema,
    ShownProductSchema,
    ShownProductsQuerySchema,
)
from api.platform import cache
from api.platform.auth import public
from api.platform.http import Blueprint, list_of
from api.platform.settings import Settings

blueprint = Blueprint(
    "catalogue",
    __name__,
    url_prefix="/api/v1",
    description="What is on the shelf: categories, products, search.",
)


@blueprint.route("/categories")
@public
@cache.answered(policy.lists)
@blueprint.response(200, list_of(ShownCategorySchema))
def list_categories() -> Any:
    """Read the whole tree as a flat list, parents before children."""
    return queries.shown_categories()


@blueprint.route("/categories/<slug>")
@public
@cache.answered(policy.category_page)
@blueprint.response(200, ShownCategoryPageSchema)
def get_category(slug: str) -> Any:
    """Read one category with the way to it and what stands directly below."""
    return queries.shown_category(slug)


@blueprint.route("/products")
@public
@cache.answered(policy.lists)
@blueprint.arguments(ShownProductsQuerySchema, location="query")
@blueprint.response(200, list_of(ShownProductCardSchema))
def list_products(query: dict[str, Any]) -> Any:
    """List products on the shelf: of a category, found by words, in the wanted order."""
    currency = query.pop("currency") or _shop_currency()
    with_total = query.pop("include") == "total"
    return queries.shown_products(currency=currency, with_total=with_total, **query)


@blueprint.route("/products/<slug>")
@public
@cache.answered(policy.product_page)
@blueprint.arguments(CurrencyQuerySchema, location="query")
@blueprint.response(200, ShownProductSchema)
def get_product(query: dict[str, Any], slug: str) -> Any:
    """Read a product's page: variants, prices, pictures, and whether they are in stock."""
    return queries.shown_product(slug, currency=query["currency"] or _shop_currency())


def _shop_currency() -> str:
    settings: Settings = current_app.extensions["stockroom_settings"]
    return settings.currency
