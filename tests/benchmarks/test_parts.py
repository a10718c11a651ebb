"""Parts of the bench that a wrong figure could come from, each by itself."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg2
import pytest

from tests.benchmarks import client, counting, replies, report, works
from tests.benchmarks.copying import copy_rows
from tests.benchmarks.meter import Reading
from tests.benchmarks.replies import Broken, Request
from tests.benchmarks.rounds import ask, simply
from tests.benchmarks.works import Work
from tests.support.stack import Postgres

_BURNS = """
import os, sys, time
def burn():
    while time.process_time() < 0.3: pass
sys.stdin.readline()
if os.fork() == 0:
    burn(); os._exit(0)
os.wait()
print("burnt", flush=True)
sys.stdin.readline()
"""


def test_the_cpu_of_a_child_that_ended_is_counted_once() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _BURNS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        time.sleep(0.2)
        before = Reading.of(parent.pid)
        parent.stdin.write("go\n")
        parent.stdin.flush()
        time.sleep(0.1)  # the child may be seen alive in between: nothing is counted twice
        between = Reading.of(parent.pid)
        assert parent.stdout.readline() == "burnt\n"
        after = Reading.of(parent.pid)
        parent.stdin.write("end\n")
        parent.stdin.flush()
    assert 0.28e9 < after.since(before) < 0.45e9
    parts = between.since(before) + after.since(between)
    assert parts == pytest.approx(after.since(before), abs=0.02e9)


def test_statements_and_round_trips_are_told_apart() -> None:
    log = (
        "@@stockroom@@LOG:  statement: BEGIN\n"
        "@@stockroom@@LOG:  statement: SELECT 1;\n\tSELECT ';'\n"
        "@@bench@@LOG:  statement: SELECT 2\n"
        "@@stockroom@@LOG:  execute <unnamed>: SELECT 3\n"
        "@@@@LOG:  checkpoint starting: time\n"
        "@@stockroom@@LOG:  statement: COMMIT\n"
    )
    assert counting.statements_in(log) == (3, 4)


def test_copied_rows_fit_a_table_with_other_columns(postgres: Postgres) -> None:
    url = postgres.fresh_database()
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE goods (id int PRIMARY KEY, name text NOT NULL, kind text NOT NULL,"
                " size int NOT NULL DEFAULT 7, twice int GENERATED ALWAYS AS (size * 2) STORED)"
            )
            cursor.execute("INSERT INTO goods VALUES (1, 'mug', 'with\ttab')")
            copy_rows(connection, "goods", ["id", "gone", "name"], [(2, "x", "jug")])
            cursor.execute("SELECT name, kind, size, twice FROM goods WHERE id = 2")
            assert cursor.fetchone() == ("jug", "with\ttab", 7, 14)
    finally:
        connection.close()
        postgres.drop_database(url)


@contextmanager
def _serving(reply: bytes, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("reply", "status"), [(b'{"data": []}', 200), (b'{"data": [{"slug": "mug"}]}', 500)]
)
def test_one_bad_reply_is_enough(reply: bytes, status: int) -> None:
    work = Work("X", "x", lambda _: [], lambda *_: None, '"slug":')
    with _serving(reply, status) as url, pytest.raises(Broken, match="replies were bad"):
        ask(work, [Request("/")], url, 0.2, 1, 1, None, simply)


def test_good_replies_are_counted_by_our_own_client() -> None:
    work = Work("X", "x", lambda _: [], lambda *_: None, '"slug":', each_once=True)
    with _serving(b'{"data": [{"slug": "mug"}]}') as url:
        seen = client.run(
            url,
            work,
            [Request("/")] * 40,
            seconds=5.0,
            seed=1,
            least_bytes=10,
            cold=None,
            around=simply,
        )
    assert (seen.count, seen.bad, len(seen.took)) == (40, 0, 40)


def test_a_cart_with_a_wrong_total_is_refused() -> None:
    item = {"sku": "SKU-3-S", "quantity": 2}
    cart = {"items": [item], "unit_count": 2, "subtotal": {"amount": 2 * 503}}
    request = Request("/api/v1/cart")
    replies.check_cart(request, cart, ["SKU-3-S"])
    for change in ({"subtotal": {"amount": 1005}}, {"unit_count": 3}, {"items": []}):
        with pytest.raises(Broken):
            replies.check_cart(request, {**cart, **change}, ["SKU-3-S"])


def test_a_median_comes_with_its_spread() -> None:
    assert report.Figure.of([1.0, 3.0, 2.0]).with_spread() == "2.00 (1.00-3.00)"


def test_requests_come_from_many_addresses() -> None:
    spread = {works.address(number)["X-Forwarded-For"] for number in range(works.ADDRESSES)}
    assert len(spread) == works.ADDRESSES
