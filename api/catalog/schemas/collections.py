"""What staff read and write of collections, and of the order within them and within categories."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from api.platform.http import Schema

MOST_PLACED = 10_000


class ProductIds(fields.List[Any]):
    """An ordered list of products, each named once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.UUID(), validate=validate.Length(max=MOST_PLACED), **options)

    def _deserialize(self, *given: Any, **options: Any) -> list[Any]:
        ids: list[Any] = super()._deserialize(*given, **options)
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

    before = fields.UUID(metadata={"description": "The product that comes right after it."})
    after = fields.UUID(metadata={"description": "The product that comes right before it."})
    position = fields.Integer(strict=True, validate=validate.Range(0, MOST_PLACED))

    @ma.validates_schema
    def _one_of_them(self, given: dict[str, Any], **_: Any) -> None:
        if len(given) != 1:
            raise ma.ValidationError("Send one of before, after and position.")
