"""The bench runs, shows every column, and fails when the shop gives it something wrong."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress

from tests.benchmarks import rounds, seeding, works
from tests.benchmarks.__main__ import main
from tests.benchmarks.replies import Broken
from tests.benchmarks.seeding import Seeded

pytestmark = [pytest.mark.serial, pytest.mark.slow]

COLUMNS = (
    *("web", "Postgres", "Redis", "worker", "web+PG", "x bare", "x raw", "SQL", "trips"),
    *("Redis trips", "p50", "p99", "per s"),
)
BESIDE = (
    *("jobs per second", "worker ms per email", "webhooks per second"),
    "import rows per cpu second",
)


SHORT = ("W1", "W3c", "W4", "W5", "W6")
"""One work of each way of measuring: from a cache, without it, writing, many steps, for staff."""


@pytest.fixture(scope="module")
def progress() -> Iterator[Progress]:
    with Progress(disable=True) as shown:
        yield shown


@pytest.fixture(scope="module")
def filled(progress: Progress) -> Iterator[Seeded]:
    """A tiny shop, with products of the importer and copied ones, and copied orders."""
    seeded = seeding.seed("tiny", 20, 40, progress)
    try:
        yield seeded
    finally:
        seeded.shop.stop()


def _run(filled: Seeded, progress: Progress, names: str, between: Callable[[int], None]) -> Any:
    chosen = [work for work in works.WORKS if work.name in names.split()]
    plan = rounds.Plan(chosen, 1, 0.2, with_counts=False, between=between)
    return rounds.run([filled], plan, progress)


def test_copied_orders_balance_and_point_at_what_is_there(filled: Seeded) -> None:
    shop = filled.shop
    ((orders, numbers),) = shop.sql("SELECT count(*), count(DISTINCT number) FROM orders")
    assert (orders, numbers) == (40, 40)
    assert "are sound." in shop.flask("doctor", "stock", "goods", "orders", "money", "carts")
    keys = shop.sql(
        "SELECT conrelid::regclass::text, confrelid::regclass::text, a.attname, b.attname"
        " FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum ="
        " conkey[1] JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = confkey[1]"
        " WHERE contype = 'f' AND cardinality(conkey) = 1"
    )
    for table, parent, column, key in keys:
        lost = shop.sql(
            f"SELECT FROM {table} c WHERE {column} IS NOT NULL"
            f" AND NOT EXISTS (SELECT FROM {parent} p WHERE p.{key} = c.{column})"
        )
        assert not lost, f"{table}.{column} points at nothing"


def test_an_empty_list_fails_the_run(filled: Seeded, progress: Progress) -> None:
    hide = "UPDATE products SET status = 'archived' WHERE slug LIKE 'product-%%'"
    try:
        with pytest.raises(Broken, match="0 products instead of"):
            _run(filled, progress, "W1", lambda _: _sell_nothing(filled, hide))
    finally:
        _sell_nothing(filled, hide.replace("archived", "active"))


def test_a_wrong_total_fails_the_run(filled: Seeded, progress: Progress) -> None:
    def raise_prices(_: int) -> None:
        filled.shop.sql("UPDATE variant_prices SET amount = amount + 1")

    try:
        with pytest.raises(Broken, match="a wrong total"):
            _run(filled, progress, "W4", raise_prices)
        with pytest.raises(Broken, match="a wrong total"):
            _run(filled, progress, "W5", lambda _: None)
    finally:
        filled.shop.sql("UPDATE variant_prices SET amount = amount - 1")


def test_a_killed_worker_fails_the_run(filled: Seeded, progress: Progress) -> None:
    try:
        with pytest.raises(Broken, match="the worker process ended"):
            _run(filled, progress, "W6", lambda _: filled.shop.kill("worker"))
    finally:
        filled.shop.start("worker")


def test_a_killed_web_worker_fails_the_run(filled: Seeded, progress: Progress) -> None:
    with pytest.raises(Broken, match="was sent SIGKILL"):
        _run(filled, progress, "W6", lambda _: filled.shop.kill_one_web_worker())


def _sell_nothing(filled: Seeded, change: str) -> None:
    filled.shop.sql(change, ())
    filled.shop.redis().flushdb()


def test_it_runs_and_every_column_is_there(
    filled: Seeded,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Comes last: the run stops its shop at the end, as it does with one that it has filled itself.
    monkeypatch.setattr(seeding, "seed", lambda *_: filled)
    file = tmp_path / "figures.json"
    size = ["--rounds", "1", "--seconds", "0.2", "--works", ",".join(SHORT)]
    assert main([*size, "--json", str(file)]) == 0
    shown = capsys.readouterr().out
    for word in (*COLUMNS, *BESIDE, "bare Flask", "raw SQL of W5", "PSS", "machine:"):
        assert word in shown, word
    document = json.loads(file.read_text())
    assert tuple(document["works"]) == SHORT
    for name, work in document["works"].items():
        (shop,) = work["shops"].values()
        assert shop["figures"]["web"]["median"] > 0, name
        assert shop["rounds"][0]["count"] > 0, name
        assert (shop["counts"]["round_trips"] == 0) is (name == "W1"), name
    # Two different variants make two lines: fewer statements than this are not a checkout.
    (checkout,) = document["works"]["W5"]["shops"].values()
    assert checkout["counts"]["statements"] >= 15
    assert document["raw"]["W4"][0]["postgres"] > 0
    assert not filled.shop.folder.exists()
