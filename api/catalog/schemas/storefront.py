"""What storefronts ask and read."""

from typing import Any

from marshmallow import fields, validate

from api.catalog.fields import PRODUCT_FIELDS
from api.catalog.queries.product_cards import CARD_EXPANSIONS
from api.catalog.queries.storefront_detail import PAGE_EXPANSIONS
from api.catalog.queries.storefront_list import SORTS
from api.catalog.schemas.field_forms import shown_fields
from api.platform.http import (
    MAX_AMOUNT,
    CurrencyCode,
    MoneySchema,
    PageQuerySchema,
    PageSchema,
    Schema,
)
from api.platform.query_fields import NameList

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


class ShownProductsQuerySchema(PageQuerySchema, CurrencyQuerySchema):
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


class ShownProductQuerySchema(CurrencyQuerySchema):
    """How a storefront wants a product's page."""

    expand = NameList(*PAGE_EXPANSIONS, description="What the page brings along.")


class SuggestionsQuerySchema(CurrencyQuerySchema):
    """What somebody is typing."""

    q = fields.String(required=True, validate=validate.Length(1, 100))
    limit = fields.Integer(load_default=5, validate=validate.Range(1, 10))


class ShownSizeSchema(Schema):
    """A picture made smaller."""

    name = fields.String(required=True, metadata={"example": "small"})
    url = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)


class ShownImageSchema(Schema):
    """A picture. Sizes and dimensions are known of those that were uploaded."""

    id = fields.UUID(required=True)
    url = fields.String(required=True)
    alt = fields.String(required=True)
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)
    sizes = fields.List(fields.Nested(ShownSizeSchema), required=True)


class ShownPricesSchema(Schema):
    """What something costs. `compare_at` is what it was said to cost before it was reduced.

    `prior_price` is the lowest price of the 30 days before the reduction began, which shops in the
    EU have to show beside it (Directive 98/6/EC, Article 6a).
    """

    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    compare_at = fields.Nested(MoneySchema, required=True, allow_none=True)
    prior_price = fields.Nested(MoneySchema, required=True, allow_none=True)
    for_sale = fields.Boolean(required=True)
    in_stock = fields.Boolean(required=True)


class ShownPriceBreakSchema(Schema):
    """The price of one unit from a quantity on."""

    min_quantity = fields.Integer(required=True)
    price = fields.Nested(MoneySchema, required=True)


_PRICE_BREAKS = fields.List(
    fields.Nested(ShownPriceBreakSchema),
    metadata={"description": "Of a customer with a price list, where more units cost less each."},
)


class ShownCardVariantSchema(ShownPricesSchema):
    """A variant in a list, with `expand=variants`."""

    id = fields.UUID(required=True)
    sku = fields.String(required=True)
    title = fields.String(required=True)
    option_values = fields.List(fields.String(), required=True)
    price_breaks = _PRICE_BREAKS


class ShownProductCardSchema(ShownPricesSchema):
    """A product in a list. `price` is the lowest of its variants' prices."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    vendor = fields.String(required=True)
    price_varies = fields.Boolean(required=True)
    image = fields.Nested(ShownImageSchema, required=True, allow_none=True)
    variants = fields.List(fields.Nested(ShownCardVariantSchema))
    images = fields.List(fields.Nested(ShownImageSchema))


class FacetValueSchema(Schema):
    """A value to choose. Send `value` as the parameter of its group."""

    value = fields.String(required=True, metadata={"example": "size:M"})
    label = fields.String(required=True, metadata={"example": "M"})
    count = fields.Integer(required=True)
    is_chosen = fields.Boolean(required=True)


class FacetSpanSchema(Schema):
    """From where to where a number or date goes, as texts to send back in a range."""

    lowest = fields.String(required=True, metadata={"example": "80"})
    highest = fields.String(required=True, metadata={"example": "1200"})


class FacetGroupSchema(Schema):
    """Values of one kind. Their counts leave out the filter by this kind itself."""

    parameter = fields.String(required=True, metadata={"example": "option"})
    code = fields.String(required=True, metadata={"example": "size"})
    label = fields.String(required=True, metadata={"example": "Size"})
    unit = fields.String(required=True)
    span = fields.Nested(FacetSpanSchema, required=True, allow_none=True)
    values = fields.List(fields.Nested(FacetValueSchema), required=True)


class PriceSpanSchema(Schema):
    """From which price to which."""

    lowest = fields.Nested(MoneySchema, required=True)
    highest = fields.Nested(MoneySchema, required=True)


class FacetsSchema(Schema):
    """What a list can be narrowed by. Counted among the newest 10,000; `is_capped` beyond."""

    is_capped = fields.Boolean(required=True)
    price = fields.Nested(PriceSpanSchema, required=True, allow_none=True)
    in_stock = fields.Integer(required=True)
    groups = fields.List(fields.Nested(FacetGroupSchema), required=True)


class ShownProductCardListSchema(Schema):
    """A page of products."""

    data = fields.List(fields.Nested(ShownProductCardSchema), required=True)
    page = fields.Nested(PageSchema, required=True)
    corrected_q = fields.String(
        allow_none=True,
        metadata={"description": "With q: what was searched instead, when nothing was found."},
    )
    facets = fields.Nested(FacetsSchema, metadata={"description": "With include=facets."})


class BreadcrumbSchema(Schema):
    """One step on the way down the tree."""

    slug = fields.String(required=True)
    name = fields.String(required=True)


class ShownOptionSchema(Schema):
    """Something to choose, and what there is to choose from."""

    name = fields.String(required=True)
    values = fields.List(fields.String(), required=True)


class SeoSchema(Schema):
    """What search engines are told; empty fields were not written."""

    title = fields.String(required=True)
    description = fields.String(required=True)


class ShownChoiceSchema(Schema):
    """A choice that is made: `value` is for programs, `label` for people."""

    value = fields.String(required=True)
    label = fields.String(required=True)


class ShownAttributeSchema(Schema):
    """Something that is said of a product."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    unit = fields.String(required=True)
    value = fields.Raw(
        required=True,
        metadata={"description": "A text, number, boolean, day, choice or list of choices."},
    )
    choices = fields.List(fields.Nested(ShownChoiceSchema), required=True)


class ShownVariantSchema(ShownPricesSchema):
    """A variant. Without a price in the currency it is not for sale."""

    id = fields.UUID(required=True)
    sku = fields.String(required=True)
    barcode = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    option_values = fields.List(fields.String(), required=True)
    weight_grams = fields.Integer(required=True)
    image_url = fields.String(required=True, allow_none=True)
    metadata = fields.Dict(keys=fields.String(), required=True)
    price_breaks = _PRICE_BREAKS


class ShownCollectionLinkSchema(Schema):
    """A collection by its address."""

    slug = fields.String(required=True)
    title = fields.String(required=True)


class ShownProductSchema(Schema):
    """A product's page. `description` is HTML as the shop's staff wrote it, not cleaned."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    seo = fields.Nested(SeoSchema, required=True)
    tags = fields.List(fields.String(), required=True)
    metadata = fields.Dict(keys=fields.String(), required=True)
    attributes = fields.List(fields.Nested(ShownAttributeSchema), required=True)
    published_at = fields.AwareDateTime(required=True)
    in_stock = fields.Boolean(required=True)
    for_sale = fields.Boolean(required=True)
    breadcrumbs = fields.List(fields.Nested(BreadcrumbSchema), required=True)
    images = fields.List(fields.Nested(ShownImageSchema), required=True)
    options = fields.List(fields.Nested(ShownOptionSchema), required=True)
    variants = fields.List(fields.Nested(ShownVariantSchema), required=True)
    collections = fields.List(
        fields.Nested(ShownCollectionLinkSchema),
        metadata={"description": "With expand=collections."},
    )
    related = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(ShownProductCardSchema)),
        metadata={"description": "With expand=related: products by kind of relation."},
    )

    class Meta(Schema.Meta):
        include = shown_fields(PRODUCT_FIELDS)


class ShownCollectionSchema(Schema):
    """Products that are shown together; list them with `collection=<slug>`."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    seo = fields.Nested(SeoSchema, required=True)
    sort = fields.String(
        required=True, metadata={"description": "The order unless another is asked."}
    )


class SuggestedCategorySchema(Schema):
    """A category whose name begins like what was typed."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    path = fields.String(required=True)


class SuggestionsSchema(Schema):
    """What somebody may be looking for."""

    q = fields.String(required=True)
    corrected_q = fields.String(required=True, allow_none=True)
    queries = fields.List(fields.String(), required=True)
    products = fields.List(fields.Nested(ShownProductCardSchema), required=True)
    categories = fields.List(fields.Nested(SuggestedCategorySchema), required=True)
    collections = fields.List(fields.Nested(ShownCollectionLinkSchema), required=True)


class ShownCategorySchema(Schema):
    """A category in the tree. `path` is the slugs from the root, `level` 0 at the root."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    path = fields.String(required=True)
    level = fields.Integer(required=True)
    parent_id = fields.UUID(required=True, allow_none=True)


class ShownCategoryPageSchema(ShownCategorySchema):
    """A category with its surroundings."""

    description = fields.String(required=True)
    seo = fields.Nested(SeoSchema, required=True)
    breadcrumbs = fields.List(fields.Nested(BreadcrumbSchema), required=True)
    children = fields.List(fields.Nested(ShownCategorySchema), required=True)
