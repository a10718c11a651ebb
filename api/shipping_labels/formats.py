"""Tracking events as carriers send them: a file of comma-separated values, or a webhook.

Three forms of webhook are known: the shop's own; that of DHL (Shipment Tracking Unified, Push:
`statusCode` is pre-transit, transit, delivered, failure or unknown); that of UPS (Track Alert:
`activityStatus.type` is D, I, M, MV, U or X). Anything else is refused.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from api.fulfilment.states import TrackingStatus
from api.kernel import clock
from api.shipping_labels.errors import TrackingEventMalformed, TrackingFileInvalid

MOST_ROWS: Final = 5_000
MOST_EVENTS: Final = 200
_NEEDED: Final = ("tracking_number", "status", "occurred_at")
_COLUMNS: Final = (*_NEEDED, "description")
_AHEAD: Final = timedelta(days=1)
"""Clocks of carriers differ, and local times without a zone: no event is from later than this."""
_DHL: Final = {
    "pre-transit": TrackingStatus.PRE_TRANSIT,
    "transit": TrackingStatus.IN_TRANSIT,
    "delivered": TrackingStatus.DELIVERED,
    "failure": TrackingStatus.FAILURE,
    "unknown": TrackingStatus.UNKNOWN,
}
_UPS: Final = {
    "D": TrackingStatus.DELIVERED,
    "I": TrackingStatus.IN_TRANSIT,
    "M": TrackingStatus.PRE_TRANSIT,
    "MV": TrackingStatus.UNKNOWN,
    "U": TrackingStatus.IN_TRANSIT,
    "X": TrackingStatus.FAILURE,
}
_UPS_CODES: Final = {
    "OT": TrackingStatus.OUT_FOR_DELIVERY,
    "RS": TrackingStatus.RETURN_TO_SENDER,
}
# What people and carriers write beside the shop's own words.
_OTHER_WORDS: Final = {
    "shipped": TrackingStatus.IN_TRANSIT,
    "transit": TrackingStatus.IN_TRANSIT,
    "returned": TrackingStatus.RETURN_TO_SENDER,
    "ready_for_pickup": TrackingStatus.AVAILABLE_FOR_PICKUP,
}


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """What a carrier said of one parcel. `row` is its place in a file, from 1, the header."""

    tracking_number: str
    status: TrackingStatus
    occurred_at: datetime
    description: str = ""
    row: int = 0


def read_file(text: str) -> list[CarrierEvent]:
    """Read a file. Raises `TrackingFileInvalid` with every row that cannot be read, and why.

    Commas or semicolons; with a header. Times have their zone, or are UTC.
    """
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    header = [
        *(f"The column {name} is missing." for name in _NEEDED if name not in rows.fieldnames),
        *(f"There is no column {name}." for name in rows.fieldnames if name not in _COLUMNS),
    ]
    if header:
        raise TrackingFileInvalid(errors=[row_error(1, detail) for detail in header])
    events, errors = [], []
    for place, row in enumerate(rows, start=2):
        if place > MOST_ROWS + 1:
            errors.append(row_error(place, f"A file has up to {MOST_ROWS} rows: split it."))
            break
        try:
            events.append(_event({k: v for k, v in row.items() if isinstance(v, str)}, place))
        except ValueError as wrong:
            errors.append(row_error(place, str(wrong)))
    if not events and not errors:
        errors.append(row_error(1, "The file has no rows."))
    if errors:
        raise TrackingFileInvalid(errors=errors)
    return events


def read_webhook(body: bytes) -> list[CarrierEvent]:
    """Read the body of a webhook. Raises `TrackingEventMalformed`."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise TrackingEventMalformed("The body is not JSON.") from error
    if not isinstance(told, dict):
        raise TrackingEventMalformed
    try:
        if "activityStatus" in told:
            return [_of_ups(told)]
        if "shipments" in told:
            return _of_dhl(told["shipments"])
        listed = told.get("events")
        if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_EVENTS:
            raise TrackingEventMalformed
        return [_event(one) for one in listed]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TrackingEventMalformed(f"The event cannot be read: {error}") from error


def row_error(row: int, detail: str) -> dict[str, str]:
    """Return what is wrong in a row of a file."""
    return {
        "pointer": f"/csv/{row}",
        "code": TrackingFileInvalid.code,
        "detail": f"Row {row}: {detail}",
    }


def _event(told: Mapping[str, object], row: int = 0) -> CarrierEvent:
    number, word = told.get("tracking_number"), told.get("status")
    if not isinstance(number, str) or not 1 <= len(number.strip()) <= 100:
        raise ValueError("tracking_number is missing.")
    if not isinstance(word, str):
        raise ValueError("status is missing.")
    key = word.strip().lower().replace(" ", "_").replace("-", "_")
    status = _OTHER_WORDS.get(key)
    if status is None:
        try:
            status = TrackingStatus(key)
        except ValueError as unknown:
            known = ", ".join(TrackingStatus)
            raise ValueError(f"There is no status {word[:40]!r}; use {known}.") from unknown
    description = told.get("description") or ""
    if not isinstance(description, str):
        raise ValueError("description is no text.")
    return CarrierEvent(
        number.strip(), status, _moment(told.get("occurred_at")), _line(description), row
    )


def _of_dhl(shipments: object) -> list[CarrierEvent]:
    if not isinstance(shipments, list) or not 1 <= len(shipments) <= MOST_EVENTS:
        raise TrackingEventMalformed
    events = []
    for shipment in shipments:
        for told in [shipment["status"], *(shipment.get("events") or [])][:MOST_EVENTS]:
            words = told.get("description") or told.get("status") or ""
            status = _DHL.get(told.get("statusCode"), TrackingStatus.UNKNOWN)
            moment = _moment(told["timestamp"])
            events.append(CarrierEvent(str(shipment["id"])[:100], status, moment, _line(words)))
    return events


def _of_ups(told: Mapping[str, Any]) -> CarrierEvent:
    activity = told["activityStatus"]
    status = _UPS_CODES.get(activity.get("code")) or _UPS.get(activity.get("type"))
    if status is None:
        raise TrackingEventMalformed(f"UPS has no activity {activity.get('type')!r}.")
    if told.get("gmtActivityDate") and told.get("gmtActivityTime"):
        day, time = told["gmtActivityDate"], told["gmtActivityTime"]
    else:
        day, time = told["localActivityDate"], told["localActivityTime"]
    moment = datetime.strptime(f"{day}{time}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    number = told["trackingNumber"]
    if not isinstance(number, str) or not number:
        raise TrackingEventMalformed
    return CarrierEvent(
        number[:100], status, _not_ahead(moment), _line(activity.get("description") or "")
    )


def _moment(text: object) -> datetime:
    if not isinstance(text, str):
        raise ValueError("occurred_at is missing.")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as unreadable:
        raise ValueError(
            f"{text[:40]!r} is no time; write 2026-11-30T14:05:00+01:00."
        ) from unreadable
    return _not_ahead(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _not_ahead(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as beyond:
        raise ValueError("This time is outside of the calendar.") from beyond
    if moment > clock.now() + _AHEAD:
        raise ValueError(f"{moment:%Y-%m-%d} has not come yet.")
    return moment


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())[:300]
