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
from api.platform.service_registry import get_service
from api.platform.settings import Settings
from api.stored_value import codes
from api.stored_value.errors import ExpiryTooEarly, GiftCardDisabled, GiftCardNotFound
from api.stored_value.models import StoredValueAccount
from api.stored_value.service.ledger import locked, move
from api.stored_value.service.store_credit import account_of
from api.stored_value.states import AccountKind, EntryKind, GiftCardStatus, gift_card_status


@dataclass(frozen=True, slots=True)
class IssuedGiftCard:
    """A new gift card: the only moment at which its code is known."""

    id: UUID
    code: str = field(repr=False)


def issue_gift_card(
    amount: Money, *, reason: str, expires_at: datetime | None, by: Principal
) -> IssuedGiftCard:
    """Issue a gift card and return its code, which is stored as a digest only.

    Without `expires_at` it is valid as long as the shop's setting says, by default without end.
    Raises `ExpiryTooEarly` for a date before the shop's minimum.
    """
    expires_at = _expiry(expires_at)
    code = codes.new_code()
    card = StoredValueAccount(
        id=new_id(),
        kind=AccountKind.GIFT_CARD,
        currency=amount.currency,
        balance=0,
        initial=amount.amount,
        version=0,
        code_digest=codes.digest(code),
        last_four=codes.last_four(code),
        expires_at=expires_at,
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
    )
    return IssuedGiftCard(card.id, code)


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


def least_expiry() -> datetime:
    """Return the earliest moment at which a gift card may expire that is issued now."""
    settings: Settings = get_service(Settings)
    return clock.now() + timedelta(days=settings.gift_card_min_days)


def default_expiry() -> datetime | None:
    """Return when a gift card expires that is issued now, by the shop's setting."""
    settings: Settings = get_service(Settings)
    days = settings.gift_card_valid_days
    return clock.now() + timedelta(days=days) if days else None


def _expiry(chosen: datetime | None) -> datetime | None:
    if chosen is None:
        return default_expiry()
    if chosen < (earliest := least_expiry()):
        raise ExpiryTooEarly(earliest=earliest.date())
    return chosen


def _locked(card_id: UUID) -> StoredValueAccount:
    cards = locked(
        StoredValueAccount.id == card_id, StoredValueAccount.kind == AccountKind.GIFT_CARD
    )
    if not cards:
        raise GiftCardNotFound
    return cards[0]
