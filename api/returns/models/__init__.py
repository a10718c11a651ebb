"""Tables of refund requests: which units, how much, why; and all tables of returns."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId
from api.returns.models.claims import Claim, ClaimLine
from api.returns.models.returns import Return, ReturnDisposition, ReturnLine, ReturnPhoto
from api.returns.models.settings import PublicHoliday, ReturnPolicy, ReturnReason, ReturnTexts
from api.returns.models.withdrawals import Withdrawal

__all__ = [
    "Claim",
    "ClaimLine",
    "PublicHoliday",
    "RefundRequest",
    "RefundRequestLine",
    "Return",
    "ReturnDisposition",
    "ReturnLine",
    "ReturnPhoto",
    "ReturnPolicy",
    "ReturnReason",
    "ReturnTexts",
    "Withdrawal",
]


class RefundRequest(WithId, Timestamped, Base):
    """One refund request. Its id is that of the command and of the first refund.

    Amounts are minor units. `reversed`: all its refunds failed, so its units may be refunded
    again. Units that pay for what they are exchanged for have one without an amount, whose lines
    say how much.
    """

    __tablename__ = "refund_cases"
    __table_args__ = (
        CheckConstraint("shipping >= 0", name="shipping_not_negative"),
        Index("ix_refund_cases_order", "order_id", "id"),
        Index(
            "ix_refund_cases_return_id",
            "return_id",
            postgresql_where=text("return_id IS NOT NULL"),
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    shipping: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(200))
    reversed: Mapped[bool] = mapped_column(default=False)
    return_id: Mapped[UUID | None] = mapped_column(ForeignKey("returns.id"))
    """The return that it is the refund of; a refund may also be made without one."""
    fee: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What was kept of the lines' share, as a restocking fee or for lost value."""
    bonus: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Store credit that was given on top of the amount."""


class RefundRequestLine(Base):
    """Units of one order line in a refund request, their amount, and how many were restocked.

    Without units it is what an exchange left of their amount.
    """

    __tablename__ = "refund_case_lines"
    __table_args__ = (
        CheckConstraint("restocked_quantity BETWEEN 0 AND quantity", name="restocked_in_range"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("refund_cases.id"), primary_key=True)
    order_line_id: Mapped[UUID] = mapped_column(
        ForeignKey("order_lines.id"), primary_key=True, index=True
    )
    quantity: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    restocked_quantity: Mapped[int] = mapped_column(default=0)
    exchange_rest: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What exchanged units were worth more than the other goods, before a fee."""
