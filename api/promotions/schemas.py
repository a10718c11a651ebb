"""Request and response schemas of discounts."""

from typing import Any

import marshmallow as ma

from api.kernel.money import BASIS_POINTS
from api.platform.http import (
    NOT_BLANK,
    MoneySchema,
    PageQuerySchema,
    Pattern,
    PositiveMoneySchema,
    Schema,
    one_of,
)
from api.platform.rules import ExactlyOne
from api.promotions import codes
from api.promotions.states import DiscountKind, Target

_MOST = 10**9
_SHARE = ma.validate.Range(1, BASIS_POINTS, error="Give 1 to 10000 basis points: 1000 is 10 %.")
_COUNT = ma.validate.Range(1, _MOST, error="Give a whole number from 1 to 1000000000.")
_NAMES = ma.validate.Length(0, 200)
NAME = Pattern(r"^[a-z0-9][a-z0-9_-]{0,39}$", error="Use up to 40 small letters, digits or dashes.")


def _count(**more: Any) -> ma.fields.Integer:
    return ma.fields.Integer(strict=True, allow_none=True, validate=_COUNT, **more)


def _names(validate: ma.validate.Validator, example: str) -> object:
    named = ma.fields.String(validate=validate, metadata={"example": example})
    return ma.fields.List(named, validate=_NAMES)


_SLUG = ma.validate.Length(1, 120)


class TierSchema(Schema):
    """One tier: from which quantity or value on which share or amount is taken off."""

    quantity = _count()
    value = ma.fields.Nested(PositiveMoneySchema, allow_none=True)
    basis_points = ma.fields.Integer(strict=True, allow_none=True, validate=_SHARE)
    amount = ma.fields.Nested(PositiveMoneySchema, allow_none=True)


class EditDiscountSchema(Schema):
    """What to change about a discount."""

    name = ma.fields.String(validate=[ma.validate.Length(1, 120), NOT_BLANK])
    kind = ma.fields.String(validate=one_of(DiscountKind))
    target = ma.fields.String(
        validate=one_of(Target),
        metadata={"description": "Each fitting line, the order as a whole, or its shipping."},
    )
    is_active = ma.fields.Boolean()
    is_automatic = ma.fields.Boolean(metadata={"description": "Applies without a code."})
    priority = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(0, 1000),
        metadata={"description": "Lower ones are taken first."},
    )
    is_exclusive = ma.fields.Boolean(metadata={"description": "Is combined with no other."})
    stack_group = ma.fields.String(
        allow_none=True,
        validate=NAME,
        metadata={"description": "Of discounts with the same word, one applies."},
    )
    basis_points = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=_SHARE,
        metadata={"description": "1000 is 10 %.", "example": 1000},
    )
    amount = ma.fields.Nested(
        PositiveMoneySchema,
        allow_none=True,
        metadata={"description": "Off each unit of a line, or off the order or shipping once."},
    )
    tiers = ma.fields.List(ma.fields.Nested(TierSchema), validate=ma.validate.Length(0, 20))
    buy_quantity = _count()
    get_quantity = _count()
    max_times = _count(metadata={"description": "How often buy-x-get-y applies to one cart."})
    get_products = _names(_SLUG, "mug")
    get_collections = _names(_SLUG, "gifts")
    products = _names(_SLUG, "mug")
    collections = _names(_SLUG, "summer")
    groups = _names(NAME, "wholesale")
    markets = _names(ma.validate.Length(1, 40), "DE")
    min_amount = ma.fields.Nested(PositiveMoneySchema, allow_none=True)
    min_quantity = _count()
    first_order = ma.fields.Boolean()
    starts_on = ma.fields.Date(
        allow_none=True, metadata={"description": "First day, in the shop's time zone."}
    )
    ends_on = ma.fields.Date(allow_none=True, metadata={"description": "Last day."})
    max_uses = _count()
    max_uses_per_customer = _count()


class NewDiscountSchema(EditDiscountSchema):
    """A discount to create."""

    name = ma.fields.String(required=True, validate=[ma.validate.Length(1, 120), NOT_BLANK])
    kind = ma.fields.String(required=True, validate=one_of(DiscountKind))


class DiscountSchema(EditDiscountSchema):
    """A discount as staff see it."""

    id = ma.fields.UUID(required=True)
    currency = ma.fields.String(required=True, allow_none=True)
    uses = ma.fields.Integer(
        required=True, metadata={"description": "Orders that have it and are not cancelled."}
    )
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class DiscountsQuerySchema(PageQuerySchema):
    """Filters of the list of discounts."""

    active = ma.fields.Boolean(load_default=None)


class DiscountCodeSchema(Schema):
    """A code of a discount."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    uses = ma.fields.Integer(required=True)
    max_uses = ma.fields.Integer(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)


_code = ma.fields.String(validate=ma.validate.Length(1, 100), metadata={"example": "SUMMER25"})


class AddCodesSchema(Schema):
    """Codes to add: a list, or a CSV whose first column holds them."""

    codes = ma.fields.List(_code, validate=ma.validate.Length(1, codes.MOST))
    csv = ma.fields.String(
        validate=ma.validate.Length(1, 1_000_000),
        metadata={"description": "One code in each line; a first line `code` is a heading."},
    )
    max_uses = _count(load_default=None, metadata={"description": "Of each; 1: single use."})

    member_rules = (ExactlyOne("codes", "csv", error="Send either codes or csv."),)


class MakeCodesSchema(Schema):
    """How many random codes to make."""

    count = ma.fields.Integer(required=True, strict=True, validate=ma.validate.Range(1, codes.MOST))
    prefix = ma.fields.String(
        load_default="",
        validate=Pattern(
            r"^([A-Za-z0-9][A-Za-z0-9_-]{0,15})?$", error="Use up to 16 letters, digits or dashes."
        ),
    )
    length = ma.fields.Integer(
        load_default=10,
        strict=True,
        validate=ma.validate.Range(4, 20),
        metadata={"description": "Random characters after the prefix."},
    )
    max_uses = _count(load_default=1, metadata={"description": "Of each; null: any number."})


class CodesAddedSchema(Schema):
    """How many codes were added."""

    added = ma.fields.Integer(required=True)


class TriedLineSchema(Schema):
    """Units of a variant in a cart to try."""

    sku = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    quantity = ma.fields.Integer(load_default=1, strict=True, validate=ma.validate.Range(1, 999))


class TryDiscountSchema(Schema):
    """A cart on which a discount is tried, as if it were active and its code entered."""

    lines = ma.fields.List(
        ma.fields.Nested(TriedLineSchema), required=True, validate=ma.validate.Length(1, 50)
    )
    shipping = ma.fields.Nested(MoneySchema, load_default=None, allow_none=True)
    alone = ma.fields.Boolean(
        load_default=False, metadata={"description": "Leave the other discounts out."}
    )


class WhyNotSchema(Schema):
    """A discount that does not apply: the condition that fails, and what is missing."""

    name = ma.fields.String(required=True, allow_none=True)
    code = ma.fields.String(required=True, allow_none=True)
    condition = ma.fields.String(required=True, metadata={"example": "min_amount"})
    detail = ma.fields.String(required=True, metadata={"example": "4.20 EUR to go."})
    missing_amount = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    missing_quantity = ma.fields.Integer(required=True, allow_none=True)


class AppliedSchema(Schema):
    """A discount that applies, and what it takes off goods and shipping."""

    name = ma.fields.String(required=True)
    code = ma.fields.String(required=True, allow_none=True)
    amount = ma.fields.Nested(MoneySchema, required=True)
    shipping_amount = ma.fields.Nested(MoneySchema, required=True)


class TriedDiscountSchema(Schema):
    """What a cart costs with a discount, and why others do not apply."""

    summary = ma.fields.String(
        required=True, metadata={"example": "19.98 EUR, 2.00 EUR off, to pay 17.98 EUR."}
    )

    subtotal = ma.fields.Nested(MoneySchema, required=True)
    discount_total = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(MoneySchema, required=True)
    discounts = ma.fields.List(ma.fields.Nested(AppliedSchema), required=True)
    not_applied = ma.fields.List(ma.fields.Nested(WhyNotSchema), required=True)


class OrderDiscountLineSchema(Schema):
    """The share of one line."""

    order_line_id = ma.fields.UUID(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True)


class OrderDiscountSchema(AppliedSchema):
    """What one discount took off an order: a copy with its name and code."""

    reason = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Of a discount by staff."}
    )
    lines = ma.fields.List(ma.fields.Nested(OrderDiscountLineSchema), required=True)
