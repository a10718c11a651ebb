"""What automatic discounts took off for everybody: prices that were asked.

Revision: 0057
After: 0056
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.create_table(
        "general_reductions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("discount_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_exclusive", sa.Boolean(), nullable=False),
        sa.Column("stack_group", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("products", postgresql.JSONB(), nullable=False),
        sa.Column("collections", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_general_reductions_discount_id", "general_reductions", ["discount_id"])
    # Those that run already count from their first day.
    op.execute(
        """
        INSERT INTO general_reductions (id, discount_id, starts_at, ends_at, priority,
            is_exclusive, stack_group, currency, basis_points, amount, products, collections)
        SELECT gen_random_uuid(), id, greatest(created_at, starts_on), ends_on + 1, priority,
            is_exclusive, stack_group, currency, basis_points, amount, products, collections
        FROM discounts
        WHERE is_active AND is_automatic AND groups = '[]' AND markets = '[]'
            AND min_amount IS NULL AND coalesce(min_quantity, 1) = 1 AND NOT first_order
            AND (kind = 'percent' AND target <> 'shipping' OR kind = 'fixed' AND target = 'lines')
        """
    )


def downgrade() -> None:
    op.drop_table("general_reductions")
