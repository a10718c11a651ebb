"""Store credit: one account per customer and currency."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction
from api.stored_value.errors import StoreCreditTooLow
from api.stored_value.models import StoredValueAccount
from api.stored_value.service.ledger import locked, move
from api.stored_value.states import AccountKind, EntryKind


def account_of(customer_id: UUID, currency: str) -> StoredValueAccount:
    """Lock a customer's store credit in a currency; opens the account if there is none."""
    require_transaction().execute(
        insert(StoredValueAccount)
        .values(
            id=new_id(),
            kind=AccountKind.STORE_CREDIT,
            currency=currency,
            customer_id=customer_id,
            balance=0,
            initial=0,
            version=0,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(
            index_elements=["customer_id", "currency"], index_where=text("kind = 'store_credit'")
        )
    )
    (account,) = locked(
        StoredValueAccount.customer_id == customer_id,
        StoredValueAccount.currency == currency,
        StoredValueAccount.kind == AccountKind.STORE_CREDIT,
    )
    return account


def adjust_store_credit(customer_id: UUID, amount: Money, *, reason: str, by: Principal) -> UUID:
    """Give a customer store credit, or deduct a negative amount; returns the account's id.

    Locks the account. Raises `StoreCreditTooLow`.
    """
    account = account_of(customer_id, amount.currency)
    if account.balance + amount.amount < 0:
        raise StoreCreditTooLow(balance=Money(account.balance, account.currency))
    move(
        account,
        EntryKind.ADJUSTED,
        amount.amount,
        reference=str(new_id()),
        by=by,
        reason=reason,
    )
    audit.record(
        "store_credit.adjusted",
        by=by,
        subject_id=account.id,
        customer_id=str(customer_id),
        amount=amount.amount,
        currency=amount.currency,
        reason=reason,
    )
    return account.id


def credit_bonus(
    customer_id: UUID, amount: Money, *, order_id: UUID, refund_id: UUID, by: Principal
) -> None:
    """Give a bonus for taking a refund as store credit, once per refund. Locks the account."""
    move(
        account_of(customer_id, amount.currency),
        EntryKind.ADJUSTED,
        amount.amount,
        reference=f"bonus:{refund_id}",
        by=by,
        order_id=order_id,
        reason="Bonus for store credit",
    )


def credit_customer(
    customer_id: UUID, amount: Money, *, order_id: UUID, refund_id: UUID, by: Principal
) -> None:
    """Refund a part of an order as store credit, once per refund. Locks the account."""
    move(
        account_of(customer_id, amount.currency),
        EntryKind.REFUNDED,
        amount.amount,
        reference=str(refund_id),
        by=by,
        order_id=order_id,
    )
