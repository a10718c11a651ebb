"""Tables of shipping: zones, calendars and methods. Amounts are minor units."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum
from api.shipping.rules import BandUnit, MethodKind


class ShippingZone(WithId, Versioned, Timestamped, Base):
    """Places with the same shipping methods: see `rules.Area` for what `areas` hold."""

    __tablename__ = "shipping_zones"
    __table_args__ = (
        CheckConstraint("jsonb_array_length(areas) > 0", name="leads_somewhere"),
        UniqueConstraint("code", name="uq_shipping_zones_code"),
    )

    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    areas: Mapped[list[dict[str, object]]] = mapped_column(JSONB)


class ShippingCalendar(WithId, Versioned, Timestamped, Base):
    """When parcels leave a place and arrive: see `promises.Calendar`. Weekdays are ISO numbers."""

    __tablename__ = "shipping_calendars"
    __table_args__ = (UniqueConstraint("code", name="uq_shipping_calendars_code"),)

    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    cut_off: Mapped[str] = mapped_column(String(5))
    ship_weekdays: Mapped[list[int]] = mapped_column(JSONB)
    closed_days: Mapped[list[str]] = mapped_column(JSONB)
    delivery_weekdays: Mapped[list[int]] = mapped_column(JSONB)


class ShippingMethod(WithId, Versioned, Timestamped, Base):
    """A shipping method and its price, in the basis of the prices of goods.

    `countries` are the countries of its zone, or `*`: the rows that may fit are found by them.
    Methods of an older release have no zone, and `countries` are where they go to.
    """

    __tablename__ = "shipping_methods"
    __table_args__ = (
        UniqueConstraint("code", "currency", name="uq_shipping_methods_code_currency"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("free_above >= 0", name="free_above_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
        CheckConstraint("jsonb_array_length(countries) > 0", name="leads_somewhere"),
        CheckConstraint(
            "min_delivery_days >= 0 AND max_delivery_days >= min_delivery_days",
            name="delivery_days_in_order",
        ),
        CheckConstraint(
            "(kind = 'pickup') = (pickup_address IS NOT NULL)", name="pickup_has_an_address"
        ),
        CheckConstraint(
            "(carrier_account_id IS NOT NULL) = (carrier_service IS NOT NULL)",
            name="an_account_has_a_service",
        ),
        CheckConstraint(
            "NOT has_live_rates OR carrier_account_id IS NOT NULL",
            name="live_rates_need_an_account",
        ),
        CheckConstraint(
            "(band_unit IS NOT NULL) = (jsonb_array_length(bands) > 0)", name="bands_have_a_unit"
        ),
    )

    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[MethodKind] = mapped_column(
        named_enum(MethodKind, "kind"), default=MethodKind.DELIVERY, server_default="delivery"
    )
    zone_id: Mapped[UUID | None] = mapped_column(ForeignKey("shipping_zones.id"), index=True)
    countries: Mapped[list[str]] = mapped_column(JSONB)
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)
    """The price; with bands that of the first, for older releases."""
    band_unit: Mapped[BandUnit | None] = mapped_column(named_enum(BandUnit, "band_unit"))
    bands: Mapped[list[list[int | None]]] = mapped_column(JSONB, default=list, server_default="[]")
    """Start, end and amount of each band."""
    free_above: Mapped[int | None] = mapped_column(BigInteger)
    conditions: Mapped[dict[str, object]] = mapped_column(JSONB, default=dict, server_default="{}")
    tax_class: Mapped[str] = mapped_column(String(40), default="standard")
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    calendar_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("shipping_calendars.id"), index=True
    )
    min_delivery_days: Mapped[int] = mapped_column(default=1)
    max_delivery_days: Mapped[int] = mapped_column(default=5)
    carrier: Mapped[str | None] = mapped_column(String(60))
    """The carrier; copied into orders and suggested when they ship."""
    carrier_account_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("carrier_accounts.id"), index=True
    )
    """From which account labels are bought, and which product of the carrier they are for."""
    carrier_service: Mapped[str | None] = mapped_column(String(40))
    has_live_rates: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether the carrier is asked for the price; `amount` counts when it does not answer."""
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"), index=True)
    """Where customers pick goods up."""
    pickup_address: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
