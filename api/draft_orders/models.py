"""Tables of draft orders and their lines."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.draft_orders.states import DraftStatus
from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum


class DraftOrder(WithId, Versioned, Timestamped, Base):
    """What staff put together for a customer, or quote, before it is an order."""

    __tablename__ = "draft_orders"
    __table_args__ = (
        CheckConstraint("(status = 'placed') = (order_id IS NOT NULL)", name="placed_has_order"),
        Index("ix_draft_orders_newest", text("created_at DESC"), text("id DESC")),
        Index(
            "ix_draft_orders_open",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("status IN ('open', 'sent')"),
        ),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[DraftStatus] = mapped_column(
        named_enum(DraftStatus, "status"), default=DraftStatus.OPEN
    )
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    email: Mapped[str | None] = mapped_column(String(254))
    currency: Mapped[str] = mapped_column(String(3))
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    billing_address: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    shipping_method: Mapped[str | None] = mapped_column(String(60))
    customer_note: Mapped[str | None] = mapped_column(String(500))
    reason: Mapped[str | None] = mapped_column(String(200))
    """Why staff set prices."""
    valid_until: Mapped[datetime | None]
    """Of a quote: its prices stand until then."""
    reserved_until: Mapped[datetime | None]
    quoted_total: Mapped[int | None] = mapped_column(BigInteger)
    """What the pay link asks for, in minor units; another total is not placed."""
    goods_total: Mapped[int] = mapped_column(BigInteger, default=0)
    """Units at their prices, in minor units, without tax that is added and shipping."""
    discount_codes: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default="{}"
    )
    price_command_id: Mapped[UUID | None]
    """The waiting command about its prices; empty when they stand."""
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), unique=True)
    created_by: Mapped[str] = mapped_column(String(200))

    lines: Mapped[list["DraftLine"]] = relationship(
        order_by="DraftLine.position", lazy="raise", cascade="all, delete-orphan"
    )


class DraftLine(WithId, Base):
    """Units of a variant on a draft, at the price that was agreed, in minor units."""

    __tablename__ = "draft_order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="price_not_negative"),
        Index("ix_draft_order_lines_draft", "draft_id", "position"),
    )

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft_orders.id", ondelete="CASCADE"))
    position: Mapped[int]
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    sku: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(300))
    quantity: Mapped[int]
    unit_price: Mapped[int] = mapped_column(BigInteger)
    usual_price: Mapped[int] = mapped_column(BigInteger)
