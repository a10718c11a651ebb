"""An index for the sales to other countries of the last years.

Revision: 0059
After: 0058
"""

from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.create_index("ix_orders_ship_country", "orders", ["ship_country", "placed_at"])


def downgrade() -> None:
    op.drop_index("ix_orders_ship_country", "orders")
