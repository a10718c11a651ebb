"""Orders: how many of them wait for a transfer, by where they go and whence they came.

Revision: 0015
After: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column("orders", sa.Column("postal_key", sa.String(length=32), nullable=True))
    op.add_column("orders", sa.Column("network_key", sa.String(length=32), nullable=True))
    op.create_index(
        "ix_orders_unpaid_manual",
        "orders",
        ["id"],
        postgresql_where=sa.text("payment_method = 'manual' AND expires_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_orders_unpaid_manual", "orders")
    op.drop_column("orders", "network_key")
    op.drop_column("orders", "postal_key")
