"""What lists of products are asked for, by staff and by storefronts."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.catalog.queries.admin_list import LINE_EXPANSIONS, VARIANTS_OF_A_PAGE
from api.catalog.queries.product_cards import CARD_EXPANSIONS
from api.catalog.queries.storefront_detail import PAGE_EXPANSIONS
from api.catalog.queries.storefront_list import SORTS
from api.catalog.schemas.admin import MOST_IDS
from api.catalog.states import ProductStatus
from api.platform.addresses import COUNTRIES
from api.platform.http import (
    MAX_AMOUNT,
    CurrencyCode,
    PageQuerySchema,
    Schema,
    one_of,
)
from api.platform.query_fields import IdList, NameList

MOST_FILTERS = 50
"""Values of one filter; each is looked up."""


def _words(description: str, example: str) -> fields.Field[Any]:
    """Return a filter of which several values may be given; they mean any of these."""
    return fields.List(
        fields.String(validate=validate.Length(1, 300)),
        load_default=list,
        validate=validate.Length(max=MOST_FILTERS),
        metadata={"description": description, "example": [example]},
    )


class CurrencyQuerySchema(Schema):
    """In which currency prices are asked for."""

    currency = fields.String(
        load_default=None,
        validate=CurrencyCode(),
        metadata={"description": "The shop's own currency when left out."},
    )


class BuyerQuerySchema(CurrencyQuerySchema):
    """For whom prices are asked for."""

    country = fields.String(
        load_default=None,
        validate=validate.OneOf(sorted(COUNTRIES), error="Unknown country code."),
        metadata={
            "description": "Where it is to be sent: the prices of its market are shown.",
            "example": "DE",
        },
    )


class ShownProductsQuerySchema(PageQuerySchema, BuyerQuerySchema):
    """Which products a storefront wants to list, and in which order.

    Several values of one filter mean any of them; different filters must all fit.
    """

    category = fields.String(
        load_default=None,
        validate=validate.Length(min=1),
        metadata={"description": "Slug; what stands below it is included."},
    )
    collection = fields.String(
        load_default=None, validate=validate.Length(min=1), metadata={"description": "Slug."}
    )
    q = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={
            "description": "Words in any order; the last may be only begun. SKUs and barcodes too."
        },
    )
    price_gte = fields.Integer(
        load_default=None,
        validate=validate.Range(0, MAX_AMOUNT),
        metadata={"description": "Lowest price of the product at least, in minor units."},
    )
    price_lte = fields.Integer(
        load_default=None,
        validate=validate.Range(0, MAX_AMOUNT),
        metadata={"description": "Lowest price of the product at most, in minor units."},
    )
    in_stock = fields.Boolean(load_default=None)
    vendor = _words("By name, whatever its case.", "Kiln & Co")
    tag = _words("By name, whatever its case.", "summer")
    type = _words("By name, whatever its case.", "Mug")
    option = _words("An option and a value of it.", "size:M")
    attribute = _words(
        "A filterable attribute and a value of it; numbers and dates also as a range with both "
        "ends included: `width:10..20`, `width:10..`.",
        "material:oak",
    )
    sort = fields.String(
        load_default=None,
        validate=validate.OneOf(SORTS),
        metadata={
            "description": "Unless given: relevance with q, the collection's own order in a "
            "collection, otherwise newest. `position` needs a category or a collection."
        },
    )
    include = NameList("total", "facets", description="What the answer counts.")
    expand = NameList(*CARD_EXPANSIONS, description="What each product brings along.")

    @post_load
    def _with_total(self, query: dict[str, Any], **_: object) -> dict[str, object]:
        included = query.pop("include")
        return query | {f"with_{name}": name in included for name in ("total", "facets")}


class ShownProductQuerySchema(BuyerQuerySchema):
    """How a storefront wants a product's page."""

    expand = NameList(*PAGE_EXPANSIONS, description="What the page brings along.")


class SuggestionsQuerySchema(BuyerQuerySchema):
    """What somebody is typing."""

    q = fields.String(required=True, validate=validate.Length(1, 100))
    limit = fields.Integer(load_default=5, validate=validate.Range(1, 10))


class ProductsQuerySchema(PageQuerySchema):
    """Which products staff want to list."""

    currency = fields.String(
        load_default=None,
        validate=CurrencyCode(),
        metadata={"description": "The shop's own currency when left out."},
    )
    status = fields.String(load_default=None, validate=one_of(ProductStatus))
    q = fields.String(load_default=None, validate=validate.Length(max=200))
    external_reference = fields.String(load_default=None, validate=validate.Length(1, 255))
    vendor = fields.String(load_default=None, validate=validate.Length(1, 255))
    product_type = fields.String(load_default=None, validate=validate.Length(1, 255))
    tag = fields.String(load_default=None, validate=validate.Length(1, 255))
    category = fields.String(
        load_default=None,
        validate=validate.Length(1, 120),
        metadata={"description": "The slug of a category; what stands below it counts."},
    )
    collection = fields.String(load_default=None, validate=validate.Length(1, 120))
    ids = IdList(
        most=MOST_IDS,
        description="Only these products; an id that is no product's is not in the answer.",
    )
    expand = NameList(
        *LINE_EXPANSIONS,
        description="What each product brings along. With variants a page ends before its "
        f"products have more than {VARIANTS_OF_A_PAGE:,} of them, but not before its first one.",
    )
    sort = fields.String(load_default="newest", validate=validate.OneOf(["newest", "name"]))
