"""What storefronts ask and read."""

from marshmallow import fields, validate

from api.catalog.fields import PRODUCT_FIELDS
from api.catalog.schemas.field_forms import shown_fields
from api.platform.http import (
    MoneySchema,
    PageSchema,
    Schema,
)


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
    net_price = fields.Nested(
        MoneySchema,
        allow_none=True,
        metadata={
            "description": "`price` without tax, for customers of a group with `shows_net`; of "
            "`country`, or of the shop's own. Null where there is no rule for it."
        },
    )
    for_sale = fields.Boolean(required=True)
    in_stock = fields.Boolean(required=True)


class ShownPriceBreakSchema(Schema):
    """The price of one unit from a quantity on."""

    min_quantity = fields.Integer(required=True)
    price = fields.Nested(MoneySchema, required=True)
    net_price = fields.Nested(MoneySchema, allow_none=True)


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
    availability = fields.String(
        required=True,
        validate=validate.OneOf(["in_stock", "backorder", "out_of_stock"]),
        metadata={
            "description": "`backorder`: it can be ordered although nothing is in stock, and ships"
            " once it has come."
        },
    )
    back_order_note = fields.String(
        required=True,
        metadata={
            "description": "When it is expected, in the shop's words; may be empty.",
            "example": "Ships from 14 March",
        },
    )
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
