"""The attention list: what a person must look at, from any part of the shop.

An item is raised once per kind and reference and stays open until its cause is gone or somebody
resolves it. Raising it again only updates its text, so that nothing accumulates. A new kind is one
member of `AttentionKind` and one entry in `api.attention.policy`.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    ForeignKey,
    Index,
    String,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.errors import Conflict, NotFound
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.platform import change_feed
from api.platform.db import (
    AnyRow,
    Base,
    Timestamped,
    WithId,
    lock_entity,
    named_enum,
    require_transaction,
    session,
)
from api.platform.outbox import emit

COUNTED_UP_TO = 100
LONGEST_REASON = 500


class AttentionKind(StrEnum):
    """Why an item needs a person."""

    OVERPAID = "overpaid"
    WRONG_AMOUNT = "wrong_amount"
    LATE_TRANSFER = "late_transfer"
    ORPHAN_MONEY = "orphan_money"
    FAILED_REFUND = "failed_refund"
    FOREIGN_REFUND = "foreign_refund"
    DISPUTE = "dispute"
    FRAUD_WARNING = "fraud_warning"
    FAILING_JOB = "failing_job"
    DISCREPANCY = "discrepancy"
    VAT_ID_UNCHECKED = "vat_id_unchecked"
    WITHDRAWAL = "withdrawal"
    PRINTER_DOWN = "printer_down"
    LABEL_UNCLEAR = "label_unclear"
    LABEL_UNUSED = "label_unused"
    PARCEL_RETURNING = "parcel_returning"


class Resolution(StrEnum):
    """How an item was resolved. `gone` is the only one without a person: the cause disappeared."""

    GONE = "gone"
    ACCEPTED = "accepted"
    REFUNDED = "refunded"
    LINKED = "linked"
    RETRIED = "retried"
    DISCARDED = "discarded"


class AttentionItemNotFound(NotFound):
    """No attention item has this id."""

    code = "attention_item_not_found"
    sentence = "There is no such item on the attention list."


class AttentionItemResolved(Conflict):
    """Somebody else resolved the item, or its cause disappeared. Carries `resolution`."""

    code = "attention_item_resolved"
    sentence = "This was resolved already ({resolution})."


class AttentionItem(WithId, Timestamped, Base):
    """An item of the list: `reference` is its cause within the kind, amounts are minor units."""

    __tablename__ = "attention_items"
    __table_args__ = (
        Index(
            "uq_attention_items_open",
            "kind",
            "reference",
            unique=True,
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_attention_items_open", "id", postgresql_where=text("resolved_at IS NULL")),
        Index(
            "ix_attention_items_resolved", "id", postgresql_where=text("resolved_at IS NOT NULL")
        ),
        Index("ix_attention_items_cause", "kind", "reference"),
        Index("ix_attention_items_order", "order_id"),
    )

    kind: Mapped[AttentionKind] = mapped_column(named_enum(AttentionKind, "kind"))
    reference: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    due_at: Mapped[datetime | None]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"))
    dispute_id: Mapped[UUID | None] = mapped_column(ForeignKey("disputes.id"))
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(200))
    resolution: Mapped[Resolution | None] = mapped_column(named_enum(Resolution, "resolution"))
    note: Mapped[str | None] = mapped_column(String(500))


change_feed.watch(AttentionItem.__table__, {"attention": "id", "order": "order_id"})

IS_OPEN: ColumnElement[bool] = AttentionItem.resolved_at.is_(None)


@dataclass(frozen=True, slots=True)
class Subjects:
    """The objects that an item is about, for links to them."""

    order_id: UUID | None = None
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    dispute_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AttentionRaised(Event):
    """A new attention item was raised. Emitted once per item, however often it is raised."""

    item_id: UUID


def raise_item(
    kind: AttentionKind,
    reference: object,
    reason: str,
    *,
    amount: Money | None = None,
    due_at: datetime | None = None,
    about: Subjects | None = None,
    notify: bool = True,
) -> None:
    """Put an item on the list, once per kind and reference, and notify staff (`AttentionRaised`).

    An open item gets the newest reason, amount and due date. An item that somebody accepted with
    the same amount stays accepted. Needs a transaction.
    """
    minor, currency = (None, None) if amount is None else (amount.amount, amount.currency)
    accepted = session.scalar(
        select(AttentionItem.id)
        .where(
            AttentionItem.kind == kind,
            AttentionItem.reference == str(reference),
            AttentionItem.resolution == Resolution.ACCEPTED,
            AttentionItem.amount.is_not_distinct_from(minor),
        )
        .limit(1)
    )
    if accepted is not None:
        return
    news = {"reason": reason[:LONGEST_REASON], "amount": minor, "currency": currency}
    statement = insert(AttentionItem).values(
        id=new_id(),
        created_at=clock.now(),
        kind=kind,
        reference=str(reference),
        due_at=due_at,
        **asdict(about or Subjects()),
        **news,
    )
    raised: AnyRow = session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "reference"],
            index_where=IS_OPEN,
            set_={**news, "due_at": due_at},
        ).returning(AttentionItem.id, literal_column("xmax = 0").label("is_new"))
    ).one()
    if raised.is_new and notify:
        emit(AttentionRaised(item_id=raised.id))


def clear(
    *kinds: AttentionKind,
    reference: object | None = None,
    order_id: UUID | None = None,
    up_to: int | None = None,
) -> int:
    """Resolve items whose cause is gone, by reference or by order; returns how many.

    `up_to` leaves items of a larger amount (minor units). Needs a transaction.
    """
    if reference is None and order_id is None:
        raise ValueError("say whose items: by reference or by order")
    conditions = [IS_OPEN, AttentionItem.kind.in_(kinds)]
    if reference is not None:
        conditions.append(AttentionItem.reference == str(reference))
    if order_id is not None:
        conditions.append(AttentionItem.order_id == order_id)
    if up_to is not None:
        conditions.append(func.coalesce(AttentionItem.amount, 0) <= up_to)
    done = require_transaction().execute(
        update(AttentionItem)
        .where(*conditions)
        .values(resolved_at=clock.now(), resolved_by=SYSTEM.label, resolution=Resolution.GONE)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", done).rowcount


def open_references(kind: AttentionKind, *, beginning: str) -> list[str]:
    """Return the references of open items of a kind that begin with a text."""
    return list(
        session.scalars(
            select(AttentionItem.reference).where(
                IS_OPEN,
                AttentionItem.kind == kind,
                AttentionItem.reference.startswith(beginning, autoescape=True),
            )
        )
    )


def was_raised(kind: AttentionKind, reference: object) -> bool:
    """Return whether there ever was an item with this reference, resolved or not."""
    item_id = session.scalar(
        select(AttentionItem.id)
        .where(AttentionItem.kind == kind, AttentionItem.reference == str(reference))
        .limit(1)
    )
    return item_id is not None


def reference_of(item_id: UUID, *kinds: AttentionKind) -> str:
    """Return the reference of an item of these kinds. Raises `AttentionItemNotFound`."""
    reference = session.scalar(
        select(AttentionItem.reference).where(
            AttentionItem.id == item_id, AttentionItem.kind.in_(kinds)
        )
    )
    if reference is None:
        raise AttentionItemNotFound(item_id=item_id)
    return reference


def lock_open(item_id: UUID) -> AttentionItem:
    """Lock an open item. Raises `AttentionItemNotFound` and `AttentionItemResolved`."""
    item = lock_entity(AttentionItem, item_id, AttentionItemNotFound(item_id=item_id))
    if item.resolution is not None:
        raise AttentionItemResolved(resolution=item.resolution.value)
    return item


def resolve(item: AttentionItem, how: Resolution, *, note: str | None, by: Principal) -> None:
    """Resolve an item as somebody decided. Needs the item locked."""
    item.resolved_at, item.resolved_by = clock.now(), by.label
    item.resolution, item.note = how, note


def end_by_person(item_id: UUID, how: Resolution, *, note: str | None, by: Principal) -> None:
    """Record that somebody resolved an item, even if their action already cleared its cause.

    Needs a transaction.
    """
    require_transaction().execute(
        update(AttentionItem)
        .where(
            AttentionItem.id == item_id,
            IS_OPEN | (AttentionItem.resolution == Resolution.GONE),
        )
        .values(resolved_at=clock.now(), resolved_by=by.label, resolution=how, note=note)
        .execution_options(synchronize_session=False)
    )


def open_items_of_order(order_id: UUID) -> list[dict[str, object]]:
    """Return the open items of an order, oldest first."""
    rows = session.execute(
        select(
            AttentionItem.id,
            AttentionItem.kind,
            AttentionItem.reason,
            AttentionItem.amount,
            AttentionItem.currency,
            AttentionItem.due_at,
            AttentionItem.created_at,
        )
        .where(AttentionItem.order_id == order_id, IS_OPEN)
        .order_by(AttentionItem.id)
    )
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "reason": row.reason,
            "amount": None if row.amount is None else Money(row.amount, row.currency),
            "due_at": row.due_at,
            "created_at": row.created_at,
        }
        for row in rows
    ]


def open_count(*conditions: ColumnElement[bool]) -> int:
    """Count open items, of which the conditions hold, up to a hundred."""
    items = select(AttentionItem.id).where(IS_OPEN, *conditions).limit(COUNTED_UP_TO).subquery()
    return session.scalar(select(func.count()).select_from(items)) or 0
