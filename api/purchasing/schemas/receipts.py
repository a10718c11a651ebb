"""Request and response schemas of receipts."""

import marshmallow as ma

from api.inventory.schemas.levels import LotCode
from api.platform.http import NOT_BLANK, TRIMMED, MoneySchema, PageQuerySchema, Schema
from api.platform.rules import AtMostOne, ExactlyOne
from api.purchasing.schemas.orders import MAX_LINES, MAX_UNITS, CostSchema, OrderLocationSchema


class ReceivedLineSchema(Schema):
    """Units of a variant that came."""

    code = ma.fields.String(
        validate=ma.validate.Length(1, 500),
        metadata={"description": "SKU or barcode, as it was scanned; or give variant_id."},
    )
    variant_id = ma.fields.UUID()
    quantity = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(1, MAX_UNITS),
        metadata={"description": "Of what the code means: 2 of a case of 12 are 24 units."},
    )
    damaged = ma.fields.Integer(
        load_default=0,
        strict=True,
        validate=ma.validate.Range(0, MAX_UNITS),
        metadata={"description": "Units of them that cannot be sold."},
    )
    bin_id = ma.fields.UUID()
    bin = ma.fields.String(
        validate=ma.validate.Length(1, 60), metadata={"description": "Barcode of a bin."}
    )
    unit_cost = ma.fields.Nested(
        CostSchema,
        metadata={"description": "In the shop's currency, where no purchase order says it."},
    )
    lot = LotCode(
        metadata={"description": "Where the variant has lots; else what the scanned label says."}
    )
    expires_on = ma.fields.Date(
        metadata={"description": "Last day on which the lot is sold; else what the label says."}
    )

    member_rules = (
        ExactlyOne("code", "variant_id", error="Name the goods by code or by variant_id."),
        AtMostOne("bin_id", "bin", error="Name the bin by bin_id or by bin."),
    )


class NewReceiptSchema(Schema):
    """Goods that came."""

    purchase_order_id = ma.fields.UUID()
    location_id = ma.fields.UUID()
    location = ma.fields.String(
        validate=ma.validate.Length(1, 40),
        metadata={"description": "Code, instead of the id. By default the preferred one."},
    )
    reference = ma.fields.String(
        validate=[ma.validate.Length(1, 60), TRIMMED],
        metadata={"description": "Number of the delivery note."},
    )
    note = ma.fields.String(validate=[ma.validate.Length(1, 500), NOT_BLANK])
    lines = ma.fields.List(
        ma.fields.Nested(ReceivedLineSchema),
        required=True,
        validate=ma.validate.Length(1, MAX_LINES),
    )

    member_rules = (
        AtMostOne(
            *("purchase_order_id", "location_id", "location"),
            error="Name the place once: a purchase order, which knows where its goods go, or "
            "a location by location_id or by location.",
        ),
    )


class ReceiptQuerySchema(PageQuerySchema):
    """Filters of the list of receipts."""

    purchase_order_id = ma.fields.UUID(load_default=None)
    location_id = ma.fields.UUID(load_default=None)


class ReceiptLineSchema(Schema):
    """Units of a variant in a receipt."""

    id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True, metadata={"description": "In units."})
    damaged = ma.fields.Integer(required=True)
    over_quantity = ma.fields.Integer(
        required=True, metadata={"description": "Units of them that nobody has ordered."}
    )
    bin_id = ma.fields.UUID(required=True, allow_none=True)
    bin_code = ma.fields.String(required=True, allow_none=True)
    lot_id = ma.fields.UUID(required=True, allow_none=True)
    lot = ma.fields.String(required=True, allow_none=True)
    expires_on = ma.fields.Date(required=True, allow_none=True)
    unit_cost = ma.fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={"description": "With freight, in the shop's currency, rounded."},
    )
    cost = ma.fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={"description": "Of all units; null where nobody said it, and of old receipts."},
    )


class ReceiptSchema(Schema):
    """Goods that came."""

    id = ma.fields.UUID(required=True)
    purchase_order_id = ma.fields.UUID(required=True, allow_none=True)
    number = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Of the purchase order."}
    )
    location = ma.fields.Nested(OrderLocationSchema, required=True)
    reference = ma.fields.String(required=True, allow_none=True)
    note = ma.fields.String(required=True, allow_none=True)
    units = ma.fields.Integer(required=True)
    damaged_units = ma.fields.Integer(required=True)
    over_units = ma.fields.Integer(required=True)
    lines = ma.fields.List(ma.fields.Nested(ReceiptLineSchema), required=True)
    actor = ma.fields.String(required=True)
    undone_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    undone_by = ma.fields.String(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
