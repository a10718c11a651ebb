"""Inventory: lots with their dates, and how many units of each are where.

Revision: 0054
After: 0053
"""

import sqlalchemy as sa
from alembic import op

from api.inventory.models.lots import COUNT_LOTS

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

# New rules tie new columns to old ones. Code of 0050 runs as long as no variant has lots; then it is
# refused what it would do wrong, such as shipping units without saying of which lot.
phase = "contract"
compatible_from = "0050"

CHANGED = (
    "kind = 'counted' OR on_hand_change <> 0 OR allocated_change <> 0 OR reserved_change <> 0"
    " OR damaged_change <> 0 OR quarantine_change <> 0 OR safety_stock_change <> 0"
)
RULES = {
    "expired_not_negative": "expired >= 0",
    "units_in_lots_are_on_hand": (
        "lots_in_bins >= 0 AND in_lots >= lots_in_bins"
        " AND in_lots - lots_in_bins <= on_hand - in_bins"
    ),
}
TRACKING = ("", "lot", "lot_and_expiry")


def upgrade() -> None:
    op.add_column(
        "variants",
        sa.Column("lot_tracking", sa.String(length=20), server_default="", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_variants_lot_tracking"), "variants",
        f"lot_tracking IN ({', '.join(repr(one) for one in TRACKING)})",
    )
    _lots()
    for name in ("expired", "in_lots", "lots_in_bins"):
        _count("stock_levels", name)
    _count("bin_stock", "in_lots")
    _count("stock_movements", "expired_change")
    _unavailable("damaged + quarantine + safety_stock + expired")
    for name, rule in RULES.items():
        op.create_check_constraint(op.f(f"ck_stock_levels_{name}"), "stock_levels", rule)
    op.create_check_constraint(
        op.f("ck_bin_stock_units_in_lots_are_here"), "bin_stock", "in_lots BETWEEN 0 AND quantity"
    )
    _changed(f"{CHANGED} OR expired_change <> 0")
    op.add_column("receipt_lines", sa.Column("lot_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_receipt_lines_lot_id_lots"), "receipt_lines", "lots", ["lot_id"], ["id"]
    )
    for statement in COUNT_LOTS:
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER lot_movements_append_only BEFORE UPDATE OR DELETE ON lot_movements"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    # The journal is append-only for the shop, but not for its owner.
    op.execute("ALTER TABLE stock_movements DISABLE TRIGGER USER")
    op.execute(
        "DELETE FROM stock_movements WHERE kind = 'state_changed' AND expired_change <> 0"
        " AND damaged_change = 0 AND quarantine_change = 0 AND safety_stock_change = 0"
    )
    op.execute("ALTER TABLE stock_movements ENABLE TRIGGER USER")
    _changed(CHANGED)
    op.drop_column("receipt_lines", "lot_id")
    op.drop_constraint(op.f("ck_bin_stock_units_in_lots_are_here"), "bin_stock")
    for name in RULES:
        op.drop_constraint(op.f(f"ck_stock_levels_{name}"), "stock_levels")
    _unavailable("damaged + quarantine + safety_stock")
    op.drop_column("stock_movements", "expired_change")
    op.drop_column("bin_stock", "in_lots")
    for name in ("expired", "in_lots", "lots_in_bins"):
        op.drop_column("stock_levels", name)
    for table in ("lot_movements", "lot_stock", "lots"):
        op.drop_table(table)
    op.execute("DROP FUNCTION count_units_in_lots()")
    op.drop_column("variants", "lot_tracking")


def _count(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def _unavailable(sum_of: str) -> None:
    """Compute it anew: what a generated column is computed from cannot be changed."""
    op.drop_column("stock_levels", "unavailable")
    op.add_column(
        "stock_levels",
        sa.Column("unavailable", sa.Integer(), sa.Computed(sum_of, persisted=True), nullable=False),
    )


def _changed(rule: str) -> None:
    op.drop_constraint(op.f("ck_stock_movements_something_changed"), "stock_movements")
    op.create_check_constraint(
        op.f("ck_stock_movements_something_changed"), "stock_movements", rule
    )


def _lots() -> None:
    op.create_table(
        "lots",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("is_sellable", sa.Boolean(), nullable=False),
        sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recalled_by", sa.String(length=120), nullable=True),
        *_stamps(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "NOT (is_sellable AND recalled_at IS NOT NULL)",
            name=op.f("ck_lots_recalled_not_sold"),
        ),
        _to("lots", "variant_id", "variants"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("variant_id", "code", name="uq_lots_variant_code"),
    )
    op.create_index("ix_lots_code", "lots", ["code"])
    op.create_index(
        "ix_lots_expires_on", "lots", ["expires_on"], postgresql_where=sa.text("is_sellable")
    )
    op.create_table(
        "lot_stock",
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("bin_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_lot_stock_quantity_not_negative")),
        *_places("lot_stock"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_stock")),
    )
    op.create_index(
        "uq_lot_stock_place", "lot_stock", ["level_id", "lot_id", "bin_id"],
        unique=True, postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_lot_stock_lot_id", "lot_stock", ["lot_id"])
    op.create_index(
        "ix_lot_stock_here", "lot_stock", ["level_id"], postgresql_where=sa.text("quantity > 0")
    )
    op.create_table(
        "lot_movements",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("bin_id", sa.Uuid(), nullable=True),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("quantity_after", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("fulfilment_id", sa.Uuid(), nullable=True),
        *_stamps(),
        sa.CheckConstraint("change <> 0", name=op.f("ck_lot_movements_something_changed")),
        sa.CheckConstraint(
            "quantity_after >= 0", name=op.f("ck_lot_movements_quantity_after_not_negative")
        ),
        *_places("lot_movements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_movements")),
    )
    op.create_index("ix_lot_movements_lot", "lot_movements", ["lot_id", "id"])
    for name, columns, where in (
        ("orders", ["lot_id", "order_id"], "order_id IS NOT NULL"),
        ("order", ["order_id"], "order_id IS NOT NULL"),
        ("reference", ["reference"], "reference IS NOT NULL"),
    ):
        op.create_index(
            f"ix_lot_movements_{name}", "lot_movements", columns, postgresql_where=sa.text(where)
        )


def _places(table: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return (
        _to(table, "level_id", "stock_levels"),
        _to(table, "lot_id", "lots"),
        _to(table, "bin_id", "bins"),
    )


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete="RESTRICT"
    )


def _stamps() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
