"""Gift cards that are bought: issued when shipped, sent by e-mail, disabled by a refund."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.outbox import emit
from api.stored_value import codes
from api.stored_value.errors import GiftCardUsed
from api.stored_value.events import GiftCardDue
from api.stored_value.models import StoredValueAccount
from api.stored_value.service.gift_cards import default_expiry
from api.stored_value.service.ledger import locked, move
from api.stored_value.states import AccountKind, EntryKind


@dataclass(frozen=True, slots=True)
class Purchase:
    """With what a gift card was bought, and who bought it."""

    order_id: UUID
    order_line_id: UUID
    fulfilment_id: UUID
    sender: str


def issue_bought(
    amount: Money,
    purchase: Purchase,
    *,
    country: str,
    recipient: str,
    message: str | None,
    send_at: datetime | None,
    by: Principal,
) -> None:
    """Issue a gift card that was bought. Its code is made when it is sent, at `send_at` or now.

    It is valid as long as the market of `country` asks at least.
    Runs in the transaction that ships it, so that it is issued once. Emits `GiftCardDue`.
    """
    is_due = send_at is None or send_at <= clock.now()
    card = StoredValueAccount(
        id=new_id(),
        kind=AccountKind.GIFT_CARD,
        currency=amount.currency,
        balance=0,
        initial=amount.amount,
        version=0,
        expires_at=default_expiry(country),
        order_line_id=purchase.order_line_id,
        fulfilment_id=purchase.fulfilment_id,
        sender=purchase.sender,
        recipient=recipient,
        message=message,
        send_at=None if is_due else send_at,
    )
    require_transaction().add(card)
    session.flush()
    move(
        card,
        EntryKind.ISSUED,
        amount.amount,
        reference=str(card.id),
        by=by,
        order_id=purchase.order_id,
        reason="bought",
    )
    if is_due:
        emit(GiftCardDue(card_id=card.id))


def send_due(limit: int) -> int:
    """Have up to `limit` gift cards sent whose moment has come; returns how many."""
    due = session.execute(
        select(StoredValueAccount.id, StoredValueAccount.code_version)
        .where(StoredValueAccount.send_at <= clock.now())
        .order_by(StoredValueAccount.send_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if due:
        session.execute(
            update(StoredValueAccount)
            .where(StoredValueAccount.id.in_([one.id for one in due]))
            .values(send_at=None)
            .execution_options(synchronize_session=False)
        )
    for card_id, version in due:
        emit(GiftCardDue(card_id=card_id, code_version=version))
    return len(due)


def make_code(card_id: UUID, version: int) -> str | None:
    """Return the code of a gift card in order to send it; None if it is disabled or used by now.

    So it is for a code that was replaced since. Repeated, it returns the same one. Locks the card.
    """
    (card,) = locked(StoredValueAccount.id == card_id)
    is_used = not card.balance or (not version and not _is_unused(card))
    if card.disabled_at is not None or is_used or card.code_version != version:
        return None
    code = codes.code_of(card.id, version)
    card.code_digest, card.last_four = codes.digest(code), codes.last_four(code)
    return code


def disable_refunded(order_line_id: UUID, units: int, *, case_id: UUID, by: Principal) -> None:
    """Disable gift cards of an order line that are refunded. Locks them.

    Raises `GiftCardUsed` when fewer than `units` are unused.
    """
    cards = _unused(locked(StoredValueAccount.order_line_id == order_line_id))
    if len(cards) < units:
        raise GiftCardUsed(unused=len(cards))
    for card in cards[:units]:
        card.case_id = case_id
        _disable(card, reason="refunded", by=by)


def enable_refunded(case_id: UUID) -> None:
    """Let the gift cards of a refund request pay again, because the refund failed."""
    require_transaction().execute(
        update(StoredValueAccount)
        .where(StoredValueAccount.case_id == case_id)
        .values(case_id=None, disabled_at=None, version=StoredValueAccount.version + 1)
        .execution_options(synchronize_session=False)
    )


def disable_shipped(fulfilment_id: UUID, *, by: Principal) -> None:
    """Disable the gift cards of a parcel that is voided. Locks them; raises `GiftCardUsed`."""
    cards = locked(
        StoredValueAccount.fulfilment_id == fulfilment_id,
        StoredValueAccount.disabled_at.is_(None),
    )
    unused = _unused(cards)
    if len(unused) < len(cards):
        raise GiftCardUsed(unused=len(unused))
    for card in unused:
        _disable(card, reason="its shipment was voided", by=by)


def _unused(cards: Sequence[StoredValueAccount]) -> list[StoredValueAccount]:
    return [card for card in cards if card.disabled_at is None and _is_unused(card)]


def _is_unused(card: StoredValueAccount) -> bool:
    return card.balance == card.initial and card.merged_into is None


def _disable(card: StoredValueAccount, *, reason: str, by: Principal) -> None:
    card.disabled_at = clock.now()
    card.version += 1
    audit.record("gift_card.disabled", by=by, subject_id=card.id, reason=reason)
