"""Tables of picking: batches, their orders, lines and totes, and the log of scans."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.picking.states import BatchKind, BatchStatus, PickLineStatus, PickOrderStatus, ScanResult
from api.platform.db import Base, Timestamped, WithId, append_only, named_enum


class PickWave(WithId, Timestamped, Base):
    """Batches that were released together, and which orders they were released for.

    `number` is read aloud, as W-12. The figures are those of the release: walks are counted in
    bins passed, `walk_length_alone` is what they would be were each order walked alone.
    """

    __tablename__ = "pick_waves"
    __table_args__ = (
        Index("uq_pick_waves_number", "number", unique=True),
        Index("ix_pick_waves_location_id", "location_id", "id"),
    )

    number: Mapped[int] = mapped_column(Identity())
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id", ondelete="RESTRICT"))
    kind: Mapped[BatchKind] = mapped_column(named_enum(BatchKind, "kind"))
    carrier: Mapped[str | None] = mapped_column(String(60))
    zone: Mapped[str | None] = mapped_column(String(40))
    promised_before: Mapped[datetime | None]
    max_units: Mapped[int | None]
    created_by: Mapped[str] = mapped_column(String(120))
    order_count: Mapped[int]
    line_count: Mapped[int]
    unit_count: Mapped[int]
    stops: Mapped[int]
    walk_length: Mapped[int]
    walk_length_alone: Mapped[int]
    seconds: Mapped[int]


class PickBatch(WithId, Timestamped, Base):
    """One walk through the bins of a location for some orders.

    `number` is read aloud, as B-77. The picker keeps the batch until `claimed_until`, which each
    scan extends; after that anybody may go on with it. `walk_length` was planned, in bins passed;
    `walked` is what the scans say it was, once it is finished.
    """

    __tablename__ = "pick_batches"
    __table_args__ = (
        Index("uq_pick_batches_number", "number", unique=True),
        Index(
            "ix_pick_batches_open",
            "location_id",
            "id",
            postgresql_where="status IN ('released', 'in_progress', 'parked')",
        ),
        Index("ix_pick_batches_finished_at", "finished_at"),
        Index("ix_pick_batches_wave_id", "wave_id"),
    )

    number: Mapped[int] = mapped_column(Identity())
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id", ondelete="RESTRICT"))
    kind: Mapped[BatchKind] = mapped_column(named_enum(BatchKind, "kind"))
    status: Mapped[BatchStatus] = mapped_column(named_enum(BatchStatus, "status"))
    created_by: Mapped[str] = mapped_column(String(120))
    picker_id: Mapped[UUID | None]
    picker: Mapped[str | None] = mapped_column(String(120))
    claimed_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    wave_id: Mapped[UUID | None] = mapped_column(ForeignKey("pick_waves.id", ondelete="RESTRICT"))
    walk_length: Mapped[int | None]
    walk_length_alone: Mapped[int | None]
    walked: Mapped[int | None]


class PickOrder(WithId, Base):
    """An order in a batch. It is open in one batch at most, until it is shipped or given back."""

    __tablename__ = "pick_orders"
    __table_args__ = (
        Index("ix_pick_orders_batch_id", "batch_id", "position"),
        Index(
            "uq_pick_orders_open",
            "order_id",
            unique=True,
            postgresql_where="status IN ('picking', 'picked')",
        ),
        Index("ix_pick_orders_order_id", "order_id"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("pick_batches.id", ondelete="RESTRICT"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="RESTRICT"))
    position: Mapped[int]
    status: Mapped[PickOrderStatus] = mapped_column(named_enum(PickOrderStatus, "status"))


class PickLine(WithId, Base):
    """Units of one order line to be picked from one bin, or from no bin.

    `walk` is its place in the walk; skipping moves it to the end. `put_back` of the `picked` units
    are in a bin again.
    """

    __tablename__ = "pick_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("picked >= 0 AND picked <= quantity", name="picked_within_quantity"),
        CheckConstraint("put_back >= 0 AND put_back <= picked", name="put_back_within_picked"),
        Index("ix_pick_lines_pick_order_id", "pick_order_id"),
        Index("ix_pick_lines_todo", "level_id", postgresql_where="status = 'todo'"),
    )

    pick_order_id: Mapped[UUID] = mapped_column(ForeignKey("pick_orders.id", ondelete="RESTRICT"))
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id", ondelete="RESTRICT"))
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    bin_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    walk: Mapped[int]
    quantity: Mapped[int]
    picked: Mapped[int] = mapped_column(default=0)
    put_back: Mapped[int] = mapped_column(default=0)
    status: Mapped[PickLineStatus] = mapped_column(named_enum(PickLineStatus, "status"))
    picked_at: Mapped[datetime | None]


class PickTote(WithId, Timestamped, Base):
    """A tote in use: of one order, or of a whole batch of single items."""

    __tablename__ = "pick_totes"
    __table_args__ = (
        Index(
            "uq_pick_totes_in_use", "bin_id", unique=True, postgresql_where="released_at IS NULL"
        ),
        Index("ix_pick_totes_batch_id", "batch_id"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("pick_batches.id", ondelete="RESTRICT"))
    pick_order_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("pick_orders.id", ondelete="RESTRICT")
    )
    bin_id: Mapped[UUID] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    released_at: Mapped[datetime | None]


class PickScan(WithId, Timestamped, Base):
    """One scan or confirmation at a bin, right or wrong. Append-only.

    `scanned_variant_id` is what was scanned instead: the same pair is warned about next time.
    """

    __tablename__ = "pick_scans"
    __table_args__ = (
        Index("ix_pick_scans_created_at", "created_at"),
        Index("ix_pick_scans_batch_id", "batch_id"),
        Index(
            "ix_pick_scans_confused", "level_id", postgresql_where="scanned_variant_id IS NOT NULL"
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("pick_batches.id", ondelete="RESTRICT"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("pick_lines.id", ondelete="RESTRICT"))
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    result: Mapped[ScanResult] = mapped_column(named_enum(ScanResult, "result"))
    units: Mapped[int]
    is_scanned: Mapped[bool]
    """False for a confirmation by key."""
    scanned_variant_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[UUID | None]


class PickSubstitute(WithId, Timestamped, Base):
    """A rule of staff: where units of a variant are missing, those of another go out instead.

    They cost what was agreed. Of several rules the oldest that has enough units is taken.
    """

    __tablename__ = "pick_substitutes"
    __table_args__ = (
        UniqueConstraint(
            "variant_id", "substitute_id", name="uq_pick_substitutes_variant_substitute"
        ),
        CheckConstraint("variant_id <> substitute_id", name="is_another"),
        Index("ix_pick_substitutes_substitute_id", "substitute_id"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    substitute_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    created_by: Mapped[str] = mapped_column(String(120))


append_only(cast(Table, PickScan.__table__))
