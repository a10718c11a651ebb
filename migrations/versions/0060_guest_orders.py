"""Guests' orders by their e-mail, to be joined to an account.

Revision: 0060
After: 0059
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.create_index(
        "ix_orders_guest_email",
        "orders",
        [sa.text("lower(email)")],
        postgresql_where=sa.text("customer_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_orders_guest_email", "orders")
