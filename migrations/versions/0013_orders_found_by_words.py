"""Orders are found by the words that are kept with them; those that are there get theirs.

The orders are filled in a thousand at a time, each in a transaction of its own, so that the shop
may stay open. Killed in the middle, the same command goes on.

Revision: 0013
After: 0012
"""

import sqlalchemy as sa
from alembic import op

from api.orders.texts import search_words

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

phase = "expand"

BATCH = 1_000

ORDERS = sa.text(
    """
    SELECT o.id, o.number, o.email, o.shipping_address, o.billing_address,
           ARRAY(SELECT l.sku FROM order_lines l WHERE l.order_id = o.id) AS skus,
           ARRAY(SELECT f.tracking_number FROM fulfilments f
                 WHERE f.order_id = o.id AND f.tracking_number IS NOT NULL) AS tracking_numbers
    FROM orders o WHERE o.id > :after AND o.search = '' ORDER BY o.id LIMIT :batch
    """
)
WRITE = sa.text(
    """
    UPDATE orders o SET search = array_to_tsvector(string_to_array(found.words, ' '))
    FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS found(id, words)
    WHERE o.id = found.id AND o.search = ''
    """
)


def upgrade() -> None:
    op.execute("ALTER TABLE orders ADD COLUMN IF NOT EXISTS search tsvector DEFAULT '' NOT NULL")
    for name in ("ix_orders_email", "ix_orders_customer_name"):
        op.execute(f"DROP INDEX IF EXISTS {name}")
    with op.get_context().autocommit_block():
        _fill(op.get_bind())
        op.execute("CREATE INDEX IF NOT EXISTS ix_orders_search ON orders USING gin (search)")


def _fill(connection: sa.Connection) -> None:
    after = "00000000-0000-0000-0000-000000000000"
    while rows := connection.execute(ORDERS, {"after": after, "batch": BATCH}).all():
        words = [
            search_words(
                number=row.number,
                email=row.email,
                addresses=(row.shipping_address, row.billing_address),
                skus=row.skus,
                tracking_numbers=row.tracking_numbers,
            )
            for row in rows
        ]
        ids = [str(row.id) for row in rows]
        connection.execute(WRITE, {"ids": ids, "words": [" ".join(one) for one in words]})
        after = ids[-1]


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
