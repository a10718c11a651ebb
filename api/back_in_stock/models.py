"""Table of back-in-stock subscriptions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId

_IS_WAITING = "told_at IS NULL AND cancelled_at IS NULL"


class BackInStockSubscription(WithId, Timestamped, Base):
    """A subscription to be notified once when a variant is in stock again.

    Ids are in order of time: the lowest has waited longest. `token_hash` is the hash of the secret
    in the e-mail; the secret itself is not stored.
    """

    __tablename__ = "stock_requests"

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    email: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    told_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        # One open subscription per address and variant.
        Index(
            "uq_stock_requests_waiting",
            "variant_id",
            func.lower(email),
            unique=True,
            postgresql_where=text(_IS_WAITING),
        ),
        Index("ix_stock_requests_in_turn", "variant_id", "id", postgresql_where=text(_IS_WAITING)),
        Index(
            "ix_stock_requests_told",
            "variant_id",
            "told_at",
            postgresql_where=text("told_at IS NOT NULL"),
        ),
        Index("ix_stock_requests_email", func.lower(email)),
        Index("ix_stock_requests_user_id", "user_id", "id"),
        CheckConstraint("email LIKE '%_@_%'", name="email_has_an_at"),
    )
