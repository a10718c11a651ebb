"""Request and response schemas of the cart."""

import marshmallow as ma

from api.cart.service import MAX_UNITS
from api.platform.http import CurrencyCode, MoneySchema, Schema
from api.platform.rules import ExactlyOne
from api.promotions.schemas import AppliedSchema, WhyNotSchema

_UNITS = ma.validate.Range(1, MAX_UNITS)


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

    member_rules = (
        ExactlyOne(
            "variant_id", "sku", error="Name the variant by variant_id or by sku, not both."
        ),
    )


class ChangeItemSchema(Schema):
    """The new quantity of an item."""

    quantity = ma.fields.Integer(strict=True, required=True, validate=_UNITS)


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
    for_sale = ma.fields.Boolean(required=True)


class CartWarningSchema(Schema):
    """A change since the customer last saw the cart."""

    code = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(
            ["not_for_sale", "insufficient_stock", "price_changed", "code_not_applied"]
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
    items = ma.fields.List(ma.fields.Nested(CartItemSchema), required=True)
    unit_count = ma.fields.Integer(required=True)
    subtotal = ma.fields.Nested(MoneySchema, required=True)
    codes = ma.fields.List(ma.fields.String(), required=True)
    discount_total = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Of the goods, after discounts."}
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
