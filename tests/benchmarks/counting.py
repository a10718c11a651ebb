"""How many statements and round trips a unit of work takes, counted by the servers themselves."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.benchmarks import checkout
from tests.benchmarks.asker import Connection, wire
from tests.benchmarks.replies import Request
from tests.benchmarks.shop import BenchShop
from tests.benchmarks.works import Work

UNITS = 20
# A prefix that begins every entry, with the application's name: the bench's own are left out.
_PREFIX = "@@%a@@"
_ENTRY = re.compile(r"^@@(?!bench@@)[^@\n]*@@LOG:  (?:statement|execute [^:]*): ", re.MULTILINE)
_ANY = re.compile(r"^@@", re.MULTILINE)
_AROUND = re.compile(r"\s*(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|START TRANSACTION)", re.I)


@dataclass(frozen=True)
class Counts:
    """Per unit: statements and round trips to Postgres, commands and round trips to Redis.

    A statement is one that reads or writes; BEGIN and COMMIT are round trips only.
    """

    statements: float
    round_trips: float
    redis_commands: float
    redis_round_trips: float


def count(shop: BenchShop, work: Work, requests: Sequence[Request], units: int = UNITS) -> Counts:
    """Do a few units one after another, while the worker stands still, and count.

    Postgres logs every statement for this short pass; nothing is timed in it.
    """
    redis = shop.redis()
    outdated: Sequence[str] = ()
    connection = Connection(*_at(shop.url))
    spec = [vars(request) for request in requests]

    def once(place: int) -> None:
        if outdated:
            redis.delete(*outdated)
        request = spec[place % len(spec)]
        if work.is_checkout:
            checkout.journey(connection.ask, wire, request)
        else:
            connection.ask(wire(request))

    def all_units() -> None:
        for place in range(units):
            once(place)

    is_read = spec[0]["method"] == "GET"
    for place in range(min(len(spec), 100) if is_read else 4):
        once(place)  # so that the cache knows all of them, and those who work are warm
    if work.before_each:
        outdated = cache_keys(shop)
    shop.wait_until_settled()
    with shop.hanging("worker"):
        own = _redis_counts(redis)
        own_after = _redis_counts(redis)
        unit_of_ours = {name: own_after[name] - own[name] for name in own}
        before = own_after
        text = _logged(shop, all_units)
        after = _redis_counts(redis)
    connection.close()
    flushed = units if work.before_each else 0
    commands = after["commands"] - before["commands"] - unit_of_ours["commands"] - flushed
    reads = after["reads"] - before["reads"] - unit_of_ours["reads"] - flushed
    statements, trips = statements_in(text)
    return Counts(
        round(statements / units, 1),
        round(trips / units, 1),
        round(commands / units, 1),
        round(reads / units, 1),
    )


def cache_keys(shop: BenchShop) -> list[str]:
    """Return the keys whose loss makes every kept answer old."""
    keys: list[Any] = shop.redis().keys("cache:token:*")
    return sorted(key.decode() for key in keys)


def _logged(shop: BenchShop, do: Callable[[], None]) -> str:
    """Return what Postgres logs while something is done."""
    try:
        shop.sql(f"ALTER SYSTEM SET log_line_prefix = '{_PREFIX}'")
        _switch(shop, "all")
        at = shop.postgres_log().stat().st_size
        do()
    finally:
        _switch(shop, "none")
        shop.sql("ALTER SYSTEM RESET log_line_prefix")
    with shop.postgres_log().open("rb") as log:
        log.seek(at)
        return log.read().decode(errors="replace")


def _switch(shop: BenchShop, to: str) -> None:
    """Let Postgres log statements or not; returns when a session of the shop has heard of it."""
    shop.sql(f"ALTER SYSTEM SET log_statement = '{to}'")
    shop.sql("SELECT pg_reload_conf()")
    with Probe(shop) as probe:
        probe.wait_until_logging(to)


class Probe:
    """A session of the bench that looks whether the new configuration has arrived."""

    def __init__(self, shop: BenchShop) -> None:
        self._connection = shop.connect()

    def __enter__(self) -> "Probe":
        return self

    def __exit__(self, *raised: Any) -> None:
        self._connection.close()

    def wait_until_logging(self, to: str) -> None:
        """Return when a session reads so; others read their signal before their next statement."""
        with self._connection.cursor() as cursor:
            for _ in range(500):
                cursor.execute("SELECT current_setting('log_statement'), pg_sleep(0.02)")
                if cursor.fetchone()[0] == to:
                    return
        raise RuntimeError("Postgres did not read its configuration again")


def statements_in(log: str) -> tuple[int, int]:
    """Count statements and round trips in a piece of Postgres's log."""
    starts = [*(found.start() for found in _ANY.finditer(log)), len(log)]
    statements = trips = 0
    for start, end in pairwise(starts):
        found = _ENTRY.match(log, start, end)
        if found is None:
            continue
        trips += 1
        text = re.sub(r"'(?:[^']|'')*'", "''", log[found.end() : end])
        pieces = [piece for piece in text.split(";") if piece.strip()]
        statements += sum(_AROUND.match(piece) is None for piece in pieces)
    return statements, trips


def _redis_counts(redis: Any) -> dict[str, int]:
    info = redis.info("stats")
    return {"commands": info["total_commands_processed"], "reads": info["total_reads_processed"]}


def _at(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)
