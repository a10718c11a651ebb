"""Notes about orders: for colleagues, pinned where they must be read before shipping, or for the
customer."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.orders.errors import NoteNotFound, NotePinnedForCustomer, NotesUnread, TooManyNotes
from api.orders.models import NoteAcknowledgement, Order, OrderNote
from api.orders.service.orders import add_event, lock
from api.orders.service.status import bump_version
from api.platform import etags
from api.platform.db import AnyRow, require_transaction, session, table_of

MOST_NOTES: Final = 200
"""Notes of one order."""
_NOTES, _READ = table_of(OrderNote), table_of(NoteAcknowledgement)


def note(
    order_id: UUID,
    text: str,
    *,
    for_customer: bool = False,
    is_pinned: bool = False,
    by: Principal,
) -> OrderNote:
    """Add a note by staff. A customer sees those `for_customer` with their order.

    Locks the order; raises `OrderNotFound`, `TooManyNotes`, and `NotePinnedForCustomer`, because
    what interrupts shipping is for colleagues.
    """
    if for_customer and is_pinned:
        raise NotePinnedForCustomer
    order = lock(order_id)
    count = session.scalar(select(func.count()).where(_NOTES.c.order_id == order_id)) or 0
    if count >= MOST_NOTES:
        raise TooManyNotes(most=MOST_NOTES)
    added = OrderNote(
        id=new_id(),
        order_id=order_id,
        text=text,
        for_customer=for_customer,
        is_pinned=is_pinned,
        created_by=by.label,
    )
    require_transaction().add(added)
    order.pinned_notes += is_pinned
    order.customer_notes += for_customer
    add_event(order.id, "customer_note" if for_customer else "note", text, by=by)
    bump_version(order)
    return added


def pin(note_id: UUID, *, is_pinned: bool, expected_version: int, by: Principal) -> OrderNote:
    """Pin a note, or unpin it; everybody who ships must acknowledge it again once it is pinned.

    Locks the order, then the note. Raises `NoteNotFound`, `Stale` and `NotePinnedForCustomer`.
    """
    order, found = _lock_both(note_id)
    etags.check(found.version, expected_version)
    if found.for_customer and is_pinned:
        raise NotePinnedForCustomer
    if found.is_pinned != is_pinned:
        found.is_pinned = is_pinned
        found.version += 1
        order.pinned_notes += 1 if is_pinned else -1
        session.execute(_READ.delete().where(_READ.c.note_id == note_id))
        word = "pinned" if is_pinned else "unpinned"
        add_event(order.id, f"note_{word}", f"Note {word}: {_start(found.text)}", by=by)
        bump_version(order)
    return found


def acknowledge(note_id: UUID, *, by: Principal) -> OrderNote:
    """Record that somebody has read a pinned note; repeating changes nothing.

    Locks the order, then the note. Raises `NoteNotFound`.
    """
    order, found = _lock_both(note_id)
    if found.is_pinned:
        _acknowledge(order, [found.id], {found.id: found.text}, by)
    return found


def check_notes_read(order: Order, acknowledged: Collection[UUID], *, by: Principal) -> None:
    """Refuse to ship an order with pinned notes that whoever ships it has not acknowledged.

    `acknowledged` are those that they have read now, which is recorded. The shop itself, which
    ships gift cards by e-mail, reads none. Raises `NotesUnread` with the notes. Needs the order
    locked.
    """
    if not order.pinned_notes or by.kind == SYSTEM.kind:
        return
    unread = _unread(order.id, by)
    missing = [row for row in unread if row.id not in acknowledged]
    if missing:
        raise NotesUnread(
            count=len(missing),
            notes=[
                {"id": row.id, "text": row.text, "created_by": row.created_by} for row in missing
            ],
        )
    _acknowledge(order, [row.id for row in unread], {row.id: row.text for row in unread}, by)


def _unread(order_id: UUID, by: Principal) -> list[AnyRow]:
    read = select(_READ.c.note_id).where(
        _READ.c.note_id == _NOTES.c.id, _READ.c.actor_key == by.actor_key
    )
    rows = session.execute(
        select(*_NOTES.c["id", "text", "created_by"])
        .where(_NOTES.c.order_id == order_id, _NOTES.c.is_pinned, ~read.exists())
        .order_by(_NOTES.c.id)
    )
    return list(rows)


def _acknowledge(order: Order, ids: list[UUID], texts: dict[UUID, str], by: Principal) -> None:
    if not ids:
        return
    rows = [
        {"note_id": one, "actor_key": by.actor_key, "actor": by.label, "at": clock.now()}
        for one in ids
    ]
    written = session.scalars(
        insert(_READ).values(rows).on_conflict_do_nothing().returning(_READ.c.note_id)
    )
    for note_id in written.all():
        add_event(order.id, "note_read", f"Note read: {_start(texts[note_id])}", by=by)


def _lock_both(note_id: UUID) -> tuple[Order, OrderNote]:
    order_id = session.scalar(select(_NOTES.c.order_id).where(_NOTES.c.id == note_id))
    if order_id is None:
        raise NoteNotFound(note_id=note_id)
    order = lock(order_id)
    return order, session.get_one(OrderNote, note_id, populate_existing=True)


def _start(text: str) -> str:
    first = text.strip().splitlines()[0]
    return first if len(first) <= 80 else f"{first[:79]}…"
