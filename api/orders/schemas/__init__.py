"""Request and response schemas of orders."""

import marshmallow as ma

from api.orders.schemas.handling import OrderFilterSchema
from api.orders.states import (
    STAFF_HOLD_REASONS,
    FulfilmentStatus,
    HoldReason,
    OrderStatus,
    PaymentStatus,
)
from api.platform.addresses import AddressSnapshotSchema
from api.platform.http import MoneySchema, PageQuerySchema, Schema, one_of
from api.tax.rules import Treatment
from api.tax.schemas import VatIdSchema

_TREATMENT = one_of(Treatment)
_STATUS = one_of(OrderStatus)
_PAYMENT_STATUS = one_of(PaymentStatus)
_FULFILMENT_STATUS = one_of(FulfilmentStatus)


class OrderListQuerySchema(PageQuerySchema, OrderFilterSchema):
    """Filters and sort order of the staff list of orders."""

    sort = ma.fields.String(
        load_default="-placed_at", validate=ma.validate.OneOf(["-placed_at", "placed_at"])
    )


class OwnOrderCardSchema(Schema):
    """An order in a customer's list."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True)
    placed_at = ma.fields.AwareDateTime(required=True)
    status = ma.fields.String(required=True, validate=_STATUS)
    payment_status = ma.fields.String(required=True, validate=_PAYMENT_STATUS)
    fulfilment_status = ma.fields.String(required=True, validate=_FULFILMENT_STATUS)
    unit_count = ma.fields.Integer(required=True)
    total = ma.fields.Nested(MoneySchema, required=True)


class OrderCardSchema(OwnOrderCardSchema):
    """An order in the staff list."""

    open_unit_count = ma.fields.Integer(
        required=True, metadata={"description": "Units still to be shipped."}
    )
    customer_name = ma.fields.String(required=True)
    email = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null without the permission `customers:read`."},
    )
    ship_country = ma.fields.String(required=True)
    on_hold = ma.fields.Boolean(
        required=True, metadata={"description": "Whether an open hold keeps it from being shipped."}
    )
    tags = ma.fields.List(ma.fields.String(), required=True)
    ships_with = ma.fields.List(
        ma.fields.String(),
        required=True,
        allow_none=True,
        metadata={
            "description": "Up to five orders that could leave in one parcel with it: of the same "
            "customer, to the same address, ready to ship. Null where it is not looked for: told "
            "in the queue `to_ship` and with a single order."
        },
    )
    version = ma.fields.Integer(required=True)


class ChosenShippingSchema(Schema):
    """The shipping method as ordered."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    carrier = ma.fields.String(
        allow_none=True,
        metadata={"description": "The carrier of the method, if it names one.", "example": "DHL"},
    )
    kind = ma.fields.String(
        validate=ma.validate.OneOf(["pickup"]),
        metadata={"description": "`pickup` where the customer picks the goods up."},
    )
    location_id = ma.fields.UUID(metadata={"description": "Where goods are picked up."})


class TaxLineSchema(Schema):
    """One tax on a line or on shipping, as it was when the order was placed."""

    name = ma.fields.String(required=True, metadata={"example": "VAT"})
    code = ma.fields.String(required=True, metadata={"description": "Its code in the books."})
    rate = ma.fields.String(required=True, metadata={"example": "0.1900"})
    base = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "The net amount that it is due on."}
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    jurisdiction = ma.fields.String(required=True, metadata={"example": "Los Angeles County"})
    treatment = ma.fields.String(required=True, validate=_TREATMENT)
    reason = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why nothing is due, as the invoice must say."},
    )


class OrderLineSchema(Schema):
    """One order line. `total` is after `discount`; `tax` is contained in it."""

    id = ma.fields.UUID(required=True)
    product_id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    image_url = ma.fields.String(required=True, allow_none=True)
    hs_code = ma.fields.String(required=True, metadata={"description": "For customs."})
    origin_country = ma.fields.String(required=True, metadata={"description": "For customs."})
    quantity = ma.fields.Integer(required=True)
    shipped_quantity = ma.fields.Integer(required=True)
    cancelled_quantity = ma.fields.Integer(required=True)
    refunded_quantity = ma.fields.Integer(required=True)
    unit_price = ma.fields.Nested(MoneySchema, required=True)
    discount = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What the whole line was reduced by."},
    )
    total = ma.fields.Nested(MoneySchema, required=True)
    tax = ma.fields.Nested(MoneySchema, required=True)
    tax_rate = ma.fields.String(required=True, metadata={"example": "0.1900"})
    tax_lines = ma.fields.List(
        ma.fields.Nested(TaxLineSchema),
        required=True,
        metadata={"description": "The taxes in `total`; empty for orders of older releases."},
    )
    removed_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When staff took it off the order: its units are cancelled."},
    )
    note = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The customer's note about it."}
    )
    properties = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        required=True,
        metadata={
            "description": "What the customer chose or typed for it.",
            "example": {"engraving": "For Ada"},
        },
    )


class OrderGiftSchema(Schema):
    """To whom the gift cards of an order are sent."""

    email = ma.fields.String(required=True)
    message = ma.fields.String(required=True, allow_none=True)
    send_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Null: once it is paid."}
    )


GIFT = ma.fields.Nested(
    OrderGiftSchema,
    required=True,
    allow_none=True,
    metadata={"description": "To whom its gift cards are sent; null: to the buyer."},
)


class OrderSchema(Schema):
    """An order as its customer sees it."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "1001"})
    placed_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    paid_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    amended_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When the customer changed it before payment, or staff did."},
    )
    status = ma.fields.String(required=True, validate=_STATUS)
    payment_status = ma.fields.String(required=True, validate=_PAYMENT_STATUS)
    fulfilment_status = ma.fields.String(required=True, validate=_FULFILMENT_STATUS)
    payment_method = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    shipping_address = ma.fields.Nested(AddressSnapshotSchema, required=True)
    billing_address = ma.fields.Nested(AddressSnapshotSchema, required=True)
    shipping_method = ma.fields.Nested(ChosenShippingSchema, required=True)
    language = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of its e-mails; null for the shop's first language."},
    )
    promised_ship_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Until when it leaves; null if nothing was promised."},
    )
    promised_delivery_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    customer_note = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The customer's note for packing and delivery."},
    )
    gift = GIFT
    gift_message = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What is written on a card in the parcel."},
    )
    vat_id = ma.fields.Nested(
        VatIdSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The buyer's VAT id, and what VIES said of it."},
    )
    subtotal = ma.fields.Nested(MoneySchema, required=True)
    shipping_total = ma.fields.Nested(MoneySchema, required=True)
    discount_total = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What lines and shipping were reduced by; `total` is after it."},
    )
    shipping_discount = ma.fields.Nested(MoneySchema, required=True)
    shipping_tax_lines = ma.fields.List(ma.fields.Nested(TaxLineSchema), required=True)
    prices_include_tax = ma.fields.Boolean(
        required=True,
        metadata={"description": "Whether unit prices contain tax; totals always do."},
    )
    tax_total = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(MoneySchema, required=True)
    exchanged = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What goods that come back pay of the total, by an exchange."},
    )
    tendered = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What gift cards and store credit paid of the total."},
    )
    refunded = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "The refunded amount, including refunds made at the provider."},
    )
    version = ma.fields.Integer(required=True)
    lines = ma.fields.List(ma.fields.Nested(OrderLineSchema), required=True)


class OrderHoldSchema(Schema):
    """One reason not to ship an order yet."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    reason = ma.fields.String(required=True, validate=one_of(HoldReason))
    note = ma.fields.String(required=True, allow_none=True)
    created_by = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    released_by = ma.fields.String(required=True, allow_none=True)
    released_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class OrderHoldRequestSchema(Schema):
    """Why an order must not ship yet."""

    reason = ma.fields.String(required=True, validate=one_of(STAFF_HOLD_REASONS))
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 500))


class OrderHoldReleaseSchema(Schema):
    """Why an order may ship again."""

    note = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 500))


class TimelineEntrySchema(Schema):
    """One entry of an order's history."""

    at = ma.fields.AwareDateTime(required=True)
    kind = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    actor = ma.fields.String(required=True)


class TimelineSchema(Schema):
    """An order's history, oldest first."""

    data = ma.fields.List(ma.fields.Nested(TimelineEntrySchema), required=True)
