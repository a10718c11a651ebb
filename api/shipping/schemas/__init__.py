"""What storefronts ask about shipping, and what they are offered."""

import marshmallow as ma

from api.platform.addresses import COUNTRIES, AddressSchema
from api.platform.http import CurrencyCode, MoneySchema, Pattern, Schema, one_of
from api.shipping.rules import MethodKind

MOST = 10**15
CLASS = Pattern(
    r"^[a-z0-9][a-z0-9_-]{0,39}$", error="Use up to 40 lowercase letters, digits or dashes."
)
_country = ma.validate.OneOf(sorted(COUNTRIES), error="Use an ISO 3166 code such as DE.")


class PlaceQuerySchema(Schema):
    """A destination, as far as it is known, and the sums of a cart."""

    country = ma.fields.String(required=True, validate=_country, metadata={"example": "DE"})
    region = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 120))
    postal_code = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 16))
    currency = ma.fields.String(required=True, validate=CurrencyCode(), metadata={"example": "EUR"})
    subtotal = ma.fields.Integer(
        load_default=0,
        validate=ma.validate.Range(0, MOST),
        metadata={
            "description": "The price of the items, in minor units; decides which methods are free."
        },
    )
    weight_grams = ma.fields.Integer(load_default=0, validate=ma.validate.Range(0, 10**9))
    quantity = ma.fields.Integer(load_default=1, validate=ma.validate.Range(0, 10**6))


class TryQuerySchema(PlaceQuerySchema):
    """A destination and a cart to try the shipping methods with."""

    currency = ma.fields.String(
        load_default=None,
        validate=CurrencyCode(),
        metadata={"description": "By default the shop's.", "example": "EUR"},
    )
    profile = ma.fields.String(
        load_default=None, validate=CLASS, metadata={"description": "Of goods in the cart."}
    )


class PromiseSchema(Schema):
    """Until when an order leaves and arrives. Null without a shipping calendar."""

    promised_ship_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    promised_delivery_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class PickupAddressSchema(AddressSchema):
    """Where customers pick goods up; `name` is that of the shop."""


class OfferedMethodSchema(PromiseSchema):
    """A shipping method for a cart."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True)
    min_days = ma.fields.Integer(required=True)
    max_days = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True, validate=one_of(MethodKind))
    pickup_address = ma.fields.Nested(PickupAddressSchema, required=True, allow_none=True)
    is_estimate = ma.fields.Boolean(
        required=True,
        metadata={
            "description": "The postal code is not known yet: it may change the price, the promise "
            "or whether the method is offered."
        },
    )


class ShippingOptionSchema(OfferedMethodSchema):
    """A shipping method and its price for a subtotal."""

    free_above = ma.fields.Nested(MoneySchema, required=True, allow_none=True)


class UnavailableMethodSchema(Schema):
    """A shipping method that does not take the cart, and why."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    reason = ma.fields.String(
        required=True, metadata={"example": "It does not carry bulky goods such as Sofa."}
    )


class TriedSchema(Schema):
    """What the shipping methods say to a cart."""

    available = ma.fields.List(ma.fields.Nested(OfferedMethodSchema), required=True)
    unavailable = ma.fields.List(ma.fields.Nested(UnavailableMethodSchema), required=True)
    notice = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Why there is no method at all."}
    )
    summary = ma.fields.String(required=True, metadata={"example": "Parcel 4.90 EUR"})
