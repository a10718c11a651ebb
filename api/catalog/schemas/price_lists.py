"""Forms of price lists."""

import marshmallow as ma

from api.platform.http import NOT_BLANK, CurrencyCode, MoneySchema, Pattern, Schema
from api.platform.rules import ExactlyOne, Needs

_CODE = Pattern(
    r"^[a-z0-9][a-z0-9_-]{0,39}$", error="Use up to 40 small letters, digits or dashes."
)
_NAME = [ma.validate.Length(1, 120), NOT_BLANK]


class EditPriceListSchema(Schema):
    """What to change about a price list; its code and currency stay."""

    name = ma.fields.String(validate=_NAME)
    customer_group = ma.fields.String(
        allow_none=True,
        validate=_CODE,
        metadata={"description": "Null: everybody in its markets.", "example": "wholesale"},
    )
    markets = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 40)),
        validate=ma.validate.Length(0, 200),
        metadata={"description": "Codes of markets; without any it holds in all of them."},
    )
    priority = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(0, 1000),
        metadata={"description": "Of lists with a price for a variant, the lowest decides."},
    )
    is_active = ma.fields.Boolean()
    starts_on = ma.fields.Date(
        allow_none=True, metadata={"description": "First day, in the shop's time zone."}
    )
    ends_on = ma.fields.Date(allow_none=True, metadata={"description": "Last day."})


class NewPriceListSchema(EditPriceListSchema):
    """A price list to create."""

    code = ma.fields.String(required=True, validate=_CODE, metadata={"example": "wholesale-2026"})
    name = ma.fields.String(required=True, validate=_NAME)
    currency = ma.fields.String(required=True, validate=CurrencyCode())


class PriceListSchema(Schema):
    """A price list."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    customer_group = ma.fields.String(required=True, allow_none=True)
    markets = ma.fields.List(ma.fields.String(), required=True)
    currency = ma.fields.String(required=True)
    priority = ma.fields.Integer(required=True)
    is_active = ma.fields.Boolean(required=True)
    starts_on = ma.fields.Date(required=True, allow_none=True)
    ends_on = ma.fields.Date(required=True, allow_none=True)
    prices = ma.fields.Integer(required=True, metadata={"description": "How many it has."})
    version = ma.fields.Integer(required=True)


class SetListedPriceSchema(Schema):
    """The price of a variant from a quantity on; null removes it."""

    sku = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    min_quantity = ma.fields.Integer(
        load_default=1, strict=True, validate=ma.validate.Range(1, 999)
    )
    price = ma.fields.Nested(MoneySchema, required=True, allow_none=True)


class SetListedPricesSchema(Schema):
    """Prices to set, as a list or as CSV with the columns sku, min_quantity, price."""

    prices = ma.fields.List(
        ma.fields.Nested(SetListedPriceSchema), validate=ma.validate.Length(1, 5000)
    )
    csv = ma.fields.String(
        validate=ma.validate.Length(1, 1_000_000),
        metadata={"description": "Prices with a decimal point; an empty price removes one."},
    )

    sku = ma.fields.String(
        validate=ma.validate.Length(1, 100), metadata={"description": "For one price alone."}
    )
    min_quantity = ma.fields.Integer(strict=True, validate=ma.validate.Range(1, 999))
    price = ma.fields.Nested(MoneySchema, allow_none=True)

    member_rules = (
        ExactlyOne("prices", "csv", "sku", error="Send prices, csv, or one sku with its price."),
        Needs("sku", "price", error="Send the price of the SKU; null removes it."),
    )


class ListedPricesSetSchema(Schema):
    """How many rows were taken."""

    rows = ma.fields.Integer(required=True)


class ListedPriceSchema(Schema):
    """A price of a list."""

    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    min_quantity = ma.fields.Integer(required=True)
    price = ma.fields.Nested(MoneySchema, required=True)
