"""What changed since somebody last looked: exact, also for changes that commit late.

Triggers write one row per changed thing and transaction, so that no writer can forget to. A cursor
is the snapshot that the reader's last look had (`pg_current_snapshot`), and the next look gives
what that one could not see. Counting on times or numbers would skip whatever began earlier and
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
"""How long a cursor may lie before its reader is told to read everything again."""

KEPT_FOR = timedelta(hours=2)
"""Longer than a cursor is good for, by more than the longest transaction lasts."""

MOST = 500
"""Things told one by one in an answer; beyond that, reading everything again is cheaper."""

MAX_AT_ONCE = 200
"""Things of one statement that are written down one by one; an import is written as one row."""

_CURSOR = re.compile(r"(\d{1,12})-(\d{1,18}):(\d{1,18}):((?:\d{1,18}(?:,\d{1,18})*)?)", re.ASCII)


class Xid8(UserDefinedType[str]):
    """The full number of a transaction, which never comes round again."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return its name in PostgreSQL."""
        return "xid8"


ischema_names["xid8"] = Xid8  # so that reading a schema knows it, too


class Change(Base):
    """One thing that a transaction changed. Without an id: many of the kind."""

    __tablename__ = "changes"

    transaction: Mapped[str] = mapped_column(Xid8, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look gave, and the cursor for the next one."""

    cursor: str
    changes: list[dict[str, Any]]
    must_reload: bool


_NOBODY = "00000000-0000-0000-0000-000000000000"
_NOW = "floor(extract(epoch FROM now()))::bigint AS seconds, pg_current_snapshot()::text AS seen"
_BEGIN = text(f"SELECT {_NOW}")
# One statement has one snapshot: what it reads and what it gives as the cursor are the same look.
_SINCE = text(
    f"SELECT {_NOW}, ARRAY(SELECT DISTINCT kind || ' ' || object_id FROM changes"  # noqa: S608
    " WHERE transaction >= pg_snapshot_xmin(CAST(:before AS pg_snapshot))"
    " AND NOT pg_visible_in_snapshot(transaction, CAST(:before AS pg_snapshot))"
    " AND kind = ANY(:kinds) LIMIT :most) AS changed"
).bindparams(bindparam("kinds", type_=ARRAY(String)))


def since(cursor: str | None, kinds: Sequence[str]) -> Changes:
    """Return what has been committed since a look, each thing once; without one, where to begin.

    One statement that costs what changed, not what there is. `must_reload` when the cursor is
    older than half an hour, of another database, or so much changed that a list of it helps
    nobody. Raises `CursorInvalid`.
    """
    if cursor is None:
        row = session.execute(_BEGIN).one()
        return Changes(f"{row.seconds}-{row.seen}", [], must_reload=False)
    taken_at, before = _opened(cursor)
    row = session.execute(_SINCE, {"before": before, "kinds": list(kinds), "most": MOST + 1}).one()
    is_old = row.seconds - taken_at > GOOD_FOR.total_seconds()
    is_strange = _end(before) > _end(row.seen)
    next_cursor = f"{row.seconds}-{row.seen}"
    if is_old or is_strange or len(row.changed) > MOST:
        return Changes(next_cursor, [], must_reload=True)
    return Changes(next_cursor, [_told(one) for one in sorted(row.changed)], must_reload=False)


def purge_old() -> int:
    """Delete what no good cursor asks for any more; returns how many. Needs a transaction."""
    result = cast(
        CursorResult[Any],
        session.execute(delete(Change).where(Change.at < func.now() - KEPT_FOR)),
    )
    return result.rowcount


def watch(table: Any, kinds: Mapping[str, str]) -> None:
    """Let each change of a table's rows be told: `kinds` names the column with each thing's id."""
    for statement in watching_ddl(cast(Table, table).name, kinds):
        event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]


def watching_ddl(table: str, kinds: Mapping[str, str]) -> list[str]:
    """Return the statements that watch a table; migrations run the same ones."""
    inserts = "".join(
        f" INSERT INTO changes (transaction, kind, object_id)"  # noqa: S608 - names of ours
        f" SELECT DISTINCT pg_current_xact_id(), '{kind}', CASE WHEN many THEN '{_NOBODY}'::uuid"
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


def _opened(cursor: str) -> tuple[int, str]:
    """Read a cursor; PostgreSQL itself refuses a snapshot whose numbers make no sense."""
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


def _told(changed: str) -> dict[str, Any]:
    kind, _, object_id = changed.partition(" ")
    return {"kind": kind, "id": None if object_id == _NOBODY else object_id}
