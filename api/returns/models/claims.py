"""Tables of claims: units that were broken, lost or wrong, and their replacement."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum
from api.returns.states import ClaimKind, ClaimState


class Claim(WithId, Versioned, Timestamped, Base):
    """What went wrong with units of an order, and how it was settled.

    Resolved by a replacement (`replacement_order_id`), by money (`refund_id`), or by words alone.
    """

    __tablename__ = "claims"
    __table_args__ = (
        Index("ix_claims_order_id", "order_id", "id"),
        Index("ix_claims_status", "status", "id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[ClaimKind] = mapped_column(named_enum(ClaimKind, "kind"))
    status: Mapped[ClaimState] = mapped_column(
        named_enum(ClaimState, "status"), default=ClaimState.OPEN
    )
    note: Mapped[str | None] = mapped_column(String(500))
    decision: Mapped[str | None] = mapped_column(String(500))
    return_id: Mapped[UUID | None] = mapped_column(ForeignKey("returns.id"))
    replacement_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund_cases.id"))
    resolved_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(200))

    lines: Mapped[list["ClaimLine"]] = relationship(
        back_populates="claim", order_by="ClaimLine.id", lazy="raise"
    )


class ClaimLine(WithId, Base):
    """Units of one order line in a claim."""

    __tablename__ = "claim_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_claim_lines_claim_id", "claim_id"),
        Index("ix_claim_lines_order_line_id", "order_line_id"),
    )

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"))
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    quantity: Mapped[int]
    replacement_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"))
    """The line of the same order that replaces the units."""

    claim: Mapped[Claim] = relationship(back_populates="lines", lazy="raise")
