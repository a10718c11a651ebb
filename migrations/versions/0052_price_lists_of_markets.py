"""Price lists of markets, and the country that a cart is for.

Revision: 0052
After: 0051
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column(
        "price_lists",
        sa.Column("markets", postgresql.JSONB(), nullable=False, server_default="[]"),
    )
    op.alter_column("price_lists", "group_id", nullable=True)
    op.add_column("carts", sa.Column("country", sa.String(length=2), nullable=True))


def downgrade() -> None:
    op.drop_column("carts", "country")
    op.execute("DELETE FROM price_lists WHERE group_id IS NULL")
    op.alter_column("price_lists", "group_id", nullable=False)
    op.drop_column("price_lists", "markets")
