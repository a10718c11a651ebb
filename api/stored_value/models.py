"""Tables of gift cards and store credit: accounts and their ledger."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum
from api.stored_value.states import AccountKind, EntryKind


class StoredValueAccount(WithId, Versioned, Timestamped, Base):
    """A gift card, or the store credit of a customer in one currency.

    `balance` (minor units) is the sum of the entries; every change locks the row.
    """

    __tablename__ = "stored_value_accounts"
    __table_args__ = (
        CheckConstraint("balance >= 0", name="balance_not_negative"),
        CheckConstraint("(kind = 'store_credit') = (customer_id IS NOT NULL)", name="owner"),
        Index(
            "uq_stored_value_accounts_customer_currency",
            "customer_id",
            "currency",
            unique=True,
            postgresql_where=text("kind = 'store_credit'"),
        ),
        Index("ix_stored_value_accounts_order_line_id", "order_line_id"),
        Index("ix_stored_value_accounts_fulfilment_id", "fulfilment_id"),
        Index(
            "ix_stored_value_accounts_send_at",
            "send_at",
            postgresql_where=text("send_at IS NOT NULL"),
        ),
        Index("ix_stored_value_accounts_kind_id", "kind", "id"),
        Index(
            "ix_stored_value_accounts_last_four",
            "last_four",
            postgresql_where=text("kind = 'gift_card'"),
        ),
    )

    kind: Mapped[AccountKind] = mapped_column(named_enum(AccountKind, "kind"))
    currency: Mapped[str] = mapped_column(String(3))
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    initial: Mapped[int] = mapped_column(BigInteger, default=0)
    """The amount that a gift card was issued with, in minor units."""
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    code_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    last_four: Mapped[str | None] = mapped_column(String(4))
    code_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often its code was replaced."""
    expires_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    order_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"))
    """The line of the order with which a gift card was bought."""
    fulfilment_id: Mapped[UUID | None] = mapped_column(ForeignKey("fulfilments.id"))
    case_id: Mapped[UUID | None]
    """The refund request that disabled a gift card; it works again if the refund fails."""
    sender: Mapped[str | None] = mapped_column(String(200))
    recipient: Mapped[str | None] = mapped_column(String(254))
    message: Mapped[str | None] = mapped_column(String(500))
    send_at: Mapped[datetime | None]
    """When a gift card that was bought is to be sent; empty once that has begun."""
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("stored_value_accounts.id"))
    """The store credit that a gift card became: what returns to the card goes there."""


class StoredValueEntry(WithId, Base):
    """One movement of an account's balance, in minor units; append-only."""

    __tablename__ = "stored_value_entries"
    __table_args__ = (
        CheckConstraint("amount <> 0 AND balance_after >= 0", name="amounts"),
        Index("uq_stored_value_entries_once", "account_id", "kind", "reference", unique=True),
        Index("ix_stored_value_entries_account_id_id", "account_id", "id"),
        Index(
            "ix_stored_value_entries_payment_id",
            "payment_id",
            postgresql_where=text("payment_id IS NOT NULL"),
        ),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("stored_value_accounts.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[EntryKind] = mapped_column(named_enum(EntryKind, "kind"))
    amount: Mapped[int] = mapped_column(BigInteger)
    balance_after: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(160))
    """Identifies the movement, so that a repetition does not move it twice."""
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(200))


append_only(cast(Table, StoredValueEntry.__table__))
