"""What staff read and write of attributes and product types."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from api.catalog.models.attributes import AttributeKind
from api.catalog.service.inputs import AttributeInput, ChoiceInput, TypeAttributeInput
from api.catalog.texts import facet_key
from api.platform.http import NOT_BLANK, TRIMMED, PageQuerySchema, Pattern, Schema, one_of
from api.platform.rules import ExactlyOne

MOST_CHOICES = 1_000
MOST_ATTRIBUTES = 200

_CODE = (
    validate.Length(1, 60),
    Pattern(
        r"^[a-z][a-z0-9_]*$", error="Use small letters, digits and _, beginning with a letter."
    ),
)
_VALUE = (validate.Length(1, 120), TRIMMED)
_NAME = (validate.Length(1, 200), NOT_BLANK)


def _position(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(0, 10**6), **options)


class AttributesQuerySchema(PageQuerySchema):
    """Which attributes staff want to list."""

    kind = fields.String(load_default=None, validate=one_of(AttributeKind))


class ChoiceSchema(Schema):
    """A value that an attribute allows: `value` is stored and sent, `label` is read."""

    id = fields.UUID(dump_only=True)
    value = fields.String(required=True, validate=_VALUE, metadata={"example": "off-white"})
    label = fields.String(
        validate=_NAME,
        metadata={"description": "Left out it reads as its value.", "example": "Off-White"},
    )
    position = _position(metadata={"description": "Left out it is its place in the list."})

    @ma.post_load
    def _draft(self, given: dict[str, Any], **_: object) -> ChoiceInput:
        return ChoiceInput(
            given["value"], given.get("label", given["value"]), given.get("position")
        )


class AttributeFieldsSchema(Schema):
    """What an attribute is and where it is shown."""

    unit = fields.String(
        validate=validate.Length(max=20), metadata={"description": "As in 12 cm.", "example": "cm"}
    )
    is_filterable = fields.Boolean(
        metadata={"description": "Whether storefronts filter products by it."}
    )
    is_visible = fields.Boolean(metadata={"description": "Whether storefronts show it."})
    position = _position()
    choices = fields.List(
        fields.Nested(ChoiceSchema),
        validate=validate.Length(max=MOST_CHOICES),
        metadata={"description": "For the kinds choice and choices; the list replaces all."},
    )

    @ma.validates_schema
    def _each_choice_once(self, given: dict[str, Any], **_: object) -> None:
        seen: set[str] = set()
        for draft in given.get("choices", []):
            key = facet_key(draft.value)
            if key in seen:
                raise ma.ValidationError(f"{draft.value} is named twice.", "choices")
            seen.add(key)


class NewAttributeSchema(AttributeFieldsSchema):
    """An attribute to be. Its code and its kind stay as they are."""

    makes = AttributeInput

    code = fields.String(required=True, validate=_CODE, metadata={"example": "material"})
    name = fields.String(required=True, validate=_NAME)
    kind = fields.Enum(AttributeKind, by_value=True, required=True)


class EditAttributeSchema(AttributeFieldsSchema):
    """What may be changed of an attribute; what is left out stays."""

    code = fields.String(metadata={"description": "May be sent, but only as it is."})
    kind = fields.String(metadata={"description": "May be sent, but only as it is."})
    name = fields.String(validate=_NAME)


class AttributeSchema(AttributeFieldsSchema):
    """An attribute as staff see it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(AttributeKind, by_value=True, required=True)


class NewTypeAttributeSchema(Schema):
    """An attribute that products of a type have, named by its code or its id."""

    makes = TypeAttributeInput

    code = fields.String(validate=validate.Length(1, 60))
    attribute_id = fields.UUID()
    is_required = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether a product needs it before it is published."},
    )
    position = _position(metadata={"description": "Left out it is its place in the list."})

    member_rules = (
        ExactlyOne(
            "code",
            "attribute_id",
            error="Name the attribute by code or by attribute_id.",
            at="code",
        ),
    )


class EditProductTypeSchema(Schema):
    """What may be changed of a product type; the list of attributes replaces what was there."""

    name = fields.String(validate=(validate.Length(1, 255), NOT_BLANK))
    attributes = fields.List(
        fields.Nested(NewTypeAttributeSchema), validate=validate.Length(max=MOST_ATTRIBUTES)
    )


class NewProductTypeSchema(EditProductTypeSchema):
    """A product type to be: products name it as their `product_type`, whatever its case."""

    name = fields.String(required=True, validate=(validate.Length(1, 255), NOT_BLANK))


class TypeAttributeSchema(Schema):
    """An attribute as a product type has it."""

    attribute_id = fields.UUID(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(AttributeKind, by_value=True, required=True)
    is_required = fields.Boolean(required=True)
    position = fields.Integer(required=True)


class ProductTypeSchema(Schema):
    """A product type as staff see it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    attributes = fields.List(fields.Nested(TypeAttributeSchema), required=True)
