"""Request and response schemas of refunds and cancellations."""

from typing import Any

import marshmallow as ma

from api.payments.states import RefundOrigin, RefundState
from api.platform.http import MoneySchema, PositiveMoneySchema, Schema
from api.returns.flows import LineToRefund
from api.returns.states import RefundRequestStatus

REASONS = ("changed_mind", "damaged", "wrong_item", "late", "other", "goodwill", "overpaid")
_REASON = ma.validate.OneOf(REASONS)


class LineToRefundSchema(Schema):
    """Units of one order line."""

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(strict=True, required=True, validate=ma.validate.Range(1, 100_000))
    restock = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether shipped units are restocked."},
    )

    @ma.post_load
    def _line(self, data: dict[str, Any], **_: Any) -> LineToRefund:
        return LineToRefund(**data)


class RefundQuoteRequestSchema(Schema):
    """The parts of a refund to calculate."""

    lines = ma.fields.List(ma.fields.Nested(LineToRefundSchema), load_default=list)
    shipping = ma.fields.Boolean(load_default=False)
    amount = ma.fields.Nested(
        PositiveMoneySchema,
        load_default=None,
        metadata={
            "description": "The total to refund. By default the price of the lines and the "
            "shipping; more is a free amount on top (goodwill, money that came twice), less keeps "
            "a part. At most what is refundable, whatever the order costs."
        },
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _each_once(self, wanted: dict[str, Any], **_: Any) -> None:
        lines: list[LineToRefund] = wanted["lines"]
        if len({line.order_line_id for line in lines}) != len(lines):
            raise ma.ValidationError("Name each line once.", "lines")


class RefundRequestSchema(RefundQuoteRequestSchema):
    """A refund, and its reason."""

    reason = ma.fields.String(required=True, validate=_REASON)
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 500))
    expected_amount = ma.fields.Nested(
        MoneySchema,
        load_default=None,
        metadata={"description": "The amount that was shown; another amount is refused (409)."},
    )
    to_store_credit = ma.fields.Boolean(
        load_default=False,
        metadata={
            "description": "Give money as store credit of the customer instead of the way it came. "
            "What gift cards and store credit paid returns to them either way."
        },
    )


class RefundQuoteLineSchema(Schema):
    """The refunded amount of one line."""

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True)


class RefundQuoteSchema(Schema):
    """The calculated amounts of a refund."""

    lines = ma.fields.List(ma.fields.Nested(RefundQuoteLineSchema), required=True)
    shipping = ma.fields.Nested(MoneySchema, required=True)
    additional = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={
            "description": "The part of `amount` that belongs to no line and not to the shipping."
        },
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    refundable = ma.fields.Nested(MoneySchema, required=True)
    overpaid = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={
            "description": "How much more was paid than the order costs, before this refund."
        },
    )


class RefundLineSchema(RefundQuoteLineSchema):
    """Units of one line that were refunded."""

    restock = ma.fields.Boolean(required=True)
    restocked_quantity = ma.fields.Integer(required=True)


class RefundTransactionSchema(Schema):
    """The part of a refund that goes to one payment."""

    id = ma.fields.UUID(required=True)
    payment_id = ma.fields.UUID(required=True)
    provider = ma.fields.String(required=True)
    to_store_credit = ma.fields.Boolean(
        required=True, metadata={"description": "Given as store credit, not by the provider."}
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf([state.value for state in RefundState])
    )
    provider_status = ma.fields.String(required=True, allow_none=True)
    failure = ma.fields.String(required=True, allow_none=True)


class RefundSchema(Schema):
    """A refund, and the returned units."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    origin = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf([origin.value for origin in RefundOrigin]),
        metadata={"description": "`provider`: made at the provider, not in the shop."},
    )
    provider_status = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The provider's own status, including unknown ones."},
    )
    status = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf([status.value for status in RefundRequestStatus]),
        metadata={"description": "`partially_failed`: one transaction failed, another did not."},
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    shipping = ma.fields.Nested(MoneySchema, required=True)
    additional = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={
            "description": "The part of `amount` that belongs to no line and not to the shipping."
        },
    )
    reason = ma.fields.String(required=True)
    note = ma.fields.String(required=True, allow_none=True)
    failure = ma.fields.String(required=True, allow_none=True)
    actor = ma.fields.String(required=True)
    lines = ma.fields.List(ma.fields.Nested(RefundLineSchema), required=True)
    transactions = ma.fields.List(
        ma.fields.Nested(RefundTransactionSchema),
        required=True,
        metadata={"description": "One for each refunded payment."},
    )
    created_at = ma.fields.AwareDateTime(required=True)


class CancelSchema(Schema):
    """The reason of a cancellation."""

    reason = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(["customer", "out_of_stock", "fraud", "mistake", "other"]),
    )
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 500))
