"""Back-orders: units that order lines wait for, and which variants are sold without stock.

Revision: 0070
After: 0069
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

# A rule of the journal counts a new column. Code of 0063 runs as long as no variant takes
# back-orders; then it would cancel order lines without lowering what they wait for.
phase = "contract"
compatible_from = "0063"

KINDS = (
    *("opening", "received", "adjusted", "counted", "reserved", "released_hold", "allocated"),
    *("released", "shipped", "restocked", "opening_undone", "shipment_voided", "state_changed"),
    "transferred",
)
CHANGED = (
    "kind = 'counted' OR on_hand_change <> 0 OR allocated_change <> 0 OR reserved_change <> 0"
    " OR damaged_change <> 0 OR quarantine_change <> 0 OR safety_stock_change <> 0"
    " OR expired_change <> 0"
)
RULES = (
    ("variants", "back_orders", "back_orders IN ('deny', 'allow')"),
    ("variants", "back_order_limit_not_negative", "back_order_limit >= 0"),
    ("stock_levels", "back_ordered_not_negative", "back_ordered >= 0"),
    ("stock_allocations", "waiting_not_negative", "waiting >= 0"),
)
INDEXES = (
    ("stock_levels", "back_ordered", "variant_id", "back_ordered > 0"),
    ("stock_allocations", "waiting", "level_id", "waiting > 0"),
    ("stock_allocations", "waiting_order", "order_id", "waiting > 0"),
)


def upgrade() -> None:
    _text("back_orders", 10, "deny")
    _count("variants", "back_order_limit")
    _text("back_order_note", 120, "")
    op.add_column(
        "variants",
        sa.Column("back_orders_full", sa.Boolean(), server_default="false", nullable=False),
    )
    _count("stock_levels", "back_ordered")
    _count("stock_allocations", "waiting")
    _count("stock_movements", "back_ordered_change")
    for table, name, rule in RULES:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
    for table, name, column, where in INDEXES:
        op.create_index(f"ix_{table}_{name}", table, [column], postgresql_where=sa.text(where))
    _allow((*KINDS, "back_ordered"))
    _changed(f"{CHANGED} OR back_ordered_change <> 0")


def downgrade() -> None:
    # The journal is append-only for the shop, but not for its owner.
    op.execute("ALTER TABLE stock_movements DISABLE TRIGGER USER")
    op.execute("DELETE FROM stock_movements WHERE kind = 'back_ordered'")
    op.execute("ALTER TABLE stock_movements ENABLE TRIGGER USER")
    _changed(CHANGED)
    _allow(KINDS)
    for table, name, _, _ in INDEXES:
        op.drop_index(f"ix_{table}_{name}", table)
    for table, name, _ in RULES:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.drop_column("stock_movements", "back_ordered_change")
    op.drop_column("stock_allocations", "waiting")
    op.drop_column("stock_levels", "back_ordered")
    for name in ("back_orders_full", "back_order_note", "back_order_limit", "back_orders"):
        op.drop_column("variants", name)


def _count(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def _text(name: str, length: int, default: str) -> None:
    column = sa.Column(name, sa.String(length=length), server_default=default, nullable=False)
    op.add_column("variants", column)


def _allow(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_stock_movements_kind"), "stock_movements")
    listed = ", ".join(f"'{one}'" for one in kinds)
    op.create_check_constraint(
        op.f("ck_stock_movements_kind"), "stock_movements", f"kind IN ({listed})"
    )


def _changed(rule: str) -> None:
    op.drop_constraint(op.f("ck_stock_movements_something_changed"), "stock_movements")
    op.create_check_constraint(
        op.f("ck_stock_movements_something_changed"), "stock_movements", rule
    )
