"""Order search: the index of words knows when orders were placed, so that it gives the newest first.

It serves the question of older code as well. Orders that older code writes without words have an
index of their own, so that they are given some. Both are built beside the open shop; killed in the
middle, the same command begins again.

Revision: 0022
After: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

phase = "expand"

DAY = "date_part('day', placed_at - '2020-01-01 00:00:00+00'::timestamptz)::int"
PERIODS = ", ".join(
    f"{place * 10**6} + {DAY} / {days}" for place, days in enumerate((1, 4, 16, 64, 256))
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _build("ix_orders_wordless", "(id) WHERE length(search) = 0")
        _build("ix_orders_found", f"USING gin (search, (ARRAY[{PERIODS}]))")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_orders_search")


def _build(name: str, what: str) -> None:
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # what was left half done
    op.execute(f"CREATE INDEX CONCURRENTLY {name} ON orders {what}")


def downgrade() -> None:
    op.create_index("ix_orders_search", "orders", ["search"], postgresql_using="gin")
    op.drop_index("ix_orders_found", "orders")
    op.drop_index("ix_orders_wordless", "orders")
