"""Writes of back-in-stock subscriptions: subscribe, notify, cancel."""

import secrets
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Executable, and_, delete, func, or_, select, update
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
    """Subscribe an address to a variant; a customer with the address of their account.

    Does not reveal whether the address is subscribed already, or has reached the limit. Raises
    `VariantNotFound` for one that is not published, `AlreadyInStock`, and `EmailAddressRequired`
    for a guest without an address.
    """
    require_transaction()
    queries.check_is_published(variant_id)
    if inventory_queries.availability([variant_id])[variant_id] > 0:
        raise AlreadyInStock(variant_id=variant_id)
    address = accounts_queries.contact(user_id).email if user_id else email
    if not address:
        raise EmailAddressRequired
    open_count = session.scalar(
        select(func.count()).where(
            func.lower(BackInStockSubscription.email) == func.lower(address), *IS_WAITING
        )
    )
    if (open_count or 0) >= MAX_PER_ADDRESS:
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
            # A guest who has signed in since finds the subscription in their account.
            set_={"user_id": func.coalesce(row.excluded.user_id, BackInStockSubscription.user_id)},
        )
    )


def notify_subscribers(variant_id: UUID) -> int:
    """Notify the next subscribers of a variant that is in stock again; returns how many.

    As many as there are available units, less those notified within the last day: they may be about
    to buy. Takes an advisory lock on the variant, so that two jobs do not both count the same unit.
    Emits `BackInStockDue` for each.
    """
    require_transaction()
    session.execute(
        select(func.pg_advisory_xact_lock(_NOTIFY_LOCK, func.hashtext(str(variant_id))))
    )
    if not queries.is_published(variant_id):
        return 0
    now = clock.now()
    notified_lately = session.scalar(
        select(func.count()).where(
            BackInStockSubscription.variant_id == variant_id,
            BackInStockSubscription.told_at > now - GRACE,
        )
    )
    units = inventory_queries.availability([variant_id])[variant_id] - (notified_lately or 0)
    if units <= 0:
        return 0
    next_subscribers = (
        select(BackInStockSubscription.id)
        .where(BackInStockSubscription.variant_id == variant_id, *IS_WAITING)
        .order_by(BackInStockSubscription.id)
        .limit(units)
        .with_for_update()
    )
    notified = session.scalars(
        update(BackInStockSubscription)
        .where(BackInStockSubscription.id.in_(session.scalars(next_subscribers).all()), *IS_WAITING)
        .values(told_at=now)
        .returning(BackInStockSubscription.id)
        .execution_options(**_NO_SYNC)
    ).all()
    for request_id in sorted(notified):
        emit(BackInStockDue(request_id=request_id))
    return len(notified)


def make_cancel_token(request_id: UUID) -> str | None:
    """Create the secret for the link in an e-mail and replace any before; None if cancelled."""
    token = secrets.token_urlsafe(32)
    updated = _execute(
        update(BackInStockSubscription)
        .where(
            BackInStockSubscription.id == request_id, BackInStockSubscription.cancelled_at.is_(None)
        )
        .values(token_hash=hash_secret(token))
    )
    return token if updated else None


def cancel_all(token: str) -> None:
    """Cancel all subscriptions of the address that a token belongs to; ignores unknown tokens."""
    require_transaction()
    email = session.scalar(
        select(func.lower(BackInStockSubscription.email)).where(
            BackInStockSubscription.token_hash == hash_secret(token)
        )
    )
    if email is not None:
        _execute(
            update(BackInStockSubscription)
            .where(
                func.lower(BackInStockSubscription.email) == email,
                BackInStockSubscription.cancelled_at.is_(None),
            )
            .values(cancelled_at=clock.now())
        )


def cancel(request_id: UUID, *, user_id: UUID) -> None:
    """Cancel a subscription of a customer. Raises `SubscriptionNotFound` if it is not theirs."""
    if not _execute(
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
    """Delete subscriptions that were notified long ago, cancelled, or have waited too long."""
    now = clock.now()
    _execute(
        delete(BackInStockSubscription).where(
            or_(
                BackInStockSubscription.told_at < now - KEPT_FOR,
                BackInStockSubscription.cancelled_at.is_not(None),
                BackInStockSubscription.created_at < now - MAX_WAIT,
            )
        )
    )


def _execute(statement: Executable) -> int:
    result = require_transaction().execute(statement.execution_options(**_NO_SYNC))
    return cast(CursorResult[Any], result).rowcount
