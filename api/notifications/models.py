"""The list of e-mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from api.notifications.states import EmailKind, EmailStatus
from api.platform.db import Base, Timestamped, WithId, named_enum


class EmailMessage(WithId, Timestamped, Base):
    """One e-mail: why it is written, to whom, what it says, and how far it has come.

    `subject_id` is the cause: the order, the parcel, the refund, the account. `message_id` is made
    from the e-mail's own id, so whatever happens on the way, the reader's mailbox can tell that
    the same e-mail came twice. `text` leaves out what must not be stored (`holds_secret`).
    """

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "recipient", name="uq_letters_one_per_cause"),
        UniqueConstraint("message_id"),
        CheckConstraint(
            "(status = 'sending') = (claimed_until IS NOT NULL)", name="claimed_while_sending"
        ),
        CheckConstraint("status <> 'sent' OR sent_at IS NOT NULL", name="sent_at_some_moment"),
        Index("ix_letters_subject_id", "subject_id", "id"),
        Index("ix_letters_not_sent", "status", "id", postgresql_where=text("status <> 'sent'")),
    )

    kind: Mapped[EmailKind] = mapped_column(named_enum(EmailKind, "kind"))
    subject_id: Mapped[UUID]
    recipient: Mapped[str] = mapped_column(String(254))
    status: Mapped[EmailStatus] = mapped_column(
        named_enum(EmailStatus, "status"), default=EmailStatus.PENDING
    )
    subject_line: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    holds_secret: Mapped[bool] = mapped_column(default=False)
    message_id: Mapped[str] = mapped_column(String(320))
    resends: Mapped[int] = mapped_column(default=0)
    """How often staff had it sent again after it was sent."""
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(64))
    """The request, or the timetable's job, that caused it."""
    attached: Mapped[str | None] = mapped_column(String(80))
    """What goes along as a file, made anew each time it is sent: `purchase_order/ID`."""
    sent_at: Mapped[datetime | None]
