"""How a case file looks on the wire."""

import marshmallow as ma

from api.fulfilment.schemas import FulfilmentSchema
from api.orders.schemas import (
    OrderCardSchema,
    OrderHoldSchema,
    OrderLineSchema,
    OrderSchema,
    TimelineEntrySchema,
)
from api.payments.states import PaymentState
from api.platform.addresses import AddressSnapshotSchema
from api.platform.attention import AttentionKind
from api.platform.http import MoneySchema, Schema
from api.returns.schemas import RefundSchema


class CustomerParcelLineSchema(Schema):
    """Units of one position of the order inside a parcel."""

    order_line_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)


class CustomerParcelSchema(Schema):
    """A parcel that is on its way or has arrived."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "1001-F1"})
    status = ma.fields.String(required=True, validate=ma.validate.OneOf(["shipped", "delivered"]))
    carrier = ma.fields.String(required=True, allow_none=True)
    tracking_number = ma.fields.String(required=True, allow_none=True)
    tracking_url = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The carrier's own page about it, for carriers that are known."},
    )
    shipped_at = ma.fields.AwareDateTime(required=True)
    delivered_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    lines = ma.fields.List(ma.fields.Nested(CustomerParcelLineSchema), required=True)


class CustomerRefundSchema(Schema):
    """Money on its way back. A `failed` one did not arrive: the shop finds another way."""

    id = ma.fields.UUID(required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["pending", "succeeded", "failed"])
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    created_at = ma.fields.AwareDateTime(required=True)


class CustomerOrderSchema(OrderSchema):
    """An order for its customer, with parcels, refunds and what may be done with it now."""

    parcels = ma.fields.List(ma.fields.Nested(CustomerParcelSchema), required=True)
    refunds = ma.fields.List(ma.fields.Nested(CustomerRefundSchema), required=True)
    due = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "What is still to be paid."}
    )
    allowed_actions = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(["pay", "amend", "cancel"])),
        required=True,
        metadata={
            "description": "`pay`: create a PaymentIntent; `amend`: PATCH the order; `cancel`: POST"
            " to /cancel. Empty while a payment is being carried out."
        },
    )


class OrderDetailBarcodeSchema(Schema):
    """A code on the goods, and how many units one scan of it means."""

    code = ma.fields.String(required=True)
    pack_quantity = ma.fields.Integer(required=True)


class OrderDetailLineSchema(OrderLineSchema):
    """One agreed position, and what may still happen with it."""

    open_quantity = ma.fields.Integer(
        required=True, metadata={"description": "Units that are still to be shipped."}
    )
    refundable_quantity = ma.fields.Integer(required=True)
    barcodes = ma.fields.List(
        ma.fields.Nested(OrderDetailBarcodeSchema),
        required=True,
        metadata={"description": "By which codes the goods are known now, those of cases too."},
    )
    must_verify = ma.fields.Boolean(
        required=True,
        metadata={"description": "Whether each unit must be scanned before it may ship."},
    )


class PaymentDetailSchema(Schema):
    """Money that came in, and how much of it went back."""

    id = ma.fields.UUID(required=True)
    provider = ma.fields.String(required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf([state.value for state in PaymentState])
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    captured = ma.fields.Nested(MoneySchema, required=True)
    refunded = ma.fields.Nested(MoneySchema, required=True)
    charged_back = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Lost for good in disputes."}
    )
    reference = ma.fields.String(required=True, allow_none=True)
    decline_code = ma.fields.String(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)


class OrderDetailDisputeSchema(Schema):
    """A customer's bank asks for a payment back."""

    id = ma.fields.UUID(required=True)
    payment_id = ma.fields.UUID(required=True)
    reference = ma.fields.String(required=True, metadata={"description": "The provider's id."})
    status = ma.fields.String(
        required=True,
        metadata={"description": "The provider's own word.", "example": "needs_response"},
    )
    reason = ma.fields.String(required=True, metadata={"example": "fraudulent"})
    amount = ma.fields.Nested(MoneySchema, required=True)
    fee = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    evidence_due_by = ma.fields.AwareDateTime(required=True, allow_none=True)
    opened_at = ma.fields.AwareDateTime(required=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    outcome = ma.fields.String(required=True, allow_none=True)


class OrderDetailFraudWarningSchema(Schema):
    """A bank suspects fraud and has not disputed the payment yet."""

    id = ma.fields.UUID(required=True)
    payment_id = ma.fields.UUID(required=True)
    reference = ma.fields.String(required=True)
    fraud_type = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class OrderDetailAttentionSchema(Schema):
    """Something about the order that a person must look at; see the attention list."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(
        required=True, validate=ma.validate.OneOf([kind.value for kind in AttentionKind])
    )
    reason = ma.fields.String(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)


class OrderDetailSchema(OrderCardSchema):
    """Everything there is to know about one order."""

    expires_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    paid_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    amended_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When its customer last changed it, before it was paid."},
    )
    cancel_reason = ma.fields.String(required=True, allow_none=True)
    customer_id = ma.fields.UUID(required=True, allow_none=True)
    payment_method = ma.fields.String(required=True)
    shipping_method = ma.fields.String(required=True, metadata={"example": "Parcel"})
    carrier = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Who brings it, as was agreed; null where nothing says so."},
    )
    customer_note = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What the customer asks of those who pack and bring it."},
    )
    shipping_address = ma.fields.Nested(AddressSnapshotSchema, required=True)
    billing_address = ma.fields.Nested(
        AddressSnapshotSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Only for those who may read customers (`customers:read`)."},
    )
    lines = ma.fields.List(ma.fields.Nested(OrderDetailLineSchema), required=True)
    subtotal = ma.fields.Nested(MoneySchema, required=True)
    shipping_total = ma.fields.Nested(MoneySchema, required=True)
    tax_total = ma.fields.Nested(MoneySchema, required=True)
    captured = ma.fields.Nested(MoneySchema, required=True)
    refunded = ma.fields.Nested(MoneySchema, required=True)
    charged_back = ma.fields.Nested(MoneySchema, required=True)
    refund_pending = ma.fields.Nested(MoneySchema, required=True)
    refundable = ma.fields.Nested(MoneySchema, required=True)
    due = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "What is still to be paid."}
    )
    overpaid = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "How much more came than the order costs by now."},
    )
    refundable_shipping = ma.fields.Nested(MoneySchema, required=True)
    payments = ma.fields.List(ma.fields.Nested(PaymentDetailSchema), required=True)
    disputes = ma.fields.List(ma.fields.Nested(OrderDetailDisputeSchema), required=True)
    fraud_warnings = ma.fields.List(ma.fields.Nested(OrderDetailFraudWarningSchema), required=True)
    attention = ma.fields.List(ma.fields.Nested(OrderDetailAttentionSchema), required=True)
    holds = ma.fields.List(ma.fields.Nested(OrderHoldSchema), required=True)
    refunds = ma.fields.List(ma.fields.Nested(RefundSchema), required=True)
    fulfilments = ma.fields.List(ma.fields.Nested(FulfilmentSchema), required=True)
    timeline = ma.fields.List(ma.fields.Nested(TimelineEntrySchema), required=True)
