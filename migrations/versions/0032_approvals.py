"""Limits of roles, and commands that wait for a second person.

Revision: 0032
After: 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
LETTERS = (
    "order_received",
    "order_confirmed",
    "order_shipped",
    "order_cancelled",
    "order_refunded",
    "welcome",
    "registration_repeated",
    "password_reset",
    "password_changed",
    "low_stock",
    "attention",
    "refund_failed",
    "back_in_stock",
    "parcel_corrected",
    "staff_invitation",
    "second_factor_reset",
)


def upgrade() -> None:
    op.add_column(
        "staff_roles", sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.create_table(
        "waiting_commands",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("permission", sa.String(length=40), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.String(length=120), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=120), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("was_alone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('refund', 'cancellation', 'adjustment')",
            name=op.f("ck_waiting_commands_kind"),
        ),
        sa.CheckConstraint(
            "decision IN ('approved', 'rejected')", name=op.f("ck_waiting_commands_decision")
        ),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_waiting_commands_decided_at_a_time"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_commands")),
    )
    op.create_index(
        "ix_waiting_commands_open",
        "waiting_commands",
        ["id"],
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_index("ix_waiting_commands_asked_by", "waiting_commands", ["asked_by", "id"])
    _letters((*LETTERS, "approval"))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'approval'")
    _letters(LETTERS)
    op.drop_table("waiting_commands")
    op.drop_column("staff_roles", "limits")


def _letters(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_letters_kind"), "letters")
    op.create_check_constraint(op.f("ck_letters_kind"), "letters", f"kind IN ({listed})")
