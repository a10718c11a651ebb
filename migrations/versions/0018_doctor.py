"""The doctor: its runs with what they found, and differences of money on the attention list.

Revision: 0018
After: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

phase = "expand"

KINDS = (
    "'overpaid', 'wrong_amount', 'late_transfer', 'orphan_money', 'failed_refund',"
    " 'foreign_refund', 'dispute', 'fraud_warning', 'failing_job'"
)


def upgrade() -> None:
    op.create_table(
        "doctor_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor_runs")),
    )
    op.create_index(
        "ix_doctor_runs_completed",
        "doctor_runs",
        ["finished_at"],
        postgresql_where=sa.text("status = 'completed'"),
    )
    _kinds(f"{KINDS}, 'discrepancy'")


def downgrade() -> None:
    op.execute("DELETE FROM attention_items WHERE kind = 'discrepancy'")
    _kinds(KINDS)
    op.drop_index("ix_doctor_runs_completed", table_name="doctor_runs")
    op.drop_table("doctor_runs")


def _kinds(allowed: str) -> None:
    name = op.f("ck_attention_items_kind")
    op.drop_constraint(name, "attention_items")
    op.create_check_constraint(name, "attention_items", f"kind IN ({allowed})")
