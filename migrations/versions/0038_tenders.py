"""Gift cards and store credit as payments: what they paid of an order, refunds as store credit.

Revision: 0038
After: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("tendered", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "refunds",
        sa.Column("to_store_credit", sa.Boolean(), server_default="false", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("refunds", "to_store_credit")
    op.drop_column("orders", "tendered")
