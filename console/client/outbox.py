"""Every command, on disk before it is sent, until the shop has answered it.

SQLite in WAL mode with `synchronous=FULL`: a command that was acknowledged on the screen survives
a power cut. The key is made when the operator presses, stored with the command, and sent with each
try, so a command takes effect once however often it has to be sent. Commands of one aggregate (an
order, a stock level) go strictly in order; a refused one holds its followers back until a person
has looked at it. A command is sent only in the name of the person who gave it.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from console.client.approvals import HELD
from console.client.errors import CallFailed

SCHEMA = """
CREATE TABLE IF NOT EXISTS commands (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    operator TEXT NOT NULL,
    kind TEXT NOT NULL,
    aggregate TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    label TEXT NOT NULL,
    inverse TEXT,
    undoes TEXT,
    made_at REAL NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    unanswered INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 0,
    milliseconds REAL NOT NULL DEFAULT 0,
    problem TEXT,
    answer TEXT
);
CREATE INDEX IF NOT EXISTS commands_open
    ON commands (aggregate, id) WHERE state IN ('waiting', 'stopped', 'asking');
CREATE TABLE IF NOT EXISTS remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

KEPT_FOR = 7 * 24 * 3600.0
"""Seconds that an answered command stays on the outbox page and available for undo."""


class State(StrEnum):
    """Where a command stands."""

    WAITING = "waiting"
    ASKING = "asking"
    """Money: sent while the operator waits, never by itself; its answer is not known yet."""

    STOPPED = "stopped"
    DONE = "done"
    DROPPED = "dropped"


OPEN = (State.WAITING, State.STOPPED, State.ASKING)


class NewCommand(NamedTuple):
    """A command before it has a key: what to send where, and how a person calls it."""

    kind: str
    aggregate: str
    path: str
    body: Mapping[str, object]
    label: str
    inverse: Mapping[str, object] | None = None
    """Body of the command that takes this one back, where there is one."""

    undoes: str | None = None
    """Key of the command that this one undoes."""


class Command(NamedTuple):
    """A command in the outbox."""

    id: int
    key: str
    operator: str
    kind: str
    aggregate: str
    path: str
    body: dict[str, object]
    label: str
    inverse: dict[str, object] | None
    undoes: str | None
    made_at: float
    state: State
    tries: int
    unanswered: int
    """Tries whose outcome nobody here knows. Above zero, it may have taken effect."""

    next_at: float
    status: int
    milliseconds: float
    problem: dict[str, object] | None
    answer: dict[str, object] | None

    @property
    def is_unsent(self) -> bool:
        """Whether it surely never reached the shop, so it can simply be dropped."""
        return self.state in (State.WAITING, State.STOPPED) and not self.unanswered


class Outbox:
    """The commands of one console."""

    def __init__(self, file: Path | str, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.changed: Callable[[], None] = _no_listener
        self._busy: frozenset[str] | None = None
        self._counts: dict[State, int] | None = None
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)
        self._db.execute(
            "DELETE FROM commands WHERE state IN ('done', 'dropped') AND made_at < ?",
            (now() - KEPT_FOR,),
        )

    def close(self) -> None:
        """Close the file; everything is on disk already."""
        self._db.close()

    def put(
        self, draft: NewCommand, *, operator: str, key: str = "", state: State = State.WAITING
    ) -> Command:
        """Keep a command; when this returns it is on disk."""
        key = key or str(uuid.uuid4())
        self._insert(draft, operator, key, state)
        self._changed()
        return self.get(key)

    def put_all(
        self,
        drafts: Sequence[NewCommand],
        *,
        operator: str,
        about: Callable[[tuple[int, ...]], tuple[str, str]],
    ) -> tuple[Command, ...]:
        """Keep several commands that belong together: all of them are on disk afterwards, or none.

        `about` is given their ids and says what is remembered of them, under which name.
        """
        keys = [str(uuid.uuid4()) for _ in drafts]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            ids = tuple(
                self._insert(draft, operator, key, State.WAITING)
                for draft, key in zip(drafts, keys, strict=True)
            )
            self.remember(*about(ids))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self._changed()
        return self.with_ids(ids)

    def with_ids(self, ids: Iterable[int]) -> tuple[Command, ...]:
        """Those of these commands that are still kept, oldest first."""
        wanted = json.dumps(list(ids))
        return tuple(
            self._select("WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", wanted)
        )

    def states(self, ids: Iterable[int]) -> dict[int, State]:
        """How each of these commands stands, as far as it is still kept."""
        rows = self._db.execute(
            "SELECT id, state FROM commands WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {found: State(state) for found, state in rows}

    def _insert(self, draft: NewCommand, operator: str, key: str, state: State) -> int:
        cursor = self._db.execute(
            "INSERT INTO commands (key, operator, kind, aggregate, path, body, label, inverse,"
            " undoes, made_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                operator,
                draft.kind,
                draft.aggregate,
                draft.path,
                json.dumps(draft.body),
                draft.label,
                json.dumps(draft.inverse) if draft.inverse is not None else None,
                draft.undoes,
                self._now(),
                state,
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def get(self, key: str) -> Command:
        """The command with this key."""
        (command,) = self._select("WHERE key = ?", key)
        return command

    def next_per_aggregate(self, operator: str, *, beside: Iterable[str] = ()) -> list[Command]:
        """What may be sent now for this person: the first open command of each aggregate.

        `beside` names aggregates that are being sent already.
        """
        busy = json.dumps(list(beside))
        return self._select(
            "WHERE state = 'waiting' AND operator = ? AND next_at <= ?"
            " AND aggregate NOT IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM commands AS before WHERE before.state IN"
            " ('waiting', 'stopped', 'asking') AND before.aggregate = commands.aggregate"
            " AND before.id < commands.id) ORDER BY id LIMIT 16",
            operator,
            self._now(),
            busy,
        )

    def next_at(self, operator: str) -> float | None:
        """When the next postponed command is due, as a time of day."""
        row = self._db.execute(
            "SELECT min(next_at) FROM commands WHERE state = 'waiting' AND operator = ?",
            (operator,),
        ).fetchone()
        due: float | None = row[0]
        return due

    def mark_sending(self, command: Command) -> bool:
        """Write down that a try goes out, before it does: a crash must not make it unsent again.

        False when the command was undone or stopped in the meantime: then it must not go.
        """
        changed = self._db.execute(
            "UPDATE commands SET tries = tries + 1, unanswered = unanswered + 1"
            " WHERE id = ? AND state = ?",
            (command.id, command.state),
        )
        self._changed()
        return changed.rowcount == 1

    def never_arrived(self, command: Command) -> None:
        """The try surely did not reach the shop."""
        self._change(command, "unanswered = max(0, unanswered - 1)")

    def postpone(self, command: Command, seconds: float, failure: CallFailed | None = None) -> None:
        """Send it again later, under the same key."""
        self._change(
            command,
            "next_at = ?, problem = ?",
            self._now() + seconds,
            json.dumps(failure.as_record()) if failure else None,
        )

    def done(
        self, command: Command, *, status: int, answer: object = None, milliseconds: float = 0.0
    ) -> None:
        """The shop has done it."""
        self._change(
            command,
            "state = 'done', unanswered = 0, problem = NULL, status = ?, answer = ?,"
            " milliseconds = ?",
            status,
            json.dumps(answer),
            milliseconds,
        )

    def stop(self, command: Command, failure: CallFailed) -> None:
        """Nothing more of this aggregate goes out until a person has looked.

        Where the shop itself said no, it surely was not done.
        """
        self._change(
            command,
            "state = 'stopped', unanswered = CASE WHEN ? THEN 0 ELSE unanswered END,"
            " status = ?, problem = ?",
            failure.status > 0,
            failure.status,
            json.dumps(failure.as_record()),
        )

    def retry(self, command: Command, draft: NewCommand | None = None) -> None:
        """Let a stopped command go again, in its old place; with a draft, in these words.

        The shop keeps its refusals under their keys, so a refused command needs a new key to be
        weighed again; one that may have happened keeps its key, or it could happen twice.
        """
        key = command.key if command.unanswered else str(uuid.uuid4())
        body = draft.body if draft else command.body
        inverse = draft.inverse if draft else command.inverse
        self._change(
            command,
            "state = 'waiting', key = ?, body = ?, inverse = ?, next_at = 0, problem = NULL,"
            " status = 0, made_at = ?",
            key,
            json.dumps(body),
            json.dumps(inverse) if inverse is not None else None,
            self._now(),
        )

    def drop(self, command: Command, failure: CallFailed | None = None) -> None:
        """Give a command up: undone before it was sent, or refused for good."""
        problem = json.dumps(failure.as_record()) if failure else None
        self._change(command, "state = 'dropped', problem = coalesce(?, problem)", problem)

    def open_commands(self, aggregate: str | None = None) -> list[Command]:
        """Whatever is not finished, oldest first."""
        if aggregate is None:
            return self._select("WHERE state IN ('waiting', 'stopped', 'asking') ORDER BY id")
        return self._select(
            "WHERE state IN ('waiting', 'stopped', 'asking') AND aggregate = ? ORDER BY id",
            aggregate,
        )

    def recent(self, limit: int = 100) -> list[Command]:
        """The latest commands of every state, newest first."""
        return self._select("ORDER BY id DESC LIMIT ?", limit)

    def latest_by(self, operator: str, *, before: int | None = None) -> list[Command]:
        """This person's latest commands, newest first, for undo; without those already undone."""
        return self._select(
            "WHERE operator = ? AND id < ? AND state != 'dropped' AND undoes IS NULL"
            " AND status != ? AND key NOT IN (SELECT undoes FROM commands"
            " WHERE undoes IS NOT NULL AND state != 'dropped')"
            " ORDER BY id DESC LIMIT 20",
            operator,
            before if before is not None else 1 << 62,
            HELD,
        )

    @property
    def busy(self) -> frozenset[str]:
        """Aggregates with an open command; remembered, because every row of a list asks."""
        if self._busy is None:
            self._busy = frozenset(one.aggregate for one in self.open_commands())
        return self._busy

    def counts(self) -> dict[State, int]:
        """How many commands stand in each open state; remembered, because every bar asks."""
        if self._counts is None:
            rows = self._db.execute(
                "SELECT state, count(*) FROM commands"
                " WHERE state IN ('waiting', 'stopped', 'asking') GROUP BY state"
            )
            self._counts = {State(state): count for state, count in rows}
        return self._counts

    def remember(self, name: str, value: str) -> None:
        """Keep a small choice, such as the last carrier."""
        self._db.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (name, value))

    def remembered(self, name: str, default: str = "") -> str:
        """A small choice from before."""
        row = self._db.execute("SELECT value FROM remembered WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def forget(self, name: str) -> None:
        """Keep it no longer."""
        self._db.execute("DELETE FROM remembered WHERE name = ?", (name,))

    def remembered_like(self, prefix: str) -> list[str]:
        """Everything that is remembered under names that begin like this."""
        query = "SELECT value FROM remembered WHERE substr(name, 1, ?) = ? ORDER BY name"
        return [str(row[0]) for row in self._db.execute(query, (len(prefix), prefix))]

    def _change(self, command: Command, what: str, *values: object) -> None:
        # `what` and `where` are literals of this module; every value travels as a parameter.
        self._db.execute(f"UPDATE commands SET {what} WHERE id = ?", (*values, command.id))  # noqa: S608
        self._changed()

    def _changed(self) -> None:
        self._busy = self._counts = None
        self.changed()

    def _select(self, where: str, *values: object) -> list[Command]:
        rows = self._db.execute(f"SELECT * FROM commands {where}", values)  # noqa: S608
        return [_command(row) for row in rows]


def _command(row: sqlite3.Row) -> Command:
    """A row of the table, whose columns are called as the command's fields."""
    told = dict(row)
    for name in ("body", "inverse", "problem", "answer"):
        told[name] = json.loads(told[name]) if told[name] else None
    return Command(**told | {"state": State(told["state"])})


def _no_listener() -> None:
    """Until somebody wants to know."""
