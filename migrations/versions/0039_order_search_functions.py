"""The hits of an order search are found by functions, whose plans the database keeps.

Revision: 0039
After: 0038
"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

phase = "expand"

DAY = "date_part('day', placed_at - '2020-01-01 00:00:00+00'::timestamptz)::int"
PERIODS = ", ".join(f"{kind * 10**6} + {DAY} / {4**kind}" for kind in range(5))
BODY = """
DECLARE
  edge CONSTANT uuid := '{edge}';
  bound_at timestamptz := coalesce(after_at, '{end}infinity');
  bound_id uuid := coalesce(after_id, edge);
  began_at timestamptz;
  chunk int := 300;
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
    EXIT WHEN cardinality(hits) * 300 < rows_read * 3;
    chunk := rows_read * (page_rows - cardinality(hits)) / cardinality(hits) + 1;
  END LOOP;
  -- By the index of words, of the next periods alone.
  days := abs(extract(epoch FROM bound_at - began_at)) / 86400 * 300 / rows_read;
  WHILE kind < 4 AND days * 100 > (1 * 4 ^ kind)::int * (5 - 1) LOOP
    kind := kind + 1;
  END LOOP;
  LOOP
    width := (1 * 4 ^ kind)::int;
    period := date_part('day', bound_at - '2020-01-01 00:00:00+00'::timestamptz)::int / width;
    hits := hits || ARRAY(
      SELECT found.id FROM (
        SELECT placed_at, id FROM orders
        WHERE search @@ asked AND {periods} && ARRAY[{numbers}] OFFSET 0
      ) AS found
      WHERE (found.placed_at, found.id) {beyond} (bound_at, bound_id) AND found.id <> ALL(hits)
      ORDER BY found.placed_at {way}, found.id {way} LIMIT page_rows - cardinality(hits));
    IF cardinality(hits) >= page_rows THEN RETURN hits; END IF;
    EXIT WHEN kind = 4;
    bound_at := '2020-01-01 00:00:00+00'::timestamptz
      + (period {sign} {edge_offset}) * width * interval '24 hours';
    bound_id := edge;
    kind := least(kind + 2, 4);
  END LOOP;
  -- All others.
  RETURN hits || ARRAY(
    SELECT found.id FROM (SELECT placed_at, id FROM orders WHERE search @@ asked OFFSET 0) AS found
    WHERE (found.placed_at, found.id) {beyond} (bound_at, bound_id) AND found.id <> ALL(hits)
    ORDER BY found.placed_at {way}, found.id {way} LIMIT page_rows - cardinality(hits));
END"""
NEWEST = {
    "edge": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "end": "",
    **{"begins": "newest", "ends": "oldest", "beyond": "<", "way": "DESC"},
    **{"sign": "-", "edge_offset": 4},
}
OLDEST = {
    "edge": "00000000-0000-0000-0000-000000000000",
    "end": "-",
    **{"begins": "oldest", "ends": "newest", "beyond": ">", "way": "ASC"},
    **{"sign": "+", "edge_offset": 5},
}
FUNCTIONS = {"orders_found_newest": NEWEST, "orders_found_oldest": OLDEST}
ARGUMENTS = "asked tsquery, after_at timestamptz, after_id uuid, page_rows int"


def upgrade() -> None:
    for name, direction in FUNCTIONS.items():
        numbers = ", ".join(f"kind * 1000000 + period {direction['sign']} {n}" for n in range(5))
        body = BODY.format(periods=f"(ARRAY[{PERIODS}])", numbers=numbers, **direction)
        op.execute(
            f"CREATE FUNCTION {name}({ARGUMENTS}) RETURNS uuid[] LANGUAGE plpgsql STABLE"
            f" SET plan_cache_mode = force_generic_plan AS $${body}$$"
        )


def downgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
