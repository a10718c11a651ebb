"""Request and response schemas of refunds and cancellations."""

from typing import Any

import marshmallow as ma

from api.orders.schemas.handling import (
    MOST_AT_ONCE,
    BulkProblemSchema,
    BulkResultSchema,
    BulkResultsSchema,
)
from api.payments.states import RefundOrigin, RefundState
from api.platform.http import MoneySchema, PositiveMoneySchema, Schema, one_of
from api.returns.flows import LineToRefund
from api.returns.states import RefundRequestStatus

REASONS = ("changed_mind", "damaged", "wrong_item", "late", "other", "goodwill", "overpaid")
_REASON = ma.validate.OneOf(REASONS)


class LineToRefundSchema(Schema):
    """Units of one order line."""

    makes = LineToRefund

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(strict=True, required=True, validate=ma.validate.Range(1, 100_000))
    restock = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether shipped units are restocked."},
    )


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
    def _each_once(self, wanted: dict[str, Any], **_: object) -> None:
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
    status = ma.fields.String(required=True, validate=one_of(RefundState))
    provider_status = ma.fields.String(required=True, allow_none=True)
    failure = ma.fields.String(required=True, allow_none=True)


class RefundSchema(Schema):
    """A refund, and the returned units."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    origin = ma.fields.String(
        required=True,
        validate=one_of(RefundOrigin),
        metadata={"description": "`provider`: made at the provider, not in the shop."},
    )
    provider_status = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The provider's own status, including unknown ones."},
    )
    status = ma.fields.String(
        required=True,
        validate=one_of(RefundRequestStatus),
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
    fee = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What was kept of the lines' share, as for restocking."},
    )
    bonus = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Store credit given on top."}
    )
    return_id = ma.fields.UUID(
        required=True, allow_none=True, metadata={"description": "The return it was made for."}
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


class ManyOrdersSchema(Schema):
    """Up to 100 orders."""

    order_ids = ma.fields.List(
        ma.fields.UUID(), required=True, validate=ma.validate.Length(1, MOST_AT_ONCE)
    )


class CancelManySchema(CancelSchema, ManyOrdersSchema):
    """The orders to cancel, why, and what the preview said would go back."""

    expected_refunds = ma.fields.List(
        ma.fields.Nested(MoneySchema),
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(0, 20),
        metadata={"description": "`refunds` of the preview; other sums are refused (409)."},
    )


class CancelPreviewRowSchema(Schema):
    """What cancelling one order would mean."""

    order_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, allow_none=True)
    units = ma.fields.Integer(
        required=True, metadata={"description": "Units that would not be shipped."}
    )
    refund = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    problem = ma.fields.Nested(BulkProblemSchema, required=True, allow_none=True)


class CancelPreviewSchema(Schema):
    """What cancelling many orders would mean, with the totals to confirm."""

    data = ma.fields.List(ma.fields.Nested(CancelPreviewRowSchema), required=True)
    orders = ma.fields.Integer(
        required=True, metadata={"description": "Orders that would be cancelled."}
    )
    refused = ma.fields.Integer(required=True)
    units = ma.fields.Integer(required=True)
    refunds = ma.fields.List(
        ma.fields.Nested(MoneySchema),
        required=True,
        metadata={"description": "What would go back, by currency."},
    )


class CancelResultSchema(BulkResultSchema):
    """What became of one order: `waiting` for a second person is not cancelled yet."""

    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["done", "unchanged", "waiting", "refused"])
    )


class CancelResultsSchema(BulkResultsSchema):
    """What became of the orders, in the order in which they were named."""

    data = ma.fields.List(ma.fields.Nested(CancelResultSchema), required=True)
    waiting = ma.fields.Integer(
        required=True, metadata={"description": "Above a limit: they wait for a second person."}
    )
