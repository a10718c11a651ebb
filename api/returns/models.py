"""The case file of refunds: which units, how much, why, and whether they went back on the shelf."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId


class RefundRequest(WithId, Timestamped, Base):
    """One request to give money back. Its id is the command's own, and the first refund's.

    Amounts are minor units. `reversed` tells that the bank refused it in the end, so that its
    units may be refunded again.
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
    """Units of one order line in a case, their amount, and how many went back on the shelf."""

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
