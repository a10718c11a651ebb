"""Draft orders: prices that wait for a second person, and discount codes.

Revision: 0071
After: 0070
"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

phase = "expand"

COMMANDS = (
    "refund", "cancellation", "adjustment", "discount", "edit", "receipt", "gift_card",
    "gift_card_code", "store_credit",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("draft_orders", sa.Column("price_command_id", sa.Uuid(), nullable=True))
    op.add_column(
        "draft_orders",
        sa.Column("discount_codes", sa.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )
    _commands((*COMMANDS, "draft_price"))


def downgrade() -> None:
    op.execute("DELETE FROM waiting_commands WHERE kind = 'draft_price'")
    _commands(COMMANDS)
    op.drop_column("draft_orders", "discount_codes")
    op.drop_column("draft_orders", "price_command_id")


def _commands(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    name = op.f("ck_waiting_commands_kind")
    op.drop_constraint(name, "waiting_commands")
    op.create_check_constraint(name, "waiting_commands", f"kind IN ({listed})")
