"""Gift cards: issuing, disabling, and turning one into store credit."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.outbox import emit
from api.platform.settings import current_settings
from api.stored_value import codes
from api.stored_value.errors import (
    ExpiryTooEarly,
    GiftCardDisabled,
    GiftCardNotFound,
    GiftCardSpent,
)
from api.stored_value.events import GiftCardDue
from api.stored_value.models import StoredValueAccount
from api.stored_value.service.ledger import locked, move
from api.stored_value.service.store_credit import account_of
from api.stored_value.states import AccountKind, EntryKind, GiftCardStatus, gift_card_status
from api.tax.queries import gift_card_min_days


@dataclass(frozen=True, slots=True)
class IssuedGiftCard:
    """A new gift card: the only moment at which its code is known."""

    id: UUID
    code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewGiftCard:
    """A gift card to issue; with a `recipient` its code goes there by e-mail and nowhere else."""

    amount: Money
    reason: str
    expires_at: datetime | None = None
    recipient: str | None = None
    message: str | None = None


def issue_gift_card(
    wanted: NewGiftCard, *, by: Principal, card_id: UUID | None = None
) -> IssuedGiftCard:
    """Issue a gift card and return its code, which is stored as a digest only.

    Without `expires_at` it is valid as long as the shop's setting says, by default without end.
    Emits `GiftCardDue` with a recipient, and returns no code then. Raises `ExpiryTooEarly` for a
    date before the minimum of the strictest market.
    """
    amount, reason, expires_at = wanted.amount, wanted.reason, _expiry(wanted.expires_at)
    code = codes.new_code() if wanted.recipient is None else None
    card = StoredValueAccount(
        id=card_id or new_id(),
        kind=AccountKind.GIFT_CARD,
        currency=amount.currency,
        balance=0,
        initial=amount.amount,
        version=0,
        code_digest=None if code is None else codes.digest(code),
        last_four=None if code is None else codes.last_four(code),
        expires_at=expires_at,
        recipient=wanted.recipient,
        message=wanted.message,
    )
    require_transaction().add(card)
    session.flush()
    move(card, EntryKind.ISSUED, amount.amount, reference=str(card.id), by=by, reason=reason)
    audit.record(
        "gift_card.issued",
        by=by,
        subject_id=card.id,
        amount=amount.amount,
        currency=amount.currency,
        reason=reason,
        expires_at=None if expires_at is None else expires_at.isoformat(),
        is_emailed=wanted.recipient is not None,
    )
    if wanted.recipient is not None:
        emit(GiftCardDue(card_id=card.id))
    return IssuedGiftCard(card.id, code)


def replace_code(card_id: UUID, *, recipient: str | None, reason: str, by: Principal) -> str | None:
    """Give a gift card another code; the one before is worthless at once. Locks it.

    The new code goes to `recipient` by e-mail (`GiftCardDue`), or else is returned, this once.
    Raises `GiftCardNotFound`, `GiftCardDisabled` and `GiftCardSpent`.
    """
    card = _locked(card_id)
    if card.disabled_at is not None:
        raise GiftCardDisabled(state="disabled: enable it first")
    if not card.balance:
        raise GiftCardSpent
    card.code_version += 1
    card.version += 1
    code = codes.code_of(card.id, card.code_version)
    card.code_digest, card.last_four = codes.digest(code), codes.last_four(code)
    audit.record(
        "gift_card.code_replaced",
        by=by,
        subject_id=card_id,
        reason=reason,
        is_emailed=recipient is not None,
        code_version=card.code_version,
    )
    if recipient is None:
        return code
    card.recipient, card.send_at = recipient, None
    emit(GiftCardDue(card_id=card.id, code_version=card.code_version))
    return None


def disable_gift_card(card_id: UUID, *, reason: str, by: Principal) -> None:
    """Stop a gift card from paying; its balance stays. Locks it.

    Raises `GiftCardNotFound` and `GiftCardDisabled`.
    """
    card = _locked(card_id)
    if card.disabled_at is not None:
        raise GiftCardDisabled(state="disabled already")
    card.disabled_at = clock.now()
    card.version += 1
    audit.record("gift_card.disabled", by=by, subject_id=card_id, reason=reason)


def enable_gift_card(card_id: UUID, *, reason: str, by: Principal) -> None:
    """Let a disabled gift card pay again. Locks it.

    Raises `GiftCardNotFound` and `GiftCardDisabled`.
    """
    card = _locked(card_id)
    if card.disabled_at is None:
        raise GiftCardDisabled(state="not disabled")
    card.disabled_at = None
    card.version += 1
    audit.record("gift_card.enabled", by=by, subject_id=card_id, reason=reason)


def merge_gift_card(code: str, *, customer_id: UUID, by: Principal) -> UUID:
    """Move all of a gift card into a customer's store credit; returns that account's id.

    What an order returns to the card later goes there as well. Locks the card, then the store
    credit. Raises `GiftCardNotFound`, also for a card that is disabled, expired or empty.
    """
    cards = locked(StoredValueAccount.code_digest.in_(codes.digests(code)))
    if not cards or not is_usable(cards[0]):
        raise GiftCardNotFound
    card, amount = cards[0], cards[0].balance
    credit = account_of(customer_id, card.currency)
    move(card, EntryKind.MERGED, -amount, reference=str(credit.id), by=by)
    move(credit, EntryKind.MERGED, amount, reference=str(card.id), by=by)
    card.merged_into = credit.id
    return credit.id


def is_usable(card: StoredValueAccount) -> bool:
    """Tell whether a gift card can pay now."""
    status = gift_card_status(
        balance=card.balance,
        initial=card.initial,
        expires_at=card.expires_at,
        disabled_at=card.disabled_at,
        now=clock.now(),
    )
    return status in (GiftCardStatus.ACTIVE, GiftCardStatus.PARTIALLY_REDEEMED)


def least_expiry(country: str | None = None) -> datetime:
    """Return the earliest moment at which a gift card may expire that is issued now.

    By the market of a country, or by the strictest of all.
    """
    return clock.now() + timedelta(days=gift_card_min_days(country))


def default_expiry(country: str | None = None) -> datetime | None:
    """Return when a gift card expires that is issued now, by the shop's setting and the market."""
    days = current_settings().gift_card_valid_days
    return clock.now() + timedelta(days=max(days, gift_card_min_days(country))) if days else None


def _expiry(chosen: datetime | None) -> datetime | None:
    if chosen is None:
        return default_expiry()
    if chosen < (earliest := least_expiry()):
        error = ExpiryTooEarly(earliest=earliest.date())
        told = {"pointer": "/expires_at", "code": error.code, "detail": error.detail}
        raise ExpiryTooEarly(earliest=earliest.date(), errors=[told])
    return chosen


def _locked(card_id: UUID) -> StoredValueAccount:
    cards = locked(
        StoredValueAccount.id == card_id, StoredValueAccount.kind == AccountKind.GIFT_CARD
    )
    if not cards:
        raise GiftCardNotFound
    return cards[0]
