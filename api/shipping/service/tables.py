"""A table of shipping methods written into the shop, whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from api.kernel.errors import DomainError
from api.kernel.principal import Principal
from api.platform.db import require_transaction
from api.shipping.errors import TableInvalid
from api.shipping.formats import TableMethod, table_error
from api.shipping.models import ShippingCalendar, ShippingMethod, ShippingZone
from api.shipping.rules import MethodKind
from api.shipping.service.methods import (
    BandInput,
    ShippingMethodInput,
    create_shipping_method,
    edit_shipping_method,
)


@dataclass(frozen=True, slots=True)
class TableResult:
    """How many methods of a table are new, and how many were in the shop already."""

    created: int
    updated: int


def write_table(methods: list[TableMethod], *, by: Principal) -> TableResult:
    """Create the methods of a table that the shop has not, and change the others.

    What is in no row stays; conditions and pick-up addresses stay too. Locks the methods by id.
    Raises `TableInvalid` with the row of each method that is refused.
    """
    current = require_transaction()
    zones = dict(current.execute(select(ShippingZone.code, ShippingZone.id)).all())
    calendars = dict(current.execute(select(ShippingCalendar.code, ShippingCalendar.id)).all())
    existing = {
        (row.code, row.currency): row
        for row in current.execute(
            select(ShippingMethod.__table__).order_by(ShippingMethod.id).with_for_update()
        )
    }
    errors: list[dict[str, str]] = []
    created = 0
    for method in methods:
        before = existing.get((method.code, method.currency))
        try:
            values = _values(method, before, zones, calendars)
            if before is None:
                create_shipping_method(ShippingMethodInput(code=method.code, **values), by=by)
                created += 1
            else:
                edit_shipping_method(before.id, values, expected_version=before.version, by=by)
        except DomainError as refusal:
            errors.append(table_error(method.row, "", refusal.detail))
    if errors:
        raise TableInvalid(errors=errors)
    return TableResult(created, len(methods) - created)


def _values(
    method: TableMethod, before: Any, zones: Mapping[str, object], calendars: Mapping[str, object]
) -> dict[str, Any]:
    values = dict(method.values)
    zone, is_pickup = values.pop("zone"), before is not None and before.kind is MethodKind.PICKUP
    if zone and zone not in zones:
        raise TableInvalid(f"There is no zone {zone}.")
    if not zone and not is_pickup:
        raise TableInvalid("A delivery needs a zone.")
    if zone:
        values["zone_id"] = zones[zone]
    if "calendar" in values:
        calendar = values.pop("calendar")
        if calendar and calendar not in calendars:
            raise TableInvalid(f"There is no calendar {calendar}.")
        values["calendar_id"] = calendars[calendar] if calendar else None
    values["bands"] = [BandInput(*band) for band in method.bands]
    return values
