"""What staff read and plan of prices: their history, and those to come."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from api.catalog.models.prices import ScheduleState
from api.catalog.schemas.admin import PriceAmountSchema
from api.catalog.service.inputs import PriceInput
from api.platform.http import (
    CurrencyCode,
    DateTimeField,
    MoneySchema,
    PageQuerySchema,
    Schema,
    one_of,
)


class PriceHistoryQuerySchema(PageQuerySchema):
    """Which part of a history to read."""

    currency = fields.String(
        load_default=None,
        validate=CurrencyCode(),
        metadata={"example": "EUR"},
    )


class PriceRecordSchema(Schema):
    """What was asked from when to when; no price means that it was not for sale."""

    id = fields.UUID(required=True)
    currency = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    compare_at = fields.Nested(MoneySchema, required=True, allow_none=True)
    since = fields.AwareDateTime(required=True)
    until = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "null: it is in force."}
    )
    reduced_since = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Of what is in force: when this reduction began."},
    )
    prior_price = fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "Of what is in force and reduced: the lowest of the 30 days before."
        },
    )


class NewScheduledPriceSchema(Schema):
    """A price to come, in one currency."""

    price = fields.Nested(PriceAmountSchema, required=True)
    compare_at = fields.Nested(PriceAmountSchema, load_default=None, allow_none=True)
    starts_at = DateTimeField(required=True, metadata={"description": "Must be ahead."})
    ends_at = DateTimeField(
        load_default=None,
        allow_none=True,
        metadata={"description": "When what was before comes back; null: the price stays."},
    )

    @ma.post_load
    def _draft(self, given: dict[str, Any], **_: object) -> dict[str, object]:
        given["price"] = PriceInput(given["price"], given.pop("compare_at"))
        return given


class ScheduledPricesQuerySchema(PageQuerySchema):
    """Which scheduled prices to list."""

    state = fields.String(load_default=None, validate=one_of(ScheduleState))


class ScheduledPriceSchema(Schema):
    """A price that comes by itself, and what it replaced when it came."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    variant_id = fields.UUID(required=True)
    price = fields.Nested(MoneySchema, required=True)
    compare_at = fields.Nested(MoneySchema, required=True, allow_none=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True, allow_none=True)
    state = fields.String(required=True, validate=one_of(ScheduleState))
    replaced_price = fields.Nested(MoneySchema, required=True, allow_none=True)
    replaced_compare_at = fields.Nested(MoneySchema, required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
