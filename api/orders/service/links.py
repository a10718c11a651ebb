"""Links to one order in e-mails: made, mailed, opened once, void after a change."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.orders.errors import LinkExpired, LinkNotFound, LinkOpened, LinkVoid
from api.orders.events import OrderLinkRequested, OrderLookUpRequested
from api.orders.models import Order, OrderLink, OrderLookUp
from api.orders.service.orders import add_event
from api.orders.states import LinkKind
from api.platform.auth import hash_secret
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

VIEW_LASTS = timedelta(hours=1)
ACCESS_LASTS = timedelta(days=1)
"""How long the token of an opened link reads and pays the order."""
KEPT = timedelta(days=30)
"""How long links and look-ups are kept after their end."""
ANSWERED_WITHIN = timedelta(days=1)
"""The e-mail of a look-up that is later than this is not sent any more."""

_NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class LinkEmail:
    """What the e-mail with a link says."""

    kind: LinkKind
    order_id: UUID | None
    draft_id: UUID | None
    email: str
    expires_at: datetime
    token: str = field(repr=False)


def create_link(
    kind: LinkKind,
    email: str,
    *,
    order_id: UUID | None = None,
    draft_id: UUID | None = None,
    expires_at: datetime,
    by: Principal,
) -> UUID:
    """Make a link and have it mailed; an earlier pay link to the same ends.

    Needs a transaction and the order, or the draft, locked. Emits `OrderLinkRequested`.
    """
    if kind is LinkKind.PAY and order_id is not None:
        void_pay_links(order_id)
    if draft_id is not None:
        void_links_of_draft(draft_id)
    link_id = new_id()
    require_transaction().execute(
        insert(OrderLink).values(
            id=link_id, created_at=clock.now(), kind=kind, order_id=order_id, draft_id=draft_id,
            email=email, expires_at=expires_at, created_by=by.label[:200],
        )
    )  # fmt: skip
    emit(OrderLinkRequested(link_id=link_id))
    return link_id


def make_token(link_id: UUID) -> LinkEmail | None:
    """Make the secret of a link for its e-mail; None when the link is void, opened or expired.

    Made again, it replaces the one before, so that an e-mail that is written twice holds the one
    that counts.
    """
    link = require_transaction().scalar(
        select(OrderLink).where(OrderLink.id == link_id).with_for_update()
    )
    if link is None or link.voided_at or link.opened_at or link.expires_at <= clock.now():
        return None
    token = secrets.token_urlsafe(32)
    link.token_hash = hash_secret(token)
    return LinkEmail(link.kind, link.order_id, link.draft_id, link.email, link.expires_at, token)


def lock_link(token: str, kind: LinkKind) -> OrderLink:
    """Lock a link by its secret, to open it; of two who open it at once, one does.

    Raises `LinkNotFound`, `LinkVoid`, `LinkOpened` and `LinkExpired`.
    """
    link = require_transaction().scalar(
        select(OrderLink)
        .where(OrderLink.token_hash == hash_secret(token), OrderLink.kind == kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if link is None:
        raise LinkNotFound
    if link.voided_at is not None:
        raise LinkVoid
    if link.opened_at is not None:
        raise LinkOpened
    if link.expires_at <= clock.now():
        raise LinkExpired
    return link


def open_link(link: OrderLink, order_id: UUID) -> str:
    """Mark a locked link as opened; returns the token that reads and pays its order for a day."""
    token = secrets.token_urlsafe(32)
    link.order_id, link.opened_at = order_id, clock.now()
    link.access_key, link.access_until = hash_secret(token), clock.now() + ACCESS_LASTS
    return token


def join_guest_orders(customer_id: UUID, email: str, *, by: Principal) -> int:
    """Join the orders that a guest placed with an e-mail to the account that has proved it.

    The token that they were placed with still opens them. Locks them by id; returns how many.
    """
    orders = session.scalars(
        select(Order)
        .where(func.lower(Order.email) == email.lower(), Order.customer_id.is_(None))
        .order_by(Order.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for order in orders:
        order.customer_id = customer_id
        order.version += 1
        add_event(order.id, "joined", "Joined to the customer's account.", by=by)
    return len(orders)


def void_pay_links(order_id: UUID) -> None:
    """End the pay links of an order that changes, also those that were opened."""
    _void(OrderLink.order_id == order_id, OrderLink.kind == LinkKind.PAY)


def void_links_of_draft(draft_id: UUID) -> None:
    """End the links to a draft that changes, unless one was opened: that is an order then."""
    _void(OrderLink.draft_id == draft_id, OrderLink.opened_at.is_(None))


def request_look_up(number: str, email: str) -> UUID:
    """Note that somebody asked for an order by its number and e-mail; returns the request's id.

    Does not look for the order: that is left to the job that mails the link, so that the answer
    and the time that it takes are the same whether there is one or not.
    """
    look_up_id = new_id()
    require_transaction().execute(
        insert(OrderLookUp).values(
            id=look_up_id, created_at=clock.now(), number=number, email=email
        )
    )
    emit(OrderLookUpRequested(look_up_id=look_up_id))
    return look_up_id


def answer_look_up(look_up_id: UUID) -> UUID | None:
    """Make the link that a look-up asked for; None when no such order has that e-mail.

    Repeated, it makes no second link.
    """
    current = require_transaction()
    asked = current.scalar(
        select(OrderLookUp).where(OrderLookUp.id == look_up_id).with_for_update()
    )
    if asked is None or asked.created_at < clock.now() - ANSWERED_WITHIN:
        return None
    order = session.execute(
        select(Order.id, Order.email).where(Order.number == asked.number)
    ).one_or_none()
    current.delete(asked)
    if order is None or order.email.casefold() != asked.email.casefold():
        return None
    return create_link(
        LinkKind.VIEW, order.email, order_id=order.id, expires_at=clock.now() + VIEW_LASTS,
        by=SYSTEM,
    )  # fmt: skip


def purge_links() -> None:
    """Delete links and look-ups that ended a while ago. Needs a transaction."""
    before = clock.now() - KEPT
    current = require_transaction()
    current.execute(
        delete(OrderLink).where(OrderLink.expires_at < before).execution_options(**_NO_SYNC)
    )
    current.execute(
        delete(OrderLookUp).where(OrderLookUp.created_at < before).execution_options(**_NO_SYNC)
    )


def _void(*which: object) -> None:
    require_transaction().flush()
    session.execute(
        update(OrderLink)
        .where(OrderLink.voided_at.is_(None), *which)  # type: ignore[arg-type]
        .values(voided_at=clock.now())
        .execution_options(**_NO_SYNC)
    )
