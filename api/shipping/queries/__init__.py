"""The shipping methods for a place and a cart: one statement, for any number of zones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from api.accounts.models import CustomerGroup, CustomerGroupMember
from api.carriers import queries as carriers_queries
from api.carriers.rules import RateQuery
from api.kernel import clock
from api.kernel.money import Money
from api.platform.db import AnyRow, session, table_of
from api.platform.postal_rules import rules
from api.platform.prepared import prepared
from api.platform.settings import Settings, current_settings
from api.pricing.totals import ShippingChoice
from api.shipping.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.shipping.models import ShippingCalendar, ShippingMethod, ShippingZone
from api.shipping.promises import Calendar, Promise
from api.shipping.rules import (
    REST_OF_WORLD,
    Area,
    Band,
    Conditions,
    Consignment,
    MethodKind,
    Place,
    Specificity,
    band_amount,
    too_much,
    zone_match,
)
from api.tax import queries as tax_queries
from api.tax.rules import is_rest_of_world

METHODS: Final = table_of(ShippingMethod)
ZONES: Final = table_of(ShippingZone)
CALENDARS: Final = table_of(ShippingCalendar)


@dataclass(frozen=True, slots=True)
class ShippingOption:
    """A shipping method for a cart, with its price and promise.

    `amount` is 0 when the subtotal reaches `free_above`. Both are minor units. Without a calendar
    nothing is promised.
    """

    code: str
    name: str
    currency: str
    amount: int
    free_above: int | None
    tax_class: str
    min_delivery_days: int
    max_delivery_days: int
    carrier: str | None = None
    kind: MethodKind = MethodKind.DELIVERY
    location_id: UUID | None = None
    pickup_address: dict[str, object] | None = None
    promise: Promise | None = None

    @property
    def agreed(self) -> dict[str, str]:
        """Return what an order stores of it."""
        agreed = {"code": self.code, "name": self.name}
        if self.carrier is not None:
            agreed["carrier"] = self.carrier
        if self.kind is MethodKind.PICKUP:
            agreed |= {"kind": self.kind.value, "location_id": str(self.location_id)}
        return agreed

    @property
    def choice(self) -> ShippingChoice:
        """Return the option as `totals.calculate_totals` needs it."""
        return ShippingChoice(self.amount, self.tax_class)

    @property
    def promised(self) -> dict[str, datetime | None]:
        """Return until when an order leaves and arrives."""
        return {
            "promised_ship_at": self.promise.ship_at if self.promise else None,
            "promised_delivery_at": self.promise.delivery_at if self.promise else None,
        }


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A method of the place's zone that does not take this cart, and why."""

    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShippingOptions:
    """The methods for a cart to a place; `place` is None while nothing is known of it."""

    place: Place | None
    currency: str
    available: tuple[ShippingOption, ...]
    unavailable: tuple[Unavailable, ...]
    missing_rates: tuple[RateQuery, ...] = ()
    """Prices that carriers were not asked for lately; the flat ones stand in `available`."""

    def offered(self, option: ShippingOption) -> dict[str, object]:
        """Return an option as the API shows it."""
        place = self.place
        knows_code = place is None or bool(place.postal_code) or not rules(place.country).needs_code
        return {
            "code": option.code,
            "name": option.name,
            "amount": Money(option.amount, option.currency),
            "min_days": option.min_delivery_days,
            "max_days": option.max_delivery_days,
            "kind": option.kind,
            "pickup_address": option.pickup_address,
            "is_estimate": option.kind is MethodKind.DELIVERY and not knows_code,
            **option.promised,
        }

    @property
    def refusals(self) -> list[dict[str, str]]:
        """Return the methods that do not take the cart as the API shows them."""
        return [asdict(one) for one in self.unavailable]

    @property
    def summary(self) -> str:
        """Return the methods, their prices, and why others take nothing, in one line."""
        prices = (f"{one.name} {Money(one.amount, one.currency)}" for one in self.available)
        refused = (f"{one.name}: {one.reason}" for one in self.unavailable)
        return "; ".join((*prices, *refused)) or str(self.notice)

    @property
    def notice(self) -> str | None:
        """Say why there is no method at all; None if there is one."""
        if self.available:
            return None
        if self.unavailable:
            return "No shipping method takes everything in the cart."
        return f"We do not ship to {_named(self.place)} for orders in {self.currency}."


def shipping_options(
    place: Place | None,
    currency: str,
    consignment: Consignment,
    *,
    at: datetime | None = None,
) -> ShippingOptions:
    """Find the shipping methods for a cart to a place, by position; without a place pick-up only.

    Of the zones that hold the place, the most specific one with a method in the currency counts;
    of several as specific ones, all do. Pick-up does not depend on the place. `at` is the moment
    of the order, by default now.
    """
    rows: Sequence[Any] = session.execute(
        _CANDIDATES,
        {"countries": [place.country if place else ""], "currency": currency},
    ).all()
    fits = [_fit(row, place) for row in rows]
    closest = max((fit for fit in fits if fit is not None), default=None)
    settings = current_settings()
    moment = at or clock.now()
    consignment = replace(consignment, weekday=moment.astimezone(settings.zone).isoweekday())
    rows = [
        row
        for row, fit in zip(rows, fits, strict=True)
        if row.kind is MethodKind.PICKUP or (fit is not None and fit == closest)
    ]
    groups: frozenset[str] = frozenset()
    if consignment.customer_id and any("customer_groups" in row.conditions for row in rows):
        groups = frozenset(session.scalars(_GROUPS, {"customer": consignment.customer_id}))
    available, unavailable = [], []
    missing: list[RateQuery] = []
    for row in rows:
        reason = Conditions.of(row.conditions).refusal(consignment, groups)
        amount = None if reason else _amount(row, consignment)
        if amount and consignment.is_digital:
            amount = 0
        if amount and row.has_live_rates and place is not None:
            amount = _live_amount(row, place, consignment, amount, missing)
        if amount is None:
            reason = reason or too_much(row.band_unit, _bands(row))
            unavailable.append(Unavailable(row.code, row.name, reason))
        else:
            available.append(_option(row, amount, moment, settings))
    return ShippingOptions(place, currency, tuple(available), tuple(unavailable), tuple(missing))


def chosen_option(options: ShippingOptions, code: str) -> ShippingOption:
    """Return the option with a code; errors point at the member `shipping_method`.

    Raises `ShippingNotAvailable` with the reason, and `ShippingMethodNotFound` when the shop
    has no such method.
    """
    for option in options.available:
        if option.code == code:
            return option
    where = {
        "method": code,
        "country": options.place.country if options.place else None,
        "currency": options.currency,
    }
    for one in options.unavailable:
        if one.code == code:
            raise ShippingNotAvailable(
                f"{one.name}: {one.reason} Choose another method.",
                errors=_method_error(ShippingNotAvailable.code, one.reason),
                **where,
            )
    existing = select(METHODS.c.id).where(METHODS.c.code == code, METHODS.c.is_active)
    if session.scalar(existing.limit(1)) is None:
        errors = _method_error(ShippingMethodNotFound.code, f"Shipping method {code} not found.")
        raise ShippingMethodNotFound(method=code, errors=errors)
    if not options.available and not options.unavailable:
        raise ShippingNotAvailable(
            options.notice, errors=_method_error(ShippingNotAvailable.code, options.notice), **where
        )
    errors = _method_error(
        ShippingNotAvailable.code, f"{code} does not ship to {_named(options.place)}."
    )
    raise ShippingNotAvailable(errors=errors, **where)


def promise_of(code: str, currency: str, *, at: datetime) -> Promise | None:
    """Return what a method promises an order of a moment; None without a calendar."""
    row = session.execute(_CALENDAR, {"code": code, "currency": currency}).one_or_none()
    return None if row is None else _promise(row, at, current_settings())


def bands_of(stored: Sequence[Sequence[Any]]) -> list[Band]:
    """Return the price bands of a stored list."""
    return [Band(*band) for band in stored]


@dataclass(frozen=True, slots=True)
class TaxGaps:
    """What an owner must look at about taxes.

    `unruled` are countries, or `*`, that a shipping method names and no tax rule covers on the
    day: their orders are refused. `to_check` are rules that a migration wrote: id and words.
    """

    unruled: tuple[str, ...]
    to_check: tuple[tuple[UUID, str], ...]


def tax_gaps(on: date, shop_country: str) -> TaxGaps:
    """Find destinations without a tax rule on a day, and rules to check. Two statements."""
    destination = func.jsonb_array_elements_text(METHODS.c.countries).label("country")
    named = session.scalars(
        select(destination).where(METHODS.c.is_active).distinct().order_by(destination)
    ).all()
    ruled = tax_queries.countries_with_rules(on)
    return TaxGaps(
        unruled=tuple(
            country
            for country in named
            if country not in ruled
            and not (REST_OF_WORLD in ruled and is_rest_of_world(country, shop_country))
        ),
        to_check=tax_queries.rules_to_check(),
    )


# Built once: every checkout runs it, and building costs more than running.
_CANDIDATES: Final = prepared(
    select(
        METHODS,
        ZONES.c.areas,
        *CALENDARS.c["cut_off", "ship_weekdays", "closed_days", "delivery_weekdays"],
    )
    .join_from(METHODS, ZONES, ZONES.c.id == METHODS.c.zone_id, isouter=True)
    .outerjoin(CALENDARS, CALENDARS.c.id == METHODS.c.calendar_id)
    .where(
        METHODS.c.is_active,
        METHODS.c.currency == bindparam("currency"),
        or_(
            METHODS.c.countries.contains(bindparam("countries", type_=JSONB)),
            METHODS.c.countries.contains([REST_OF_WORLD]),
            METHODS.c.kind == MethodKind.PICKUP,
        ),
    )
    .order_by(METHODS.c.position, METHODS.c.id)
)


_CALENDAR: Final = (
    select(
        *METHODS.c["kind", "max_delivery_days", "calendar_id"],
        *CALENDARS.c["cut_off", "ship_weekdays", "closed_days", "delivery_weekdays"],
    )
    .join_from(METHODS, CALENDARS, CALENDARS.c.id == METHODS.c.calendar_id)
    .where(METHODS.c.code == bindparam("code"), METHODS.c.currency == bindparam("currency"))
)


_GROUPS: Final = (
    select(CustomerGroup.code)
    .join(CustomerGroupMember, CustomerGroupMember.group_id == CustomerGroup.id)
    .where(CustomerGroupMember.customer_id == bindparam("customer"))
)


def _fit(row: AnyRow, place: Place | None) -> Specificity | None:
    if place is None or row.kind is MethodKind.PICKUP:
        return None
    if row.areas is None:
        return (1, 0) if place.country in row.countries else (0, 0)
    return zone_match(map(Area.of, row.areas), place)


def _bands(row: AnyRow) -> list[Band]:
    return bands_of(row.bands)


def _amount(row: AnyRow, consignment: Consignment) -> int | None:
    """Return the price of a method; None when the cart is above its last band."""
    amount: int | None = row.amount
    if row.band_unit is not None:
        amount = band_amount(_bands(row), consignment.measure(row.band_unit))
    is_free = row.free_above is not None and consignment.subtotal >= row.free_above
    return 0 if is_free and amount is not None else amount


def _live_amount(
    row: Any, place: Place, consignment: Consignment, flat: int, missing: list[RateQuery]
) -> int:
    """Return the carrier's price as it is known, else the flat one; notes what is not known."""
    query = RateQuery(
        account_id=row.carrier_account_id,
        service=row.carrier_service,
        country=place.country,
        region=place.region,
        postal_code=place.postal_code,
        weight_grams=max(consignment.weight_grams, 1),
        currency=row.currency,
    )
    was_asked, amount = carriers_queries.known_rate(query)
    if not was_asked:
        missing.append(query)
    return flat if amount is None else amount


def _promise(row: Any, moment: datetime, settings: Settings) -> Promise | None:
    if row.calendar_id is None:
        return None
    days = 0 if row.kind is MethodKind.PICKUP else row.max_delivery_days
    return Calendar.of(row._mapping).promise(moment, days, settings.zone)


def _option(row: Any, amount: int, moment: datetime, settings: Settings) -> ShippingOption:
    return ShippingOption(
        code=row.code,
        name=row.name,
        currency=row.currency,
        amount=amount,
        free_above=row.free_above,
        tax_class=row.tax_class,
        min_delivery_days=row.min_delivery_days,
        max_delivery_days=row.max_delivery_days,
        carrier=row.carrier,
        kind=row.kind,
        location_id=row.location_id,
        pickup_address=row.pickup_address,
        promise=_promise(row, moment, settings),
    )


def _named(place: Place | None) -> str:
    if place is None:
        return "an unknown address"
    return " ".join(part for part in (place.country, place.region, place.postal_code) if part)


def _method_error(code: str, detail: str | None) -> list[Mapping[str, object]]:
    return [{"pointer": "/shipping_method", "code": code, "detail": detail}]
