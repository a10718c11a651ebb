"""The table of withdrawal statements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId


class Withdrawal(WithId, Timestamped, Base):
    """A statement by which a consumer withdraws from a contract.

    Without `confirmed_at` it is a draft of the first step, which is deleted after a day. Without
    an order nobody has found the one that it means yet. `statement` is word for word what the
    receipt repeats.
    """

    __tablename__ = "withdrawals"
    __table_args__ = (
        Index("ix_withdrawals_order_id", "order_id"),
        Index("ix_withdrawals_return_id", "return_id"),
        Index("ix_withdrawals_drafts", "created_at", postgresql_where=text("confirmed_at IS NULL")),
    )

    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    return_id: Mapped[UUID | None] = mapped_column(ForeignKey("returns.id"))
    order_number: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    units: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    """Units by order line; None withdraws from the whole contract."""
    statement: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(35))
    token_hash: Mapped[str] = mapped_column(String(64))
    """The hash of the secret that confirms the draft."""
    confirmed_at: Mapped[datetime | None]
