"""Payments: which voided ones Stripe knows to be void, and which refunds belong together.

Revision: 0012
After: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# A refund without its case is refused.
phase = "contract"
compatible_from = "0012"

# The refunds of one case were written in one transaction, the first under the case's own id.
_CASE_OF_OLD_REFUNDS = """
    UPDATE refunds r SET case_id = coalesce((
        SELECT c.id FROM refund_cases c
        WHERE c.id = r.id OR (c.order_id = r.order_id AND c.created_at <= r.created_at
            + interval '1 second' AND c.created_at >= r.created_at - interval '1 second')
        ORDER BY (c.id = r.id) DESC, c.created_at DESC LIMIT 1), r.id)
"""


def upgrade() -> None:
    # Empty for old rows: they are withdrawn once more, because some of them may still be paid.
    op.add_column("payments", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_payments_to_withdraw",
        "payments",
        ["checked_at"],
        postgresql_where=sa.text(
            "provider = 'stripe' AND status = 'voided' AND withdrawn_at IS NULL"
        ),
    )
    op.add_column("refunds", sa.Column("case_id", sa.Uuid(), nullable=True))
    op.execute(_CASE_OF_OLD_REFUNDS)
    op.alter_column("refunds", "case_id", nullable=False)
    op.create_index("ix_refunds_case_id", "refunds", ["case_id"])


def downgrade() -> None:
    op.drop_index("ix_refunds_case_id", "refunds")
    op.drop_column("refunds", "case_id")
    op.drop_index("ix_payments_to_withdraw", "payments")
    op.drop_column("payments", "withdrawn_at")
