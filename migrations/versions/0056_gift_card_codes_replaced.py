"""Codes of gift cards that are replaced, their expiry by market, and limits of giving credit.

Revision: 0056
After: 0055
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

phase = "expand"

KINDS = ("refund", "cancellation", "adjustment", "discount", "edit", "receipt")
ADDED = ("gift_card", "gift_card_code", "store_credit")


def upgrade() -> None:
    op.add_column(
        "stored_value_accounts",
        sa.Column("code_version", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column("markets", sa.Column("gift_card_min_days", sa.Integer(), nullable=True))
    _kinds((*KINDS, *ADDED))


def downgrade() -> None:
    listed = ", ".join(f"'{kind}'" for kind in ADDED)
    op.execute(f"DELETE FROM waiting_commands WHERE kind IN ({listed})")
    _kinds(KINDS)
    op.drop_column("markets", "gift_card_min_days")
    op.drop_column("stored_value_accounts", "code_version")


def _kinds(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    name = op.f("ck_waiting_commands_kind")
    op.drop_constraint(name, "waiting_commands")
    op.create_check_constraint(name, "waiting_commands", f"kind IN ({listed})")
