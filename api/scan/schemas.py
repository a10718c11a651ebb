"""Request and response schemas of scanned codes."""

import marshmallow as ma

from api.inventory.schemas.bins import BinSchema
from api.inventory.schemas.levels import StockLevelSchema
from api.orders.schemas import OrderCardSchema
from api.platform.http import Schema
from api.purchasing.schemas.orders import PurchaseOrderSchema
from api.purchasing.schemas.transfers import TransferSchema
from api.returns.schemas.cases import ReturnCardSchema
from api.scan import queries

LONGEST_CODE = 500


class ScannedVariantSchema(Schema):
    """A scanned variant and its stock levels."""

    id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    pack_quantity = ma.fields.Integer(
        required=True,
        metadata={"description": "Units per scan of this code: 1, or the size of a case."},
    )
    lot_tracking = ma.fields.String(
        required=True, metadata={"description": "Empty where it is not kept in lots."}
    )
    lot = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The lot that the label says."}
    )
    expires_on = ma.fields.Date(
        required=True, allow_none=True, metadata={"description": "The date that the label says."}
    )
    product_title = ma.fields.String(required=True)
    title = ma.fields.String(required=True, allow_none=True)
    levels = ma.fields.List(ma.fields.Nested(StockLevelSchema), required=True)


class ScanQuerySchema(Schema):
    """The code, exactly as the scanner sent it."""

    code = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, LONGEST_CODE),
        metadata={
            "description": "An order's number with or without `O-` or `#`, a SKU, any form of a "
            "barcode (EAN, UPC, GTIN-14, GS1 elements with or without a symbology prefix, a GS1 "
            "Digital Link), a parcel's tracking number or the barcode of a bin.",
            "example": "]C10105901234123457",
        },
    )


class ScannedFulfilmentSchema(Schema):
    """A scanned parcel."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "1001-F1"})
    status = ma.fields.String(required=True)
    carrier = ma.fields.String(required=True, allow_none=True)
    tracking_number = ma.fields.String(required=True, allow_none=True)


class ScanSchema(Schema):
    """The kind of a scanned code, and its data.

    A parcel comes with its order.
    """

    kind = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf([resolver.kind for resolver in queries.RESOLVERS]),
    )
    id = ma.fields.UUID(required=True)
    label = ma.fields.String(
        required=True, metadata={"description": "A short description for people."}
    )
    next = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "What can be done with it, the likeliest first."},
    )
    order = ma.fields.Nested(OrderCardSchema)
    variant = ma.fields.Nested(ScannedVariantSchema)
    fulfilment = ma.fields.Nested(ScannedFulfilmentSchema)
    bin = ma.fields.Nested(BinSchema)
    purchase_order = ma.fields.Nested(PurchaseOrderSchema)
    transfer = ma.fields.Nested(TransferSchema)
    return_ = ma.fields.Nested(ReturnCardSchema, data_key="return", attribute="return")
