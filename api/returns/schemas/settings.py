"""Request and response schemas of reasons, policies and sentences."""

import re

import marshmallow as ma

from api.platform.addresses import SingleLine
from api.platform.http import Pattern, Schema, one_of
from api.returns.states import Condition, Exclusion, ShippingRule
from api.returns.texts import NAMES

_TAG = r"^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$"
_language = Pattern(_TAG, error="Use a tag such as de or de-at.")
_LANGUAGE = re.compile(_TAG)
_CODE = re.compile("[a-z][a-z0-9_]{0,39}")
_SHARE = {"description": "In basis points: 1000 is 10 %."}


class PublicReturnReasonSchema(Schema):
    """A reason of returns in the language of the request."""

    code = ma.fields.String(required=True, metadata={"example": "does_not_fit"})
    label = ma.fields.String(required=True)


class PublicReturnReasonsSchema(Schema):
    """The reasons of returns that may be chosen."""

    reasons = ma.fields.List(ma.fields.Nested(PublicReturnReasonSchema), required=True)


class EditReturnReasonSchema(Schema):
    """A reason of the catalogue."""

    labels = ma.fields.Dict(
        keys=ma.fields.String(validate=_language),
        values=ma.fields.String(validate=ma.validate.Length(1, 120)),
        required=True,
        validate=ma.validate.Length(1, 50),
        metadata={"description": "By language.", "example": {"en": "It does not fit"}},
    )
    counts_as_defect = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether suppliers are told, and no fee is taken."},
    )
    is_active = ma.fields.Boolean(load_default=True)
    position = ma.fields.Integer(
        load_default=100, strict=True, validate=ma.validate.Range(0, 10_000)
    )


class ReturnReasonSchema(EditReturnReasonSchema):
    """A reason of the catalogue; `version` is 0 while it is the built-in one."""

    code = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class ReturnReasonsSchema(Schema):
    """The catalogue of reasons."""

    reasons = ma.fields.List(ma.fields.Nested(ReturnReasonSchema), required=True)


class EditReturnPolicySchema(Schema):
    """What to change about a policy; its product and market stay."""

    window_days = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(0, 3650),
        metadata={"description": "From the arrival of the last parcel."},
    )
    is_final_sale = ma.fields.Boolean()
    condition = ma.fields.String(validate=one_of(Condition))
    restocking_fee = ma.fields.Integer(
        strict=True, validate=ma.validate.Range(0, 10_000), metadata=_SHARE
    )
    credit_bonus = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(0, 10_000),
        metadata={"description": "On top of what is given as store credit, in basis points."},
    )
    shipping_rule = ma.fields.String(
        validate=one_of(ShippingRule),
        metadata={"description": "When the shipping of the order goes back."},
    )
    withdrawal_exclusion = ma.fields.String(
        allow_none=True,
        validate=one_of(Exclusion),
        metadata={
            "description": "Why the law gives no right of withdrawal: article 16 of Directive "
            "2011/83/EU."
        },
    )


class NewReturnPolicySchema(EditReturnPolicySchema):
    """A policy to create, for a product, a market, both, or everything."""

    product_id = ma.fields.UUID(load_default=None, allow_none=True)
    sku = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 100),
        metadata={"description": "An article of the product, instead of `product_id`."},
    )
    market_id = ma.fields.UUID(load_default=None, allow_none=True)
    market = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 40),
        metadata={"description": "The code of the market, instead of `market_id`."},
    )
    window_days = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(0, 3650),
        metadata={"description": "From the arrival of the last parcel."},
    )
    is_final_sale = ma.fields.Boolean(load_default=False)
    condition = ma.fields.String(
        load_default=Condition.UNUSED.value,
        validate=one_of(Condition),
    )
    restocking_fee = ma.fields.Integer(
        load_default=0, strict=True, validate=ma.validate.Range(0, 10_000), metadata=_SHARE
    )
    credit_bonus = ma.fields.Integer(
        load_default=0, strict=True, validate=ma.validate.Range(0, 10_000), metadata=_SHARE
    )
    shipping_rule = ma.fields.String(
        load_default=ShippingRule.NEVER.value,
        validate=one_of(ShippingRule),
    )
    withdrawal_exclusion = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=one_of(Exclusion),
    )


class ReturnPolicySchema(NewReturnPolicySchema):
    """A return policy."""

    class Meta(Schema.Meta):
        """Without what only a new one is given."""

        exclude = ("sku",)

    product = ma.fields.String(required=True, allow_none=True)
    market = ma.fields.String(required=True, allow_none=True)
    id = ma.fields.UUID(required=True)
    version = ma.fields.Integer(required=True)


class EditReturnTextsSchema(Schema):
    """The shop's own sentences by name; what is left out stays as built in."""

    texts = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.OneOf(NAMES)),
        values=ma.fields.String(validate=ma.validate.Length(1, 2000)),
        required=True,
        validate=ma.validate.Length(0, len(NAMES)),
    )


class ReturnTextsSchema(Schema):
    """All sentences of a language; `version` is 0 while they are the built-in ones."""

    language = ma.fields.String(required=True)
    texts = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    version = ma.fields.Integer(required=True)


class ReturnTextSchema(Schema):
    """One sentence of a language; `version` is that of all sentences of it."""

    id = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    is_own = ma.fields.Boolean(
        required=True, metadata={"description": "Whether the shop wrote it; else it is built in."}
    )
    version = ma.fields.Integer(required=True)


class ReturnTextListSchema(Schema):
    """Sentences one by one."""

    texts = ma.fields.List(ma.fields.Nested(ReturnTextSchema), required=True)


class ReturnTextsQuerySchema(Schema):
    """Which sentences are listed."""

    language = ma.fields.String(load_default=None, validate=_language)


class EditReturnTextSchema(Schema):
    """One of the shop's own sentences."""

    name = ma.fields.String(required=True, validate=ma.validate.OneOf(NAMES))
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, 2000))


class NewPublicHolidaySchema(Schema):
    """A public holiday of a market, or of all markets."""

    day = ma.fields.Date(required=True)
    name = SingleLine(120, required=True)
    market_id = ma.fields.UUID(load_default=None, allow_none=True)
    market = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 40),
        metadata={"description": "The code of the market, instead of `market_id`."},
    )


class PublicHolidaySchema(Schema):
    """A public holiday."""

    id = ma.fields.UUID(required=True)
    day = ma.fields.Date(required=True)
    name = ma.fields.String(required=True)
    market_id = ma.fields.UUID(required=True, allow_none=True)
    market = ma.fields.String(required=True, allow_none=True)


def check_code(code: str) -> bool:
    """Tell whether a text may be the code of a reason."""
    return _CODE.fullmatch(code) is not None


def check_language(language: str) -> bool:
    """Tell whether a text is a language tag in lower case."""
    return _LANGUAGE.fullmatch(language) is not None and len(language) <= 35
