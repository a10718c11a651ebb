"""The database functions that find the first hits of an order search, from either end of the list.

A function, because Postgres keeps the plans of its statements: planning a search costs as much as
running it. Each way to find hits is many times slower where another one fits, and the planner knows
too little about words to choose, so the function goes step by step and stops when a page is full.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import DDL, event

from api.orders.models import PERIOD_DAYS, PERIODS, Order, day_of
from api.platform.db import table_of

SAMPLE_SIZE: Final = 300
"""Orders at the start of the list that are looked at one by one."""
MANY: Final = 3
"""Hits among them from which looking at further ones fills a page soon."""
SPANS: Final = 100
"""With fewer, how many times their time span is read from the word index first."""
BUCKETS: Final = 5
"""Periods of one length in one read of the index."""

_BODY: Final = """
DECLARE
  edge CONSTANT uuid := '{edge}';
  bound_at timestamptz := coalesce(after_at, '{end}infinity');
  bound_id uuid := coalesce(after_id, edge);
  began_at timestamptz;
  chunk int := {sample};
  rows_read int := 0;
  hits uuid[] := '{{}}';
  walked record;
  days float8;
  kind int := 0;
  width int;
  period int;
BEGIN
  -- One by one, as long as hits come often: a word of many orders soon fills a page.
  LOOP
    SELECT array_agg(id) FILTER (WHERE is_hit AND id <> ALL(hits)) AS hits, count(*) AS orders,
      min(placed_at) AS oldest_at, max(placed_at) AS newest_at INTO walked
    FROM (
      SELECT id, placed_at, search @@ asked AS is_hit FROM orders
      WHERE (placed_at, id) {beyond} (bound_at, bound_id)
      ORDER BY placed_at {way}, id {way} LIMIT chunk
    ) AS walk;
    hits := hits || walked.hits;
    rows_read := rows_read + walked.orders;
    IF cardinality(hits) >= page_rows OR walked.orders < chunk THEN RETURN hits; END IF;
    -- Orders of one moment may lie on both sides of this bound, so the next read includes it.
    IF walked.{ends}_at <> bound_at THEN
      bound_at := walked.{ends}_at;
      bound_id := edge;
    END IF;
    began_at := coalesce(began_at, walked.{begins}_at);
    EXIT WHEN cardinality(hits) * {sample} < rows_read * {many};
    chunk := rows_read * (page_rows - cardinality(hits)) / cardinality(hits) + 1;
  END LOOP;
  -- By the index of words, of the next periods alone.
  days := abs(extract(epoch FROM bound_at - began_at)) / 86400 * {sample} / rows_read;
  WHILE kind < {last} AND days * {spans} > {days_of_kind} * ({buckets} - 1) LOOP
    kind := kind + 1;
  END LOOP;
  LOOP
    width := {days_of_kind};
    period := {day} / width;
    hits := hits || ARRAY(
      SELECT found.id FROM (
        SELECT placed_at, id FROM orders
        WHERE search @@ asked AND {periods} && ARRAY[{numbers}] OFFSET 0
      ) AS found
      WHERE (found.placed_at, found.id) {beyond} (bound_at, bound_id) AND found.id <> ALL(hits)
      ORDER BY found.placed_at {way}, found.id {way} LIMIT page_rows - cardinality(hits));
    IF cardinality(hits) >= page_rows THEN RETURN hits; END IF;
    EXIT WHEN kind = {last};
    bound_at := '2020-01-01 00:00:00+00'::timestamptz
      + (period {sign} {edge_offset}) * width * interval '24 hours';
    bound_id := edge;
    kind := least(kind + 2, {last});
  END LOOP;
  -- All others.
  RETURN hits || ARRAY(
    SELECT found.id FROM (SELECT placed_at, id FROM orders WHERE search @@ asked OFFSET 0) AS found
    WHERE (found.placed_at, found.id) {beyond} (bound_at, bound_id) AND found.id <> ALL(hits)
    ORDER BY found.placed_at {way}, found.id {way} LIMIT page_rows - cardinality(hits));
END"""


def _definition(name: str, *, descending: bool) -> str:
    sign = "-" if descending else "+"
    body = _BODY.format(
        edge="ffffffff-ffff-ffff-ffff-ffffffffffff" if descending else UUID(int=0),
        end="" if descending else "-",
        begins="newest" if descending else "oldest",
        ends="oldest" if descending else "newest",
        beyond="<" if descending else ">",
        way="DESC" if descending else "ASC",
        sign=sign,
        edge_offset=BUCKETS - 1 if descending else BUCKETS,
        sample=SAMPLE_SIZE,
        many=MANY,
        spans=SPANS,
        buckets=BUCKETS,
        last=len(PERIOD_DAYS) - 1,
        days_of_kind=f"({PERIOD_DAYS[0]} * 4 ^ kind)::int",
        day=day_of("bound_at"),
        periods=PERIODS,
        numbers=", ".join(f"kind * 1000000 + period {sign} {n}" for n in range(BUCKETS)),
    )
    return (
        f"CREATE FUNCTION {name}(asked tsquery, after_at timestamptz, after_id uuid, page_rows int)"
        " RETURNS uuid[] LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan"
        f" AS $${body}$$"
    )


FOUND_NEWEST: Final = "orders_found_newest"
FOUND_OLDEST: Final = "orders_found_oldest"
FUNCTIONS: Final = {
    FOUND_NEWEST: _definition(FOUND_NEWEST, descending=True),
    FOUND_OLDEST: _definition(FOUND_OLDEST, descending=False),
}
for _function in FUNCTIONS.values():
    event.listen(table_of(Order), "after_create", DDL(_function.replace("%", "%%")))  # type: ignore[no-untyped-call]
