"""Shipping methods: where they go, what they cost, what they take and what they promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from api.accounts.queries import groups as group_queries
from api.carriers import queries as carriers_queries
from api.inventory import queries as inventory_queries
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction, session
from api.platform.versioned_rows import RuleImpossible
from api.shipping.errors import (
    BandsInvalid,
    CalendarNotFound,
    ShippingCodeTaken,
    ShippingMethodNotFound,
    ZoneNotFound,
)
from api.shipping.models import ShippingCalendar, ShippingMethod, ShippingZone
from api.shipping.rules import Area, Band, BandUnit, MethodKind, band_problems
from api.shipping.service.zones import countries_of, zone_of_countries


@dataclass(frozen=True, slots=True)
class BandInput:
    """A price band: its ends, both included, and its price."""

    start: int
    end: int | None
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingMethodInput:
    """A shipping method to create. Its prices share a currency and the basis of those of goods.

    It goes to a zone, or to `countries`, which are a zone too; a pick-up needs neither, but an
    address and a location. With bands `price` is left out. `zone`, `calendar` and `location` are
    codes in place of ids.
    """

    code: str
    name: str
    countries: Sequence[str] | None = None
    zone_id: UUID | None = None
    zone: str | None = None
    price: Money | None = None
    kind: MethodKind = MethodKind.DELIVERY
    band_unit: BandUnit | None = None
    bands: Sequence[BandInput] = ()
    free_above: Money | None = None
    conditions: Mapping[str, object] = field(default_factory=dict)
    tax_class: str = "standard"
    position: int = 0
    is_active: bool = True
    calendar_id: UUID | None = None
    calendar: str | None = None
    min_delivery_days: int = 1
    max_delivery_days: int = 5
    carrier: str | None = None
    carrier_account_id: UUID | None = None
    carrier_account: str | None = None
    carrier_service: str | None = None
    has_live_rates: bool = False
    location_id: UUID | None = None
    location: str | None = None
    pickup_address: Mapping[str, object] | None = None


def create_shipping_method(values: ShippingMethodInput, *, by: Principal) -> UUID:
    """Create a shipping method.

    Raises `ShippingCodeTaken`, `ZoneNotFound`, `CalendarNotFound`, `LocationNotFound`,
    `CarrierAccountNotFound`, `BandsInvalid`, and `RuleImpossible` for values that do not fit
    together.
    """
    price = values.price or (values.bands[0].price if values.bands else None)
    if price is None:
        raise RuleImpossible("Give the price, or price bands.")
    given = {name: getattr(values, name) for name in ShippingMethodInput.__dataclass_fields__}
    method_id = new_id()
    columns = _columns({**given, "price": price}, price.currency, by)
    if values.kind is MethodKind.PICKUP:
        if not columns.get("pickup_address") or columns.get("location_id") is None:
            raise RuleImpossible("Give the address and the location where goods are picked up.")
    elif columns.get("zone_id") is None:
        raise RuleImpossible("Give the zone, or the countries, that the method goes to.")
    with versioned_rows.translate_integrity_errors(
        ShippingCodeTaken(method=values.code, currency=price.currency)
    ):
        require_transaction().execute(
            insert(ShippingMethod).values(
                id=method_id,
                created_at=clock.now(),
                version=1,
                currency=price.currency,
                **columns,
            )
        )
    audit.record("shipping_method.created", by=by, subject_id=method_id, code=values.code)
    return method_id


def edit_shipping_method(
    method_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a shipping method; amounts stay in its currency, and its kind stays.

    Locks it. Raises `ShippingMethodNotFound`, `Stale` when it was changed since, and what
    `create_shipping_method` raises.
    """
    method = versioned_rows.lock(
        ShippingMethod, method_id, expected_version, missing=ShippingMethodNotFound()
    )
    columns = _columns(changes, method.currency, by)
    taken = ShippingCodeTaken(method=changes.get("code", method.code), currency=method.currency)
    versioned_rows.change(ShippingMethod, method_id, columns, taken=taken)
    audit.record(
        "shipping_method.edited",
        by=by,
        subject_id=method_id,
        **{k: str(v) if isinstance(v, UUID) else v for k, v in columns.items()},
    )


def remove_shipping_method(method_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a shipping method. Raises `ShippingMethodNotFound`, and `Stale` after a change."""
    versioned_rows.remove(
        ShippingMethod, method_id, expected_version, missing=ShippingMethodNotFound()
    )
    audit.record("shipping_method.removed", by=by, subject_id=method_id)


def _columns(given: Mapping[str, object], currency: str, by: Principal) -> dict[str, object]:
    """Turn what was given into columns; checks all that it refers to."""
    columns = _with_ids(given)
    price, bands = columns.pop("price", None), columns.pop("bands", None)
    if price is not None:
        columns["amount"] = _in_currency(price, currency)
    if bands is not None:
        columns["bands"] = _stored_bands(bands, currency)
        if bands:
            # What an older release would charge.
            columns["amount"] = columns["bands"][0][2]
        else:
            columns["band_unit"] = None
    if columns.get("free_above") is not None:
        columns["free_above"] = _in_currency(columns["free_above"], currency)
    countries, zone_id = columns.pop("countries", None), columns.get("zone_id")
    if countries:
        columns["zone_id"], columns["countries"] = zone_of_countries(countries, by=by), countries
    elif zone_id is not None:
        # Shared lock: a zone must not move while a method copies its countries.
        zone = select(ShippingZone.areas).where(ShippingZone.id == zone_id)
        areas = session.scalar(zone.with_for_update(read=True))
        if areas is None:
            raise ZoneNotFound
        columns["countries"] = countries_of([Area.of(area) for area in areas])
    else:
        columns.pop("zone_id", None)
    groups = (columns.get("conditions") or {}).get("customer_groups", ())
    if unknown := group_queries.unknown_codes(groups) if groups else ():
        # Else the method would be for nobody.
        raise RuleImpossible(f"There is no customer group {', '.join(unknown)}.")
    if columns.get("pickup_address"):
        columns["pickup_address"] = dict(columns["pickup_address"])
        columns["countries"] = [columns["pickup_address"]["country"]]
    if (calendar_id := columns.get("calendar_id")) is not None:
        calendar = select(ShippingCalendar.id).where(ShippingCalendar.id == calendar_id)
        if session.scalar(calendar) is None:
            raise CalendarNotFound
    if (account_id := columns.get("carrier_account_id")) is not None:
        carriers_queries.account(account_id)
    if (location_id := columns.get("location_id")) is not None:
        inventory_queries.location(location_id)
    return columns


def _with_ids(given: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the codes of a zone, a calendar, an account and a location by their ids."""
    columns = dict(given)
    if (code := columns.pop("zone", None)) is not None:
        columns["zone_id"] = session.scalar(
            select(ShippingZone.id).where(ShippingZone.code == code)
        )
        if columns["zone_id"] is None:
            raise ZoneNotFound
    if (code := columns.pop("carrier_account", None)) is not None:
        columns["carrier_account_id"] = carriers_queries.account_id_of(code)
    elif "carrier_account" in given:
        columns.setdefault("carrier_account_id", None)
    if "calendar" in columns and (code := columns.pop("calendar")) is not None:
        columns["calendar_id"] = session.scalar(
            select(ShippingCalendar.id).where(ShippingCalendar.code == code)
        )
        if columns["calendar_id"] is None:
            raise CalendarNotFound
    elif "calendar" in given:
        columns.setdefault("calendar_id", None)
    if (code := columns.pop("location", None)) is not None:
        columns["location_id"] = inventory_queries.location_by_code(code)
    return columns


def _stored_bands(bands: Sequence[BandInput], currency: str) -> list[list[int | None]]:
    plain = [Band(band.start, band.end, _in_currency(band.price, currency)) for band in bands]
    if problems := band_problems(plain):
        raise BandsInvalid(
            " ".join(sentence for _, sentence in problems),
            errors=[
                {"pointer": f"/bands/{row}", "code": BandsInvalid.code, "detail": sentence}
                for row, sentence in problems
            ],
        )
    return [[band.start, band.end, band.amount] for band in plain]


def _in_currency(value: Money, currency: str) -> int:
    """Convert money to the minor units of a column."""
    if value.currency != currency:
        raise RuleImpossible(
            f"This method is priced in {currency}; create another one for {value.currency}."
        )
    return value.amount
