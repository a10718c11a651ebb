"""Wait, be told in turn, stop waiting."""

import secrets
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from api.accounts import queries as accounts_queries
from api.back_in_stock import queries
from api.back_in_stock.errors import AlreadyInStock, EmailAddressRequired, SubscriptionNotFound
from api.back_in_stock.events import BackInStockDue
from api.back_in_stock.limits import GRACE, KEPT_FOR, MAX_PER_ADDRESS, MAX_WAIT
from api.back_in_stock.models import BackInStockSubscription
from api.back_in_stock.queries import IS_WAITING
from api.inventory import queries as inventory_queries
from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.auth import hash_secret
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

_NOTIFY_LOCK = 74_211
_NO_SYNC = {"synchronize_session": False}


def subscribe(variant_id: UUID, *, email: str | None, user_id: UUID | None) -> None:
    """Put somebody on the waiting list of a variant; a customer by the address of their account.

    Says nothing about whether the address waits already, or for so much that this is passed over.
    Refuses a variant that is not on the shelf or can be had now, and a guest without an address.
    """
    require_transaction()
    queries.check_is_published(variant_id)
    if inventory_queries.availability([variant_id])[variant_id] > 0:
        raise AlreadyInStock(variant_id=variant_id)
    address = accounts_queries.contact(user_id).email if user_id else email
    if not address:
        raise EmailAddressRequired
    waiting = session.scalar(
        select(func.count()).where(
            func.lower(BackInStockSubscription.email) == func.lower(address), *IS_WAITING
        )
    )
    if (waiting or 0) >= MAX_PER_ADDRESS:
        return
    row = insert(BackInStockSubscription).values(
        id=new_id(),
        created_at=clock.now(),
        variant_id=variant_id,
        email=address,
        user_id=user_id,
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=[
                BackInStockSubscription.variant_id,
                func.lower(BackInStockSubscription.email),
            ],
            index_where=and_(*IS_WAITING),
            # Who asked as a guest and has signed in since finds it in their list.
            set_={"user_id": func.coalesce(row.excluded.user_id, BackInStockSubscription.user_id)},
        )
    )


def notify_subscribers(variant_id: UUID) -> int:
    """Choose whose turn it is to be told that a variant is there again; returns how many.

    As many as there are units, less those who were told within the last day: they may be about to
    buy. Locks the variant's list, so that two jobs at once do not both give the same unit away.
    """
    require_transaction()
    session.execute(
        select(func.pg_advisory_xact_lock(_NOTIFY_LOCK, func.hashtext(str(variant_id))))
    )
    if not queries.is_published(variant_id):
        return 0
    now = clock.now()
    told_lately = session.scalar(
        select(func.count()).where(
            BackInStockSubscription.variant_id == variant_id,
            BackInStockSubscription.told_at > now - GRACE,
        )
    )
    units = inventory_queries.availability([variant_id])[variant_id] - (told_lately or 0)
    if units <= 0:
        return 0
    next_ones = (
        select(BackInStockSubscription.id)
        .where(BackInStockSubscription.variant_id == variant_id, *IS_WAITING)
        .order_by(BackInStockSubscription.id)
        .limit(units)
        .with_for_update()
    )
    told = session.scalars(
        update(BackInStockSubscription)
        .where(BackInStockSubscription.id.in_(session.scalars(next_ones).all()), *IS_WAITING)
        .values(told_at=now)
        .returning(BackInStockSubscription.id)
        .execution_options(**_NO_SYNC)
    ).all()
    for request_id in sorted(told):
        emit(BackInStockDue(request_id=request_id))
    return len(told)


def make_cancel_token(request_id: UUID) -> str | None:
    """Make the secret for the link in a letter, and forget any before; None when not wanted."""
    token = secrets.token_urlsafe(32)
    made = _changed(
        update(BackInStockSubscription)
        .where(
            BackInStockSubscription.id == request_id, BackInStockSubscription.cancelled_at.is_(None)
        )
        .values(token_hash=hash_secret(token))
    )
    return token if made else None


def cancel_all(token: str) -> None:
    """End everything that the reader of a letter waits for. Says nothing about an unknown token."""
    require_transaction()
    email = session.scalar(
        select(func.lower(BackInStockSubscription.email)).where(
            BackInStockSubscription.token_hash == hash_secret(token)
        )
    )
    if email is not None:
        _changed(
            update(BackInStockSubscription)
            .where(
                func.lower(BackInStockSubscription.email) == email,
                BackInStockSubscription.cancelled_at.is_(None),
            )
            .values(cancelled_at=clock.now())
        )


def cancel(request_id: UUID, *, user_id: UUID) -> None:
    """End one request of a customer. Raises StockRequestNotFound for one that is not theirs."""
    if not _changed(
        update(BackInStockSubscription)
        .where(
            BackInStockSubscription.id == request_id,
            BackInStockSubscription.user_id == user_id,
            BackInStockSubscription.cancelled_at.is_(None),
        )
        .values(cancelled_at=clock.now())
    ):
        raise SubscriptionNotFound(request_id=request_id)


def purge_old() -> None:
    """Erase who was told long ago, who does not wait any more, and who has waited too long."""
    now = clock.now()
    _changed(
        delete(BackInStockSubscription).where(
            or_(
                BackInStockSubscription.told_at < now - KEPT_FOR,
                BackInStockSubscription.cancelled_at.is_not(None),
                BackInStockSubscription.created_at < now - MAX_WAIT,
            )
        )
    )


def _changed(statement: Any) -> int:
    done = require_transaction().execute(statement.execution_options(**_NO_SYNC))
    return cast(CursorResult[Any], done).rowcount
