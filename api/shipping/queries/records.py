"""Zones, calendars and methods as staff see them."""

from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import Table, select

from api.carriers.models import CarrierAccount
from api.inventory.models import Location
from api.kernel.errors import DomainError
from api.kernel.money import Money
from api.platform import pagination
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import PageQuery, Sort
from api.shipping.errors import CalendarNotFound, ShippingMethodNotFound, ZoneNotFound
from api.shipping.queries import CALENDARS, METHODS, ZONES, bands_of

_PLAIN: Final = (
    "id", "code", "name", "kind", "zone_id", "zone", "countries", "band_unit", "conditions",
    "tax_class", "position", "is_active", "calendar_id", "calendar", "min_delivery_days",
    "max_delivery_days", "carrier", "carrier_account_id", "carrier_account", "carrier_service",
    "has_live_rates", "location_id", "location", "pickup_address", "version",
)  # fmt: skip
_LOCATIONS: Final = table_of(Location)
_ACCOUNTS: Final = table_of(CarrierAccount)
_ALL_METHODS: Final = (
    select(
        METHODS,
        ZONES.c.code.label("zone"),
        CALENDARS.c.code.label("calendar"),
        _LOCATIONS.c.code.label("location"),
        _ACCOUNTS.c.code.label("carrier_account"),
    )
    .join_from(METHODS, ZONES, ZONES.c.id == METHODS.c.zone_id, isouter=True)
    .outerjoin(CALENDARS, CALENDARS.c.id == METHODS.c.calendar_id)
    .outerjoin(_LOCATIONS, _LOCATIONS.c.id == METHODS.c.location_id)
    .outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == METHODS.c.carrier_account_id)
)
_FIELDS: Final = {
    ZONES: ("id", "code", "name", "areas", "version"),
    CALENDARS: (
        "id", "code", "name", "cut_off", "ship_weekdays", "closed_days", "delivery_weekdays",
        "version",
    ),
}  # fmt: skip


def shipping_method(method_id: UUID) -> dict[str, Any]:
    """Return a shipping method. Raises `ShippingMethodNotFound`."""
    row = session.execute(_ALL_METHODS.where(METHODS.c.id == method_id)).one_or_none()
    if row is None:
        raise ShippingMethodNotFound
    return method_fields(row)


def shipping_methods(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of all shipping methods, by position."""
    return pagination.page_response(
        _ALL_METHODS,
        Sort((METHODS.c.position, METHODS.c.id)),
        method_fields,
        counted=select(METHODS.c.id),
        **asked,
    )


def table() -> list[dict[str, object]]:
    """Return all methods, with the codes of their zones and calendars."""
    rows = session.execute(_ALL_METHODS.order_by(METHODS.c.position, METHODS.c.id))
    return [
        {**method_fields(row), "zone": row.zone or "", "calendar": row.calendar or ""}
        for row in rows
    ]


def zone(zone_id: UUID) -> dict[str, object]:
    """Return a zone. Raises `ZoneNotFound`."""
    return _one(ZONES, zone_id, ZoneNotFound())


def zones(*, limit: int, cursor: str | None, with_total: bool) -> dict[str, object]:
    """Return a page of the zones, by code."""
    return _page(ZONES, limit, cursor, with_total=with_total)


def calendar(calendar_id: UUID) -> dict[str, object]:
    """Return a calendar. Raises `CalendarNotFound`."""
    return _one(CALENDARS, calendar_id, CalendarNotFound())


def calendars(*, limit: int, cursor: str | None, with_total: bool) -> dict[str, object]:
    """Return a page of the calendars, by code."""
    return _page(CALENDARS, limit, cursor, with_total=with_total)


def method_fields(row: AnyRow) -> dict[str, object]:
    """Return a method as staff see it."""
    free_above = row.free_above
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "price": Money(row.amount, row.currency),
        "free_above": None if free_above is None else Money(free_above, row.currency),
        "bands": [
            {"from": band.start, "up_to": band.end, "price": Money(band.amount, row.currency)}
            for band in bands_of(row.bands)
        ],
    }


def _one(table: Table, row_id: UUID, missing: DomainError) -> dict[str, object]:
    row = session.execute(select(table).where(table.c.id == row_id)).one_or_none()
    if row is None:
        raise missing
    return {name: getattr(row, name) for name in _FIELDS[table]}


def _page(table: Table, limit: int, cursor: str | None, *, with_total: bool) -> dict[str, object]:
    rows, page = pagination.page(
        select(table),
        Sort((table.c.code, table.c.id)),
        limit=limit,
        cursor=cursor,
        total=select(table.c.id) if with_total else None,
    )
    data = [{name: getattr(row, name) for name in _FIELDS[table]} for row in rows]
    return {"data": data, "page": page}
