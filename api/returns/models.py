"""Tables of refund requests: which units, how much, why, and how many were restocked."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId


class RefundRequest(WithId, Timestamped, Base):
    """One refund request. Its id is that of the command and of the first refund.

    Amounts are minor units. `reversed`: all its refunds failed, so its units may be refunded
    again.
    """

    __tablename__ = "refund_cases"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("shipping >= 0", name="shipping_not_negative"),
        Index("ix_refund_cases_order", "order_id", "id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    shipping: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(200))
    reversed: Mapped[bool] = mapped_column(default=False)


class RefundRequestLine(Base):
    """Units of one order line in a refund request, their amount, and how many were restocked."""

    __tablename__ = "refund_case_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("restocked_quantity BETWEEN 0 AND quantity", name="restocked_in_range"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("refund_cases.id"), primary_key=True)
    order_line_id: Mapped[UUID] = mapped_column(
        ForeignKey("order_lines.id"), primary_key=True, index=True
    )
    quantity: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    restocked_quantity: Mapped[int] = mapped_column(default=0)
