"""What staff read and write of the catalogue."""

from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import fields, validate

from api.catalog.fields import PRODUCT_FIELDS, VARIANT_FIELDS
from api.catalog.schemas.field_forms import written_fields
from api.catalog.schemas.media import PictureSizeSchema
from api.catalog.service.inputs import (
    BarcodeInput,
    CategoryInput,
    ImageInput,
    PriceInput,
    ProductInput,
    VariantInput,
)
from api.platform.http import NOT_BLANK, TRIMMED, DateTimeField, MoneySchema, Pattern, Schema, Slug
from api.platform.rules import AtLeastOne, AtMostOne, Rule

MOST_VARIANTS = 2_000
MOST_IMAGES = 250
MOST_OPTIONS = 3
MOST_BARCODES = 10
MOST_IN_A_CASE = 100_000
MOST_ATTRIBUTES = 200
MOST_IDS = 100
HIGHEST_AMOUNT = 10**12


SLUG = (validate.Length(1, 255), Slug())
_CODE = (validate.Length(1, 64), TRIMMED)
_WEB_ADDRESS = validate.URL(schemes={"http", "https"}, require_tld=False)
_SHORT = validate.Length(max=255)
_NAME = (validate.Length(1, 255), NOT_BLANK)
_TAX_CLASS = Pattern(r"^[a-z0-9_-]{1,40}$", error="Use a class such as standard.")
_PROFILE = Pattern(r"^([a-z0-9][a-z0-9_-]{0,39})?$", error="Use a profile such as bulky.")


def _tags() -> fields.Field[Any]:
    return fields.List(
        fields.String(validate=validate.Length(1, 255)), validate=validate.Length(max=250)
    )


class BarcodeSchema(Schema):
    """A code on goods, and how many units one scan of it means."""

    makes = BarcodeInput

    code = fields.String(
        required=True,
        validate=_CODE,
        metadata={"example": "4006381333931"},
    )
    pack_quantity = fields.Integer(
        strict=True,
        load_default=1,
        validate=validate.Range(1, MOST_IN_A_CASE),
        metadata={"description": "1, or how many are in a case with this label."},
    )


class PriceAmountSchema(MoneySchema):
    """What something may cost, in whole minor units."""

    amount = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, HIGHEST_AMOUNT, error=f"Must be 0 to {HIGHEST_AMOUNT}."),
        metadata={"example": 1299},
    )


class PriceSchema(Schema):
    """A price and, when it is reduced, what it was before.

    `reduced_since` and `prior_price` only come out: since when it is reduced without a break, and
    the lowest price of the 30 days before that moment.
    """

    makes = PriceInput

    price = fields.Nested(PriceAmountSchema, required=True)
    compare_at = fields.Nested(PriceAmountSchema, load_default=None, allow_none=True)
    reduced_since = fields.AwareDateTime(dump_only=True, allow_none=True)
    prior_price = fields.Nested(MoneySchema, dump_only=True, allow_none=True)


class PricesSchema(Schema):
    """All prices of a variant, one per currency; currencies left out are removed."""

    prices = fields.List(
        fields.Nested(PriceSchema), required=True, validate=validate.Length(max=50)
    )


class ImageSchema(Schema):
    """A picture by its address, or by the media that was handed in.

    With `media_id` the address follows from it. The rest only comes out.
    """

    makes = ImageInput

    id = fields.UUID(dump_only=True)
    url = fields.String(
        validate=(_WEB_ADDRESS, validate.Length(max=2000)),
        metadata={"format": "uri", "pattern": "^https?://"},
    )
    media_id = fields.UUID(load_default=None, allow_none=True)
    alt = fields.String(load_default="", validate=validate.Length(max=500))
    width = fields.Integer(dump_only=True, allow_none=True)
    height = fields.Integer(dump_only=True, allow_none=True)
    sizes = fields.List(fields.Nested(PictureSizeSchema), dump_only=True)

    member_rules = (
        AtLeastOne("url", "media_id", error="Name the picture by url or by media_id.", at="url"),
    )


class VariantFieldsSchema(Schema):
    """What a variant says of itself."""

    sku = fields.String(validate=(validate.Length(1, 255), TRIMMED))
    barcode = fields.String(
        validate=_CODE,
        allow_none=True,
        metadata={
            "description": "The first code of one unit. Sent alone it replaces that one, or with "
            "null takes it away; codes of cases stay."
        },
    )
    barcodes = fields.List(
        fields.Nested(BarcodeSchema),
        validate=validate.Length(max=MOST_BARCODES),
        metadata={"description": "All codes, in the order of importance; they replace all."},
    )
    option_values = fields.List(fields.String(validate=_NAME))
    weight_grams = fields.Integer(strict=True, validate=validate.Range(0, 10**9))
    tax_class = fields.String(validate=_TAX_CLASS)
    shipping_profile = fields.String(
        validate=_PROFILE,
        metadata={
            "description": "Only shipping methods that name the profile carry it.",
            "example": "bulky",
        },
    )
    image_url = fields.String(allow_none=True)
    image_id = fields.UUID(
        allow_none=True, metadata={"description": "The picture by the id that its product gives."}
    )

    class Meta(Schema.Meta):
        include = written_fields(VARIANT_FIELDS)

    member_rules: ClassVar[tuple[Rule, ...]] = (
        AtMostOne("barcode", "barcodes", error="Send either barcode or barcodes.", at="barcodes"),
        AtMostOne(
            "image_url", "image_id", error="Send either image_url or image_id.", at="image_id"
        ),
    )


class EditVariantSchema(VariantFieldsSchema):
    """What may be changed of a variant; what is left out stays."""

    position = fields.Integer(strict=True, validate=validate.Range(0, 10**6))


class NewVariantSchema(VariantFieldsSchema):
    """A variant to be; without a SKU it gets one made from the product's slug and its values."""

    prices = fields.List(fields.Nested(PriceSchema), validate=validate.Length(max=50))

    @ma.post_load
    def _draft(self, given: dict[str, object], **_: object) -> VariantInput:
        return VariantInput(**_tuples(given, "option_values", "prices", "barcodes"))


class VariantSchema(VariantFieldsSchema):
    """A variant as staff see it."""

    member_rules: ClassVar[tuple[Rule, ...]] = ()

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    product_id = fields.UUID(required=True)
    title = fields.String(required=True)
    position = fields.Integer(required=True)
    in_stock = fields.Boolean(required=True)
    prices = fields.List(fields.Nested(PriceSchema), required=True)


class ProductLineSchema(Schema):
    """A product in the staff's list."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    vendor = fields.String(required=True)
    product_type = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    price_varies = fields.Boolean(required=True)
    in_stock = fields.Boolean(required=True)
    variant_count = fields.Integer(required=True)
    image_url = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    published_at = fields.AwareDateTime(required=True, allow_none=True)
    publish_at = fields.AwareDateTime(required=True, allow_none=True)
    external_reference = fields.String(required=True, allow_none=True)
    variants = fields.List(
        fields.Nested(VariantSchema), metadata={"description": "With expand=variants."}
    )


class ProductFieldsSchema(Schema):
    """What a product says of itself. The first of `category_ids` is its main category."""

    slug = fields.String(validate=SLUG)
    tags = _tags()
    category_ids = fields.List(fields.UUID(), validate=validate.Length(max=50))
    images = fields.List(fields.Nested(ImageSchema), validate=validate.Length(max=MOST_IMAGES))
    publish_at = DateTimeField(
        allow_none=True,
        metadata={"description": "When a draft is published by itself; null cancels that."},
    )
    attributes = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 60)),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(max=MOST_ATTRIBUTES),
        metadata={
            "description": "Values by the codes that the product's type defines: a text, number, "
            "true or false, a day such as 2026-05-31, a choice or a list of choices. Sent alone "
            "the others stay; null takes one away.",
            "example": {"material": "cotton", "width": 12.5},
        },
    )

    class Meta(Schema.Meta):
        include = written_fields(PRODUCT_FIELDS)

    @ma.validates_schema
    def _each_picture_once(self, given: dict[str, Any], **_: object) -> None:
        images: list[ImageInput] = given.get("images", [])
        if len({image.media_id or image.url for image in images}) < len(images):
            raise ma.ValidationError("Name each picture once.", "images")


class NewProductSchema(ProductFieldsSchema):
    """A product to be. It begins as a draft, with at least one variant."""

    title = fields.String(required=True, validate=_NAME)
    options = fields.List(
        fields.String(validate=_NAME),
        validate=validate.Length(max=MOST_OPTIONS),
        metadata={"description": "Names in order; each variant has one value for each."},
    )
    variants = fields.List(
        fields.Nested(NewVariantSchema), validate=validate.Length(1, MOST_VARIANTS)
    )

    @ma.post_load
    def _draft(self, given: dict[str, object], **_: object) -> ProductInput:
        return ProductInput(
            **_tuples(given, "tags", "options", "images", "variants", "category_ids")
        )


class EditProductSchema(ProductFieldsSchema):
    """What may be changed of a product; what is left out stays. Lists replace what was there."""

    title = fields.String(validate=_NAME)


class WarningSchema(Schema):
    """Something that stops nothing and would be better otherwise."""

    code = fields.String(required=True)
    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class ProductSchema(ProductFieldsSchema):
    """A product as staff see it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    options = fields.List(fields.String(), required=True)
    in_stock = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)
    published_at = fields.AwareDateTime(required=True, allow_none=True)
    variants = fields.List(fields.Nested(VariantSchema), required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)


class CategoryFieldsSchema(Schema):
    """What a category says of itself."""

    slug = fields.String(validate=(*SLUG, validate.Length(max=120)))
    description = fields.String(validate=validate.Length(max=50_000))
    seo_title = fields.String(validate=_SHORT)
    seo_description = fields.String(validate=validate.Length(max=500))
    parent_id = fields.UUID(allow_none=True)
    position = fields.Integer(strict=True, validate=validate.Range(0, 10**6))
    is_visible = fields.Boolean(
        metadata={
            "description": "False hides it, with all that stands below it, from storefronts. Its "
            "products stay on sale."
        },
    )


class NewCategorySchema(CategoryFieldsSchema):
    """A category to be."""

    makes = CategoryInput

    name = fields.String(required=True, validate=(*_NAME, validate.Length(max=200)))


class EditCategorySchema(CategoryFieldsSchema):
    """What may be changed of a category; what is left out stays."""

    name = fields.String(validate=(*_NAME, validate.Length(max=200)))


class CategorySchema(CategoryFieldsSchema):
    """A category as staff see it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    path = fields.String(required=True)
    level = fields.Integer(required=True)
    is_visible = fields.Boolean(required=True)
    is_shown = fields.Boolean(
        required=True,
        metadata={"description": "Whether storefronts see it: it is visible, and all above it."},
    )


def _tuples(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: tuple(v) if k in names else v for k, v in given.items()}


class LearnBarcodeSchema(Schema):
    """A code that was scanned, and what it means."""

    sku = fields.String(required=True, validate=validate.Length(1, 255))
    code = fields.String(
        required=True,
        validate=(validate.Length(1, 64), TRIMMED),
        metadata={"description": "As it was scanned.", "example": "4006381333931"},
    )
    pack_quantity = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(1, MOST_IN_A_CASE),
        metadata={"description": "1, or how many are in a case with this label."},
    )
