"""Tables of counts: what is to be counted, and what each person counted."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId, append_only, named_enum
from api.warehouse.states import CountStatus, LineStatus


@dataclass(frozen=True, slots=True)
class Place:
    """A level in a bin, or in no bin."""

    level_id: UUID
    bin_id: UUID | None


class Count(WithId, Timestamped, Base):
    """A count of bins or stock levels at one location.

    `number` is read aloud, as C-88. While a blind count goes on, nobody is told what is expected.
    """

    __tablename__ = "stock_counts"
    __table_args__ = (
        Index("ix_stock_counts_location_id", "location_id"),
        Index("uq_stock_counts_number", "number", unique=True),
    )

    number: Mapped[int] = mapped_column(Identity())
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id", ondelete="RESTRICT"))
    scope: Mapped[str] = mapped_column(String(120))
    status: Mapped[CountStatus] = mapped_column(named_enum(CountStatus, "status"))
    is_blind: Mapped[bool]
    planned_for: Mapped[date | None]
    created_by: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[datetime | None]


class CountLine(WithId, Timestamped, Base):
    """One level in one bin, or in no bin, that is counted.

    `variance` and `value` are those of the entry that was posted, or that waits for a second person
    as the command `command_id`; `value` is in minor units of the shop's currency, None without a
    known cost.
    """

    __tablename__ = "stock_count_lines"
    __table_args__ = (
        Index(
            "uq_stock_count_lines_place",
            "count_id",
            "level_id",
            "bin_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("(status = 'posted') = (closed_at IS NOT NULL)", name="posted_at_a_time"),
        Index("ix_stock_count_lines_closed_at", "closed_at"),
        Index(
            "ix_stock_count_lines_command_id",
            "command_id",
            postgresql_where="command_id IS NOT NULL",
        ),
    )

    count_id: Mapped[UUID] = mapped_column(ForeignKey("stock_counts.id", ondelete="RESTRICT"))
    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    bin_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    status: Mapped[LineStatus] = mapped_column(named_enum(LineStatus, "status"))
    variance: Mapped[int | None]
    value: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(40))
    closed_at: Mapped[datetime | None]
    command_id: Mapped[UUID | None]


class CountEntry(WithId, Timestamped, Base):
    """What one person counted. Append-only.

    `expected` is what the line had at `counted_at`, by the journals; the units that moved since
    then are no part of the variance.
    """

    __tablename__ = "stock_count_entries"
    __table_args__ = (
        CheckConstraint("counted >= 0", name="counted_not_negative"),
        Index("ix_stock_count_entries_line_id", "line_id", "id"),
    )

    line_id: Mapped[UUID] = mapped_column(ForeignKey("stock_count_lines.id", ondelete="RESTRICT"))
    counted: Mapped[int]
    expected: Mapped[int]
    counted_at: Mapped[datetime]
    counted_by: Mapped[UUID | None]
    counted_by_name: Mapped[str] = mapped_column(String(120))


append_only(cast(Table, CountEntry.__table__))
