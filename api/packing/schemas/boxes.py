"""Types of boxes, and the packaging book."""

import marshmallow as ma

from api.packing.states import Material
from api.platform.http import TRIMMED, PageQuerySchema, Schema

MAX_MM = 10_000
MAX_GRAMS = 1_000_000
_NAME = [ma.validate.Length(1, 60), TRIMMED]
_SIZE = ma.validate.Range(1, MAX_MM)
_GRAMS = ma.validate.Range(0, MAX_GRAMS)


class MaterialsSchema(Schema):
    """Grams of packaging by material; those left out are 0."""

    paper = ma.fields.Integer(strict=True, validate=_GRAMS)
    plastic = ma.fields.Integer(strict=True, validate=_GRAMS)
    glass = ma.fields.Integer(strict=True, validate=_GRAMS)
    aluminium = ma.fields.Integer(strict=True, validate=_GRAMS)
    ferrous_metal = ma.fields.Integer(strict=True, validate=_GRAMS)
    wood = ma.fields.Integer(strict=True, validate=_GRAMS)
    beverage_carton = ma.fields.Integer(strict=True, validate=_GRAMS)
    composite = ma.fields.Integer(strict=True, validate=_GRAMS)
    other = ma.fields.Integer(strict=True, validate=_GRAMS)


class BoxTypeQuerySchema(PageQuerySchema):
    """Filters of the list of box types."""

    is_active = ma.fields.Boolean(load_default=None)


class EditBoxTypeSchema(Schema):
    """What to change about a type of box. Parcels that were packed keep what it was."""

    name = ma.fields.String(validate=_NAME)
    barcode = ma.fields.String(
        validate=_NAME,
        metadata={
            "description": "Kept in capitals. Labels of box types begin with B-.",
            "example": "B-M",
        },
    )
    length_mm = ma.fields.Integer(
        strict=True, validate=_SIZE, metadata={"description": "Inside, as width and height."}
    )
    width_mm = ma.fields.Integer(strict=True, validate=_SIZE)
    height_mm = ma.fields.Integer(strict=True, validate=_SIZE)
    weight_grams = ma.fields.Integer(strict=True, validate=_GRAMS)
    materials = ma.fields.Nested(MaterialsSchema)
    is_active = ma.fields.Boolean()


class NewBoxTypeSchema(EditBoxTypeSchema):
    """A type of box to create."""

    name = ma.fields.String(required=True, validate=_NAME)
    barcode = ma.fields.String(required=True, validate=_NAME)
    length_mm = ma.fields.Integer(required=True, strict=True, validate=_SIZE)
    width_mm = ma.fields.Integer(required=True, strict=True, validate=_SIZE)
    height_mm = ma.fields.Integer(required=True, strict=True, validate=_SIZE)
    weight_grams = ma.fields.Integer(required=True, strict=True, validate=_GRAMS)


class BoxTypeSchema(Schema):
    """A type of box, bag or tube."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True)
    length_mm = ma.fields.Integer(required=True)
    width_mm = ma.fields.Integer(required=True)
    height_mm = ma.fields.Integer(required=True)
    weight_grams = ma.fields.Integer(required=True)
    materials = ma.fields.Nested(MaterialsSchema, required=True)
    is_active = ma.fields.Boolean(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class PackagingRowSchema(Schema):
    """Grams of one material in the parcels to one country."""

    country = ma.fields.String(required=True, metadata={"example": "DE"})
    material = ma.fields.Enum(Material, by_value=True, required=True)
    parcels = ma.fields.Integer(required=True)
    grams = ma.fields.Integer(required=True)


class PackagingBookSchema(Schema):
    """Packaging by country of destination and material."""

    rows = ma.fields.List(ma.fields.Nested(PackagingRowSchema), required=True)
