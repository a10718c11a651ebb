"""Tables of the inventory: locations, levels, reservations, allocations and the journal."""

from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.platform import change_feed
from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum


class MovementKind(StrEnum):
    """What kind of movement changed a level."""

    OPENING = "opening"
    RECEIVED = "received"
    ADJUSTED = "adjusted"
    COUNTED = "counted"
    RESERVED = "reserved"
    RELEASED_HOLD = "released_hold"
    ALLOCATED = "allocated"
    RELEASED = "released"
    SHIPPED = "shipped"
    RESTOCKED = "restocked"
    OPENING_UNDONE = "opening_undone"
    SHIPMENT_VOIDED = "shipment_voided"


class AdjustReason(StrEnum):
    """The reason that staff choose when they adjust a quantity."""

    CORRECTION = "correction"
    COUNT = "count"
    DAMAGED = "damaged"
    LOST = "lost"
    FOUND = "found"
    RECEIVED = "received"
    RETURNED = "returned"
    OTHER = "other"


class Location(WithId, Versioned, Timestamped, Base):
    """A stock location. Orders are served from the smallest `priority` first.

    Stock at an inactive location is not for sale; units allocated there can still ship.
    """

    __tablename__ = "locations"
    __table_args__ = (UniqueConstraint("code", name="uq_locations_code"),)

    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    priority: Mapped[int] = mapped_column(default=100)
    is_active: Mapped[bool] = mapped_column(default=True)


class StockLevel(WithId, Versioned, Timestamped, Base):
    """The stock of one variant at one location, and how much of it is allocated or reserved.

    `reserved` counts all rows of `stock_holds`, expired ones that were not swept yet included.
    A level without a threshold never counts as low; `below_threshold` records that `StockLow` was
    emitted. `version` guards the setting that staff edit (the threshold); quantities are guarded by
    the quantity that the change expects.
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        UniqueConstraint("variant_id", "location_id", name="uq_stock_levels_variant_location"),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("allocated >= 0", name="allocated_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("allocated + reserved <= on_hand", name="promises_are_covered"),
        CheckConstraint("low_stock_threshold >= 0", name="threshold_not_negative"),
        Index("ix_stock_levels_location_id", "location_id"),
        Index("ix_stock_levels_low", "variant_id", postgresql_where="below_threshold"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="RESTRICT"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id", ondelete="RESTRICT"))
    on_hand: Mapped[int] = mapped_column(default=0)
    allocated: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    low_stock_threshold: Mapped[int | None]
    below_threshold: Mapped[bool] = mapped_column(default=False)
    last_moved_at: Mapped[datetime | None]
    last_moved_by: Mapped[str | None] = mapped_column(String(120))
    last_counted_at: Mapped[datetime | None]
    last_counted_by: Mapped[str | None] = mapped_column(String(120))


class StockReservation(WithId, Timestamped, Base):
    """Units kept for a cart during checkout; without effect after `expires_at`."""

    __tablename__ = "stock_holds"
    __table_args__ = (
        UniqueConstraint("owner_id", "level_id", name="uq_stock_holds_owner_level"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_stock_holds_level_id", "level_id"),
        Index("ix_stock_holds_expires_at", "expires_at"),
    )

    owner_id: Mapped[UUID]
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    quantity: Mapped[int]
    expires_at: Mapped[datetime]


class StockAllocation(WithId, Timestamped, Base):
    """Units at one level that belong to one order line until they ship or are released.

    `quantity` is what is still allocated. The row stays when nothing is left: it shows that the
    line was allocated once, so that allocating again changes nothing.
    """

    __tablename__ = "stock_allocations"
    __table_args__ = (
        UniqueConstraint("order_line_id", "level_id", name="uq_stock_allocations_line_level"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        Index("ix_stock_allocations_order_id", "order_id"),
        Index("ix_stock_allocations_open", "level_id", postgresql_where="quantity > 0"),
    )

    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    quantity: Mapped[int]


class StockMovement(WithId, Timestamped, Base):
    """One entry of the journal: what changed, why and by whom. Append-only.

    The sums of the changes are the counters of the level. `actor` names staff; customers and
    guests are recorded without a name, because journal entries cannot be erased. `reference` is
    readable, such as the number of an order.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        CheckConstraint("on_hand_after >= 0", name="on_hand_after_not_negative"),
        CheckConstraint(
            "kind = 'counted' OR on_hand_change <> 0 OR allocated_change <> 0"
            " OR reserved_change <> 0",
            name="something_changed",
        ),
        Index("ix_stock_movements_level", "level_id", "id"),
        Index("ix_stock_movements_order", "order_id", postgresql_where="order_id IS NOT NULL"),
        # Units ship once per fulfilment, are un-shipped once when it is voided, and are restocked
        # once per refund, even when the call is repeated.
        Index(
            "uq_stock_movements_fulfilment",
            "fulfilment_id",
            "level_id",
            "kind",
            unique=True,
            postgresql_where="fulfilment_id IS NOT NULL",
        ),
        Index(
            "uq_stock_movements_refund",
            "refund_id",
            "level_id",
            unique=True,
            postgresql_where="refund_id IS NOT NULL",
        ),
    )

    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    kind: Mapped[MovementKind] = mapped_column(named_enum(MovementKind, "kind"))
    on_hand_change: Mapped[int] = mapped_column(default=0)
    allocated_change: Mapped[int] = mapped_column(default=0)
    reserved_change: Mapped[int] = mapped_column(default=0)
    on_hand_after: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[UUID | None]
    reference: Mapped[str | None] = mapped_column(String(60))
    order_id: Mapped[UUID | None]
    fulfilment_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    request_id: Mapped[str] = mapped_column(String(64))


append_only(cast(Table, StockMovement.__table__))
change_feed.watch(StockLevel.__table__, {"stock_level": "id"})
