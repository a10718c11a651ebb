"""What staff read and write of collections, and of the order within them and within categories."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from api.catalog.models.navigation import CollectionKind, RuleMatch
from api.catalog.queries.collection_rules import FIELDS, RELATIONS
from api.catalog.schemas.admin import SLUG
from api.catalog.service.collection_rules import MOST_RULES
from api.catalog.service.collections import MOST_BY_HAND, CollectionInput
from api.platform.http import NOT_BLANK, PageQuerySchema, Schema, one_of
from api.platform.rules import ExactlyOne

SORTS = ("position", "newest", "name", "price", "-price")
MOST_PLACED = MOST_BY_HAND


class ProductIds(fields.List[Any]):
    """An ordered list of products, each named once."""

    def __init__(self, *, most: int = MOST_PLACED, **options: Any) -> None:
        super().__init__(
            fields.UUID(),
            validate=validate.Length(max=most),
            metadata={"uniqueItems": True},
            **options,
        )

    def _deserialize(self, *given: object, **options: object) -> list[object]:
        ids: list[object] = super()._deserialize(*given, **options)
        first = {id_: place for place, id_ in reversed(list(enumerate(ids)))}
        twice = {
            place: [f"Named before, at {first[id_]}. Name each product once."]
            for place, id_ in enumerate(ids)
            if first[id_] != place
        }
        if twice:
            raise ma.ValidationError(twice)
        return ids


class PlacedProductsSchema(Schema):
    """Which products come first, in this order; the rest follows by newest."""

    product_ids = ProductIds(required=True)


class MoveProductSchema(Schema):
    """Where to put a product: before or after another one, or at a place counted from 0."""

    product_id = fields.UUID(required=True)
    before = fields.UUID(metadata={"description": "The product that comes right after it."})
    after = fields.UUID(metadata={"description": "The product that comes right before it."})
    position = fields.Integer(strict=True, validate=validate.Range(0, MOST_PLACED))

    member_rules = (
        ExactlyOne("before", "after", "position", error="Send one of before, after and position."),
    )


class RuleSchema(Schema):
    """One thing that products of a collection have in common."""

    field = fields.String(
        required=True,
        validate=validate.OneOf(list(FIELDS)),
        metadata={"example": "tag"},
    )
    relation = fields.String(
        required=True,
        validate=validate.OneOf(list(RELATIONS)),
        metadata={"example": "is"},
    )
    value = fields.Raw(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "A text; for price `{amount, currency}`, for option `{name, value}`, for"
            " attribute `{code, value}`, for category its slug, for in_stock true or false, for"
            " weight_grams a whole number, for created_at a moment. With is_set and is_not_set"
            " nothing, or what says of which currency, option or attribute.",
            "example": "sale",
        },
    )


class RulesSchema(Schema):
    """Rules, and whether a product must fit all of them or any."""

    match = fields.Enum(RuleMatch, by_value=True, load_default=RuleMatch.ALL)
    rules = fields.List(
        fields.Nested(RuleSchema), required=True, validate=validate.Length(1, MOST_RULES)
    )


class CollectionFieldsSchema(Schema):
    """What a collection says of itself."""

    slug = fields.String(validate=(*SLUG, validate.Length(max=120)))
    description = fields.String(validate=validate.Length(max=50_000))
    seo_title = fields.String(validate=validate.Length(max=255))
    seo_description = fields.String(validate=validate.Length(max=500))
    match = fields.Enum(RuleMatch, by_value=True)
    rules = fields.List(fields.Nested(RuleSchema), validate=validate.Length(max=MOST_RULES))
    sort = fields.String(
        validate=validate.OneOf(SORTS),
        metadata={"description": "The order in which storefronts list it without another wish."},
    )
    is_visible = fields.Boolean()


_TITLE = (validate.Length(1, 200), NOT_BLANK)


class NewCollectionSchema(CollectionFieldsSchema):
    """A collection to be: filled by hand, or by rules."""

    makes = CollectionInput

    title = fields.String(required=True, validate=_TITLE)
    kind = fields.Enum(CollectionKind, by_value=True, load_default=CollectionKind.MANUAL)


class EditCollectionSchema(CollectionFieldsSchema):
    """What may be changed of a collection; what is left out stays. Its kind stays for good."""

    title = fields.String(validate=_TITLE)


class CollectionSchema(CollectionFieldsSchema):
    """A collection as staff see it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    title = fields.String(required=True)
    kind = fields.Enum(CollectionKind, by_value=True, required=True)
    product_count = fields.Integer(
        required=True, metadata={"description": "In any state; counted to 10,000."}
    )
    refreshed_at = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When its rules were last applied to all; null while they are."},
    )
    created_at = fields.AwareDateTime(required=True)


class CollectionsQuerySchema(PageQuerySchema):
    """Which collections staff want to list."""

    kind = fields.String(load_default=None, validate=one_of(CollectionKind))
    q = fields.String(load_default=None, validate=validate.Length(max=200))


class CollectionProductSchema(Schema):
    """A product in a collection, as staff see it."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    vendor = fields.String(required=True)
    in_stock = fields.Boolean(required=True)
    image_url = fields.String(required=True, allow_none=True)


class FittingProductSchema(Schema):
    """A product that fits rules."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    vendor = fields.String(required=True)


class RulesPreviewSchema(Schema):
    """What rules would bring in."""

    products = fields.List(fields.Nested(FittingProductSchema), required=True)
    total = fields.Integer(required=True)
    total_is_capped = fields.Boolean(required=True)
