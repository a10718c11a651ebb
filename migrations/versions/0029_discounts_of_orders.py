"""Orders: what lines and shipping were reduced by.

Revision: 0029
After: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

phase = "expand"

ADDED = (
    ("orders", "discount_total"),
    ("orders", "shipping_discount"),
    ("order_lines", "discount"),
)


def upgrade() -> None:
    for table, name in ADDED:
        op.add_column(table, sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    for table, name in ADDED:
        op.drop_column(table, name)
