"""Request and response schemas of pricing."""

from typing import Any

import marshmallow as ma

from api.platform.addresses import COUNTRIES, SingleLine
from api.platform.http import CurrencyCode, MoneySchema, Pattern, Schema
from api.pricing.models import REST_OF_WORLD
from api.pricing.service import ShippingMethodInput

_country = ma.validate.OneOf(sorted(COUNTRIES), error="Use an ISO 3166 code such as DE.")
_destination = ma.validate.OneOf(
    [*sorted(COUNTRIES), REST_OF_WORLD],
    error="Use ISO 3166 codes such as DE, or * for the rest of the world.",
)
_currency = CurrencyCode()
_class = Pattern(
    r"^[a-z0-9][a-z0-9_-]{0,39}$", error="Use up to 40 lowercase letters, digits or dashes."
)
_code = Pattern(
    r"^[a-z0-9][a-z0-9_-]{0,59}$", error="Use up to 60 lowercase letters, digits or dashes."
)


class ShippingAmountSchema(MoneySchema):
    """An amount that is not negative, in whole minor units."""

    amount = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(0, 10**15), metadata={"example": 490}
    )


class ShippingQuerySchema(Schema):
    """Destination, currency and subtotal."""

    country = ma.fields.String(required=True, validate=_country, metadata={"example": "DE"})
    currency = ma.fields.String(required=True, validate=_currency, metadata={"example": "EUR"})
    subtotal = ma.fields.Integer(
        load_default=0,
        validate=ma.validate.Range(0, 10**15),
        metadata={
            "description": "The price of the items, in minor units; decides which methods are free."
        },
    )


class ShippingOptionSchema(Schema):
    """A shipping method and its price for a subtotal."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True)
    free_above = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    min_days = ma.fields.Integer(required=True)
    max_days = ma.fields.Integer(required=True)


class EditShippingMethodSchema(Schema):
    """What to change about a shipping method; its currency cannot change."""

    code = ma.fields.String(validate=_code, metadata={"example": "standard"})
    name = ma.fields.String(validate=ma.validate.Length(1, 120))
    countries = ma.fields.List(
        ma.fields.String(validate=_destination),
        validate=ma.validate.Length(1, 250),
        metadata={"example": ["DE", "AT"]},
    )
    price = ma.fields.Nested(ShippingAmountSchema)
    free_above = ma.fields.Nested(ShippingAmountSchema, allow_none=True)
    tax_class = ma.fields.String(validate=_class)
    position = ma.fields.Integer(strict=True, validate=ma.validate.Range(0, 10**6))
    is_active = ma.fields.Boolean()
    min_delivery_days = ma.fields.Integer(strict=True, validate=ma.validate.Range(0, 365))
    max_delivery_days = ma.fields.Integer(strict=True, validate=ma.validate.Range(0, 365))
    carrier = SingleLine(
        60,
        metadata={
            "description": "Who brings such parcels: proposed when an order ships, whose number "
            "is expected on the label.",
            "example": "DHL",
        },
    )


class NewShippingMethodSchema(EditShippingMethodSchema):
    """A shipping method to create."""

    code = ma.fields.String(required=True, validate=_code, metadata={"example": "standard"})
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 120))
    countries = ma.fields.List(
        ma.fields.String(validate=_destination),
        required=True,
        validate=ma.validate.Length(1, 250),
        metadata={"example": ["DE", REST_OF_WORLD]},
    )
    price = ma.fields.Nested(ShippingAmountSchema, required=True)

    @ma.post_load
    def _draft(self, data: dict[str, Any], **_: Any) -> ShippingMethodInput:
        return ShippingMethodInput(**data)


class ShippingMethodSchema(Schema):
    """A shipping method as staff see it."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    countries = ma.fields.List(ma.fields.String(), required=True)
    price = ma.fields.Nested(MoneySchema, required=True)
    free_above = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    tax_class = ma.fields.String(required=True)
    position = ma.fields.Integer(required=True)
    is_active = ma.fields.Boolean(required=True)
    min_delivery_days = ma.fields.Integer(required=True)
    max_delivery_days = ma.fields.Integer(required=True)
    carrier = ma.fields.String(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)
