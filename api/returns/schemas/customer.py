"""What customers see of the lines and refunds of their returns: nothing that staff noted."""

import marshmallow as ma

from api.platform.http import MoneySchema, Schema, one_of
from api.returns.states import Disposition, GoodsCondition, RefundRequestStatus


class ReturnExchangeSchema(Schema):
    """What a customer gets instead of units."""

    order_line_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    price = ma.fields.Nested(MoneySchema, required=True)
    worth = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What the units that come back are worth of their line."},
    )


class CustomerDispositionSchema(Schema):
    """What became of units."""

    at = ma.fields.AwareDateTime(required=True)
    disposition = ma.fields.String(required=True, validate=one_of(Disposition))
    quantity = ma.fields.Integer(required=True)


class CustomerReturnLineSchema(Schema):
    """Units of one variant in a return, as its customer sees them."""

    id = ma.fields.UUID(required=True)
    order_line_id = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Null for goods that the order does not have."},
    )
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    reason_label = ma.fields.String(required=True)
    note = ma.fields.String(required=True, allow_none=True)
    condition = ma.fields.String(
        required=True,
        allow_none=True,
        validate=one_of(GoodsCondition),
        metadata={"description": "In which condition the customer says that they are."},
    )
    exchange = ma.fields.Nested(ReturnExchangeSchema, required=True, allow_none=True)
    is_unexpected = ma.fields.Boolean(required=True)
    quantity = ma.fields.Integer(required=True, metadata={"description": "Units expected."})
    cancelled_quantity = ma.fields.Integer(
        required=True, metadata={"description": "Units that were withdrawn from and never shipped."}
    )
    received_quantity = ma.fields.Integer(required=True)
    disposed_quantity = ma.fields.Integer(required=True)
    missing_quantity = ma.fields.Integer(required=True)
    refunded_quantity = ma.fields.Integer(required=True)
    dispositions = ma.fields.List(ma.fields.Nested(CustomerDispositionSchema), required=True)


class CustomerReturnRefundSchema(Schema):
    """A refund of a return, as its customer sees it."""

    id = ma.fields.UUID(required=True)
    status = ma.fields.String(required=True, validate=one_of(RefundRequestStatus))
    amount = ma.fields.Nested(MoneySchema, required=True)
    shipping = ma.fields.Nested(MoneySchema, required=True)
    fee = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What was kept of the lines' share, as for restocking."},
    )
    bonus = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Store credit given on top."}
    )
    created_at = ma.fields.AwareDateTime(required=True)
