"""Tables of lots: units that were made together, where they are, and whom they went to."""

from datetime import date, datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, append_only


class Lot(WithId, Versioned, Timestamped, Base):
    """Units of a variant that were made together; `code` is printed on them.

    `expires_on` is the last day on which they are sold. `is_sellable` says whether they are sold
    now: not once a lot was recalled, or once the sweep has seen that its day is over.
    """

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("variant_id", "code", name="uq_lots_variant_code"),
        CheckConstraint("NOT (is_sellable AND recalled_at IS NOT NULL)", name="recalled_not_sold"),
        Index("ix_lots_code", "code"),
        Index("ix_lots_expires_on", "expires_on", postgresql_where="is_sellable"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="RESTRICT"))
    code: Mapped[str] = mapped_column(String(60))
    expires_on: Mapped[date | None]
    is_sellable: Mapped[bool] = mapped_column(default=True)
    recalled_at: Mapped[datetime | None]
    recalled_by: Mapped[str | None] = mapped_column(String(120))


class LotStock(WithId, Base):
    """How many units of a lot are in a bin, or in no bin. Whoever changes it has locked the level.

    The row stays when nothing is left: it shows where the lot was.
    """

    __tablename__ = "lot_stock"
    __table_args__ = (
        Index(
            "uq_lot_stock_place",
            "level_id",
            "lot_id",
            "bin_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        Index("ix_lot_stock_lot_id", "lot_id"),
        Index("ix_lot_stock_here", "level_id", postgresql_where="quantity > 0"),
    )

    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id", ondelete="RESTRICT"))
    bin_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    quantity: Mapped[int]


class LotMovement(WithId, Timestamped, Base):
    """One entry of a lot's journal: units that came to a place or went. Append-only.

    `quantity_after` is the running balance of the lot at this place. Units that went to a customer
    have an `order_id`: from these entries it is told who got a lot.
    """

    __tablename__ = "lot_movements"
    __table_args__ = (
        CheckConstraint("change <> 0", name="something_changed"),
        CheckConstraint("quantity_after >= 0", name="quantity_after_not_negative"),
        Index("ix_lot_movements_lot", "lot_id", "id"),
        Index(
            "ix_lot_movements_orders", "lot_id", "order_id", postgresql_where="order_id IS NOT NULL"
        ),
        Index("ix_lot_movements_order", "order_id", postgresql_where="order_id IS NOT NULL"),
        Index("ix_lot_movements_reference", "reference", postgresql_where="reference IS NOT NULL"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id", ondelete="RESTRICT"))
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    bin_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    change: Mapped[int]
    quantity_after: Mapped[int]
    reason: Mapped[str] = mapped_column(String(120))
    actor: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[UUID | None]
    reference: Mapped[str | None] = mapped_column(String(60))
    order_id: Mapped[UUID | None]
    fulfilment_id: Mapped[UUID | None]


COUNT_LOTS: Final = (
    """CREATE OR REPLACE FUNCTION count_units_in_lots() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        place record;
        units integer := coalesce(NEW.quantity, 0) - coalesce(OLD.quantity, 0);
    BEGIN
        IF TG_OP = 'DELETE' THEN place := OLD; ELSE place := NEW; END IF;
        IF place.bin_id IS NOT NULL THEN
            UPDATE bin_stock SET in_lots = in_lots + units
            WHERE bin_id = place.bin_id AND level_id = place.level_id;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'units of a lot are in a bin only where the bin has units'
                    USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        UPDATE stock_levels
        SET in_lots = in_lots + units,
            lots_in_bins = lots_in_bins + CASE WHEN place.bin_id IS NULL THEN 0 ELSE units END
        WHERE id = place.level_id
            AND variant_id = (SELECT variant_id FROM lots WHERE id = place.lot_id);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a lot is at levels of its own variant only'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$""",
    "CREATE TRIGGER lot_stock_counted AFTER INSERT OR DELETE OR UPDATE OF quantity ON lot_stock"
    " FOR EACH ROW EXECUTE FUNCTION count_units_in_lots()",
)
"""Keeps the sums of the lots on the bin and on the level, where CHECKs compare them with both."""

for statement in COUNT_LOTS:
    event.listen(LotStock.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
append_only(cast(Table, LotMovement.__table__))
