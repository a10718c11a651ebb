"""Table of units that were not found in their bin."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId


class MissingUnits(WithId, Timestamped, Base):
    """Units of a level that were not found in a bin, or in no bin, and wait for its count.

    They are on hand and part of the level's `quarantine`. Whoever changes it has locked the level.
    """

    __tablename__ = "missing_units"
    __table_args__ = (
        Index(
            "uq_missing_units_place",
            "level_id",
            "bin_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="RESTRICT"))
    bin_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id", ondelete="RESTRICT"))
    quantity: Mapped[int]
