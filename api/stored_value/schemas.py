"""Request and response schemas of gift cards and store credit."""

import marshmallow as ma

from api.platform.http import (
    MAX_AMOUNT,
    DateTimeField,
    MoneySchema,
    PageQuerySchema,
    PositiveMoneySchema,
    Schema,
    one_of,
)
from api.platform.rules import ExactlyOne
from api.stored_value.codes import LONGEST_INPUT
from api.stored_value.states import EntryKind, GiftCardStatus

_STATUS = one_of(GiftCardStatus)
_REASON = ma.validate.Length(1, 500)
_RECIPIENT = ma.fields.Email(
    load_default=None,
    allow_none=True,
    validate=ma.validate.Length(max=254),
    metadata={"description": "The code is sent there, and not shown."},
)


class GiftCardCodeSchema(Schema):
    """The code of a gift card."""

    code = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, LONGEST_INPUT),
        metadata={
            "description": "Spaces, dashes and capitals do not matter.",
            "example": "7KQM-2XWP-9RTA-HV3C",
        },
    )


class GiftCardBalanceSchema(Schema):
    """What a gift card holds."""

    last_four = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null until a card that was bought is sent.", "example": "HV3C"},
    )
    balance = ma.fields.Nested(MoneySchema, required=True)
    status = ma.fields.String(required=True, validate=_STATUS)
    expires_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class OwnStoreCreditSchema(Schema):
    """One's store credit, by currency."""

    balances = ma.fields.List(ma.fields.Nested(MoneySchema), required=True)


class GiftCardQuerySchema(PageQuerySchema):
    """Filters of the list of gift cards."""

    status = ma.fields.String(load_default=None, validate=_STATUS)
    last_four = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(4, 4),
        metadata={"description": "The end of the code.", "example": "HV3C"},
    )


class NewGiftCardSchema(Schema):
    """A gift card to issue."""

    amount = ma.fields.Nested(PositiveMoneySchema, required=True)
    reason = ma.fields.String(required=True, validate=_REASON)
    expires_at = DateTimeField(
        load_default=None,
        metadata={"description": "Not before the shop's minimum; by default as the shop is set."},
    )
    recipient = _RECIPIENT
    message = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 500),
        metadata={"description": "For the recipient, in the e-mail."},
    )


class ReplaceCodeSchema(Schema):
    """Why a gift card gets another code, and where to."""

    reason = ma.fields.String(required=True, validate=_REASON)
    recipient = _RECIPIENT


class GiftCardSchema(GiftCardBalanceSchema):
    """A gift card as staff see it: never its code."""

    id = ma.fields.UUID(required=True)
    initial = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "The amount that it was issued with."}
    )
    recipient = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "To whom it was sent, or will be; null without `customers:read`."},
    )
    send_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When it will be sent."}
    )
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class IssuedGiftCardSchema(GiftCardSchema):
    """A gift card that was just issued, with its code."""

    code = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Shown this once: only its digest is kept. Null when it is sent."},
    )


class ReasonSchema(Schema):
    """Why staff do this."""

    reason = ma.fields.String(required=True, validate=_REASON)


class StoreCreditQuerySchema(PageQuerySchema):
    """Filters of the list of store credit."""

    customer_id = ma.fields.UUID(load_default=None)


class SignedMoneySchema(MoneySchema):
    """An amount that is not 0, in whole minor units; below 0 it is deducted."""

    amount = ma.fields.Integer(
        required=True,
        strict=True,
        validate=[
            ma.validate.Range(-MAX_AMOUNT, MAX_AMOUNT),
            ma.validate.NoneOf([0], error="Give an amount other than 0."),
        ],
        metadata={"example": 500},
    )


class AdjustStoreCreditSchema(Schema):
    """Store credit to give to a customer, or to deduct."""

    customer_id = ma.fields.UUID()
    email = ma.fields.Email(
        validate=ma.validate.Length(max=254),
        metadata={"description": "The customer's, instead of the id."},
    )
    amount = ma.fields.Nested(SignedMoneySchema, required=True)
    reason = ma.fields.String(required=True, validate=_REASON)

    member_rules = (
        ExactlyOne("customer_id", "email", error="Name the customer by customer_id or by email."),
    )


class StoreCreditSchema(Schema):
    """The store credit of a customer in one currency."""

    id = ma.fields.UUID(required=True)
    customer_id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    balance = ma.fields.Nested(MoneySchema, required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class LedgerEntrySchema(Schema):
    """One movement of a balance; `amount` is below 0 for what was spent."""

    id = ma.fields.UUID(required=True)
    at = ma.fields.AwareDateTime(required=True)
    kind = ma.fields.String(required=True, validate=one_of(EntryKind))
    amount = ma.fields.Nested(MoneySchema, required=True)
    balance_after = ma.fields.Nested(MoneySchema, required=True)
    order_id = ma.fields.UUID(required=True, allow_none=True)
    reason = ma.fields.String(required=True, allow_none=True)
    actor = ma.fields.String(required=True)
