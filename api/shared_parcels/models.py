"""Table of proposed refunds of shipping."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, named_enum
from api.shared_parcels.states import SavingDecision


class ShippingSaving(Timestamped, Base):
    """What the order of a parcel that goes in another one's box paid for shipping in vain.

    `amount` is in minor units of `currency`.
    """

    __tablename__ = "shipping_savings"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_at_a_time"),
        Index("ix_shipping_savings_order", "order_id"),
    )

    fulfilment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfilments.id"), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    decision: Mapped[SavingDecision | None] = mapped_column(named_enum(SavingDecision, "decision"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    case_id: Mapped[UUID | None]
    """The command that refunds it, which is also the id of its refund."""
