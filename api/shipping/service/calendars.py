"""Shipping calendars: cut-off times, days on which parcels leave and arrive, days closed."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction
from api.shipping.errors import CalendarCodeTaken, CalendarInUse, CalendarNotFound
from api.shipping.models import ShippingCalendar


def create_calendar(values: Mapping[str, object], *, by: Principal) -> UUID:
    """Create a calendar. Raises `CalendarCodeTaken`."""
    calendar_id = new_id()
    with versioned_rows.translate_integrity_errors(CalendarCodeTaken(calendar=values["code"])):
        require_transaction().execute(
            insert(ShippingCalendar).values(
                id=calendar_id, created_at=clock.now(), version=1, **values
            )
        )
    audit.record("shipping_calendar.created", by=by, subject_id=calendar_id, code=values["code"])
    return calendar_id


def edit_calendar(
    calendar_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a calendar; promises of placed orders stay. Locks it.

    Raises `CalendarNotFound`, `Stale` and `CalendarCodeTaken`.
    """
    row = versioned_rows.lock(
        ShippingCalendar, calendar_id, expected_version, missing=CalendarNotFound()
    )
    taken = CalendarCodeTaken(calendar=changes.get("code", row.code))
    versioned_rows.change(ShippingCalendar, calendar_id, changes, taken=taken)
    audit.record("shipping_calendar.edited", by=by, subject_id=calendar_id, **changes)


def remove_calendar(calendar_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a calendar. Raises `CalendarNotFound`, `Stale` and `CalendarInUse`."""
    versioned_rows.remove(
        ShippingCalendar,
        calendar_id,
        expected_version,
        missing=CalendarNotFound(),
        used=CalendarInUse(),
    )
    audit.record("shipping_calendar.removed", by=by, subject_id=calendar_id)
