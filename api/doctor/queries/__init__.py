"""The invariants as SQL queries that return nothing in a consistent shop, and how they are run.

Each is one statement and so sees one snapshot: the shop may sell on meanwhile. The database adds
up; only the number of differences and the first few rows are fetched, however many orders there
are.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text

from api.doctor.invariants import Difference, Invariant, Section
from api.doctor.queries import (
    audit,
    bins,
    deliveries,
    lots,
    money,
    orders,
    packing,
    picking,
    purchasing,
    returns,
    stock,
)
from api.kernel import clock
from api.platform.db import session

LONGEST_QUESTION: Final = "20min"
MEMORY: Final = "64MB"

INVARIANTS: Final = (
    *stock.INVARIANTS,
    *bins.INVARIANTS,
    *lots.INVARIANTS,
    *picking.INVARIANTS,
    *packing.INVARIANTS,
    *purchasing.INVARIANTS,
    *orders.INVARIANTS,
    *returns.INVARIANTS,
    *money.INVARIANTS,
    *deliveries.INVARIANTS,
    Invariant(
        "tax-rates",
        Section.TAX,
        "each rate is applied, and each country that is shipped to has one",
    ),
    Invariant(
        "catalogue",
        Section.CATALOGUE,
        "search words, filters and price ranges follow from the products",
    ),
    *audit.INVARIANTS,
)


def ask(question: str, shown: int) -> tuple[int, Sequence[Difference]]:
    """Return how many rows break an invariant, and the first of them by their labels.

    Needs a transaction, whose other statements may take as long afterwards. Takes no locks.
    """
    session.execute(
        text(
            f"SET LOCAL statement_timeout = '{LONGEST_QUESTION}'; SET LOCAL work_mem = '{MEMORY}';"
            " SET LOCAL jit = off"
        )
    )
    rows = session.execute(*statement(question, shown)).all()
    if not rows:
        return 0, ()
    first = [Difference(row[0], row[1], row[2], row[3], _uuid(row.order_id)) for row in rows]
    return int(rows[0].all_of_them), first[:shown]


def statement(question: str, shown: int) -> tuple[TextClause, dict[str, object]]:
    """Wrap a query so that its rows are counted and the first of them returned."""
    counted = text(
        "SELECT subject::text, label::text, recorded::text, expected::text,"
        " to_jsonb(broken) ->> 'order_id' AS order_id, count(*) OVER () AS all_of_them"
        f" FROM ({question}) AS broken ORDER BY label, subject LIMIT :shown"
    )
    now = {"now": clock.now()} if ":now" in question else {}
    return counted, {"shown": max(1, shown), **now}


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
