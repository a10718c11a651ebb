"""Tables of carts and their items."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.cart.states import CartStatus
from api.kernel import clock
from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum


class Cart(WithId, Versioned, Timestamped, Base):
    """A cart of a customer, or of a guest, who is identified by the hash of a secret token."""

    __tablename__ = "carts"
    __table_args__ = (
        CheckConstraint("token_hash IS NOT NULL OR customer_id IS NOT NULL", name="has_owner"),
        Index(
            "uq_carts_one_active_per_customer",
            "customer_id",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "uq_carts_one_active_per_token",
            "token_hash",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_carts_token_hash", "token_hash"),
        Index("ix_carts_customer", "customer_id"),
        # None holds `updated_at`: Postgres changes a row in its place only while no index does.
        Index("ix_carts_open", "id", postgresql_where=text("status <> 'ordered'")),
    )

    token_hash: Mapped[str | None] = mapped_column(String(64))
    """A guest's token stays valid after checkout: it opens the orders and the next cart."""
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[CartStatus] = mapped_column(
        named_enum(CartStatus, "status"), default=CartStatus.ACTIVE
    )
    codes: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """The discount codes that were entered, as they are kept."""
    country: Mapped[str | None] = mapped_column(String(2))
    """Where it is to be sent, as far as it was told: it decides about the prices of markets."""
    note: Mapped[str | None] = mapped_column(String(500))
    gift_message: Mapped[str | None] = mapped_column(String(500))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


class CartItem(WithId, Base):
    """Units of one variant. `seen_price` (minor units) is the price that the customer last saw."""

    __tablename__ = "cart_items"
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity_in_range"),
    )

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    quantity: Mapped[int]
    seen_price: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(String(500))
    properties: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
