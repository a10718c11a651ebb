"""One Stripe account: its objects, its events, its idempotency keys and what is due later.

Everything lies in one SQLite file that only its owner can read. A request is one transaction, so
a kill leaves all of its effects or none.
"""

import json
import secrets
import sqlite3
import string
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import stripe

from api.dev.fake_stripe.errors import StripeProblem, missing

StripeObject = dict[str, Any]

SHAPES: Final[dict[str, StripeObject]] = json.loads(
    Path(__file__).with_name("shapes.json").read_text()
)
PREFIXES: Final = {
    "payment_intent": "pi",
    "payment_method": "pm",
    "charge": "ch",
    "refund": "re",
    "dispute": "du",
    "radar.early_fraud_warning": "issfr",
    "balance_transaction": "txn",
    "payout": "po",
    "event": "evt",
}
IDEMPOTENCY_SECONDS: Final = 24 * 3600
_ALPHANUMERIC: Final = string.ascii_letters + string.digits
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    object TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (object, seq);
CREATE INDEX IF NOT EXISTS intents_by_order ON objects (json_extract(body, '$.metadata.order_id'))
    WHERE object = 'payment_intent';
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (object, json_extract(body, '$.charge'));
CREATE TABLE IF NOT EXISTS deliveries (event_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS later (
    seq INTEGER PRIMARY KEY, due_at REAL NOT NULL, action TEXT NOT NULL, id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY, kept_at REAL NOT NULL, asked TEXT NOT NULL,
    status INTEGER NOT NULL, answer BLOB NOT NULL
);
"""


class Account:
    """The books of the stand-in. `now` is the clock, in seconds since 1970."""

    def __init__(self, file: Path, now: Callable[[], float] = time.time) -> None:
        file.touch(mode=0o600)
        # The server is one thread; the connection is handed over to it once.
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._database.executescript(f"PRAGMA journal_mode = WAL; {_TABLES}")
        self._clock = now
        self.request: dict[str, str | None] = {"id": None, "idempotency_key": None}
        self.tells = True
        """Whether events are delivered; they are listed either way."""

    def begin(self) -> None:
        """Open the transaction of one request."""
        self._database.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Keep what the request did."""
        self._database.execute("COMMIT")

    def roll_back(self) -> None:
        """Forget what the request did."""
        self._database.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @property
    def now(self) -> int:
        """The current second."""
        return int(self._clock())

    def new(self, kind: str, **fields: object) -> StripeObject:
        """Make and keep an object in Stripe's shape, with an id of Stripe's form."""
        made = deepcopy(SHAPES[kind])
        made |= {"id": make_id(PREFIXES[kind]), "created": self.now, **fields}
        self._database.execute(
            "INSERT INTO objects (id, object, created, body) VALUES (?, ?, ?, ?)",
            (made["id"], kind, made["created"], json.dumps(made)),
        )
        return made

    def save(self, changed: StripeObject) -> None:
        """Keep an object as it is now."""
        self._database.execute(
            "UPDATE objects SET body = ? WHERE id = ?", (json.dumps(changed), changed["id"])
        )

    def find(self, object_id: str) -> StripeObject | None:
        """Return an object of any kind."""
        row = self._database.execute(
            "SELECT body FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def get(self, kind: str, object_id: str, *, param: str = "id") -> StripeObject:
        """Return an object of this kind; the 404 that Stripe gives when there is none."""
        found = self.find(object_id)
        if found is None or found["object"] != kind:
            raise missing(object_id, kind, param=param)
        return found

    def page(
        self,
        kind: str,
        *,
        fields: Mapping[str, object] | None = None,
        created: Mapping[str, int] | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        limit: int = 10,
    ) -> tuple[list[StripeObject], bool]:
        """Return the newest objects first and whether there are more.

        `fields` compares values of the object; a value that is a list names several.
        """
        where, values = ["object = ?"], [kind]  # type: tuple[list[str], list[Any]]
        for name, wanted in (fields or {}).items():
            one_of = wanted if isinstance(wanted, list) else [wanted]
            where.append(f"json_extract(body, '$.{name}') IN ({', '.join('?' * len(one_of))})")
            values += one_of
        for bound, moment in (created or {}).items():
            where.append(f"created {_COMPARISONS[bound]} ?")
            values.append(moment)
        order = "DESC"
        if ending_before is not None:
            where.append("seq > ?")
            values.append(self._place(kind, ending_before, "ending_before"))
            order = "ASC"
        if starting_after is not None:
            where.append("seq < ?")
            values.append(self._place(kind, starting_after, "starting_after"))
        rows = self._database.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(where)} "  # noqa: S608 - names are ours
            f"ORDER BY seq {order} LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
        found = [json.loads(body) for (body,) in rows[:limit]]
        return (found if order == "DESC" else found[::-1]), len(rows) > limit

    def every(self, kind: str, **fields: object) -> list[StripeObject]:
        """Return all objects whose fields have these values, newest first."""
        found, _ = self.page(kind, fields=fields, limit=1_000_000)
        return found

    def emit(self, kind: str, subject: StripeObject, **previous: object) -> None:
        """Record an event with the object as it is now; it is delivered after the commit."""
        told: dict[str, object] = {"object": public(subject)}
        if previous:
            told["previous_attributes"] = previous
        event = self.new(
            "event",
            type=kind,
            data=told,
            api_version=stripe.api_version,
            request=dict(self.request),
            pending_webhooks=int(self.tells),
        )
        if self.tells:
            self.deliver(event["id"])

    def deliver(self, event_id: str) -> None:
        """Have an event delivered, again if it was delivered before."""
        self._database.execute("INSERT OR IGNORE INTO deliveries VALUES (?)", (event_id,))

    def undelivered(self) -> list[str]:
        """Return the ids of the events that the shop has not taken yet."""
        rows = self._database.execute("SELECT event_id FROM deliveries").fetchall()
        return [row[0] for row in rows]

    def delivered(self, event_id: str) -> None:
        """Note that the shop took an event, or that no further attempt is made."""
        self._database.execute("DELETE FROM deliveries WHERE event_id = ?", (event_id,))

    def schedule(self, action: str, object_id: str, *, seconds: float) -> None:
        """Have something happen by itself later."""
        self._database.execute(
            "INSERT INTO later (due_at, action, id) VALUES (?, ?, ?)",
            (self._clock() + seconds, action, object_id),
        )

    def take_due(self) -> list[tuple[str, str]]:
        """Return what is due now as (action, id); it does not come again."""
        due = self._database.execute(
            "DELETE FROM later WHERE due_at <= ? RETURNING action, id", (self._clock(),)
        ).fetchall()
        return [(action, object_id) for action, object_id in due]

    def is_scheduled(self, action: str) -> bool:
        """Say whether this action is to happen."""
        found = self._database.execute("SELECT 1 FROM later WHERE action = ?", (action,))
        return found.fetchone() is not None

    def answer_of(self, key: str, asked: str) -> tuple[int, bytes] | None:
        """Return what was answered to this idempotency key in the last 24 hours.

        https://docs.stripe.com/api/idempotent_requests
        """
        self._database.execute(
            "DELETE FROM idempotency_keys WHERE kept_at <= ?",
            (self._clock() - IDEMPOTENCY_SECONDS,),
        )
        row = self._database.execute(
            "SELECT asked, status, answer FROM idempotency_keys WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        if row[0] != asked:
            raise StripeProblem(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request.",
                kind="idempotency_error",
            )
        return row[1], row[2]

    def keep_answer(self, key: str, asked: str, status: int, answer: bytes) -> None:
        """Remember what was answered to an idempotency key."""
        self._database.execute(
            "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?)",
            (key, self._clock(), asked, status, answer),
        )

    def _place(self, kind: str, object_id: str, param: str) -> int:
        row = self._database.execute(
            "SELECT seq FROM objects WHERE id = ? AND object = ?", (object_id, kind)
        ).fetchone()
        if row is None:
            raise missing(object_id, kind, param=param)
        return int(row[0])


_COMPARISONS: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def make_id(prefix: str) -> str:
    """Make an id of Stripe's form."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHANUMERIC) for _ in range(24))}"


def public(held: StripeObject) -> StripeObject:
    """Leave out what Stripe never shows, such as the number of a card."""
    return {name: value for name, value in held.items() if not name.startswith("_")}
