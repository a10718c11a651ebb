"""Tables about the handling of orders: holds, the rules that set them, notes and saved views."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.orders.states import HoldReason, RuleCondition
from api.platform import change_feed
from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum


class OrderHold(WithId, Timestamped, Base):
    """One reason not to ship an order yet. An order may have several; each is released separately.

    `reference` is the dispute, warning or refund that caused it. It is unique per order, so that
    a repeated webhook does not restore a hold that staff released.
    """

    __tablename__ = "order_holds"
    __table_args__ = (
        UniqueConstraint("order_id", "reference"),
        Index("ix_order_holds_order", "order_id", "id"),
        Index("ix_order_holds_cause", "reference", postgresql_where=text("released_at IS NULL")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    reason: Mapped[HoldReason] = mapped_column(named_enum(HoldReason, "reason"))
    note: Mapped[str | None] = mapped_column(String(500))
    reference: Mapped[str | None] = mapped_column(String(160))
    created_by: Mapped[str] = mapped_column(String(200))
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(200))


class HoldRule(WithId, Versioned, Timestamped, Base):
    """A rule that holds an order when it is paid for the first time. Amounts are minor units.

    `value` is the risk level or the failed check that the condition is about.
    """

    __tablename__ = "hold_rules"
    __table_args__ = (
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount_has_a_currency"),
        CheckConstraint(
            "(condition IN ('amount_above', 'first_order_above')) = (amount IS NOT NULL)",
            name="amount_is_for_conditions_about_amounts",
        ),
        CheckConstraint(
            "CASE condition WHEN 'risk_level' THEN coalesce(value, '') IN ('elevated', 'highest') "
            "WHEN 'card_check_failed' THEN coalesce(value, '') IN ('cvc', 'address', 'any') "
            "ELSE value IS NULL END",
            name="value_fits_the_condition",
        ),
    )

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    condition: Mapped[RuleCondition] = mapped_column(named_enum(RuleCondition, "condition"))
    value: Mapped[str | None] = mapped_column(String(20))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    reason: Mapped[HoldReason] = mapped_column(named_enum(HoldReason, "reason"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")


class OrderNote(WithId, Versioned, Timestamped, Base):
    """A note about an order: for colleagues, or for its customer, who sees it with the order.

    A pinned one must be acknowledged by whoever ships the order.
    """

    __tablename__ = "order_notes"
    __table_args__ = (
        Index("ix_order_notes_order", "order_id", "id"),
        CheckConstraint("NOT (is_pinned AND for_customer)", name="pinned_is_for_staff"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    text: Mapped[str] = mapped_column(String(2000))
    for_customer: Mapped[bool] = mapped_column(default=False, server_default="false")
    is_pinned: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_by: Mapped[str] = mapped_column(String(200))


class NoteAcknowledgement(Base):
    """That somebody has read a pinned note; each person does so once."""

    __tablename__ = "order_note_acknowledgements"

    note_id: Mapped[UUID] = mapped_column(
        ForeignKey("order_notes.id", ondelete="CASCADE"), primary_key=True
    )
    actor_key: Mapped[str] = mapped_column(String(120), primary_key=True)
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class OrderView(WithId, Versioned, Timestamped, Base):
    """Filters of the list of orders that somebody saved under a name, for themselves."""

    __tablename__ = "order_views"
    __table_args__ = (
        Index("uq_order_views_user_name", "user_id", func.lower(text("name")), unique=True),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    filters: Mapped[dict[str, object]]


change_feed.watch(OrderHold.__table__, {"order": "order_id"})
