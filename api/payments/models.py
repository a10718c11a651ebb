"""Tables of payments: payments, payment events, refunds, disputes and the webhook inbox."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
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
from api.payments.states import PaymentState, RefundOrigin, RefundState
from api.platform import change_feed
from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum


class Payment(WithId, Versioned, Timestamped, Base):
    """One payment, or attempt to pay, for an order. Amounts are minor units of `currency`.

    `captured`, `refunded`, `refund_pending` and `charged_back` are sums of the events, refunds and
    disputes. No refund is requested beyond what is left; a refund made at the provider may come
    first, and the requested one then fails there.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("captured >= 0 AND refunded >= 0 AND refund_pending >= 0", name="sums"),
        CheckConstraint("refunded <= captured", name="refunds_within_captured"),
        CheckConstraint("charged_back >= 0", name="charged_back"),
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
            "ix_payments_to_withdraw",
            "checked_at",
            postgresql_where=text(
                "provider = 'stripe' AND status = 'voided' AND withdrawn_at IS NULL"
            ),
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
    charged_back: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Amount lost in disputes."""
    reference: Mapped[str | None] = mapped_column(String(200))
    """Staff's reference for a payment made outside the provider."""
    decline_code: Mapped[str | None] = mapped_column(String(80))
    risk_level: Mapped[str | None] = mapped_column(String(20))
    """What the provider says of the risk of fraud, in its own word."""
    failed_checks: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """What the card's bank said does not fit: `cvc`, `address`."""
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When the provider's state was last fetched; the sweep fetches old ones again."""
    withdrawn_at: Mapped[datetime | None]
    """When the provider confirmed that a voided payment can no longer be paid."""


class PaymentEvent(WithId, Base):
    """One movement of money; append-only. The sums on the payment are computed from these."""

    __tablename__ = "payment_events"
    __table_args__ = (
        UniqueConstraint("payment_id", "kind", "reference", name="uq_payment_events_once"),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(160))
    """Identifies the movement: the provider's id or the id of our row."""


class Refund(WithId, Versioned, Timestamped, Base):
    """A refund of one payment, in minor units."""

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
    case_id: Mapped[UUID] = mapped_column(index=True)
    """The refund request; one over several payments has several refunds."""
    status: Mapped[RefundState] = mapped_column(
        named_enum(RefundState, "status"), default=RefundState.REQUESTED
    )
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    to_store_credit: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether it is given as store credit, and not by the payment's provider."""
    provider_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    failure: Mapped[str | None] = mapped_column(String(200))
    origin: Mapped[RefundOrigin] = mapped_column(
        named_enum(RefundOrigin, "origin"), default=RefundOrigin.SHOP, server_default="shop"
    )
    provider_status: Mapped[str | None] = mapped_column(String(60))
    """The provider's own status, including unknown ones."""


class ProviderEvent(WithId, Base):
    """One webhook event, stored once however often it is sent."""

    __tablename__ = "provider_events"
    __table_args__ = (UniqueConstraint("provider", "provider_event_id"),)

    provider: Mapped[str] = mapped_column(String(20))
    provider_event_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(80))
    object_id: Mapped[str] = mapped_column(String(120))
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    applied_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    """Its result: `applied`, `ignored`, or `unknown_object` of another account."""


class Dispute(WithId, Versioned, Timestamped, Base):
    """A dispute of a payment. Amounts are minor units of `currency`.

    `status` and `reason` are the provider's own. `charged_back` is the amount that the payment
    lost, in the payment's currency, which may differ from the dispute's.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND charged_back >= 0", name="sums"),
        Index("ix_disputes_order", "order_id"),
        Index("ix_disputes_payment", "payment_id"),
        Index("ix_disputes_open", "checked_at", postgresql_where=text("closed_at IS NULL")),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    provider_ref: Mapped[str] = mapped_column(String(120), unique=True)
    status: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(80))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    charged_back: Mapped[int] = mapped_column(BigInteger, default=0)
    fee: Mapped[int | None] = mapped_column(BigInteger)
    """The provider's fee, if known; in `fee_currency`."""
    fee_currency: Mapped[str | None] = mapped_column(String(3))
    is_refundable: Mapped[bool] = mapped_column(default=False)
    """Whether the payment can still be refunded, as during an inquiry."""
    evidence_due_by: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(60))
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)


class FraudWarning(WithId, Timestamped, Base):
    """An early fraud warning: a bank suspects fraud and has not disputed the payment yet."""

    __tablename__ = "fraud_warnings"
    __table_args__ = (
        Index("ix_fraud_warnings_order", "order_id"),
        Index("ix_fraud_warnings_open", "checked_at", postgresql_where=text("closed_at IS NULL")),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    provider_ref: Mapped[str] = mapped_column(String(120), unique=True)
    fraud_type: Mapped[str] = mapped_column(String(80))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When it stopped being actionable: fully refunded, or disputed."""
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)


class ProviderScan(Base):
    """How far the sweep has read one of the provider's lists; see `payments.service.scans`."""

    __tablename__ = "provider_scans"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    complete_until: Mapped[datetime | None]
    """Everything created before this moment has been read at least once."""
    whole_pass_at: Mapped[datetime | None]
    """When the last completed pass over all thirty days began."""
    pass_began_at: Mapped[datetime | None]
    pass_since: Mapped[datetime | None]
    pass_is_whole: Mapped[bool] = mapped_column(default=False)
    cursor: Mapped[str | None] = mapped_column(String(120))
    """The last object read by the running pass, where it continues."""


append_only(cast(Table, PaymentEvent.__table__))
change_feed.watch(Payment.__table__, {"order": "order_id"})
change_feed.watch(Refund.__table__, {"order": "order_id"})
change_feed.watch(Dispute.__table__, {"order": "order_id"})
change_feed.watch(FraudWarning.__table__, {"order": "order_id"})
