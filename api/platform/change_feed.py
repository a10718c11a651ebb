"""The change feed: what changed since a cursor, exact even for changes that commit late.

Triggers write one row per changed object and transaction, so that no writer can forget to. A cursor
is the snapshot of the reader's last poll (`pg_current_snapshot`), and the next poll returns what
that snapshot could not see. Times or sequence numbers would skip changes that began earlier and
committed later; waiting for the oldest transaction would stall everybody behind one long import.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DDL,
    CursorResult,
    String,
    Table,
    bindparam,
    delete,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from api.platform.db import Base, session
from api.platform.pagination import CursorInvalid

GOOD_FOR = timedelta(minutes=30)
"""How old a cursor may be before its reader must reload everything."""

KEPT_FOR = timedelta(hours=2)
"""Longer than a cursor is valid, by more than the longest transaction lasts."""

MOST = 500
"""Changes listed in one answer; beyond that, reloading everything is cheaper."""

MAX_AT_ONCE = 200
"""Objects of one statement that get a row each; more of them, as in an import, get one together."""

_CURSOR = re.compile(r"(\d{1,12})-(\d{1,18}):(\d{1,18}):((?:\d{1,18}(?:,\d{1,18})*)?)", re.ASCII)


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, which never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the name of the type in PostgreSQL."""
        return "xid8"


ischema_names["xid8"] = Xid8  # so that schema reflection knows it, too


class Change(Base):
    """An object that a transaction changed; the nil UUID stands for many of the kind."""

    __tablename__ = "changes"

    transaction: Mapped[str] = mapped_column(Xid8, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of one poll, and the cursor for the next one."""

    cursor: str
    changes: list[dict[str, object]]
    must_reload: bool


_MANY = "00000000-0000-0000-0000-000000000000"
_NOW = "floor(extract(epoch FROM now()))::bigint AS seconds, pg_current_snapshot()::text AS seen"
_BEGIN = text(f"SELECT {_NOW}")
# One statement has one snapshot, so the changes and the new cursor belong together.
_SINCE = text(
    f"SELECT {_NOW}, ARRAY(SELECT DISTINCT kind || ' ' || object_id FROM changes"  # noqa: S608
    " WHERE transaction >= pg_snapshot_xmin(CAST(:before AS pg_snapshot))"
    " AND NOT pg_visible_in_snapshot(transaction, CAST(:before AS pg_snapshot))"
    " AND kind = ANY(:kinds) LIMIT :most) AS changed"
).bindparams(bindparam("kinds", type_=ARRAY(String)))


def since(cursor: str | None, kinds: Sequence[str]) -> Changes:
    """Return what was committed since a cursor, each object once; without one, a first cursor.

    One statement whose cost depends on what changed, not on how much there is. `must_reload` when
    the cursor is older than half an hour, of another database, or when too much changed to list.
    Raises `CursorInvalid`.
    """
    if cursor is None:
        row = session.execute(_BEGIN).one()
        return Changes(f"{row.seconds}-{row.seen}", [], must_reload=False)
    taken_at, before = _parse(cursor)
    row = session.execute(_SINCE, {"before": before, "kinds": list(kinds), "most": MOST + 1}).one()
    is_old = row.seconds - taken_at > GOOD_FOR.total_seconds()
    is_foreign = _end(before) > _end(row.seen)  # of another database
    next_cursor = f"{row.seconds}-{row.seen}"
    if is_old or is_foreign or len(row.changed) > MOST:
        return Changes(next_cursor, [], must_reload=True)
    return Changes(next_cursor, [_as_json(each) for each in sorted(row.changed)], must_reload=False)


def purge_old() -> int:
    """Delete changes older than any valid cursor; returns how many. Needs a transaction."""
    result = cast(
        CursorResult[Any],
        session.execute(delete(Change).where(Change.at < func.now() - KEPT_FOR)),
    )
    return result.rowcount


def watch(table: object, kinds: Mapping[str, str]) -> None:
    """Feed changes of a table's rows; `kinds` maps each kind to the column with the object's id."""
    for statement in watching_ddl(cast(Table, table).name, kinds):
        event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]


def watching_ddl(table: str, kinds: Mapping[str, str]) -> list[str]:
    """Return the statements that watch a table; migrations run the same ones."""
    inserts = "".join(
        f" INSERT INTO changes (transaction, kind, object_id)"  # noqa: S608 - names of ours
        f" SELECT DISTINCT pg_current_xact_id(), '{kind}', CASE WHEN many THEN '{_MANY}'::uuid"
        f" ELSE {column} END FROM changed WHERE {column} IS NOT NULL ON CONFLICT DO NOTHING;"
        for kind, column in kinds.items()
    )
    function = (
        f"CREATE OR REPLACE FUNCTION note_changed_{table}() RETURNS trigger LANGUAGE plpgsql AS"  # noqa: S608
        f" $$ DECLARE many boolean := (SELECT count(*) > {MAX_AT_ONCE} FROM changed);"
        f" BEGIN{inserts} RETURN NULL; END $$"
    )
    return [function] + [
        f"CREATE TRIGGER {table}_{verb.lower()}_noted AFTER {verb} ON {table}"
        f" REFERENCING {rows} TABLE AS changed"
        f" FOR EACH STATEMENT EXECUTE FUNCTION note_changed_{table}()"
        for verb, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]


def _parse(cursor: str) -> tuple[int, str]:
    """Parse a cursor; checks the numbers, because PostgreSQL refuses an inconsistent snapshot."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise CursorInvalid
    first, end = int(match[2]), int(match[3])
    between = [int(one) for one in match[4].split(",")] if match[4] else []
    line = [first - 1, *between, end]
    if first < 1 or end < first or any(a >= b for a, b in pairwise(line)):
        raise CursorInvalid
    return int(match[1]), f"{first}:{end}:{','.join(map(str, between))}"


def _end(snapshot: str) -> int:
    return int(snapshot.split(":")[1])


def _as_json(changed: str) -> dict[str, object]:
    kind, _, object_id = changed.partition(" ")
    return {"kind": kind, "id": None if object_id == _MANY else object_id}
