"""Customers prove the address of their account by a link.

Revision: 0072
After: 0071
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

phase = "expand"

KIND = "email_verification"


def upgrade() -> None:
    op.add_column("users", sa.Column("email_verified_at", sa.DateTime(timezone=True)))
    op.create_table(
        "email_verifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_verifications_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_verifications")),
    )
    op.create_index(
        "uq_email_verifications_token_hash", "email_verifications", ["token_hash"], unique=True
    )
    op.create_index("ix_email_verifications_user_id", "email_verifications", ["user_id"])
    op.create_index("ix_email_verifications_created_at", "email_verifications", ["created_at"])
    _allow("letters", "kind", (*_allowed("letters", "kind"), KIND))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'email_verification'")
    _allow("letters", "kind", tuple(v for v in _allowed("letters", "kind") if v != KIND))
    op.drop_table("email_verifications")
    op.drop_column("users", "email_verified_at")


def _allowed(table: str, column: str) -> tuple[str, ...]:
    """Return the values that a CHECK allows now, whichever migrations came before."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{column}"},
    )
    return tuple(re.findall(r"'([a-z_]+)'", definition))


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")
