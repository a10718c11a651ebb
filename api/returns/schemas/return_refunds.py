"""Request and response schemas of refunds that are worked out from returns."""

from typing import Any
from uuid import UUID

import marshmallow as ma

from api.platform.http import LimitMoneySchema, MoneySchema, Schema
from api.returns.flows.returns import ReturnRefundForm
from api.returns.schemas import RefundQuoteLineSchema
from api.returns.schemas.cases import MOST_LINES, MOST_UNITS

_units = ma.validate.Range(1, MOST_UNITS)


class UnitsToRefundSchema(Schema):
    """Units of an order line to refund."""

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(required=True, strict=True, validate=_units)


class ReturnRefundQuoteSchema(Schema):
    """How a return is to be refunded; what is left out follows the rules."""

    lines = ma.fields.List(
        ma.fields.Nested(UnitsToRefundSchema),
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(0, MOST_LINES),
        metadata={"description": "By default the units that came. Units may be named before."},
    )
    shipping = ma.fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={"description": "Whether all that is left of the shipping goes back."},
    )
    fee = ma.fields.Nested(
        LimitMoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "What is kept instead of the restocking fee, as for lost value."},
    )
    to_store_credit = ma.fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={"description": "By default as the customer asked."},
    )

    @ma.post_load
    def _form(self, data: dict[str, Any], **_: object) -> ReturnRefundForm:
        lines = data.pop("lines")
        units: dict[UUID, int] | None = None
        if lines is not None:
            units = {line["order_line_id"]: line["quantity"] for line in lines}
            if len(units) != len(lines):
                raise ma.ValidationError("Name each line once.", "lines")
        return ReturnRefundForm(units=units, **data)


class ReturnRefundSchema(ReturnRefundQuoteSchema):
    """The refund of a return."""

    expected_amount = ma.fields.Nested(
        MoneySchema,
        load_default=None,
        metadata={"description": "The amount that was shown; another amount is refused (409)."},
    )
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 500))


class PlannedRefundSchema(Schema):
    """The part of a refund that one payment gives back."""

    payment_id = ma.fields.UUID(required=True)
    provider = ma.fields.String(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True)
    to_store_credit = ma.fields.Boolean(required=True)


class ReturnRefundSumsSchema(Schema):
    """What a return gives back, and why."""

    return_id = ma.fields.UUID(required=True)
    lines = ma.fields.List(ma.fields.Nested(RefundQuoteLineSchema), required=True)
    shipping = ma.fields.Nested(MoneySchema, required=True)
    fee = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "What is kept of the lines' share."}
    )
    bonus = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Store credit on top of the amount."}
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    refundable = ma.fields.Nested(MoneySchema, required=True)
    to_store_credit = ma.fields.Boolean(required=True)
    transactions = ma.fields.List(
        ma.fields.Nested(PlannedRefundSchema),
        required=True,
        metadata={"description": "In the order in which they give back."},
    )
    explanation = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Each sum with its reason."}
    )
