"""Deliveries wait in lanes and are claimed for as long as their worker lives; sweeps note failures.

Older code gives every delivery the default lane and does not look at claims: both finish in the
ledger, once. The index of what is due serves its query too.

Revision: 0019
After: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column(
        "fact_deliveries",
        sa.Column("lane", sa.SmallInteger(), server_default="30", nullable=False),
    )
    op.add_column(
        "fact_deliveries", sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_fact_deliveries_lane_due",
        "fact_deliveries",
        ["lane", "due_at"],
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_index("ix_fact_deliveries_due", "fact_deliveries")
    op.create_table(
        "sweep_attempts",
        sa.Column("sweep", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sweep", "item", name=op.f("pk_sweep_attempts")),
    )


def downgrade() -> None:
    op.drop_table("sweep_attempts")
    op.create_index(
        "ix_fact_deliveries_due",
        "fact_deliveries",
        ["due_at"],
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_index("ix_fact_deliveries_lane_due", "fact_deliveries")
    op.drop_column("fact_deliveries", "claimed_until")
    op.drop_column("fact_deliveries", "lane")
