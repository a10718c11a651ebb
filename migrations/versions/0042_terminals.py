"""Shared terminals, and badges with PINs.

Revision: 0042
After: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "terminals",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_expires_at", MOMENT, nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=True),
        sa.Column("enrolled_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminals")),
    )
    op.create_index("uq_terminals_code_hash", "terminals", ["code_hash"], unique=True)
    op.create_index("uq_terminals_key_hash", "terminals", ["key_hash"], unique=True)
    op.create_table(
        "badges",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("pin_hash", sa.String(length=255), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_badges_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_badges")),
        sa.UniqueConstraint("code", name=op.f("uq_badges_code")),
    )
    op.add_column("sign_ins", sa.Column("terminal_id", sa.Uuid(), nullable=True))
    op.add_column("sign_ins", sa.Column("location_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sign_ins_terminal_id_terminals"), "sign_ins", "terminals", ["terminal_id"], ["id"]
    )
    op.create_index(
        "ix_sign_ins_terminal_id",
        "sign_ins",
        ["terminal_id"],
        postgresql_where=sa.text("terminal_id IS NOT NULL"),
    )


def downgrade() -> None:
    # Sign-ins of terminals would open everything on the release before.
    op.execute("UPDATE sign_ins SET revoked_at = now() WHERE terminal_id IS NOT NULL")
    op.drop_column("sign_ins", "location_id")
    op.drop_column("sign_ins", "terminal_id")
    op.drop_table("badges")
    op.drop_table("terminals")
