"""Store an e-mail, claim it for sending, note how the sending went."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from sqlalchemy import CompoundSelect, CursorResult, bindparam, func, select, union, update
from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.notifications.errors import EmailBeingSent, EmailContainsSecret, EmailNotFound
from api.notifications.events import EmailResendRequested
from api.notifications.models import EmailMessage
from api.notifications.states import EMAIL, EmailKind, EmailStatus
from api.platform import audit, observability
from api.platform.db import UtcDateTime, lock_entity, require_transaction, table_of
from api.platform.outbox import Delivery, OutboxEvent, emit
from api.platform.prepared import prepared

CLAIM_LIFETIME = timedelta(minutes=6)
"""Longer than a job may run (five minutes): a claim that ran out belongs to a worker that died."""

MOOT_AFTER = timedelta(minutes=10)
MOOT = "Given up: what it tells had changed before it was known to have left."

_ERROR_LENGTH = 1000
_EMAILS: Final = table_of(EmailMessage)
# Built once: every order sends e-mails.
_WRITE: Final = prepared(
    insert(_EMAILS)
    .on_conflict_do_nothing(constraint="uq_letters_one_per_cause")
    .returning(_EMAILS.c.id)
)
_SENT: Final = prepared(
    update(_EMAILS)
    .where(_EMAILS.c.id == bindparam("email"))
    .values(
        status=EmailStatus.SENT,
        sent_at=bindparam("now", type_=UtcDateTime),
        claimed_until=None,
        last_error=None,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailContent:
    """An e-mail to be stored."""

    kind: EmailKind
    subject_id: UUID
    recipient: str
    subject_line: str
    text: str
    holds_secret: bool = False
    attached: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedEmail:
    """A claimed e-mail: what goes to the mail server, and which attempt this is."""

    email_id: UUID
    attempt: int
    message_id: str
    recipient: str
    subject_line: str
    text: str
    request_id: str
    attached: str | None = None


def create_and_claim(draft: EmailContent, *, domain: str) -> ClaimedEmail | None:
    """Store an e-mail in order to send it, or claim the one that the same cause made before.

    The first text stands: an order that changed in the meantime does not rewrite its e-mails.
    None when it needs no more sending; raises `EmailBeingSent` as `claim` does.
    """
    current, email_id, now = require_transaction(), new_id(), clock.now()
    posting = ClaimedEmail(
        email_id=email_id,
        attempt=1,
        message_id=f"<{email_id}@{domain}>",
        recipient=draft.recipient,
        subject_line=draft.subject_line,
        text=draft.text,
        request_id=observability.request_id(),
        attached=draft.attached,
    )
    written: UUID | None = current.scalar(
        _WRITE,
        {
            "id": email_id,
            "created_at": now,
            "kind": draft.kind,
            "subject_id": draft.subject_id,
            "recipient": draft.recipient,
            "status": EmailStatus.SENDING,
            "claimed_until": now + CLAIM_LIFETIME,
            "subject_line": draft.subject_line,
            "text": draft.text,
            "holds_secret": draft.holds_secret,
            "attached": draft.attached,
            "message_id": posting.message_id,
            "resends": 0,
            "attempts": posting.attempt,
            "request_id": posting.request_id,
        },
    )
    if written is not None:
        return posting
    known = current.execute(
        select(EmailMessage.id).where(
            EmailMessage.kind == draft.kind,
            EmailMessage.subject_id == draft.subject_id,
            EmailMessage.recipient == draft.recipient,
        )
    ).scalar_one()
    return claim(known)


def claim(email_id: UUID) -> ClaimedEmail | None:
    """Claim an e-mail in order to send it; None when it needs no more sending.

    Locks the row: of two workers one gets the e-mail, and the other raises `EmailBeingSent` and
    comes again later, so that the e-mail is sent even if the first one dies with it.
    """
    message = _lock(email_id)
    if message.status in (EmailStatus.SENT, EmailStatus.FAILED):
        return None
    _refuse_claimed(message)
    message.status = EmailStatus(EMAIL.next(message.status, "claim"))
    message.claimed_until = clock.now() + CLAIM_LIFETIME
    message.attempts += 1
    return ClaimedEmail(
        email_id=message.id,
        attempt=message.attempts,
        message_id=message.message_id,
        recipient=message.recipient,
        subject_line=message.subject_line,
        text=message.text,
        request_id=message.request_id,
        attached=message.attached,
    )


def record_sent(posting: ClaimedEmail) -> None:
    """Note that the mail server took an e-mail. It did leave, whoever holds the claim by now."""
    require_transaction().execute(_SENT, {"email": posting.email_id, "now": clock.now()})


def record_rejected(posting: ClaimedEmail, error: str) -> None:
    """Note that an e-mail will not arrive, and stop trying. Staff see it and may send it again."""
    _end_claim(posting, "reject", error)


def put_back(posting: ClaimedEmail, error: str) -> None:
    """Note why an e-mail was not sent this time; its delivery comes due again."""
    _end_claim(posting, "put_back", error)


def cancel_outdated() -> int:
    """End the e-mails that nobody will send: what they tell had changed when their turn came.

    A customer pays while "how to pay" waits, or changes the address that it goes to; or a worker
    dies with such an e-mail claimed, and the next one finds that it is needed no more. Without
    an end they would look as if they were under way for ever. One whose cause still has a job to
    do is left alone. Returns how many.
    """
    since = func.coalesce(EmailMessage.claimed_until, EmailMessage.created_at)
    ended = require_transaction().execute(
        update(EmailMessage)
        .where(
            EmailMessage.status.in_((EmailStatus.PENDING, EmailStatus.SENDING)),
            since < clock.now() - MOOT_AFTER,
            EmailMessage.request_id.not_in(_busy_requests()),
        )
        .values(status=EmailStatus.FAILED, claimed_until=None, last_error=MOOT)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", ended).rowcount


def resend(email_id: UUID, *, by: Principal) -> None:
    """Have an e-mail sent again, because someone on the staff says so.

    An e-mail that was sent gets another Message-ID: with the old one the mailbox would take it for
    a repetition and hide it. Raises `EmailBeingSent` for one that is being sent right now, and
    `EmailHoldsSecret`.
    """
    message = _lock(email_id)
    if message.holds_secret:
        raise EmailContainsSecret
    _refuse_claimed(message)
    before = message.status
    message.status = EmailStatus(EMAIL.next(before, "resend"))
    message.claimed_until = None
    if before is EmailStatus.SENT:
        message.resends += 1
        domain = message.message_id.rstrip(">").partition("@")[2]
        message.message_id = f"<{message.id}.{message.resends}@{domain}>"
    message.request_id = observability.request_id()
    audit.record("email.resent", by=by, subject_id=message.id, kind=message.kind.value)
    emit(EmailResendRequested(email_id=message.id))


def _busy_requests() -> CompoundSelect[tuple[str]]:
    """Name the requests of which something is still to be told or done."""
    return union(
        select(OutboxEvent.request_id).where(OutboxEvent.relayed_at.is_(None)),
        select(OutboxEvent.request_id)
        .join(Delivery, Delivery.fact_id == OutboxEvent.id)
        .where(Delivery.done_at.is_(None)),
    )


def _lock(email_id: UUID) -> EmailMessage:
    return lock_entity(EmailMessage, email_id, EmailNotFound(email_id=email_id))


def _refuse_claimed(message: EmailMessage) -> None:
    if message.claimed_until is not None and message.claimed_until > clock.now():
        raise EmailBeingSent(email_id=message.id)


def _end_claim(posting: ClaimedEmail, command: str, error: str) -> None:
    """Give up a claim. A later attempt of another worker is left alone: the claim was lost."""
    message = _lock(posting.email_id)
    if message.status is not EmailStatus.SENDING or message.attempts != posting.attempt:
        return
    message.status = EmailStatus(EMAIL.next(message.status, command))
    message.claimed_until = None
    message.last_error = error[:_ERROR_LENGTH]
