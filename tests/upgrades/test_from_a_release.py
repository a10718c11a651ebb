"""A shop with a past, as an earlier release left it, goes on under this one.

`0016.sql.gz` is the demo of that release: sixty orders in every state. It is never made anew; a
later release adds one of its own beside it.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from api.doctor import flows as doctor_flows
from api.doctor.invariants import Section
from api.event_handlers import BACKFILLS, WORK
from api.kernel.principal import SYSTEM
from api.orders import queries as orders_queries
from api.platform import backfills, health
from api.platform.db import session
from api.platform.settings import Settings
from tests.architecture.test_migrations import MIGRATIONS, shop_on
from tests.support.stack import Postgres

FOLDER = Path(__file__).parent
DUMPS = sorted(FOLDER.glob("*.sql.gz"))
COUNTS = """
    SELECT (SELECT count(*) FROM orders), (SELECT sum(total) FROM orders),
           (SELECT sum(captured - refunded) FROM payments),
           (SELECT sum(on_hand) FROM stock_levels), (SELECT count(*) FROM stock_movements)
"""


def load(url: str, dump: Path) -> None:
    """Run a plain dump as psql does: statements, and rows between COPY and a line with a point."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    waiting: list[str] = []
    with gzip.open(dump, "rt") as lines, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public")  # the dump brings it
        for line in lines:
            if line.startswith("\\") or (line.startswith("--") and not waiting):
                continue
            waiting.append(line)
            if line.startswith("COPY "):
                rows = iter(lines.readline, "\\.\n")
                cursor.copy_expert("".join(waiting), _Rows(rows))  # type: ignore[arg-type]
                waiting = []
            elif line.rstrip().endswith(";") and _is_whole("".join(waiting)):
                cursor.execute("".join(waiting))
                waiting = []
    connection.close()


def _is_whole(statement: str) -> bool:
    return statement.count("$$") % 2 == 0


class _Rows:
    """Lines, to be read as from a file."""

    def __init__(self, rows: Iterator[str]) -> None:
        self._rows = rows

    def read(self, size: int = -1) -> str:
        return next(self._rows, "")


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name)
def test_an_earlier_shop_is_brought_up_to_date(
    dump: Path, postgres: Postgres, settings: Settings
) -> None:
    url = postgres.fresh_database()
    load(url, dump)
    with shop_on(url, settings):
        # The dump empties the search path of its connection; ours has its own.
        before = tuple(session.execute(text(COUNTS)).one())
        session.remove()

        upgrade(directory=str(MIGRATIONS))
        backfills.run(BACKFILLS)
        WORK.periodic("seal-audit-log").run()

        assert health.database() == "ok"
        assert tuple(session.execute(text(COUNTS)).one()) == before
        sections = [one for one in Section if one not in (Section.TAX, Section.DELIVERY)]
        report = doctor_flows.examine(doctor_flows.chosen(sections))
        assert (report.differences, report.failed) == (0, 0), report
        page = orders_queries.list_orders(
            orders_queries.OrderFilter(),
            orders_queries.NEWEST,
            limit=5,
            cursor=None,
            with_total=True,
            by=SYSTEM,
        )
        assert page["page"]["total"] == before[0]
        session.remove()
    postgres.drop_database(url)
