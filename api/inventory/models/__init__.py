"""Tables of the inventory: locations, bins, levels, reservations, allocations and journals."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DDL,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
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
    STATE_CHANGED = "state_changed"
    TRANSFERRED = "transferred"
    BACK_ORDERED = "back_ordered"


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


class StockState(StrEnum):
    """What units on hand are: for sale, or stopped."""

    AVAILABLE = "available"
    DAMAGED = "damaged"
    QUARANTINE = "quarantine"


class BinKind(StrEnum):
    """What a bin is for. Units in a quarantine bin are not for sale."""

    PICK = "pick"
    BULK = "bulk"
    RECEIVING = "receiving"
    PACKING = "packing"
    STAGING = "staging"
    QUARANTINE = "quarantine"
    TOTE = "tote"


class BinColour(StrEnum):
    """The colour of a tote, by which a picker finds it on the cart."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"
    WHITE = "white"
    BLACK = "black"


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
    address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Where parcels are sent from, as labels name it."""


class StockLevel(WithId, Versioned, Timestamped, Base):
    """The stock of one variant at one location, and how much of it is allocated or reserved.

    `reserved` counts all rows of `stock_holds`, expired ones that were not swept yet included.
    A level without a threshold never counts as low; `below_threshold` records that `StockLow` was
    emitted. `version` guards the settings that staff edit; quantities are guarded by the quantity
    that the change expects.

    `unavailable` units are on hand and not for sale: damaged, in quarantine, expired, or safety
    stock, which may exceed what is on hand. `in_bins` is the sum of `bin_stock`, kept by a trigger;
    the other units are in no bin, and in a shop without bins all are. `in_lots` and `lots_in_bins`
    are sums of `lot_stock`, kept the same way; `expired` units are in lots that are not sold any
    more, outside of quarantine bins, and may be allocated. `average_cost` is the moving average of
    receipts with a cost, in minor units of the shop's currency. At a preferred bin below
    `replenish_min`, units are moved there up to `replenish_max`. `back_ordered` units are not here:
    order lines wait for them, and get the next that can be sold at any location.
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        UniqueConstraint("variant_id", "location_id", name="uq_stock_levels_variant_location"),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("allocated >= 0", name="allocated_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("allocated + reserved <= on_hand", name="promises_are_covered"),
        CheckConstraint("low_stock_threshold >= 0", name="threshold_not_negative"),
        CheckConstraint(
            "damaged >= 0 AND quarantine >= 0 AND safety_stock >= 0", name="states_not_negative"
        ),
        CheckConstraint(
            "allocated + reserved + damaged + quarantine <= on_hand", name="states_are_on_hand"
        ),
        CheckConstraint("in_bins >= 0 AND in_bins <= on_hand", name="units_in_bins_are_on_hand"),
        CheckConstraint("expired >= 0", name="expired_not_negative"),
        CheckConstraint("back_ordered >= 0", name="back_ordered_not_negative"),
        CheckConstraint(
            "lots_in_bins >= 0 AND in_lots >= lots_in_bins"
            " AND in_lots - lots_in_bins <= on_hand - in_bins",
            name="units_in_lots_are_on_hand",
        ),
        CheckConstraint(
            "replenish_min >= 0 AND replenish_max >= replenish_min", name="replenish_in_order"
        ),
        Index("ix_stock_levels_location_id", "location_id"),
        Index("ix_stock_levels_low", "variant_id", postgresql_where="below_threshold"),
        Index("ix_stock_levels_back_ordered", "variant_id", postgresql_where="back_ordered > 0"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="RESTRICT"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id", ondelete="RESTRICT"))
    on_hand: Mapped[int] = mapped_column(default=0)
    allocated: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    damaged: Mapped[int] = mapped_column(default=0, server_default="0")
    quarantine: Mapped[int] = mapped_column(default=0, server_default="0")
    safety_stock: Mapped[int] = mapped_column(default=0, server_default="0")
    unavailable: Mapped[int] = mapped_column(
        Computed("damaged + quarantine + safety_stock + expired", persisted=True)
    )
    expired: Mapped[int] = mapped_column(default=0, server_default="0")
    back_ordered: Mapped[int] = mapped_column(default=0, server_default="0")
    in_lots: Mapped[int] = mapped_column(default=0, server_default="0")
    lots_in_bins: Mapped[int] = mapped_column(default=0, server_default="0")
    in_bins: Mapped[int] = mapped_column(default=0, server_default="0")
    average_cost: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
    preferred_bin_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("bins.id", ondelete="RESTRICT")
    )
    replenish_min: Mapped[int | None]
    replenish_max: Mapped[int | None]
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

    `quantity` is what is still allocated, and `waiting` what the line still lacks: units that the
    level counts as back-ordered. The row stays when nothing is left: it shows that the line was
    allocated once, so that allocating again changes nothing.
    """

    __tablename__ = "stock_allocations"
    __table_args__ = (
        UniqueConstraint("order_line_id", "level_id", name="uq_stock_allocations_line_level"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        Index("ix_stock_allocations_order_id", "order_id"),
        CheckConstraint("waiting >= 0", name="waiting_not_negative"),
        Index("ix_stock_allocations_open", "level_id", postgresql_where="quantity > 0"),
        Index("ix_stock_allocations_waiting", "level_id", postgresql_where="waiting > 0"),
        Index("ix_stock_allocations_waiting_order", "order_id", postgresql_where="waiting > 0"),
    )

    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    quantity: Mapped[int]
    waiting: Mapped[int] = mapped_column(default=0, server_default="0")


class StockMovement(WithId, Timestamped, Base):
    """One entry of the journal: what changed, why and by whom. Append-only.

    The sums of the changes are the counters of the level. `actor` names staff; customers and
    guests are recorded without a name, because journal entries cannot be erased. `reference` is
    readable, such as the number of an order. `unit_cost` is what one received unit cost, and
    `average_cost` the level's moving average after that, in minor units.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        CheckConstraint("on_hand_after >= 0", name="on_hand_after_not_negative"),
        CheckConstraint(
            "kind = 'counted' OR on_hand_change <> 0 OR allocated_change <> 0"
            " OR reserved_change <> 0 OR damaged_change <> 0 OR quarantine_change <> 0"
            " OR safety_stock_change <> 0 OR expired_change <> 0"
            " OR back_ordered_change <> 0",
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
    damaged_change: Mapped[int] = mapped_column(server_default="0")
    quarantine_change: Mapped[int] = mapped_column(server_default="0")
    safety_stock_change: Mapped[int] = mapped_column(server_default="0")
    expired_change: Mapped[int] = mapped_column(server_default="0")
    back_ordered_change: Mapped[int] = mapped_column(server_default="0")
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)
    average_cost: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
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


class Bin(WithId, Versioned, Timestamped, Base):
    """A place within a location, found by the barcode on its label.

    `code` is what people read (unique in the location), `barcode` what scanners read (unique). Bins
    are visited in the order of `pick_sequence`. An inactive bin is empty and takes nothing.
    `order_id` is the order whose units a tote holds, `order_ids` are those that a tote of single
    items may hold. A tote may have a name and a colour, by which it is found on the cart.
    """

    __tablename__ = "bins"
    __table_args__ = (
        UniqueConstraint("location_id", "code", name="uq_bins_location_code"),
        UniqueConstraint("barcode", name="uq_bins_barcode"),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id", ondelete="RESTRICT"))
    zone: Mapped[str] = mapped_column(String(40), default="")
    code: Mapped[str] = mapped_column(String(40))
    barcode: Mapped[str] = mapped_column(String(60))
    kind: Mapped[BinKind] = mapped_column(named_enum(BinKind, "kind"), default=BinKind.PICK)
    pick_sequence: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    order_id: Mapped[UUID | None]
    order_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    name: Mapped[str | None] = mapped_column(String(40))
    colour: Mapped[BinColour | None] = mapped_column(named_enum(BinColour, "colour"))


class BinStock(Base):
    """How many units of a level are in a bin. Whoever changes it has locked the level.

    `in_lots` of them are in lots, by a trigger on `lot_stock`.
    The row stays when the bin is empty: it shows where the variant was.
    """

    __tablename__ = "bin_stock"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("in_lots BETWEEN 0 AND quantity", name="units_in_lots_are_here"),
        Index("ix_bin_stock_level_id", "level_id"),
    )

    bin_id: Mapped[UUID] = mapped_column(
        ForeignKey("bins.id", ondelete="RESTRICT"), primary_key=True
    )
    level_id: Mapped[UUID] = mapped_column(
        ForeignKey("stock_levels.id", ondelete="RESTRICT"), primary_key=True
    )
    quantity: Mapped[int]
    in_lots: Mapped[int] = mapped_column(default=0, server_default="0")


class BinMovement(WithId, Timestamped, Base):
    """One entry of a bin's journal: units that came or went. Append-only.

    `quantity_after` is the running balance of this level in this bin. Both entries of a move
    between two bins have the same `move_id`; the journal of the level knows nothing of it.
    """

    __tablename__ = "bin_movements"
    __table_args__ = (
        CheckConstraint("change <> 0", name="something_changed"),
        CheckConstraint("quantity_after >= 0", name="quantity_after_not_negative"),
        Index("ix_bin_movements_bin", "bin_id", "level_id", "id"),
        Index("ix_bin_movements_move", "move_id"),
    )

    bin_id: Mapped[UUID] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    change: Mapped[int]
    quantity_after: Mapped[int]
    move_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(String(120))
    actor: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[UUID | None]
    reference: Mapped[str | None] = mapped_column(String(60))


COUNT_BINS: Final = (
    """CREATE OR REPLACE FUNCTION count_units_in_bins() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE level uuid := coalesce(NEW.level_id, OLD.level_id);
    BEGIN
        UPDATE stock_levels
        SET in_bins = in_bins + coalesce(NEW.quantity, 0) - coalesce(OLD.quantity, 0)
        WHERE id = level AND location_id = (
            SELECT location_id FROM bins WHERE id = coalesce(NEW.bin_id, OLD.bin_id));
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a bin holds units of its own location only'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$""",
    "CREATE TRIGGER bin_stock_counted AFTER INSERT OR DELETE OR UPDATE OF quantity ON bin_stock"
    " FOR EACH ROW EXECUTE FUNCTION count_units_in_bins()",
)
"""Keeps the sum of the bins on the level, so that a CHECK compares it with the units on hand."""

for statement in COUNT_BINS:
    event.listen(BinStock.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
append_only(cast(Table, BinMovement.__table__))
append_only(cast(Table, StockMovement.__table__))
change_feed.watch(StockLevel.__table__, {"stock_level": "id"})
