"""Paying for orders with gift cards and store credit, and giving their part back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from api.kernel.principal import Principal
from api.platform.db import session
from api.stored_value import codes
from api.stored_value.errors import GiftCardNotUsable
from api.stored_value.models import StoredValueAccount, StoredValueEntry
from api.stored_value.service.gift_cards import is_usable, least_expiry
from api.stored_value.service.ledger import accounts, locked, move
from api.stored_value.states import AccountKind, EntryKind


@dataclass(frozen=True, slots=True)
class UsableAccount:
    """A gift card or store credit that can pay, with its balance in minor units."""

    id: UUID
    kind: AccountKind
    balance: int
    last_four: str | None

    @property
    def name(self) -> str:
        """How customers and staff know it."""
        return "store credit" if self.last_four is None else f"gift card ••••{self.last_four}"


def usable_accounts(
    given: Sequence[str], *, credit_of: UUID | None, currency: str, lock: bool
) -> list[UsableAccount]:
    """Find gift cards by their codes, and a customer's store credit, to pay for an order.

    Returns the cards as given, then the store credit if it has a balance. `lock` locks them, in the
    order of this package, so that their balances stay as they are. Raises
    `GiftCardNotUsable` with its position for an unknown code, and for a card that is disabled,
    expired, empty or in another currency.
    """
    find = locked if lock else accounts
    digests = [codes.digests(code) for code in given]
    every = [one for several in digests for one in several]
    by_digest = {
        card.code_digest: card
        for card in (find(StoredValueAccount.code_digest.in_(every)) if every else ())
    }
    cards = []
    for position, several in enumerate(digests):
        card = next((by_digest[one] for one in several if one in by_digest), None)
        if card is None or card.currency != currency or not is_usable(card) or card in cards:
            error = GiftCardNotUsable(number=position + 1)
            error.facts["errors"] = [
                {
                    "pointer": f"/gift_cards/{position}",
                    "code": GiftCardNotUsable.code,
                    "detail": error.detail,
                }
            ]
            raise error
        cards.append(card)
    if credit_of is not None:
        cards += find(
            StoredValueAccount.customer_id == credit_of,
            StoredValueAccount.currency == currency,
            StoredValueAccount.balance > 0,
        )
    return [UsableAccount(one.id, one.kind, one.balance, one.last_four) for one in cards]


def redeem(
    account_id: UUID, amount: int, *, order_id: UUID, payment_id: UUID, by: Principal
) -> None:
    """Pay an amount (minor units) of an order from an account, once per payment."""
    (account,) = locked(StoredValueAccount.id == account_id)
    move(
        account,
        EntryKind.REDEEMED,
        -amount,
        reference=str(payment_id),
        by=by,
        order_id=order_id,
        payment_id=payment_id,
    )


def give_back(
    payment_id: UUID, amount: int, kind: EntryKind, *, reference: str, by: Principal
) -> None:
    """Return an amount (minor units) of a payment to the account that paid, once per reference.

    A gift card that became store credit returns it there. One that expires is valid for the shop's
    minimum again, so that a refund is never worthless. A disabled one stays disabled. Locks the
    account.
    """
    entry = session.execute(
        select(StoredValueEntry.account_id, StoredValueEntry.order_id).where(
            StoredValueEntry.payment_id == payment_id,
            StoredValueEntry.kind == EntryKind.REDEEMED,
        )
    ).one()
    (account,) = locked(StoredValueAccount.id == entry.account_id)
    if account.merged_into is not None:
        (account,) = locked(StoredValueAccount.id == account.merged_into)
    if account.expires_at is not None:
        account.expires_at = max(account.expires_at, least_expiry())
    move(
        account,
        kind,
        amount,
        reference=reference,
        by=by,
        order_id=entry.order_id,
        payment_id=payment_id,
    )
