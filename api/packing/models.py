"""Tables of packing: box types, sessions and their scans, packed parcels, weights, manifests."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.packing.states import ManifestStatus, PackingStatus, PackScanResult
from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum


class BoxType(WithId, Timestamped, Versioned, Base):
    """A type of box, bag or tube. `materials` are grams by `states.Material`."""

    __tablename__ = "box_types"
    __table_args__ = (
        UniqueConstraint("name"),
        UniqueConstraint("barcode"),
        CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="size_positive"),
        CheckConstraint("weight_grams >= 0", name="weight_not_negative"),
    )

    name: Mapped[str] = mapped_column(String(60))
    barcode: Mapped[str] = mapped_column(String(60))
    """As scanners send it, in capitals; labels of box types begin with `B-`."""
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    """Inside, in millimetres."""
    weight_grams: Mapped[int]
    materials: Mapped[dict[str, int]] = mapped_column(JSONB)
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")


class PackingSession(WithId, Timestamped, Base):
    """One parcel in the making, at a station. An order has one open session at most."""

    __tablename__ = "packing_sessions"
    __table_args__ = (
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        CheckConstraint(
            "(status IN ('packed', 'shipped')) = (fulfilment_id IS NOT NULL)",
            name="packed_has_parcel",
        ),
        Index(
            "uq_packing_sessions_open",
            "order_id",
            unique=True,
            postgresql_where="status IN ('open', 'packed')",
        ),
        Index(
            "uq_packing_sessions_fulfilment_id",
            "fulfilment_id",
            unique=True,
            postgresql_where="fulfilment_id IS NOT NULL",
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="RESTRICT"))
    status: Mapped[PackingStatus] = mapped_column(named_enum(PackingStatus, "status"))
    station: Mapped[str] = mapped_column(String(60))
    packer_id: Mapped[UUID | None]
    packer: Mapped[str] = mapped_column(String(120))
    claimed_until: Mapped[datetime]
    tote_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    """The tote that the units come from, if one was scanned."""
    box_type_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("box_types.id", ondelete="RESTRICT")
    )
    weight_grams: Mapped[int | None]
    is_rechecked: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Somebody looked into the parcel after its weight was off."""
    blocked_by: Mapped[str | None] = mapped_column(String(300))
    """The last wrong scan, in words, until the next right one or until it is put right."""
    override_reason: Mapped[str | None] = mapped_column(String(300))
    fulfilment_id: Mapped[UUID | None] = mapped_column(ForeignKey("fulfilments.id"))
    finished_at: Mapped[datetime | None]


class PackingLine(WithId, Base):
    """Units of one order line that this parcel may get, and how many were verified."""

    __tablename__ = "packing_lines"
    __table_args__ = (
        UniqueConstraint("session_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("verified >= 0 AND verified <= quantity", name="verified_within_quantity"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("packing_sessions.id", ondelete="RESTRICT"))
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id", ondelete="RESTRICT"))
    quantity: Mapped[int]
    verified: Mapped[int] = mapped_column(default=0, server_default="0")


class PackScan(WithId, Timestamped, Base):
    """One scan or confirmation at the station, right or wrong. Append-only."""

    __tablename__ = "pack_scans"
    __table_args__ = (Index("ix_pack_scans_session_id", "session_id", "id"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("packing_sessions.id", ondelete="RESTRICT"))
    result: Mapped[PackScanResult] = mapped_column(named_enum(PackScanResult, "result"))
    code: Mapped[str] = mapped_column(String(200))
    units: Mapped[int]
    variant_id: Mapped[UUID | None]
    is_scanned: Mapped[bool]
    """False for a confirmation by key."""
    actor: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[UUID | None]


append_only(cast(Table, PackScan.__table__))


class PackedParcel(WithId, Timestamped, Base):
    """What a shipped parcel was packed in, as it was then: later changes of a box type stay out."""

    __tablename__ = "packed_parcels"
    __table_args__ = (
        UniqueConstraint("fulfilment_id"),
        Index("ix_packed_parcels_created_at", "created_at"),
    )

    fulfilment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfilments.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("packing_sessions.id", ondelete="RESTRICT"))
    country: Mapped[str] = mapped_column(String(2))
    box_name: Mapped[str | None] = mapped_column(String(60))
    box_grams: Mapped[int] = mapped_column(default=0, server_default="0")
    materials: Mapped[dict[str, int]] = mapped_column(JSONB)
    weight_grams: Mapped[int | None]
    expected_grams: Mapped[int | None]
    label_checked_at: Mapped[datetime | None]
    """When its label was scanned back from the parcel."""


class UnitWeight(Base):
    """The weight of one unit of a variant, as past parcels let know."""

    __tablename__ = "unit_weights"

    variant_id: Mapped[UUID] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True
    )
    grams: Mapped[float]
    parcels: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


class Manifest(WithId, Timestamped, Base):
    """The parcels that a carrier takes at once. `number` is read aloud, as M-12."""

    __tablename__ = "manifests"
    __table_args__ = (
        Index("uq_manifests_number", "number", unique=True),
        Index("uq_manifests_open", "carrier", unique=True, postgresql_where="status = 'open'"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at_tells"),
    )

    number: Mapped[int] = mapped_column(Identity())
    carrier: Mapped[str] = mapped_column(String(60))
    status: Mapped[ManifestStatus] = mapped_column(named_enum(ManifestStatus, "status"))
    opened_by: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(120))


class ManifestParcel(WithId, Timestamped, Base):
    """A parcel that was scanned at the hand-over; a parcel is handed over once."""

    __tablename__ = "manifest_parcels"
    __table_args__ = (
        UniqueConstraint("fulfilment_id"),
        Index("ix_manifest_parcels_manifest_id", "manifest_id", "id"),
    )

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifests.id", ondelete="RESTRICT"))
    fulfilment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfilments.id"))
    scanned_by: Mapped[str] = mapped_column(String(120))
