"""Request and response schemas of suppliers and purchase orders."""

import marshmallow as ma

from api.documents.purchase_order import LANGUAGES
from api.platform.http import (
    MAX_AMOUNT,
    NOT_BLANK,
    TRIMMED,
    CurrencyCode,
    MoneySchema,
    PageQuerySchema,
    Pattern,
    Schema,
    one_of,
)
from api.platform.rules import AtMostOne, ExactlyOne
from api.purchasing.states import PurchaseOrderStatus

MAX_UNITS = 1_000_000
MAX_LINES = 500
_STATUS = one_of(PurchaseOrderStatus)
_DAYS = ma.validate.Range(0, 730)
_TEXT = [ma.validate.Length(1, 500), NOT_BLANK]


class CostSchema(MoneySchema):
    """An amount that is not negative, in whole minor units."""

    amount = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(0, MAX_AMOUNT),
        metadata={"example": 450},
    )


class PurchaseReasonSchema(Schema):
    """Why staff do this."""

    reason = ma.fields.String(required=True, validate=_TEXT)


class SupplierQuerySchema(PageQuerySchema):
    """Filters of the list of suppliers."""

    q = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 120))
    is_active = ma.fields.Boolean(load_default=None)


class EditSupplierSchema(Schema):
    """What to change about a supplier."""

    name = ma.fields.String(validate=[ma.validate.Length(1, 120), TRIMMED])
    email = ma.fields.Email(allow_none=True, validate=ma.validate.Length(max=254))
    phone = ma.fields.String(allow_none=True, validate=[ma.validate.Length(1, 40), TRIMMED])
    address = ma.fields.String(
        allow_none=True,
        validate=_TEXT,
        metadata={"description": "As it stands on an envelope, in lines."},
    )
    customer_number = ma.fields.String(
        allow_none=True,
        validate=[ma.validate.Length(1, 60), TRIMMED],
        metadata={"description": "What the supplier calls the shop."},
    )
    language = ma.fields.String(
        allow_none=True,
        validate=ma.validate.OneOf(LANGUAGES),
        metadata={"description": "In which orders are written to it; null: English."},
    )
    currency = ma.fields.String(validate=CurrencyCode(), metadata={"example": "EUR"})
    lead_time_days = ma.fields.Integer(
        strict=True, validate=_DAYS, metadata={"description": "From the order to the goods."}
    )
    note = ma.fields.String(allow_none=True, validate=_TEXT)
    is_active = ma.fields.Boolean()


class NewSupplierSchema(EditSupplierSchema):
    """A supplier to create."""

    name = ma.fields.String(required=True, validate=[ma.validate.Length(1, 120), TRIMMED])
    currency = ma.fields.String(required=True, validate=CurrencyCode(), metadata={"example": "EUR"})


class SupplierSchema(Schema):
    """A supplier."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    email = ma.fields.String(required=True, allow_none=True)
    phone = ma.fields.String(required=True, allow_none=True)
    address = ma.fields.String(required=True, allow_none=True)
    customer_number = ma.fields.String(required=True, allow_none=True)
    language = ma.fields.String(required=True, allow_none=True)
    currency = ma.fields.String(required=True)
    lead_time_days = ma.fields.Integer(required=True)
    note = ma.fields.String(required=True, allow_none=True)
    is_active = ma.fields.Boolean(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class SetSupplierItemSchema(Schema):
    """How a supplier sells a variant."""

    code = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 255),
        metadata={"description": "SKU or any barcode of the variant."},
    )
    supplier_sku = ma.fields.String(
        load_default=None, allow_none=True, validate=[ma.validate.Length(1, 80), TRIMMED]
    )
    pack_quantity = ma.fields.Integer(
        load_default=1,
        strict=True,
        validate=ma.validate.Range(1, 100_000),
        metadata={"description": "Units in a pack: orders that are suggested are of whole packs."},
    )
    unit_cost = ma.fields.Nested(CostSchema, load_default=None, allow_none=True)
    lead_time_days = ma.fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=_DAYS
    )
    is_preferred = ma.fields.Boolean(load_default=False)


class SupplierItemSchema(Schema):
    """A variant that a supplier sells."""

    id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    product_title = ma.fields.String(required=True)
    supplier_sku = ma.fields.String(required=True, allow_none=True)
    pack_quantity = ma.fields.Integer(required=True)
    unit_cost = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    lead_time_days = ma.fields.Integer(required=True)
    is_preferred = ma.fields.Boolean(required=True)


class PurchaseOrderQuerySchema(PageQuerySchema):
    """Filters of the list of purchase orders."""

    status = ma.fields.String(load_default=None, validate=_STATUS)
    supplier_id = ma.fields.UUID(load_default=None)
    location_id = ma.fields.UUID(load_default=None)
    awaited = ma.fields.Boolean(
        load_default=None, metadata={"description": "Placed, and not all of it has come."}
    )


class PurchaseOrderLineInputSchema(Schema):
    """Units of a variant to order."""

    code = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 255),
        metadata={"description": "SKU or any barcode of the variant."},
    )
    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MAX_UNITS)
    )
    unit_cost = ma.fields.Nested(
        CostSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "Without freight; by default the cost of the supplier's item."},
    )


class SetPurchaseOrderLineSchema(PurchaseOrderLineInputSchema):
    """Units of a variant to order; 0 takes the variant out."""

    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(0, MAX_UNITS)
    )


class EditPurchaseOrderSchema(Schema):
    """What to change about a purchase order."""

    location_id = ma.fields.UUID(metadata={"description": "While it is a draft."})
    freight = ma.fields.Nested(CostSchema, metadata={"description": "Spread by value."})
    exchange_rate = ma.fields.String(
        allow_none=True,
        validate=Pattern(
            r"^(?=.*[1-9])[0-9]{1,9}(\.[0-9]{1,8})?$",
            error="Write a number above 0 such as 0.92, with up to 8 decimals.",
        ),
        metadata={
            "description": "What one unit of its currency costs in the shop's.",
            "example": "0.92",
        },
    )
    expected_on = ma.fields.Date(allow_none=True)
    note = ma.fields.String(allow_none=True, validate=_TEXT)


class NewPurchaseOrderSchema(EditPurchaseOrderSchema):
    """A purchase order to draft, in the supplier's currency."""

    supplier_id = ma.fields.UUID()
    supplier = ma.fields.String(
        validate=ma.validate.Length(1, 120), metadata={"description": "Name, instead of the id."}
    )
    location_id = ma.fields.UUID()
    location = ma.fields.String(
        validate=ma.validate.Length(1, 40),
        metadata={"description": "Code, instead of the id. By default the preferred one."},
    )
    lines = ma.fields.List(
        ma.fields.Nested(PurchaseOrderLineInputSchema),
        load_default=[],
        validate=ma.validate.Length(max=MAX_LINES),
    )

    member_rules = (
        ExactlyOne(
            "supplier_id", "supplier", error="Name the supplier by supplier_id or by supplier."
        ),
        AtMostOne(
            "location_id", "location", error="Name the location by location_id or by location."
        ),
    )


class OrderSupplierSchema(Schema):
    """A supplier, by name."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)


class OrderLocationSchema(OrderSupplierSchema):
    """A location, by code and name."""

    code = ma.fields.String(required=True)


class OrderedBarcodeSchema(Schema):
    """A code on the goods, and how many units one scan of it means."""

    code = ma.fields.String(required=True)
    pack_quantity = ma.fields.Integer(required=True)


class PurchaseOrderLineSchema(Schema):
    """A line of a purchase order."""

    id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    supplier_sku = ma.fields.String(required=True, allow_none=True)
    barcodes = ma.fields.List(ma.fields.Nested(OrderedBarcodeSchema), required=True)
    quantity = ma.fields.Integer(required=True)
    received = ma.fields.Integer(required=True)
    lot_tracking = ma.fields.String(
        required=True, metadata={"description": "Empty where it is not kept in lots."}
    )
    open_quantity = ma.fields.Integer(required=True)
    over_quantity = ma.fields.Integer(
        required=True, metadata={"description": "Units that came above the order."}
    )
    unit_cost = ma.fields.Nested(MoneySchema, required=True)
    landed_unit_cost = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "With its part of the freight, rounded."},
    )
    landed_cost = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={
            "description": "Of all units, with their part of the freight: all lines are "
            "together the total."
        },
    )


class PurchaseOrderSchema(Schema):
    """A purchase order."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "P-1001"})
    status = ma.fields.String(required=True, validate=_STATUS)
    supplier = ma.fields.Nested(OrderSupplierSchema, required=True)
    location = ma.fields.Nested(OrderLocationSchema, required=True)
    currency = ma.fields.String(required=True)
    exchange_rate = ma.fields.String(required=True, allow_none=True)
    expected_on = ma.fields.Date(required=True, allow_none=True)
    note = ma.fields.String(required=True, allow_none=True)
    units = ma.fields.Integer(required=True)
    received_units = ma.fields.Integer(required=True)
    over_units = ma.fields.Integer(required=True)
    subtotal = ma.fields.Nested(MoneySchema, required=True)
    freight = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(MoneySchema, required=True)
    lines = ma.fields.List(ma.fields.Nested(PurchaseOrderLineSchema), required=True)
    ordered_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
