"""Schemas of substitutes, and of what the packing station asks for."""

import marshmallow as ma

from api.platform.http import Schema

_CODE = ma.validate.Length(1, 500)


class NewSubstituteSchema(Schema):
    """What goes out where units of an item are missing; both by SKU or barcode."""

    sku = ma.fields.String(required=True, validate=_CODE)
    substitute_sku = ma.fields.String(required=True, validate=_CODE)


class SubstituteSchema(Schema):
    """A rule: where units of `sku` are missing, those of `substitute_sku` go out instead."""

    id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    substitute_sku = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)


class ItemInToteQuerySchema(Schema):
    """A tote and an item, exactly as the scanner sent them."""

    tote = ma.fields.String(required=True, validate=_CODE)
    item = ma.fields.String(required=True, validate=_CODE)


class OrderForItemSchema(Schema):
    """The order in the tote that waits for the item."""

    order_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True)
    batch_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(
        required=True, metadata={"description": "Units of the item that were picked for it."}
    )
