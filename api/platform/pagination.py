"""Keyset pages: a cursor says where the last page ended, so page 10,000 costs what page 1 does."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, and_, func, literal, select, tuple_
from sqlalchemy.sql.elements import ClauseElement

from api.kernel.errors import Refused
from api.platform.db import AnySelect, session

TOTAL_CAP = 10_000


class CursorInvalid(Refused):
    """The cursor was not made by this list with these filters."""

    code = "cursor_invalid"
    sentence = "The cursor does not belong to this list. Begin again without one."


@dataclass(frozen=True, slots=True)
class Sort:
    """One way to order a list: columns that end with a unique one, all in the same direction."""

    columns: tuple[Any, ...]
    descending: bool = False


def page(
    statement: AnySelect,
    sort: Sort,
    *,
    limit: int,
    cursor: str | None,
    filters: object = None,
    total: AnySelect | None = None,
) -> tuple[list[Any], dict[str, Any]]:
    """Read one page and the `page` member of its envelope.

    Rows end with the values of the sort columns; take the row's own columns by name. One query,
    or two when a `total` is asked for, which is counted only up to 10,000. Raises
    `CursorInvalid`.
    """
    mark = _fingerprint(sort, filters)
    if cursor:
        statement = statement.where(_after(sort, _decode(cursor, mark, sort)))
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    statement = statement.add_columns(
        *(column.label(f"sort_{i}") for i, column in enumerate(sort.columns))
    )
    rows = list(session.execute(statement.order_by(*order).limit(limit + 1)).all())
    has_more = len(rows) > limit
    rows = rows[:limit]
    described: dict[str, Any] = {"limit": limit, "next_cursor": None, "has_more": has_more}
    if has_more:
        described["next_cursor"] = _encode(rows[-1][-len(sort.columns) :], mark)
    if total is not None:
        counted = select(func.count()).select_from(total.limit(TOTAL_CAP + 1).subquery())
        count = session.scalar(counted) or 0
        described["total"] = min(count, TOTAL_CAP)
        described["total_is_capped"] = count > TOTAL_CAP
    return rows, described


def _after(sort: Sort, values: Sequence[Any]) -> ColumnElement[bool]:
    columns: ClauseElement = tuple_(*sort.columns)
    given = tuple_(*(literal(v, c.type) for v, c in zip(values, sort.columns, strict=True)))
    # Says nothing new, but when the columns are of several tables, only the first one alone can
    # begin in its index where the page begins.
    first, bound = sort.columns[0], literal(values[0], sort.columns[0].type)
    if sort.descending:
        return and_(first <= bound, columns < given)
    return and_(first >= bound, columns > given)


def _fingerprint(sort: Sort, filters: object) -> str:
    """Tie a cursor to its list, so that one made under other filters is refused, not misread."""
    text = repr(([str(c) for c in sort.columns], sort.descending, filters))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _encode(values: Sequence[Any], mark: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([mark, *values])).decode().rstrip("=")


def _decode(cursor: str, mark: str, sort: Sort) -> list[Any]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found, *values = orjson.loads(raw)
        if found != mark:
            raise CursorInvalid
        return [_typed(c, v) for c, v in zip(sort.columns, values, strict=True)]
    except (binascii.Error, ValueError, TypeError) as unreadable:
        raise CursorInvalid from unreadable


def _typed(column: Any, value: Any) -> Any:
    """Turn a cursor value back into what its column holds."""
    kind = column.type.python_type
    if kind is UUID:
        return UUID(value)
    return datetime.fromisoformat(value) if kind is datetime else kind(value)
