"""Request and response schemas of draft orders and of links that customers open."""

from datetime import UTC, datetime, time
from typing import Any

import marshmallow as ma
from flask import current_app

from api.draft_orders.flows import WantedLine
from api.draft_orders.states import DraftStatus
from api.kernel import clock
from api.platform.addresses import AddressSchema, AddressSnapshotSchema, SingleLine
from api.platform.http import (
    NOT_BLANK,
    CurrencyCode,
    DateTimeField,
    MoneySchema,
    PageQuerySchema,
    Schema,
    UnitPriceSchema,
    one_of,
)
from api.platform.rules import AtLeastOne, NeededByItems
from api.promotions.schemas import AppliedSchema, WhyNotSchema

_STATUS = one_of(DraftStatus)
_PRICE_NEEDS_REASON = NeededByItems(
    "reason", "unit_price", "lines", error="Give the reason of the price."
)
_CODE = ma.fields.String(validate=ma.validate.Length(1, 100), metadata={"example": "SUMMER25"})
_VALID = ("valid_until", "valid_on")
_YEARS = range(2000, 9999)
"""Years of which every day ends at a moment that can be told in each time zone."""


def _with_last_day(form: dict[str, Any]) -> dict[str, object]:
    """Return a form whose last day became a moment: the end of that day in the shop's zone.

    A quote that would be over from the beginning is refused.
    """
    day = form.pop("valid_on", None)
    if day is not None:
        if day.year not in _YEARS:
            raise ma.ValidationError("Give a day in a year from 2000 to 9998.", "valid_on")
        settings = current_app.extensions["stockroom_settings"]
        end = datetime.combine(day, time.max, settings.zone).astimezone(UTC)
        form = {**form, "valid_until": end}
    until = form.get("valid_until")
    if until is not None and until <= clock.now():
        raise ma.ValidationError("This is over. Give a later day.", _VALID[day is not None])
    return form


class DraftLineFormSchema(Schema):
    """Units that staff put on a draft."""

    makes = WantedLine

    sku = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    quantity = ma.fields.Integer(
        load_default=1, strict=True, validate=ma.validate.Range(1, 100_000)
    )
    unit_price = ma.fields.Nested(
        UnitPriceSchema,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "By default what the customer pays today. A price of your own needs "
            "`orders:discount` and a reason."
        },
    )


class DraftFormSchema(Schema):
    """What is on a draft. Everything but the goods may follow later."""

    customer_id = ma.fields.UUID(load_default=None, allow_none=True)
    email = ma.fields.Email(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(max=254),
        metadata={"description": "Where the pay link goes; by default that of the customer."},
    )
    currency = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=CurrencyCode(),
        metadata={"description": "By default the shop's."},
    )
    lines = ma.fields.List(
        ma.fields.Nested(DraftLineFormSchema), required=True, validate=ma.validate.Length(1, 200)
    )
    shipping_address = ma.fields.Nested(AddressSchema, load_default=None, allow_none=True)
    billing_address = ma.fields.Nested(AddressSchema, load_default=None, allow_none=True)
    shipping_method = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(1, 60)
    )
    customer_note = SingleLine(500, load_default=None)
    discount_codes = ma.fields.List(
        _CODE, load_default=list, validate=ma.validate.Length(0, 10),
        metadata={"description": "Taken off goods at their usual price, as in a cart."},
    )  # fmt: skip
    reason = SingleLine(
        200, load_default=None, metadata={"description": "Needed where you set a price."}
    )
    valid_until = DateTimeField(
        load_default=None,
        allow_none=True,
        metadata={"description": "Makes it a quote: its prices stand until then."},
    )

    valid_on = ma.fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "A last day, in place of `valid_until`."},
    )

    member_rules = (_PRICE_NEEDS_REASON,)

    @ma.post_load
    def _with_currency(self, data: dict[str, object], **_: object) -> dict[str, object]:
        settings = current_app.extensions["stockroom_settings"]
        return _with_last_day({**data, "currency": data["currency"] or settings.currency})


class DraftPatchSchema(Schema):
    """What becomes another on a draft; what is left out stays. New lines replace all of them."""

    customer_id = ma.fields.UUID(allow_none=True)
    email = ma.fields.Email(allow_none=True, validate=ma.validate.Length(max=254))
    lines = ma.fields.List(
        ma.fields.Nested(DraftLineFormSchema), validate=ma.validate.Length(1, 200)
    )
    shipping_address = ma.fields.Nested(AddressSchema, allow_none=True)
    billing_address = ma.fields.Nested(AddressSchema, allow_none=True)
    shipping_method = ma.fields.String(allow_none=True, validate=ma.validate.Length(1, 60))
    customer_note = SingleLine(500)
    discount_codes = ma.fields.List(_CODE, validate=ma.validate.Length(0, 10))
    reason = SingleLine(200)
    valid_until = DateTimeField(allow_none=True)
    valid_on = ma.fields.Date(
        allow_none=True,
        metadata={"description": "A last day, in place of `valid_until`."},
    )

    member_rules = (
        AtLeastOne(
            "customer_id", "email", "lines", "shipping_address", "billing_address",
            "shipping_method", "customer_note", "discount_codes", "reason", "valid_until",
            "valid_on",
            error="Name what to change: a change ends the pay link and the reservation.",
        ),
        _PRICE_NEEDS_REASON,
    )  # fmt: skip

    @ma.post_load
    def _until(self, data: dict[str, object], **_: object) -> dict[str, object]:
        return _with_last_day(data)


class DraftPriceSchema(Schema):
    """The price of one line that staff set."""

    sku = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    unit_price = ma.fields.Nested(UnitPriceSchema, required=True)
    reason = SingleLine(200, required=True)


class DraftQuerySchema(PageQuerySchema):
    """Which drafts to list."""

    status = ma.fields.String(
        load_default="unfinished",
        validate=ma.validate.OneOf(["unfinished", *(status.value for status in DraftStatus)]),
        metadata={"description": "`unfinished`: open or sent."},
    )


class ReserveSchema(Schema):
    """For how long the units of a draft are reserved."""

    hours = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(0, 336),
        metadata={"description": "From now; 0 ends the reservation.", "example": 24},
    )


class PaidByHandSchema(Schema):
    """A payment made outside the provider."""

    reference = ma.fields.String(required=True, validate=(ma.validate.Length(1, 200), NOT_BLANK))


class DraftCardSchema(Schema):
    """A draft in the list."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "D12"})
    status = ma.fields.String(required=True, validate=_STATUS)
    customer_id = ma.fields.UUID(required=True, allow_none=True)
    email = ma.fields.String(required=True, allow_none=True)
    currency = ma.fields.String(required=True)
    goods_total = ma.fields.Nested(MoneySchema, required=True)
    quoted_total = ma.fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={"description": "What the pay link asks for."},
    )
    valid_until = ma.fields.AwareDateTime(required=True, allow_none=True)
    reserved_until = ma.fields.AwareDateTime(required=True, allow_none=True)
    order_id = ma.fields.UUID(required=True, allow_none=True)
    order_number = ma.fields.String(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class DraftLineSchema(Schema):
    """Units on a draft at the price that was agreed."""

    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    unit_price = ma.fields.Nested(MoneySchema, required=True)
    usual_price = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "What it cost when it was put on."}
    )
    amount = ma.fields.Nested(MoneySchema, required=True)


class DraftCostsSchema(Schema):
    """What a draft costs with shipping and tax of today, each step in words."""

    subtotal = ma.fields.Nested(MoneySchema, required=True)
    shipping_total = ma.fields.Nested(MoneySchema, required=True)
    discount_total = ma.fields.Nested(MoneySchema, required=True)
    tax_total = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(MoneySchema, required=True)
    discounts = ma.fields.List(ma.fields.Nested(AppliedSchema), required=True)
    not_applied = ma.fields.List(
        ma.fields.Nested(WhyNotSchema),
        required=True,
        metadata={"description": "Codes that do not apply, and offers with something missing."},
    )
    steps = ma.fields.List(ma.fields.String(), required=True)


class DraftSchema(DraftCardSchema):
    """A draft with its lines and costs."""

    shipping_address = ma.fields.Nested(AddressSnapshotSchema, required=True, allow_none=True)
    billing_address = ma.fields.Nested(AddressSnapshotSchema, required=True, allow_none=True)
    shipping_method = ma.fields.String(required=True, allow_none=True)
    customer_note = ma.fields.String(required=True, allow_none=True)
    reason = ma.fields.String(required=True, allow_none=True)
    discount_codes = ma.fields.List(ma.fields.String(), required=True)
    price_command_id = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={
            "description": "Its prices wait for a second person, at `/admin/approvals/{id}`: until "
            "then it is neither sent nor placed."
        },
    )
    lines = ma.fields.List(ma.fields.Nested(DraftLineSchema), required=True)
    costs = ma.fields.Nested(DraftCostsSchema, required=True, allow_none=True)
    incomplete = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it cannot be priced as an order yet."},
    )


class LinkTokenSchema(Schema):
    """The secret of a link, as it stands behind the `#` of its address."""

    token = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))


class LookUpSchema(Schema):
    """The number and the e-mail of an order."""

    number = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 40), metadata={"example": "1001"}
    )
    email = ma.fields.Email(required=True, validate=ma.validate.Length(max=254))


class LookUpAnswerSchema(Schema):
    """The same answer whether there is such an order or not."""

    detail = ma.fields.String(required=True)


class OpenedLinkSchema(Schema):
    """An order that a link opened, and the token that reads and pays it."""

    order_id = ma.fields.UUID(required=True)
    access_token = ma.fields.String(
        required=True,
        metadata={"description": "Send it as X-Cart-Token with requests about this order, a day."},
    )
