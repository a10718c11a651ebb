"""Request and response schemas of the checkout."""

from collections.abc import Sequence
from typing import TypedDict

import marshmallow as ma

from api.cart.schemas import GIFT_MESSAGE
from api.kernel.money import Money
from api.platform.addresses import COUNTRIES, AddressSchema, SingleLine
from api.platform.http import (
    NOT_BLANK,
    CurrencyCode,
    DateTimeField,
    MoneySchema,
    PositiveMoneySchema,
    Schema,
)
from api.platform.rules import AtLeastOne, ExactlyOne
from api.promotions.schemas import AppliedSchema, WhyNotSchema
from api.shipping.schemas import OfferedMethodSchema, UnavailableMethodSchema
from api.stored_value.codes import LONGEST_INPUT
from api.stored_value.states import TENDERS
from api.tax.rules import PAYMENT_METHODS
from api.tax.schemas import VatIdSchema


def _vat_id() -> ma.fields.String:
    return ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(2, 30),
        metadata={
            "description": "The VAT id of a business. One of another EU member state is checked"
            " with VIES, and the goods are then an intra-community supply without tax.",
            "example": "FR40303265045",
        },
    )


class TendersSchema(Schema):
    """The gift cards and the store credit that pay for a cart, before the payment method."""

    gift_cards = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, LONGEST_INPUT)),
        load_default=tuple,
        validate=ma.validate.Length(0, 5),
        metadata={
            "description": "Codes of gift cards. They pay in this order as much as they hold, or "
            "less where the rest would be too little for a card.",
            "example": ["7KQM-2XWP-9RTA-HV3C"],
        },
    )
    store_credit = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Pay with the customer's store credit, after the gift cards."},
    )


class GiftSchema(Schema):
    """To whom the gift cards of a cart are sent, and when."""

    email = ma.fields.Email(required=True, validate=ma.validate.Length(max=254))
    message = SingleLine(500, load_default=None)
    send_at = DateTimeField(
        load_default=None,
        metadata={"description": "By default, and of a moment that is over, once it is paid."},
    )


class TenderSchema(Schema):
    """What a gift card or the store credit would pay."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(TENDERS))
    last_four = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The end of a gift card's code."}
    )
    amount = ma.fields.Nested(MoneySchema, required=True)
    balance = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "What it holds before."}
    )


class QuoteRequest(TypedDict):
    """Where a cart goes, and how it is paid."""

    gift_cards: Sequence[str]
    store_credit: bool
    country: str
    region: str | None
    postal_code: str | None
    shipping_method: str | None
    payment_method: str
    vat_id: str | None
    explain: bool


class QuoteRequestSchema(TendersSchema):
    """Country, shipping method, payment method and tenders of a quote."""

    country = ma.fields.String(
        required=True, validate=ma.validate.OneOf(sorted(COUNTRIES), error="Unknown country code.")
    )
    region = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 120),
        metadata={"description": "State or province, where taxes depend on it.", "example": "CA"},
    )
    postal_code = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(1, 16)
    )
    shipping_method = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 60))
    payment_method = ma.fields.String(
        load_default="stripe",
        validate=ma.validate.OneOf(PAYMENT_METHODS),
        metadata={"description": "A total that cannot be paid this way is refused (422)."},
    )
    vat_id = _vat_id()
    explain = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether to tell each step of the sums in words."},
    )


class EstimateItemSchema(Schema):
    """Units of a variant."""

    sku = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    quantity = ma.fields.Integer(
        load_default=1, strict=True, validate=ma.validate.Range(1, 100_000)
    )


class EstimateRequestSchema(Schema):
    """Goods and a place."""

    items = ma.fields.List(
        ma.fields.Nested(EstimateItemSchema), required=True, validate=ma.validate.Length(1, 50)
    )
    country = ma.fields.String(
        required=True, validate=ma.validate.OneOf(sorted(COUNTRIES), error="Unknown country code.")
    )
    region = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(1, 120)
    )
    postal_code = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(1, 16)
    )
    currency = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=CurrencyCode(),
        metadata={"description": "By default the shop's."},
    )
    shipping_method = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 60),
        metadata={"description": "By default the first that leads there."},
    )
    vat_id = _vat_id()


class EstimateSchema(Schema):
    """What goods would cost in a place, with each step of the sums in words."""

    subtotal = ma.fields.Nested(MoneySchema, required=True)
    shipping_total = ma.fields.Nested(MoneySchema, required=True)
    tax_total = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(MoneySchema, required=True)
    shipping_method = ma.fields.String(required=True, allow_none=True)
    explanation = ma.fields.List(ma.fields.String(), required=True)


class QuoteSchema(Schema):
    """What the cart would cost. `tax_total` is contained in `total`.

    `total_excludes_shipping` is true as long as no `shipping_method` was chosen: `total` is then
    that of the goods, and the checkout's will be higher by one of the `shipping_methods`.
    """

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
    prices_include_tax = ma.fields.Boolean(required=True)
    vat_id = ma.fields.Nested(VatIdSchema, required=True, allow_none=True)
    explanation = ma.fields.List(
        ma.fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "Each step of the sums in words, where `explain` asked for it."},
    )
    tenders = ma.fields.List(ma.fields.Nested(TenderSchema), required=True)
    due = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What remains for the payment method: `total` less tenders."},
    )
    total_excludes_shipping = ma.fields.Boolean(required=True)
    shipping_method = ma.fields.String(required=True, allow_none=True)
    payment_methods = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(PAYMENT_METHODS)),
        required=True,
        metadata={"description": "The methods that this customer or guest may choose."},
    )
    shipping_methods = ma.fields.List(ma.fields.Nested(OfferedMethodSchema), required=True)
    unavailable_shipping_methods = ma.fields.List(
        ma.fields.Nested(UnavailableMethodSchema), required=True
    )
    shipping_notice = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why there is no shipping method at all."},
    )


class ReservationSchema(Schema):
    """Until when the cart's units are reserved."""

    held_until = ma.fields.AwareDateTime(required=True)
    unit_count = ma.fields.Integer(required=True)


class Checkout(TypedDict):
    """A cart to order, as it was sent."""

    gift_cards: Sequence[str]
    store_credit: bool
    email: str | None
    shipping_address: dict[str, object] | None
    billing_address: dict[str, object] | None
    shipping_method: str
    payment_method: str
    expected_total: Money | None
    vat_id: str | None
    gift: dict[str, object] | None
    customer_note: str | None
    gift_message: str | None


class CheckoutSchema(TendersSchema):
    """The checkout form."""

    email = ma.fields.Email(
        load_default=None,
        validate=ma.validate.Length(max=254),
        metadata={"description": "Needed from guests."},
    )
    shipping_address = ma.fields.Nested(
        AddressSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "Needed unless the goods are picked up."},
    )
    billing_address = ma.fields.Nested(
        AddressSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "By default the shipping address."},
    )
    shipping_method = ma.fields.String(required=True, validate=ma.validate.Length(1, 60))
    payment_method = ma.fields.String(
        load_default="stripe", validate=ma.validate.OneOf(PAYMENT_METHODS)
    )
    expected_total = ma.fields.Nested(
        MoneySchema,
        load_default=None,
        metadata={"description": "What the customer saw; another total is refused (409)."},
    )
    vat_id = _vat_id()
    gift = ma.fields.Nested(
        GiftSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "To whom gift cards in the cart go; by default to the buyer."},
    )
    customer_note = SingleLine(
        500,
        load_default=None,
        metadata={
            "description": "The customer's note for packing and delivery, on one line; by default "
            "the note of the cart.",
            "example": "Please ring at the back door.",
        },
    )
    gift_message = ma.fields.String(
        load_default=None,
        validate=GIFT_MESSAGE,
        metadata={
            "description": "What is written on a card in the parcel; by default that of the cart.",
            "example": "Happy birthday!",
        },
    )


class AmendOrderSchema(Schema):
    """What to change about an unpaid order; fields left out stay as they are."""

    email = ma.fields.Email(
        validate=ma.validate.Length(max=254),
        metadata={"description": "Where e-mails about the order go."},
    )
    shipping_address = ma.fields.Nested(
        AddressSchema,
        metadata={"description": "Another country recalculates shipping and tax."},
    )
    billing_address = ma.fields.Nested(
        AddressSchema,
        metadata={
            "description": "Left out, it follows the shipping address if it was the same before."
        },
    )
    shipping_method = ma.fields.String(validate=ma.validate.Length(1, 60))
    customer_note = SingleLine(
        500,
        metadata={
            "description": "The customer's note for packing; null removes it.",
            "example": "Please ring at the back door.",
        },
    )
    expected_total = ma.fields.Nested(
        MoneySchema,
        metadata={"description": "What the customer saw; another total is refused (409)."},
    )

    member_rules = (
        AtLeastOne(
            "email",
            "shipping_address",
            "billing_address",
            "shipping_method",
            "customer_note",
            error="Name at least one field to change.",
        ),
    )


class StaffDiscountSchema(Schema):
    """What staff take off an unpaid order, and why."""

    amount = ma.fields.Nested(PositiveMoneySchema, load_default=None)
    basis_points = ma.fields.Integer(
        load_default=None,
        strict=True,
        validate=ma.validate.Range(1, 10_000),
        metadata={"description": "Of the goods: 1000 is 10 %.", "example": 1000},
    )
    reason = SingleLine(200, required=True, metadata={"example": "A scratch in the glaze"})

    member_rules = (
        ExactlyOne("amount", "basis_points", error="Send either amount or basis_points."),
    )


class PaymentRequestSchema(Schema):
    """The order to pay."""

    order_id = ma.fields.UUID(required=True)


class PaymentIntentSchema(Schema):
    """What a browser needs in order to pay with Stripe."""

    payment_id = ma.fields.UUID(required=True)
    payment_intent_id = ma.fields.String(required=True)
    client_secret = ma.fields.String(required=True)
    publishable_key = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"description": "Stripe's status."})
    amount = ma.fields.Nested(MoneySchema, required=True)


class MarkPaidSchema(Schema):
    """A payment made outside the provider."""

    reference = ma.fields.String(required=True, validate=(ma.validate.Length(1, 200), NOT_BLANK))
    amount = ma.fields.Nested(
        PositiveMoneySchema,
        load_default=None,
        metadata={"description": "By default the amount due; not more than that."},
    )
    allow_overpayment = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Accept more than the amount due, and record all of it."},
    )
