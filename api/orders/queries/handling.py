"""Reads of holds, the rules that set them, notes and saved views."""

from collections.abc import Collection
from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import String, cast, func, select
from sqlalchemy.sql.elements import SQLCoreOperations

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders.errors import HoldNotFound, HoldRuleNotFound, NoteNotFound, ViewNotFound
from api.orders.models import HoldRule, NoteAcknowledgement, OrderHold, OrderNote, OrderView
from api.orders.queries.lists import is_seen
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import (
    PageQuery,
    Sort,
    UncountedPageQuery,
    page,
    page_response,
    strip_sort_columns,
)

_NOTES, _READ = table_of(OrderNote), table_of(NoteAcknowledgement)
_VIEWS, _RULES, _HOLDS = table_of(OrderView), table_of(HoldRule), table_of(OrderHold)
_NOTE = _NOTES.c[
    "id", "order_id", "text", "for_customer", "is_pinned", "created_by", "created_at", "version"
]


_HOLD: tuple[SQLCoreOperations[object], ...] = (
    OrderHold.id,
    OrderHold.order_id,
    OrderHold.reason,
    OrderHold.note,
    OrderHold.created_by,
    OrderHold.created_at,
    OrderHold.released_by,
    OrderHold.released_at,
)
_VIEW = _VIEWS.c["id", "name", "filters", "created_at", "version"]


def holds(order_id: UUID) -> list[dict[str, object]]:
    """Return an order's holds, including released ones, oldest first."""
    rows = session.execute(
        select(*_HOLD).where(OrderHold.order_id == order_id).order_by(OrderHold.id)
    )
    return [dict(row._mapping) for row in rows]


def hold(hold_id: UUID) -> dict[str, Any]:
    """Return one hold. Raises `HoldNotFound`."""
    session.flush()
    row = session.execute(select(*_HOLD).where(OrderHold.id == hold_id)).one_or_none()
    if row is None:
        raise HoldNotFound(hold_id=hold_id)
    return dict(row._mapping)


def check_hold_seen(hold_id: UUID, by: Principal) -> None:
    """Refuse a hold of an order that somebody limited to locations does not see.

    Raises `HoldNotFound`.
    """
    if not is_seen(hold(hold_id)["order_id"], by):
        raise HoldNotFound(hold_id=hold_id)


def notes(order_id: UUID, by: Principal) -> list[dict[str, Any]]:
    """Return the notes of an order, oldest first, with who has acknowledged each.

    `is_read` tells whether `by` has. One statement, and one more where a note is pinned.
    """
    of_order = select(*_NOTE).where(_NOTES.c.order_id == order_id)
    rows = session.execute(of_order.order_by(_NOTES.c.id))
    found = [dict(row._mapping) for row in rows]
    read = _readers([one["id"] for one in found if one["is_pinned"]])
    return [_with_readers(one, read, by) for one in found]


def pinned_notes(order_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Return the texts of the pinned notes of orders, oldest first. One statement."""
    pinned = select(_NOTES.c.order_id, _NOTES.c.text).where(
        any_of(_NOTES.c.order_id, set(order_ids)), _NOTES.c.is_pinned
    )
    found: dict[UUID, list[str]] = {}
    for order_id, text in session.execute(pinned.order_by(_NOTES.c.id)):
        found.setdefault(order_id, []).append(text)
    return found


def notes_page(
    order_id: UUID, by: Principal, *, limit: int, cursor: str | None, with_total: bool
) -> dict[str, object]:
    """Return a page of the notes of an order, oldest first; see `notes`."""
    of_order = _NOTES.c.order_id == order_id
    rows, described = page(
        select(*_NOTE).where(of_order),
        Sort((_NOTES.c.id,)),
        limit=limit,
        cursor=cursor,
        filters=order_id,
        total=select(_NOTES.c.id).where(of_order) if with_total else None,
    )
    found = [strip_sort_columns(row) for row in rows]
    read = _readers([one["id"] for one in found if one["is_pinned"]])
    return {"data": [_with_readers(one, read, by) for one in found], "page": described}


def note(note_id: UUID, by: Principal) -> dict[str, object]:
    """Return one note. Raises `NoteNotFound`."""
    session.flush()
    row = session.execute(select(*_NOTE).where(_NOTES.c.id == note_id)).one_or_none()
    if row is None:
        raise NoteNotFound(note_id=note_id)
    return _with_readers(dict(row._mapping), _readers([note_id]), by)


def _with_readers(
    of_note: dict[str, Any], read: dict[UUID, list[dict[str, object]]], by: Principal
) -> dict[str, object]:
    readers = read.get(of_note["id"], [])
    is_read = any(one["actor_key"] == by.actor_key for one in readers)
    told = [{"actor": one["actor"], "at": one["at"]} for one in readers]
    return {**of_note, "read_by": told, "is_read": is_read}


def check_note_seen(note_id: UUID, by: Principal) -> None:
    """Refuse a note of an order that somebody limited to locations does not see.

    Raises `NoteNotFound`.
    """
    order_id = session.scalar(select(_NOTES.c.order_id).where(_NOTES.c.id == note_id))
    if order_id is None or not is_seen(order_id, by):
        raise NoteNotFound(note_id=note_id)


def customer_notes(order_id: UUID) -> list[dict[str, object]]:
    """Return what the shop wrote for the customer of an order, oldest first."""
    rows = session.execute(
        select(_NOTES.c.created_at.label("at"), _NOTES.c.text)
        .where(_NOTES.c.order_id == order_id, _NOTES.c.for_customer)
        .order_by(_NOTES.c.id)
    )
    return [dict(row._mapping) for row in rows]


def views(user_id: UUID, **asked: Unpack[UncountedPageQuery]) -> dict[str, object]:
    """Return a page of somebody's saved views, oldest first."""
    return page_response(
        select(*_VIEW).where(_VIEWS.c.user_id == user_id),
        Sort((_VIEWS.c.id,)),
        filters=user_id,
        **asked,
    )


def view(view_id: UUID, user_id: UUID) -> dict[str, object]:
    """Return one view of somebody. Raises `ViewNotFound`."""
    row = session.execute(
        select(*_VIEW).where(_VIEWS.c.id == view_id, _VIEWS.c.user_id == user_id)
    ).one_or_none()
    if row is None:
        raise ViewNotFound(view_id=view_id)
    return dict(row._mapping)


_RULE = select(
    *_RULES.c,
    select(func.count())
    .where(_HOLDS.c.reference == cast(_RULES.c.id, String), _HOLDS.c.released_at.is_(None))
    .correlate(_RULES)
    .scalar_subquery()
    .label("held"),
)


def rules_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the rules that hold orders, by code."""
    return page_response(_RULE, Sort((_RULES.c.code,)), _rule, **asked)


def rule(rule_id: UUID) -> dict[str, object]:
    """Return one rule. Raises `HoldRuleNotFound`."""
    row = session.execute(_RULE.where(_RULES.c.id == rule_id)).one_or_none()
    if row is None:
        raise HoldRuleNotFound(rule_id=rule_id)
    return _rule(row)


def _rule(row: AnyRow) -> dict[str, object]:
    limit = None if row.amount is None else Money(row.amount, row.currency)
    names = ("id", "code", "name", "condition", "value", "reason", "is_active", "held",
             "created_at", "version")  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "limit": limit}


def _readers(note_ids: Collection[UUID]) -> dict[UUID, list[dict[str, object]]]:
    if not note_ids:
        return {}
    found: dict[UUID, list[dict[str, object]]] = {}
    rows = session.execute(
        select(*_READ.c["note_id", "actor_key", "actor", "at"])
        .where(_READ.c.note_id.in_(note_ids))
        .order_by(_READ.c.at)
    )
    for row in rows:
        reader = {"actor_key": row.actor_key, "actor": row.actor, "at": row.at}
        found.setdefault(row.note_id, []).append(reader)
    return found
