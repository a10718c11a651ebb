"""Gift cards and store credit in tests."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.stored_value import service
from api.stored_value.models import StoredValueAccount


@dataclass(frozen=True)
class KnownGiftCard:
    """A gift card and its code."""

    id: UUID
    code: str


def a_gift_card(amount: int, currency: str = "EUR") -> KnownGiftCard:
    """Issue a gift card over an amount in minor units."""
    with transaction():
        issued = service.issue_gift_card(
            service.NewGiftCard(Money(amount, currency), "test"), by=SYSTEM
        )
        assert issued.code is not None
        return KnownGiftCard(issued.id, issued.code)


def some_store_credit(customer_id: UUID, amount: int) -> UUID:
    """Give a customer store credit, in euro cents; returns the account's id."""
    with transaction():
        return service.adjust_store_credit(
            customer_id, Money(amount, "EUR"), reason="test", by=SYSTEM
        )


def balance(account_id: UUID) -> int:
    """Return the balance of an account in minor units."""
    session.rollback()
    account: Any = session.get(StoredValueAccount, account_id, populate_existing=True)
    return int(account.balance)
