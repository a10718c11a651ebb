"""Discounts by staff may wait for a second person.

Revision: 0041
After: 0040
"""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

phase = "expand"

KINDS = ("refund", "cancellation", "adjustment")


def upgrade() -> None:
    _kinds((*KINDS, "discount"))


def downgrade() -> None:
    op.execute("DELETE FROM waiting_commands WHERE kind = 'discount'")
    _kinds(KINDS)


def _kinds(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    name = op.f("ck_waiting_commands_kind")
    op.drop_constraint(name, "waiting_commands")
    op.create_check_constraint(name, "waiting_commands", f"kind IN ({listed})")
