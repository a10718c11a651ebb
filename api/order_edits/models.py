"""Table of edits: what staff changed about an order, and what it cost before and after."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId


class OrderEdit(WithId, Timestamped, Base):
    """One edit of an order. Its id is that of the command, and of the refund that it made.

    Amounts are minor units of the order's currency.
    """

    __tablename__ = "order_edits"
    __table_args__ = (Index("ix_order_edits_order", "order_id", "id"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    reason: Mapped[str | None] = mapped_column(String(200))
    rules: Mapped[str] = mapped_column(String(10))
    """`placing` or `now`: the day whose prices, taxes and shipping it was priced by."""
    steps: Mapped[list[str]]
    """What it changed, in words."""
    total_before: Mapped[int] = mapped_column(BigInteger)
    total_after: Mapped[int] = mapped_column(BigInteger)
    asked: Mapped[int] = mapped_column(BigInteger)
    """What was due after it."""
    refunded: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[dict[str, object]]
    after: Mapped[dict[str, object]]
    """Addresses, method, totals, and the lines by SKU: what was and what is."""
    actor: Mapped[str] = mapped_column(String(200))
