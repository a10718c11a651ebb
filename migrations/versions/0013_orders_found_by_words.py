"""Orders are found by the words that are kept with them.

Those that are there get theirs from the worker, as those that an older release writes: an upgrade
holds the orders of a large shop for no longer than a small one's. Killed in the middle, the same
command goes on.

Revision: 0013
After: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.execute("ALTER TABLE orders ADD COLUMN IF NOT EXISTS search tsvector DEFAULT '' NOT NULL")
    for name in ("ix_orders_email", "ix_orders_customer_name"):
        op.execute(f"DROP INDEX IF EXISTS {name}")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_orders_search")  # left half done
        op.execute("CREATE INDEX CONCURRENTLY ix_orders_search ON orders USING gin (search)")


def downgrade() -> None:
    op.drop_index("ix_orders_search", table_name="orders")
    op.drop_column("orders", "search")
    for name in ("email", "customer_name"):
        op.create_index(
            f"ix_orders_{name}",
            "orders",
            [sa.literal_column(f"lower({name})").label("beginning")],
            postgresql_ops={"beginning": "text_pattern_ops"},
        )
