"""Kinds of accounts and entries, and the status of a gift card."""

from datetime import datetime
from enum import StrEnum


class AccountKind(StrEnum):
    """A gift card belongs to whoever has its code, store credit to one customer.

    The values are also the providers of the payments that are made with them.
    """

    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"


TENDERS = tuple(kind.value for kind in AccountKind)
"""The providers of payments that are not money received: their refunds return to the account."""


class EntryKind(StrEnum):
    """What moved the balance of an account."""

    ISSUED = "issued"
    REDEEMED = "redeemed"
    """An order was paid with it."""
    RELEASED = "released"
    """An order that was never fully paid has ended, so its part came back."""
    REFUNDED = "refunded"
    ADJUSTED = "adjusted"
    MERGED = "merged"
    """A gift card became store credit: out of the one, into the other."""


class GiftCardStatus(StrEnum):
    """The status of a gift card; derived, never set."""

    ACTIVE = "active"
    PARTIALLY_REDEEMED = "partially_redeemed"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    DISABLED = "disabled"


def gift_card_status(
    *,
    balance: int,
    initial: int,
    expires_at: datetime | None,
    disabled_at: datetime | None,
    now: datetime,
) -> GiftCardStatus:
    """Derive the status of a gift card: the first rule that applies. Amounts in minor units."""
    if disabled_at is not None:
        return GiftCardStatus.DISABLED
    if balance == 0:
        return GiftCardStatus.REDEEMED
    if expires_at is not None and expires_at <= now:
        return GiftCardStatus.EXPIRED
    return GiftCardStatus.ACTIVE if balance >= initial else GiftCardStatus.PARTIALLY_REDEEMED
