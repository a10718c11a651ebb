"""Withdrawals from a contract in two steps: a draft, and its confirmation."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.auth import hash_secret
from api.platform.db import require_transaction, session
from api.platform.outbox import emit
from api.returns.errors import WithdrawalNotFound
from api.returns.events import WithdrawalConfirmed
from api.returns.models import Withdrawal

DRAFTS_LAST = timedelta(days=1)


def draft(
    *,
    order_id: UUID | None,
    order_number: str,
    name: str,
    email: str,
    units: Mapping[UUID, int] | None,
    statement: str,
    language: str,
) -> tuple[UUID, str]:
    """Store the draft of a withdrawal; returns its id and the secret that confirms it."""
    token = secrets.token_urlsafe(32)
    withdrawal = Withdrawal(
        id=new_id(),
        order_id=order_id,
        order_number=order_number,
        name=name,
        email=email,
        units=None if units is None else {str(line): count for line, count in units.items()},
        statement=statement,
        language=language,
        token_hash=hash_secret(token),
    )
    require_transaction().add(withdrawal)
    session.flush()
    return withdrawal.id, token


def lock(withdrawal_id: UUID, token: str | None) -> Withdrawal:
    """Lock a withdrawal after its order; with a secret only the one that it belongs to.

    Raises `WithdrawalNotFound`, also for a wrong secret.
    """
    withdrawal = require_transaction().scalar(
        select(Withdrawal)
        .where(Withdrawal.id == withdrawal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if withdrawal is None or (
        token is not None and not secrets.compare_digest(withdrawal.token_hash, hash_secret(token))
    ):
        raise WithdrawalNotFound
    return withdrawal


def confirm(withdrawal: Withdrawal) -> None:
    """Record that a withdrawal was confirmed now; its receipt goes out at once."""
    withdrawal.confirmed_at = clock.now()
    emit(WithdrawalConfirmed(withdrawal_id=withdrawal.id))


def order_of(withdrawal_id: UUID) -> UUID | None:
    """Return the order of a withdrawal, None while it is unknown. Raises `WithdrawalNotFound`."""
    row = session.execute(
        select(Withdrawal.order_id).where(Withdrawal.id == withdrawal_id)
    ).one_or_none()
    if row is None:
        raise WithdrawalNotFound
    order_id: UUID | None = row.order_id
    return order_id


def purge_drafts(limit: int) -> int:
    """Delete drafts that were never confirmed, at most `limit`; returns how many."""
    old = (
        select(Withdrawal.id)
        .where(
            Withdrawal.confirmed_at.is_(None),
            Withdrawal.created_at < clock.now() - DRAFTS_LAST,
        )
        .limit(limit)
    )
    gone = require_transaction().execute(
        delete(Withdrawal).where(Withdrawal.id.in_(old)).returning(Withdrawal.id)
    )
    return len(gone.all())
