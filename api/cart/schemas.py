"""Request and response schemas of the cart."""

from typing import Any

import marshmallow as ma

from api.cart.service import MAX_UNITS
from api.platform.addresses import COUNTRIES, SingleLine
from api.platform.http import NOT_BLANK, CurrencyCode, MoneySchema, Schema
from api.platform.rules import AtLeastOne, ExactlyOne
from api.promotions.schemas import AppliedSchema, WhyNotSchema

GIFT_MESSAGE = (ma.validate.Length(1, 500), NOT_BLANK)
"""A text for a card in the parcel, with line breaks."""


def _note(**options: Any) -> SingleLine:
    told = {"description": "For whoever packs it, on one line."}
    return SingleLine(500, metadata=told, **options)


def _properties(**options: Any) -> ma.fields.Dict:
    return ma.fields.Dict(
        keys=ma.fields.String(validate=(ma.validate.Length(1, 60), NOT_BLANK)),
        values=ma.fields.String(validate=(ma.validate.Length(1, 200), NOT_BLANK)),
        validate=ma.validate.Length(0, 10),
        metadata={
            "description": "What the buyer chose or typed for the line: up to 10 short texts.",
            "example": {"engraving": "For Ada"},
        },
        **options,
    )


_UNITS = ma.validate.Range(1, MAX_UNITS)
_COUNTRY = ma.validate.OneOf(sorted(COUNTRIES), error="Unknown country code.")


class AddItemSchema(Schema):
    """Units of a variant to add, named by its id or its SKU."""

    variant_id = ma.fields.UUID(load_default=None)
    sku = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 255))
    quantity = ma.fields.Integer(strict=True, load_default=1, validate=_UNITS)
    currency = ma.fields.String(
        load_default=None,
        validate=CurrencyCode(),
        metadata={"description": "For a new cart; afterwards the cart keeps its currency."},
    )
    country = ma.fields.String(
        load_default=None,
        validate=_COUNTRY,
        metadata={"description": "Where it is to be sent; as `PATCH /cart`.", "example": "DE"},
    )
    note = _note(load_default=None)
    properties = _properties(allow_none=True)

    member_rules = (
        ExactlyOne(
            "variant_id", "sku", error="Name the variant by variant_id or by sku, not both."
        ),
    )


class ChangeItemSchema(Schema):
    """What to change about an item: its quantity, note or properties."""

    quantity = ma.fields.Integer(strict=True, validate=_UNITS)
    note = _note()
    properties = _properties()

    member_rules = (
        AtLeastOne("quantity", "note", "properties", error="Name at least one field to change."),
    )


class EditCartSchema(Schema):
    """What to change about a cart as a whole; null removes it.

    Note and message go into the order.
    """

    country = ma.fields.String(
        allow_none=True,
        validate=_COUNTRY,
        metadata={
            "description": "Where it is to be sent: the prices of its market hold. The checkout "
            "counts with the country of its address.",
            "example": "DE",
        },
    )
    note = _note()
    gift_message = ma.fields.String(
        allow_none=True,
        validate=GIFT_MESSAGE,
        metadata={"description": "What is written on a card in the parcel."},
    )

    member_rules = (
        AtLeastOne("country", "note", "gift_message", error="Name at least one field to change."),
    )


class AddCodeSchema(Schema):
    """A discount code, as the buyer typed it."""

    code = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 100), metadata={"example": "SUMMER25"}
    )


class LineDiscountSchema(Schema):
    """What one discount takes off a line."""

    name = ma.fields.String(required=True)
    code = ma.fields.String(required=True, allow_none=True)
    amount = ma.fields.Nested(MoneySchema, required=True)


class CartItemSchema(Schema):
    """One item at its current price."""

    id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    product_slug = ma.fields.String(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    image_url = ma.fields.String(required=True, allow_none=True)
    quantity = ma.fields.Integer(required=True)
    unit_price = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    total = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    discount = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Off `total`, by all `discounts`."}
    )
    discounts = ma.fields.List(ma.fields.Nested(LineDiscountSchema), required=True)
    net_unit_price = ma.fields.Nested(
        MoneySchema,
        allow_none=True,
        metadata={"description": "Without tax, for customers of a group with `shows_net`."},
    )
    net_total = ma.fields.Nested(
        MoneySchema, allow_none=True, metadata={"description": "`total` without tax, likewise."}
    )
    for_sale = ma.fields.Boolean(required=True)
    back_ordered_quantity = ma.fields.Integer(
        required=True,
        metadata={"description": "Units that are not in stock: the order waits for them."},
    )
    back_order_note = ma.fields.String(
        required=True, metadata={"description": "When they are expected, in the shop's words."}
    )
    note = ma.fields.String(required=True, allow_none=True)
    properties = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)


class CartWarningSchema(Schema):
    """A change since the customer last saw the cart."""

    code = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(
            [
                *("not_for_sale", "insufficient_stock", "back_ordered", "price_changed"),
                "code_not_applied",
            ]
        ),
    )
    item_id = ma.fields.UUID(required=True, allow_none=True)
    detail = ma.fields.String(required=True)


class CartRequirementSchema(Schema):
    """What still blocks the checkout."""

    code = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["empty", "not_for_sale", "insufficient_stock"])
    )
    item_id = ma.fields.UUID(required=True, allow_none=True)
    detail = ma.fields.String(required=True)


class CartSchema(Schema):
    """A cart. `token` is returned once, when a guest creates it: send it back as X-Cart-Token."""

    id = ma.fields.UUID(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)
    currency = ma.fields.String(required=True)
    country = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Where it is to be sent, if that was told.", "example": "DE"},
    )
    items = ma.fields.List(ma.fields.Nested(CartItemSchema), required=True)
    unit_count = ma.fields.Integer(required=True)
    subtotal = ma.fields.Nested(MoneySchema, required=True)
    codes = ma.fields.List(ma.fields.String(), required=True)
    note = ma.fields.String(required=True, allow_none=True)
    gift_message = ma.fields.String(required=True, allow_none=True)
    discount_total = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Of the goods, after discounts."}
    )
    net_total = ma.fields.Nested(
        MoneySchema,
        allow_none=True,
        metadata={"description": "`total` without tax, for customers of such a group."},
    )
    discounts = ma.fields.List(
        ma.fields.Nested(AppliedSchema),
        required=True,
        metadata={"description": "What applies; what it takes off the shipping shows the quote."},
    )
    not_applied = ma.fields.List(
        ma.fields.Nested(WhyNotSchema),
        required=True,
        metadata={"description": "Codes that do not apply, and offers with something missing."},
    )
    requirements = ma.fields.List(
        ma.fields.Nested(CartRequirementSchema),
        required=True,
        metadata={"description": "What blocks the checkout; empty when it can go on."},
    )
    warnings = ma.fields.List(ma.fields.Nested(CartWarningSchema), required=True)
    explanation = ma.fields.List(
        ma.fields.String(), metadata={"description": "Each step of the sums, where asked for."}
    )
    token = ma.fields.String(metadata={"description": "Only in the answer that created the cart."})
    joined_guest_cart = ma.fields.Boolean(
        metadata={"description": "True when this request merged the guest's cart into yours."}
    )
