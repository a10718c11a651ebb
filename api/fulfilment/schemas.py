"""Request and response schemas of parcels and the dashboard."""

from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

import marshmallow as ma

from api.fulfilment.states import FulfilmentState, TrackingStatus
from api.platform.addresses import SingleLine
from api.platform.http import Schema, one_of

MAX_UNITS = 1_000_000
MAX_LINES = 500
MOST_NOTES = 200


class TrackingNumber(SingleLine):
    """A tracking number as printed by the carrier; spaces are removed."""

    def __init__(self, **options: object) -> None:
        super().__init__(100, spelling=r"[A-Za-z0-9./_-]+( +[A-Za-z0-9./_-]+)*", **options)

    def _deserialize(self, value: Any, attr: Any, data: object, **options: object) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        if text is None:
            return None
        number = "".join(text.split())
        if not all(sign.isascii() and (sign.isalnum() or sign in "./_-") for sign in number):
            raise ma.ValidationError("A tracking number has letters, digits and . / _ - only.")
        return number


class ParcelLine(TypedDict):
    """Units of one order line."""

    order_line_id: UUID
    quantity: int


class ParcelLineSchema(Schema):
    """Units of one order line inside a parcel."""

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MAX_UNITS)
    )


class OpenFulfilmentSchema(Schema):
    """Which units go into a parcel. Without lines: everything that is open."""

    lines = ma.fields.List(
        ma.fields.Nested(ParcelLineSchema),
        load_default=None,
        validate=ma.validate.Length(1, MAX_LINES),
    )

    @ma.post_load
    def _by_line(
        self, data: dict[str, Sequence[ParcelLine] | None], **_: object
    ) -> dict[str, object]:
        return {**data, "lines": _units_by_line(data["lines"], "lines") or None}


class CarrierSchema(Schema):
    """Carrier and tracking number. Any name is accepted; known carriers get a tracking page."""

    carrier = SingleLine(60, required=True, metadata={"example": "DHL"})
    tracking_number = TrackingNumber(
        load_default=None, metadata={"example": "00340434161094042557"}
    )


class VerifiedSchema(Schema):
    """Which units of a parcel were verified."""

    acknowledged_notes = ma.fields.List(
        ma.fields.UUID(),
        load_default=(),
        validate=ma.validate.Length(0, MOST_NOTES),
        metadata={"description": "Pinned notes of the order that you have read, by their ids."},
    )
    verified_lines = ma.fields.List(
        ma.fields.Nested(ParcelLineSchema),
        load_default=(),
        validate=ma.validate.Length(0, MAX_LINES),
        metadata={"description": "Scanned units of each order line."},
    )
    override_reason = SingleLine(
        300,
        load_default=None,
        metadata={
            "description": "Why units leave that were not verified. Needs `fulfilment:override`; "
            "kept with the parcel, in the order's history and the audit log.",
            "example": "label unreadable, compared by eye",
        },
    )

    @ma.post_load
    def _verified_by_line(self, data: dict[str, Any], **_: object) -> dict[str, object]:
        verified = _units_by_line(data["verified_lines"], "verified_lines")
        return {**data, "verified_lines": verified}


class HandOverSchema(CarrierSchema, VerifiedSchema):
    """To whom a parcel is handed, and which of its units were verified.

    Where the shop wants units verified (`SHIP_VERIFICATION`; `must_verify` of an order's lines), a
    client that packs by other means than the console says what it has scanned, or has let somebody
    compare, as `verified_lines`.
    """


class ShipOrderSchema(OpenFulfilmentSchema, HandOverSchema):
    """Which units to ship, and the carrier. Without lines: all open units."""


class PreparePickupSchema(OpenFulfilmentSchema, VerifiedSchema):
    """Which units wait to be picked up. Without lines: all open units."""


class VoidSchema(Schema):
    """Why a parcel is voided."""

    reason = SingleLine(300, load_default=None, metadata={"example": "wrong box on the cart"})


def _units_by_line(lines: Sequence[ParcelLine] | None, field: str) -> dict[UUID, int]:
    """Turn lines into units by order line; a line named twice is refused."""
    units: dict[UUID, int] = {}
    for place, line in enumerate(lines or ()):
        if line["order_line_id"] in units:
            raise ma.ValidationError(
                {field: {place: {"order_line_id": ["This line is named twice."]}}}
            )
        units[line["order_line_id"]] = line["quantity"]
    return units


class PackedLineSchema(ParcelLineSchema):
    """Units of one order line inside a parcel, and how many of them were scanned."""

    verified_quantity = ma.fields.Integer(required=True)


class PackedWithSchema(Schema):
    """The parcel of another order in the same box. Both leave, arrive and are voided together."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True)
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    has_box = ma.fields.Boolean(
        required=True,
        metadata={"description": "Whether the box and its label are booked with that one."},
    )


class FulfilmentSchema(Schema):
    """One parcel. A `voided` one counted as shipped, but is not on its way."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "1001-F1"})
    status = ma.fields.String(required=True, validate=one_of(FulfilmentState))
    carrier = ma.fields.String(required=True, allow_none=True)
    tracking_number = ma.fields.String(required=True, allow_none=True)
    tracking_url = ma.fields.String(required=True, allow_none=True)
    shipped_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    delivered_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    voided_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    override_reason = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it shipped with units that should have been verified."},
    )
    tracking_status = ma.fields.String(
        required=True,
        validate=one_of(TrackingStatus),
        metadata={"description": "What the carrier said last. It moves no stock."},
    )
    tracking_status_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    lines = ma.fields.List(ma.fields.Nested(PackedLineSchema), required=True)
    packed_with = ma.fields.Nested(PackedWithSchema, required=True, allow_none=True)


class WorkerSchema(Schema):
    """Whether a worker is running: without one e-mails wait, and nothing expires."""

    state = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("running", "stopped", "unknown")),
        metadata={
            "description": "`stopped`: none has reported for a minute. `unknown`: Redis is away.",
        },
    )
    last_seen_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When one last reported; null if unknown."},
    )


class DoctorLightSchema(Schema):
    """Whether stock, orders and payments were consistent in the last doctor run."""

    state = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("ok", "differs", "failed", "outdated", "unknown")),
        metadata={
            "description": "`failed`: not everything could be checked. `outdated`: it looked days "
            "ago. `unknown`: it never looked. `GET /api/v1/admin/doctor` tells more.",
        },
    )
    differences = ma.fields.Integer(required=True)
    checked_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class BackupsSchema(Schema):
    """The state of the backups."""

    state = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("off", "missing", "failed", "unproved", "ok")),
        metadata={
            "description": "`off`: no place is set (BACKUP_URL). `missing`: the last one is late. "
            "`failed`: the last one could not be restored. `unproved`: none was restored on trial "
            "within a week.",
        },
    )
    last_backup_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    last_proved_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When a trial restore last succeeded."},
    )


class OverviewSchema(Schema):
    """The dashboard figures. Each is counted up to 10,000."""

    to_ship = ma.fields.Integer(
        required=True, metadata={"description": "Paid orders with units left to ship."}
    )
    unpaid = ma.fields.Integer(
        required=True, metadata={"description": "Orders that are not fully paid yet."}
    )
    low_stock = ma.fields.Integer(
        required=True, metadata={"description": "Stock levels at or below their threshold."}
    )
    shipped_today = ma.fields.Integer(
        required=True, metadata={"description": "Parcels shipped since midnight UTC."}
    )
    needs_attention = ma.fields.Integer(
        required=True, metadata={"description": "Items of the attention list, counted up to 100."}
    )
    awaiting_approval = ma.fields.Integer(
        required=True,
        metadata={
            "description": "Commands that wait for a second person: all of them for those who may "
            "approve, for others what they asked for."
        },
    )
    oldest_to_ship_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    worker = ma.fields.Nested(WorkerSchema, required=True)
    doctor = ma.fields.Nested(DoctorLightSchema, required=True)
    backups = ma.fields.Nested(BackupsSchema, required=True)
    currency = ma.fields.String(required=True, metadata={"example": "EUR"})
