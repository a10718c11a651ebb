"""Shipping zones, calendars, methods and their table, for staff."""

from datetime import date
from typing import Any, ClassVar

import marshmallow as ma

from api.platform.addresses import COUNTRIES, SingleLine
from api.platform.http import MoneySchema, Pattern, Schema
from api.platform.rules import AtMostOne, Rule
from api.shipping.rules import REST_OF_WORLD, Area, BandUnit, MethodKind
from api.shipping.schemas import CLASS, MOST, PickupAddressSchema
from api.shipping.service import ShippingMethodInput
from api.shipping.service.methods import BandInput

_destination = ma.validate.OneOf(
    [*sorted(COUNTRIES), REST_OF_WORLD],
    error="Use ISO 3166 codes such as DE, or * for the rest of the world.",
)
_code = Pattern(
    r"^[a-z0-9][a-z0-9_-]{0,59}$", error="Use up to 60 lowercase letters, digits or dashes."
)
_codes_pattern = Pattern(
    r"^[A-Za-z0-9][A-Za-z0-9 -]{0,32}\*?$",
    error="Use a postal code, a beginning such as 28* or a range such as 28000-28999.",
)
_time = Pattern(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", error="Use a time of day such as 14:00.")
_name = ma.validate.Length(1, 120)
_days = ma.validate.Range(0, 365)
_weekday = ma.validate.Range(1, 7)
_WEEKDAYS = {"description": "ISO weekdays, 1 is Monday.", "example": [1, 2, 3, 4, 5]}


class ShippingAmountSchema(MoneySchema):
    """An amount that is not negative, in whole minor units."""

    amount = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(0, MOST), metadata={"example": 490}
    )


class AreaSchema(Schema):
    """A part of a zone: a country or `*`, a region of it, or postal codes of it.

    Of the areas that hold an address the narrowest counts: postal code, region, country, `*`.
    """

    country = ma.fields.String(required=True, validate=_destination, metadata={"example": "DE"})
    region = ma.fields.String(validate=ma.validate.Length(1, 120), metadata={"example": "Bremen"})
    postal_code = ma.fields.String(validate=_codes_pattern, metadata={"example": "28*"})
    excluded = ma.fields.Boolean(metadata={"description": "Left out of the zone."})

    @ma.validates_schema
    def _check_area(self, data: dict[str, Any], **_: object) -> None:
        postal = data.get("postal_code", "")
        if data["country"] == REST_OF_WORLD and (postal or data.get("region")):
            raise ma.ValidationError("The rest of the world has no parts.", "country")
        first, dash, last = postal.partition("-")
        if dash and len(first) == len(last) and first.upper() > last.upper():
            raise ma.ValidationError("The range ends before it begins.", "postal_code")

    @ma.post_load
    def _area(self, data: dict[str, Any], **_: object) -> Area:
        return Area.of({**data, "postal_code": data.get("postal_code", "").upper()})


class EditZoneSchema(Schema):
    """What to change about a zone."""

    code = ma.fields.String(validate=_code, metadata={"example": "islands"})
    name = ma.fields.String(validate=_name)
    areas = ma.fields.List(
        ma.fields.Nested(AreaSchema),
        validate=ma.validate.Length(1, 500),
        metadata={"example": [{"country": "DE"}, {"country": "DE", "postal_code": "27498"}]},
    )


class NewZoneSchema(EditZoneSchema):
    """A zone to create."""

    code = ma.fields.String(required=True, validate=_code, metadata={"example": "islands"})
    name = ma.fields.String(required=True, validate=_name)
    areas = ma.fields.List(
        ma.fields.Nested(AreaSchema), required=True, validate=ma.validate.Length(1, 500)
    )


class ZoneSchema(Schema):
    """A shipping zone."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    areas = ma.fields.List(ma.fields.Nested(AreaSchema), required=True)
    version = ma.fields.Integer(required=True)


class EditCalendarSchema(Schema):
    """What to change about a calendar; times are in the shop's time zone."""

    code = ma.fields.String(validate=_code, metadata={"example": "dhl"})
    name = ma.fields.String(validate=_name)
    cut_off = ma.fields.String(
        validate=_time,
        metadata={
            "description": "An order of up to this time leaves on the same day.",
            "example": "14:00",
        },
    )
    ship_weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=_weekday),
        validate=ma.validate.Length(1, 7),
        metadata=_WEEKDAYS,
    )
    closed_days = ma.fields.List(
        ma.fields.Date(),
        validate=ma.validate.Length(0, 400),
        metadata={"description": "Days on which nothing leaves.", "example": ["2026-12-25"]},
    )
    delivery_weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=_weekday),
        validate=ma.validate.Length(1, 7),
        metadata={**_WEEKDAYS, "description": "When the carrier brings parcels."},
    )

    @ma.post_load
    def _stored(self, data: dict[str, object], **_: object) -> dict[str, object]:
        return {
            name: sorted({day.isoformat() if isinstance(day, date) else day for day in value})
            if isinstance(value, list)
            else value
            for name, value in data.items()
        }


class NewCalendarSchema(EditCalendarSchema):
    """A calendar to create."""

    code = ma.fields.String(required=True, validate=_code, metadata={"example": "dhl"})
    name = ma.fields.String(required=True, validate=_name)
    cut_off = ma.fields.String(required=True, validate=_time, metadata={"example": "14:00"})
    ship_weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=_weekday),
        load_default=lambda: [1, 2, 3, 4, 5],
        validate=ma.validate.Length(1, 7),
        metadata=_WEEKDAYS,
    )
    closed_days = ma.fields.List(
        ma.fields.Date(), load_default=list, validate=ma.validate.Length(0, 400)
    )
    delivery_weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=_weekday),
        load_default=lambda: [1, 2, 3, 4, 5, 6],
        validate=ma.validate.Length(1, 7),
        metadata=_WEEKDAYS,
    )


class CalendarSchema(Schema):
    """A shipping calendar: when parcels leave and arrive."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    cut_off = ma.fields.String(required=True)
    ship_weekdays = ma.fields.List(ma.fields.Integer(), required=True)
    closed_days = ma.fields.List(ma.fields.Date(), required=True)
    delivery_weekdays = ma.fields.List(ma.fields.Integer(), required=True)
    version = ma.fields.Integer(required=True)


class BandSchema(Schema):
    """A price for weights (grams), values (minor units) or quantities, both ends included."""

    makes = BandInput

    start = ma.fields.Integer(
        data_key="from",
        required=True,
        strict=True,
        validate=ma.validate.Range(0, MOST),
        metadata={"example": 0},
    )
    end = ma.fields.Integer(
        data_key="up_to",
        required=True,
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, MOST),
        metadata={"description": "Null: no limit.", "example": 5000},
    )
    price = ma.fields.Nested(ShippingAmountSchema, required=True)


class ConditionsSchema(Schema):
    """Which carts a method takes. What is left out or empty takes all."""

    profiles = ma.fields.List(
        ma.fields.String(validate=CLASS),
        validate=ma.validate.Length(0, 50),
        metadata={
            "description": "Shipping profiles that it carries, besides goods without one.",
            "example": ["bulky"],
        },
    )
    only_products = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(0, 500))
    excluded_products = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(0, 500))
    customer_groups = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 40)),
        validate=ma.validate.Length(0, 50),
        metadata={"description": "The codes of groups of customers."},
    )
    weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=_weekday),
        validate=ma.validate.Length(0, 7),
        metadata={**_WEEKDAYS, "description": "Days of the order on which it is offered."},
    )

    @ma.post_load
    def _stored(self, data: dict[str, Any], **_: object) -> dict[str, object]:
        return {
            name: members if name == "weekdays" else [str(one) for one in members]
            for name, members in data.items()
            if members
        }


class EditShippingMethodSchema(Schema):
    """What to change about a shipping method; its currency and its kind cannot change."""

    code = ma.fields.String(validate=_code, metadata={"example": "standard"})
    name = ma.fields.String(validate=_name)
    zone_id = ma.fields.UUID(metadata={"description": "The zone that it goes to."})
    zone = ma.fields.String(validate=_code, metadata={"description": "The same by its code."})
    countries = ma.fields.List(
        ma.fields.String(validate=_destination),
        validate=ma.validate.Length(1, 250),
        metadata={
            "description": "Countries instead of a zone; they become one.",
            "example": ["DE", "AT"],
        },
    )
    price = ma.fields.Nested(ShippingAmountSchema)
    band_unit = ma.fields.Enum(
        BandUnit, by_value=True, metadata={"description": "What the bands measure."}
    )
    bands = ma.fields.List(
        ma.fields.Nested(BandSchema),
        validate=ma.validate.Length(0, 200),
        metadata={"description": "Price bands without gaps and overlaps; empty for one price."},
    )
    free_above = ma.fields.Nested(ShippingAmountSchema, allow_none=True)
    conditions = ma.fields.Nested(ConditionsSchema)
    tax_class = ma.fields.String(validate=CLASS)
    position = ma.fields.Integer(strict=True, validate=ma.validate.Range(0, 10**6))
    is_active = ma.fields.Boolean()
    calendar_id = ma.fields.UUID(
        allow_none=True, metadata={"description": "The calendar by which it promises."}
    )
    calendar = ma.fields.String(
        allow_none=True, validate=_code, metadata={"description": "The same by its code."}
    )
    min_delivery_days = ma.fields.Integer(strict=True, validate=_days)
    max_delivery_days = ma.fields.Integer(
        strict=True,
        validate=_days,
        metadata={"description": "Days that the carrier needs; promises count these."},
    )
    carrier = SingleLine(
        60,
        metadata={
            "description": "Who brings such parcels: proposed when an order ships, whose number "
            "is expected on the label.",
            "example": "DHL",
        },
    )
    carrier_account_id = ma.fields.UUID(
        allow_none=True,
        metadata={"description": "The carrier account from which its labels are bought."},
    )
    carrier_account = ma.fields.String(
        allow_none=True,
        validate=ma.validate.Length(1, 60),
        metadata={"description": "The same by its code."},
    )
    carrier_service = SingleLine(
        40,
        metadata={"description": "The carrier's code of the product.", "example": "V01PAK"},
    )
    has_live_rates = ma.fields.Boolean(
        metadata={
            "description": "Ask the carrier for the price. The method's own counts when it gives "
            "no answer within two seconds, or tells no prices (all but UPS)."
        }
    )
    location_id = ma.fields.UUID(metadata={"description": "Where goods are picked up."})
    location = ma.fields.String(
        validate=ma.validate.Length(1, 40), metadata={"description": "The same by its code."}
    )
    pickup_address = ma.fields.Nested(PickupAddressSchema)

    member_rules: ClassVar[tuple[Rule, ...]] = (
        AtMostOne("zone_id", "zone", "countries", error="Send a zone or countries, not both."),
        AtMostOne("calendar_id", "calendar", error="Send the calendar once."),
        AtMostOne("location_id", "location", error="Send the location once."),
        AtMostOne("carrier_account_id", "carrier_account", error="Send the carrier account once."),
    )


class NewShippingMethodSchema(EditShippingMethodSchema):
    """A shipping method to create, with a price or with price bands."""

    makes = ShippingMethodInput

    code = ma.fields.String(required=True, validate=_code, metadata={"example": "standard"})
    name = ma.fields.String(required=True, validate=_name)
    kind = ma.fields.Enum(
        MethodKind,
        by_value=True,
        load_default=MethodKind.DELIVERY,
        metadata={"description": "`pickup` needs `pickup_address` and `location_id`, and no zone."},
    )


class ShippingMethodSchema(Schema):
    """A shipping method as staff see it. With bands `price` is that of the first."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    zone_id = ma.fields.UUID(required=True, allow_none=True)
    zone = ma.fields.String(required=True, allow_none=True)
    countries = ma.fields.List(ma.fields.String(), required=True)
    price = ma.fields.Nested(MoneySchema, required=True)
    band_unit = ma.fields.String(required=True, allow_none=True)
    bands = ma.fields.List(ma.fields.Nested(BandSchema), required=True)
    free_above = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    conditions = ma.fields.Nested(ConditionsSchema, required=True)
    tax_class = ma.fields.String(required=True)
    position = ma.fields.Integer(required=True)
    is_active = ma.fields.Boolean(required=True)
    calendar_id = ma.fields.UUID(required=True, allow_none=True)
    calendar = ma.fields.String(required=True, allow_none=True)
    min_delivery_days = ma.fields.Integer(required=True)
    max_delivery_days = ma.fields.Integer(required=True)
    carrier = ma.fields.String(required=True, allow_none=True)
    carrier_account_id = ma.fields.UUID(required=True, allow_none=True)
    carrier_account = ma.fields.String(required=True, allow_none=True)
    carrier_service = ma.fields.String(required=True, allow_none=True)
    has_live_rates = ma.fields.Boolean(required=True)
    location_id = ma.fields.UUID(required=True, allow_none=True)
    location = ma.fields.String(required=True, allow_none=True)
    pickup_address = ma.fields.Nested(PickupAddressSchema, required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class TableSchema(Schema):
    """All shipping methods as comma-separated values, a row for each price or price band."""

    csv = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 1_000_000),
        metadata={
            "description": "With a header. Needed are code, currency, name, zone and price; bands "
            "have band_unit, from and up_to.",
            "example": "code,currency,name,zone,price\r\nparcel,EUR,Parcel,germany,4.90\r\n",
        },
    )


class TableResultSchema(Schema):
    """How many shipping methods of a table are new, and how many were there before."""

    created = ma.fields.Integer(required=True)
    updated = ma.fields.Integer(required=True)
