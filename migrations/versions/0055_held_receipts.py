"""Purchasing: receipts above a limit wait, as lines of counts do; what received units cost.

Revision: 0055
After: 0054
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

phase = "expand"

KINDS = ("refund", "cancellation", "adjustment", "discount", "edit")


def upgrade() -> None:
    _kinds((*KINDS, "receipt"))
    op.add_column("stock_count_lines", sa.Column("command_id", sa.Uuid(), nullable=True))
    op.add_column("receipt_lines", sa.Column("cost", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_stock_count_lines_command_id", "stock_count_lines", ["command_id"],
        postgresql_where=sa.text("command_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("receipt_lines", "cost")
    op.drop_column("stock_count_lines", "command_id")
    op.execute("DELETE FROM waiting_commands WHERE kind = 'receipt'")
    _kinds(KINDS)


def _kinds(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_waiting_commands_kind"), "waiting_commands")
    op.create_check_constraint(
        op.f("ck_waiting_commands_kind"), "waiting_commands",
        f"kind IN ({', '.join(repr(kind) for kind in kinds)})",
    )
