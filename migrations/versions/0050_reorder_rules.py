"""Reorder rules of stock levels.

Revision: 0050
After: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.create_table(
        "reorder_rules",
        sa.Column("level_id", sa.Uuid(), sa.ForeignKey("stock_levels.id"), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.CheckConstraint("reorder_point >= 0", name="reorder_point_not_negative"),
        sa.CheckConstraint("maximum > reorder_point", name="maximum_above_point"),
    )


def downgrade() -> None:
    op.drop_table("reorder_rules")
