"""Keyset pagination: a cursor holds the end of the last page, so every page costs the same."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypedDict
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, select, tuple_
from sqlalchemy.sql.elements import ClauseElement

from api.kernel.errors import Unprocessable
from api.platform.db import AnyRow, AnySelect, session
from api.platform.prepared import prepared

TOTAL_CAP = 10_000
LONGEST_PAGE = 100


class CursorInvalid(Unprocessable):
    """The cursor belongs to another list or other filters."""

    code = "cursor_invalid"
    sentence = "The cursor does not belong to this list. Begin again without one."


class UncountedPageQuery(TypedDict, total=False):
    """Which page of a list is asked for."""

    limit: int
    cursor: str | None


class PageQuery(UncountedPageQuery, total=False):
    """Which page of a list is asked for, and whether the list is counted."""

    with_total: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of a list: columns, the last of them unique, all in the same direction."""

    columns: tuple[Any, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PreparedList:
    """A list with prepared statements, so that frequent lists build them once.

    Create one with `listing` from a statement with bound parameters, at import.
    """

    first: AnySelect
    later: AnySelect
    sort: Sort
    name: str


def listing(statement: AnySelect, sort: Sort) -> PreparedList:
    """Prepare the statements of a list, for the first page and for later ones.

    Of a `prepared` statement the pages are prepared, too.
    """
    first = in_order(statement, sort)
    pages = (first, first.where(after(sort)))
    if statement.get_execution_options().get("prepared"):
        pages = (_planned_once(pages[0], sort), _planned_once(pages[1], sort))
    return PreparedList(*pages, sort, name_of(sort))


def _planned_once(page: AnySelect, sort: Sort) -> AnySelect:
    """Prepare a page: a plan for any limit would expect a tenth of all rows, and sort many."""
    longest = page.limit(LONGEST_PAGE + 1).subquery("longest")
    columns = tuple(longest.c[column.name] for column in sort.columns)
    return prepared(in_order(select(longest), replace(sort, columns=columns)))


def in_order(statement: AnySelect, sort: Sort) -> AnySelect:
    """Add an order and a limit to a statement.

    Its rows end with the sort columns, which are added unless they are there already.
    """
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    ends = tuple(statement.selected_columns)[-len(sort.columns) :]
    if len(ends) < len(order) or any(a is not b for a, b in zip(ends, sort.columns, strict=True)):
        labelled = (c.label(f"sort_{i}") for i, c in enumerate(sort.columns))
        statement = statement.add_columns(*labelled)
    return statement.order_by(*order).limit(bindparam("page_rows", type_=Integer))


def name_of(sort: Sort) -> str:
    """Return the name of an order, for the fingerprint of cursors."""
    return repr(([str(c) for c in sort.columns], sort.descending))


def page(
    statement: AnySelect,
    sort: Sort,
    *,
    limit: int,
    cursor: str | None,
    filters: object = None,
    total: AnySelect | None = None,
) -> tuple[list[AnyRow], dict[str, object]]:
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
    values: Mapping[str, object],
    *,
    limit: int,
    cursor: str | None,
    filters: object = None,
    total: AnySelect | None = None,
    cap: int | None = None,
    fitting: Callable[[Sequence[AnyRow]], int] | None = None,
) -> tuple[list[AnyRow], dict[str, object]]:
    """Read one page of a prepared list, with the values of its bound parameters; see `page`.

    `fitting` returns how many of the first rows fit on one page, at least one, where rows differ
    in size: the page then ends early, and the next one continues there. A total is counted up to
    `cap`, by default 10,000. Raises `CursorInvalid`.
    """
    fingerprint = cursor_fingerprint(listed.name, filters)
    bound = {**values, "page_rows": limit + 1}
    if cursor:
        kinds = [column.type.python_type for column in listed.sort.columns]
        bound |= {f"after_{i}": v for i, v in enumerate(decode_cursor(cursor, fingerprint, kinds))}
    rows = list(session.execute(listed.later if cursor else listed.first, bound).all())
    size = min(limit, fitting(rows)) if fitting else limit
    has_more = len(rows) > size
    rows = rows[:size]
    described: dict[str, object] = {"limit": limit, "next_cursor": None, "has_more": has_more}
    if has_more:
        last = rows[-1][-len(listed.sort.columns) :]
        described["next_cursor"] = encode_cursor(last, fingerprint)
    if total is not None:
        described |= total_of(total, values, cap)
    return rows, described


def page_response(
    statement: AnySelect,
    sort: Sort,
    view: Callable[[AnyRow], object] | None = None,
    *,
    filters: object = None,
    counted: AnySelect | None = None,
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
) -> dict[str, object]:
    """Return one page as the API sends it: `data`, each row as `view` shows it, and `page`.

    Without a `view` a row shows its own columns. A total counts the statement, or `counted` where
    that needs fewer tables. See `page`.
    """
    total = (statement if counted is None else counted) if with_total else None
    rows, described = page(
        statement, sort, limit=limit, cursor=cursor, filters=filters, total=total
    )
    view = view or strip_sort_columns
    return {"data": [view(row) for row in rows], "page": described}


def strip_sort_columns(row: AnyRow) -> dict[str, Any]:
    """Return a row as a dictionary, without the added sort columns."""
    return {name: value for name, value in row._asdict().items() if not name.startswith("sort_")}


def total_of(
    statement: AnySelect, values: Mapping[str, object], cap: int | None = None
) -> dict[str, object]:
    """Count a list, up to 10,000 or another cap; returns the `total` members of `page`."""
    cap = TOTAL_CAP if cap is None else cap
    counted = select(func.count()).select_from(statement.limit(cap + 1).subquery())
    count = session.scalar(counted, dict(values)) or 0
    return {"total": min(count, cap), "total_is_capped": count > cap}


def after(sort: Sort) -> ColumnElement[bool]:
    """Return the condition that a row comes after the cursor, with parameters `after_0` ..."""
    columns: ClauseElement = tuple_(*sort.columns)
    bounds = [bindparam(f"after_{i}", type_=c.type) for i, c in enumerate(sort.columns)]
    bound = tuple_(*bounds)
    # Redundant, but when the columns belong to several tables, only a condition on the first one
    # lets an index scan start where the page starts.
    first = sort.columns[0]
    if sort.descending:
        return and_(first <= bounds[0], columns < bound)
    return and_(first >= bounds[0], columns > bound)


def cursor_fingerprint(name: str, filters: object) -> str:
    """Return a hash of list and filters, so that a cursor of others is refused, not misread."""
    return hashlib.sha256(f"{name}{filters!r}".encode()).hexdigest()[:12]


def encode_cursor(values: Sequence[object], fingerprint: str) -> str:
    """Return a cursor with the sort values of the last row."""
    return base64.urlsafe_b64encode(orjson.dumps([fingerprint, *values])).decode().rstrip("=")


def decode_cursor(cursor: str, fingerprint: str, kinds: Sequence[object]) -> list[Any]:
    """Return the sort values of a cursor, one of each type in `kinds`. Raises `CursorInvalid`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        own, *values = orjson.loads(raw)
        if own != fingerprint:
            raise CursorInvalid
        return [_typed(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError) as unreadable:
        raise CursorInvalid from unreadable


def _typed(kind: object, value: Any) -> object:
    """Convert a cursor value to the Python type of its column.

    Strictly: anyone can forge a cursor, and the database must not get values of other types.
    """
    if type(value) is not (str if kind in (UUID, datetime) else kind):
        raise TypeError(f"a cursor holds {value!r} where its list has {kind}")
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time needs its time zone")
        return moment.astimezone(UTC)
    if kind is str and "\x00" in value:
        raise ValueError("the database stores no NUL")
    return value
