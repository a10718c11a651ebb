"""The only writer of balances: each change locks the account and adds an entry."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import require_transaction, session
from api.stored_value.models import StoredValueAccount, StoredValueEntry
from api.stored_value.states import EntryKind


def accounts(*conditions: ColumnElement[bool]) -> Sequence[StoredValueAccount]:
    """Read accounts, in the order of their ids."""
    return session.scalars(
        select(StoredValueAccount).where(*conditions).order_by(StoredValueAccount.id)
    ).all()


def locked(*conditions: ColumnElement[bool]) -> Sequence[StoredValueAccount]:
    """Lock accounts, in the order of their ids, and return them as they are now."""
    require_transaction()
    return session.scalars(
        select(StoredValueAccount)
        .where(*conditions)
        .order_by(StoredValueAccount.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def move(
    account: StoredValueAccount,
    kind: EntryKind,
    amount: int,
    *,
    reference: str,
    by: Principal,
    order_id: UUID | None = None,
    payment_id: UUID | None = None,
    reason: str | None = None,
) -> bool:
    """Add a signed amount (minor units) to an account, once per kind and reference.

    False when that was done before. Needs the account locked; a balance below zero is refused by
    the database, so callers check it first.
    """
    current = require_transaction()
    done = session.scalar(
        select(StoredValueEntry.id).where(
            StoredValueEntry.account_id == account.id,
            StoredValueEntry.kind == kind,
            StoredValueEntry.reference == reference,
        )
    )
    if done is not None:
        return False
    account.balance += amount
    account.version += 1
    current.add(
        StoredValueEntry(
            id=new_id(),
            account_id=account.id,
            kind=kind,
            amount=amount,
            balance_after=account.balance,
            reference=reference,
            order_id=order_id,
            payment_id=payment_id,
            reason=reason,
            actor=by.label,
        )
    )
    session.flush()
    return True
