"""Pick-up: the statuses of parcels that wait in the shop, and the e-mail about them.

Revision: 0048
After: 0047
"""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

phase = "expand"

STATES = ("open", "shipped", "delivered", "cancelled", "voided")
LETTERS = (
    "order_received", "order_confirmed", "order_shipped", "order_cancelled", "order_refunded",
    "welcome", "registration_repeated", "password_reset", "password_changed", "low_stock",
    "attention", "refund_failed", "back_in_stock", "parcel_corrected", "staff_invitation",
    "second_factor_reset", "approval",
)  # fmt: skip


def upgrade() -> None:
    _allow("fulfilments", "status", (*STATES, "ready_for_pickup", "picked_up"))
    _left("'shipped', 'delivered', 'picked_up', 'voided'")
    _allow("letters", "kind", (*LETTERS, "order_ready"))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'order_ready'")
    op.execute("UPDATE fulfilments SET status = 'open' WHERE status = 'ready_for_pickup'")
    op.execute("UPDATE fulfilments SET status = 'shipped' WHERE status = 'picked_up'")
    _left("'shipped', 'delivered', 'voided'")
    _allow("letters", "kind", LETTERS)
    _allow("fulfilments", "status", STATES)


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")


def _left(states: str) -> None:
    name = op.f("ck_fulfilments_shipped_at_tells_that_it_left")
    op.drop_constraint(name, "fulfilments")
    rule = f"(status IN ({states})) = (shipped_at IS NOT NULL)"
    op.create_check_constraint(name, "fulfilments", rule)
