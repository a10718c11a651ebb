"""Keyset pages: a cursor says where the last page ended, so page 10,000 costs what page 1 does."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, select, tuple_
from sqlalchemy.sql.elements import ClauseElement

from api.kernel.errors import Unprocessable
from api.platform.db import AnySelect, session

TOTAL_CAP = 10_000


class CursorInvalid(Unprocessable):
    """The cursor was not made by this list with these filters."""

    code = "cursor_invalid"
    sentence = "The cursor does not belong to this list. Begin again without one."


@dataclass(frozen=True, slots=True)
class Sort:
    """One way to order a list: columns that end with a unique one, all in the same direction."""

    columns: tuple[Any, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PreparedList:
    """A list whose statements are ready but for their values, so that hot lists build them once.

    Make one with `listing` from a statement with bound parameters, and keep it.
    """

    first: AnySelect
    later: AnySelect
    sort: Sort
    name: str


def listing(statement: AnySelect, sort: Sort) -> PreparedList:
    """Put a statement into the order of its list, for the first page and for those after it."""
    first = in_order(statement, sort)
    return PreparedList(first, first.where(after(sort)), sort, name_of(sort))


def in_order(statement: AnySelect, sort: Sort) -> AnySelect:
    """Put a statement into an order, with a limit.

    Its rows end with the columns of the order, which are added unless it ends with them already.
    """
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    ends = tuple(statement.selected_columns)[-len(sort.columns) :]
    if len(ends) < len(order) or any(a is not b for a, b in zip(ends, sort.columns, strict=True)):
        places = (c.label(f"sort_{i}") for i, c in enumerate(sort.columns))
        statement = statement.add_columns(*places)
    return statement.order_by(*order).limit(bindparam("page_rows", type_=Integer))


def name_of(sort: Sort) -> str:
    """Return what an order is called in cursors."""
    return repr(([str(c) for c in sort.columns], sort.descending))


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
    return page_of(
        listing(statement, sort), {}, limit=limit, cursor=cursor, filters=filters, total=total
    )


def page_of(
    listed: PreparedList,
    values: Mapping[str, Any],
    *,
    limit: int,
    cursor: str | None,
    filters: object = None,
    total: AnySelect | None = None,
    cap: int | None = None,
    fitting: Callable[[Sequence[Any]], int] | None = None,
) -> tuple[list[Any], dict[str, Any]]:
    """Read one page of a kept listing, with the values of its bound parameters; see `page`.

    `fitting` says how many of the first rows go on one page, at least one, where rows weigh
    differently: the page then ends early, and the next one begins behind it. A total is counted up
    to `cap`, by default 10,000.
    """
    mark = cursor_fingerprint(listed.name, filters)
    bound = {**values, "page_rows": limit + 1}
    if cursor:
        kinds = [column.type.python_type for column in listed.sort.columns]
        bound |= {f"after_{i}": v for i, v in enumerate(decode_cursor(cursor, mark, kinds))}
    rows = list(session.execute(listed.later if cursor else listed.first, bound).all())
    kept = min(limit, fitting(rows)) if fitting else limit
    has_more = len(rows) > kept
    rows = rows[:kept]
    described: dict[str, Any] = {"limit": limit, "next_cursor": None, "has_more": has_more}
    if has_more:
        described["next_cursor"] = encode_cursor(rows[-1][-len(listed.sort.columns) :], mark)
    if total is not None:
        described |= total_of(total, values, cap)
    return rows, described


def strip_sort_columns(row: Any) -> dict[str, Any]:
    """Return a row of a page by the names of its own columns, without those it is sorted by."""
    return {name: value for name, value in row._asdict().items() if not name.startswith("sort_")}


def total_of(
    statement: AnySelect, values: Mapping[str, Any], cap: int | None = None
) -> dict[str, Any]:
    """Count a list, up to 10,000 or another cap; returns the members of `page` that tell it."""
    cap = TOTAL_CAP if cap is None else cap
    counted = select(func.count()).select_from(statement.limit(cap + 1).subquery())
    count = session.scalar(counted, dict(values)) or 0
    return {"total": min(count, cap), "total_is_capped": count > cap}


def after(sort: Sort) -> ColumnElement[bool]:
    """Return the condition that a row comes after the cursor; bound to `after_0`, `after_1` ..."""
    columns: ClauseElement = tuple_(*sort.columns)
    bounds = [bindparam(f"after_{i}", type_=c.type) for i, c in enumerate(sort.columns)]
    given = tuple_(*bounds)
    # Says nothing new, but when the columns are of several tables, only the first one alone can
    # begin in its index where the page begins.
    first = sort.columns[0]
    if sort.descending:
        return and_(first <= bounds[0], columns < given)
    return and_(first >= bounds[0], columns > given)


def cursor_fingerprint(name: str, filters: object) -> str:
    """Tie a cursor to its list, so that one made under other filters is refused, not misread."""
    return hashlib.sha256(f"{name}{filters!r}".encode()).hexdigest()[:12]


def encode_cursor(values: Sequence[Any], mark: str) -> str:
    """Write down where a page ended."""
    return base64.urlsafe_b64encode(orjson.dumps([mark, *values])).decode().rstrip("=")


def decode_cursor(cursor: str, mark: str, kinds: Sequence[Any]) -> list[Any]:
    """Read where a page ended: one value of each kind. Raises `CursorInvalid`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found, *values = orjson.loads(raw)
        if found != mark:
            raise CursorInvalid
        return [_typed(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError) as unreadable:
        raise CursorInvalid from unreadable


def _typed(kind: Any, value: Any) -> Any:
    """Turn a cursor value back into what its column holds.

    Strictly: anyone can write a cursor, and what the database cannot compare must not reach it.
    """
    if type(value) is not (str if kind in (UUID, datetime) else kind):
        raise TypeError(f"a cursor holds {value!r} where its list has {kind}")
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return moment.astimezone(UTC)
    if kind is str and "\x00" in value:
        raise ValueError("the database compares no NUL")
    return value
