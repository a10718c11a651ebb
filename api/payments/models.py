"""The till: payments, their events, refunds, and the inbox of what the provider tells us."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.payments.states import PaymentState, RefundState
from api.platform.db import Base, Dated, Identified, Versioned, append_only, named_enum


class Payment(Identified, Versioned, Dated, Base):
    """One attempt to take money for an order. Amounts are minor units of `currency`.

    `captured`, `refunded` and `refund_pending` are sums of what the events and refunds say; the
    CHECK makes it impossible to promise back more than came in.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("captured >= 0 AND refunded >= 0 AND refund_pending >= 0", name="sums"),
        CheckConstraint("refunded + refund_pending <= captured", name="refunds_within_captured"),
        Index(
            "uq_payments_one_open_per_order",
            "order_id",
            unique=True,
            postgresql_where=text(
                "provider = 'stripe' AND status NOT IN ('failed', 'voided', 'captured')"
            ),
        ),
        Index(
            "ix_payments_open",
            "checked_at",
            postgresql_where=text("status NOT IN ('failed', 'voided', 'captured')"),
        ),
        Index(
            "ix_payments_needs_attention",
            "id",
            postgresql_where=text("needs_attention IS NOT NULL"),
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    provider: Mapped[str] = mapped_column(String(20))
    provider_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    """The PaymentIntent's id; empty until the provider has answered for the first time."""
    status: Mapped[PaymentState] = mapped_column(
        named_enum(PaymentState, "status"), default=PaymentState.PENDING
    )
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    authorized: Mapped[int] = mapped_column(BigInteger, default=0)
    captured: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    refund_pending: Mapped[int] = mapped_column(BigInteger, default=0)
    reference: Mapped[str | None] = mapped_column(String(200))
    """What staff wrote down for money that came another way."""
    decline_code: Mapped[str | None] = mapped_column(String(80))
    needs_attention: Mapped[str | None] = mapped_column(String(200))
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When we last heard from the provider about it; the sweep asks again about old ones."""


class PaymentEvent(Identified, Base):
    """One movement of money; only ever added. The sums on the payment are made of these."""

    __tablename__ = "payment_events"
    __table_args__ = (
        UniqueConstraint("payment_id", "kind", "reference", name="uq_payment_events_once"),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(160))
    """What makes the movement this one and not another: the provider's id or our row's."""


class Refund(Identified, Versioned, Dated, Base):
    """Money that goes back from one payment, in minor units."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index(
            "ix_refunds_open",
            "created_at",
            postgresql_where=text("status IN ('requested', 'submitted')"),
        ),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    status: Mapped[RefundState] = mapped_column(
        named_enum(RefundState, "status"), default=RefundState.REQUESTED
    )
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    provider_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    failure: Mapped[str | None] = mapped_column(String(200))


class ProviderEvent(Identified, Base):
    """One message of the provider, stored once however often it is sent."""

    __tablename__ = "provider_events"
    __table_args__ = (UniqueConstraint("provider", "provider_event_id"),)

    provider: Mapped[str] = mapped_column(String(20))
    provider_event_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(80))
    object_id: Mapped[str] = mapped_column(String(120))
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)


class OrphanMoney(Identified, Dated, Base):
    """Money at the provider that names no payment of ours: listed until a person settles it."""

    __tablename__ = "orphan_money"
    __table_args__ = (
        Index("ix_orphan_money_unsettled", "id", postgresql_where=text("settled_at IS NULL")),
    )

    provider_ref: Mapped[str] = mapped_column(String(120), unique=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    detail: Mapped[str] = mapped_column(Text)
    settled_at: Mapped[datetime | None]


append_only(cast(Table, PaymentEvent.__table__))
