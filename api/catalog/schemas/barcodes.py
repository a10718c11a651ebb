"""Request schema of a code that is learnt."""

from marshmallow import fields, validate

from api.catalog.schemas.admin import MOST_IN_A_CASE
from api.platform.http import TRIMMED, Schema


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
