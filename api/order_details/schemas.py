"""Response schemas of order details."""

import marshmallow as ma

from api.fulfilment.schemas import FulfilmentSchema
from api.orders.schemas import (
    GIFT,
    OrderCardSchema,
    OrderHoldSchema,
    OrderLineSchema,
    OrderSchema,
    TaxLineSchema,
    TimelineEntrySchema,
)
from api.orders.schemas.handling import CustomerNoteSchema, OrderNoteSchema
from api.payments.states import PaymentState
from api.platform.addresses import AddressSnapshotSchema
from api.platform.attention import AttentionKind
from api.platform.http import MoneySchema, Schema, one_of
from api.platform.reference_schemas import ReferenceSchema
from api.promotions.schemas import OrderDiscountSchema
from api.returns.schemas import RefundSchema
from api.shared_parcels.schemas import ShippingSavingSchema
from api.tax.schemas import VatIdSchema

_TOLD_STATES = ("shipped", "delivered", "ready_for_pickup", "picked_up")


class CustomerParcelLineSchema(Schema):
    """Units of one order line inside a parcel."""

    order_line_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)


class CustomerParcelSchema(Schema):
    """A parcel that is shipped, delivered, ready for pick-up or picked up."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "1001-F1"})
    status = ma.fields.String(required=True, validate=ma.validate.OneOf(_TOLD_STATES))
    carrier = ma.fields.String(required=True, allow_none=True)
    tracking_number = ma.fields.String(required=True, allow_none=True)
    tracking_url = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The carrier's tracking page, for known carriers."},
    )
    shipped_at = ma.fields.AwareDateTime(required=True)
    delivered_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    lines = ma.fields.List(ma.fields.Nested(CustomerParcelLineSchema), required=True)


class CustomerRefundSchema(Schema):
    """A refund. A `failed` one did not arrive: the shop has to find another way."""

    id = ma.fields.UUID(required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["pending", "succeeded", "failed"])
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    created_at = ma.fields.AwareDateTime(required=True)


class CustomerOrderLineSchema(OrderLineSchema):
    """One order line for its customer."""

    back_ordered_quantity = ma.fields.Integer(
        required=True,
        metadata={"description": "Units that are not in stock: they ship once they have come."},
    )
    back_order_note = ma.fields.String(
        required=True, metadata={"description": "When they are expected, in the shop's words."}
    )


class CustomerOrderSchema(OrderSchema):
    """An order for its customer, with parcels, refunds and allowed actions."""

    lines = ma.fields.List(ma.fields.Nested(CustomerOrderLineSchema), required=True)
    explanation = ma.fields.List(
        ma.fields.String(), metadata={"description": "Each step of the sums, where asked for."}
    )
    discounts = ma.fields.List(ma.fields.Nested(OrderDiscountSchema), required=True)
    notes = ma.fields.List(
        ma.fields.Nested(CustomerNoteSchema),
        required=True,
        metadata={"description": "What the shop wrote for you, oldest first."},
    )
    parcels = ma.fields.List(ma.fields.Nested(CustomerParcelSchema), required=True)
    refunds = ma.fields.List(ma.fields.Nested(CustomerRefundSchema), required=True)
    due = ma.fields.Nested(MoneySchema, required=True, metadata={"description": "The amount due."})
    allowed_actions = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(["pay", "amend", "cancel"])),
        required=True,
        metadata={
            "description": "`pay`: create a PaymentIntent; `amend`: PATCH the order; `cancel`: POST"
            " to /cancel. Empty while a payment is being carried out."
        },
    )


class OrderDetailBarcodeSchema(Schema):
    """A barcode of the variant, and its units per scan."""

    code = ma.fields.String(required=True)
    pack_quantity = ma.fields.Integer(required=True)


class OrderDetailLineSchema(OrderLineSchema):
    """One order line, with its open and refundable quantities."""

    open_quantity = ma.fields.Integer(
        required=True, metadata={"description": "Units still to be shipped."}
    )
    back_ordered_quantity = ma.fields.Integer(
        required=True,
        metadata={"description": "Open units that are back-ordered: they ship once they come."},
    )
    refundable_quantity = ma.fields.Integer(required=True)
    barcodes = ma.fields.List(
        ma.fields.Nested(OrderDetailBarcodeSchema),
        required=True,
        metadata={"description": "The current barcodes of the variant, including those of cases."},
    )
    must_verify = ma.fields.Boolean(
        required=True,
        metadata={"description": "Whether each unit must be scanned before it may ship."},
    )


class PaymentDetailSchema(Schema):
    """A payment, and how much of it was refunded."""

    id = ma.fields.UUID(required=True)
    provider = ma.fields.String(required=True)
    status = ma.fields.String(required=True, validate=one_of(PaymentState))
    amount = ma.fields.Nested(MoneySchema, required=True)
    captured = ma.fields.Nested(MoneySchema, required=True)
    refunded = ma.fields.Nested(MoneySchema, required=True)
    charged_back = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Amount lost in disputes."}
    )
    reference = ma.fields.String(required=True, allow_none=True)
    decline_code = ma.fields.String(required=True, allow_none=True)
    risk_level = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What the provider says of the risk.", "example": "elevated"},
    )
    failed_checks = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "What the card's bank said does not fit.", "example": ["cvc"]},
    )
    created_at = ma.fields.AwareDateTime(required=True)


class OrderDetailDisputeSchema(Schema):
    """A dispute of a payment."""

    id = ma.fields.UUID(required=True)
    payment_id = ma.fields.UUID(required=True)
    reference = ma.fields.String(required=True, metadata={"description": "The provider's id."})
    status = ma.fields.String(
        required=True,
        metadata={"description": "The provider's own status.", "example": "needs_response"},
    )
    reason = ma.fields.String(required=True, metadata={"example": "fraudulent"})
    amount = ma.fields.Nested(MoneySchema, required=True)
    fee = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    evidence_due_by = ma.fields.AwareDateTime(required=True, allow_none=True)
    opened_at = ma.fields.AwareDateTime(required=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    outcome = ma.fields.String(required=True, allow_none=True)


class OrderDetailFraudWarningSchema(Schema):
    """An early fraud warning of the customer's bank."""

    id = ma.fields.UUID(required=True)
    payment_id = ma.fields.UUID(required=True)
    reference = ma.fields.String(required=True)
    fraud_type = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class OrderDetailAttentionSchema(Schema):
    """An open item of the attention list about the order."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=one_of(AttentionKind))
    reason = ma.fields.String(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)


class OrderDetailSchema(OrderCardSchema):
    """All details of one order."""

    expires_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    paid_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    amended_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When the customer last changed it, before payment."},
    )
    cancel_reason = ma.fields.String(required=True, allow_none=True)
    customer_id = ma.fields.UUID(required=True, allow_none=True)
    payment_method = ma.fields.String(required=True)
    shipping_method = ma.fields.String(required=True, metadata={"example": "Parcel"})
    carrier = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The carrier as ordered; null if the shipping method names none."},
    )
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
    gift_message = ma.fields.String(required=True, allow_none=True)
    shipping_address = ma.fields.Nested(AddressSnapshotSchema, required=True)
    billing_address = ma.fields.Nested(
        AddressSnapshotSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null without the permission `customers:read`."},
    )
    vat_id = ma.fields.Nested(VatIdSchema, required=True, allow_none=True)
    explanation = ma.fields.List(
        ma.fields.String(), metadata={"description": "Each step of the sums, where asked for."}
    )
    lines = ma.fields.List(ma.fields.Nested(OrderDetailLineSchema), required=True)
    subtotal = ma.fields.Nested(MoneySchema, required=True)
    shipping_total = ma.fields.Nested(MoneySchema, required=True)
    discount_total = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What lines and shipping were reduced by; `total` is after it."},
    )
    shipping_discount = ma.fields.Nested(MoneySchema, required=True)
    discounts = ma.fields.List(ma.fields.Nested(OrderDiscountSchema), required=True)
    shipping_tax_lines = ma.fields.List(ma.fields.Nested(TaxLineSchema), required=True)
    prices_include_tax = ma.fields.Boolean(required=True)
    tax_total = ma.fields.Nested(MoneySchema, required=True)
    captured = ma.fields.Nested(MoneySchema, required=True)
    exchanged = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What goods that come back pay of the total, by an exchange."},
    )
    tendered = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "The part of `captured` paid by gift cards and store credit."},
    )
    refunded = ma.fields.Nested(MoneySchema, required=True)
    charged_back = ma.fields.Nested(MoneySchema, required=True)
    refund_pending = ma.fields.Nested(MoneySchema, required=True)
    refundable = ma.fields.Nested(MoneySchema, required=True)
    due = ma.fields.Nested(MoneySchema, required=True, metadata={"description": "The amount due."})
    overpaid = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "How much more was paid than the order costs now."},
    )
    refundable_shipping = ma.fields.Nested(MoneySchema, required=True)
    store_credit = ma.fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "What the customer holds. Null for guests, and without `credit:read`."
        },
    )
    payments = ma.fields.List(ma.fields.Nested(PaymentDetailSchema), required=True)
    disputes = ma.fields.List(ma.fields.Nested(OrderDetailDisputeSchema), required=True)
    fraud_warnings = ma.fields.List(ma.fields.Nested(OrderDetailFraudWarningSchema), required=True)
    attention = ma.fields.List(ma.fields.Nested(OrderDetailAttentionSchema), required=True)
    holds = ma.fields.List(ma.fields.Nested(OrderHoldSchema), required=True)
    notes = ma.fields.List(ma.fields.Nested(OrderNoteSchema), required=True)
    references = ma.fields.List(
        ma.fields.Nested(ReferenceSchema),
        required=True,
        metadata={"description": "What other systems keep about it."},
    )
    ip_country = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Where it was placed from; null where no proxy says so.",
            "example": "DE",
        },
    )
    refunds = ma.fields.List(ma.fields.Nested(RefundSchema), required=True)
    fulfilments = ma.fields.List(ma.fields.Nested(FulfilmentSchema), required=True)
    shipping_savings = ma.fields.List(
        ma.fields.Nested(ShippingSavingSchema),
        required=True,
        metadata={"description": "Shipping that its shared parcels saved, of either order."},
    )
    timeline = ma.fields.List(ma.fields.Nested(TimelineEntrySchema), required=True)
