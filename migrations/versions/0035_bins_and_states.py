"""Inventory: bins, units that are not for sale, and what received units cost.

Revision: 0035
After: 0034
"""

import sqlalchemy as sa
from alembic import op

from api.inventory.models import COUNT_BINS

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

# New rules tie new columns to old ones. Code of 0034 runs as long as neither bins nor states are
# used; then it is refused what it would do wrong, such as selling units in quarantine.
phase = "contract"
compatible_from = "0034"

MOVEMENTS = (
    "opening",
    "received",
    "adjusted",
    "counted",
    "reserved",
    "released_hold",
    "allocated",
    "released",
    "shipped",
    "restocked",
    "opening_undone",
    "shipment_voided",
)
BINS = ("pick", "bulk", "receiving", "packing", "staging", "quarantine")
COUNTERS = ("damaged", "quarantine", "safety_stock", "in_bins")
CHANGES = ("damaged_change", "quarantine_change", "safety_stock_change")
CHANGED = "kind = 'counted' OR on_hand_change <> 0 OR allocated_change <> 0 OR reserved_change <> 0"
RULES = {
    "states_not_negative": "damaged >= 0 AND quarantine >= 0 AND safety_stock >= 0",
    "states_are_on_hand": "allocated + reserved + damaged + quarantine <= on_hand",
    "units_in_bins_are_on_hand": "in_bins >= 0 AND in_bins <= on_hand",
    "replenish_in_order": "replenish_min >= 0 AND replenish_max >= replenish_min",
}


def upgrade() -> None:
    _bins()
    for name in COUNTERS:
        op.add_column(
            "stock_levels", sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        )
    op.add_column(
        "stock_levels",
        sa.Column(
            "unavailable",
            sa.Integer(),
            sa.Computed("damaged + quarantine + safety_stock", persisted=True),
            nullable=False,
        ),
    )
    op.add_column("stock_levels", sa.Column("average_cost", sa.Numeric(20, 4), nullable=True))
    op.add_column("stock_levels", sa.Column("preferred_bin_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_stock_levels_preferred_bin_id_bins"),
        "stock_levels",
        "bins",
        ["preferred_bin_id"],
        ["id"],
        ondelete="RESTRICT",
    )
    for name in ("replenish_min", "replenish_max"):
        op.add_column("stock_levels", sa.Column(name, sa.Integer(), nullable=True))
    for name, rule in RULES.items():
        op.create_check_constraint(op.f(f"ck_stock_levels_{name}"), "stock_levels", rule)
    for name in CHANGES:
        op.add_column(
            "stock_movements", sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        )
    op.add_column("stock_movements", sa.Column("unit_cost", sa.BigInteger(), nullable=True))
    op.add_column("stock_movements", sa.Column("average_cost", sa.Numeric(20, 4), nullable=True))
    _movements(
        (*MOVEMENTS, "state_changed", "transferred"),
        " OR ".join((CHANGED, *(f"{name} <> 0" for name in CHANGES))),
    )
    for statement in COUNT_BINS:
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER bin_movements_append_only BEFORE UPDATE OR DELETE ON bin_movements"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    # The journal is append-only for the shop, but not for its owner.
    op.execute("ALTER TABLE stock_movements DISABLE TRIGGER USER")
    op.execute(
        "DELETE FROM stock_movements WHERE kind = 'state_changed' AND on_hand_change = 0"
        " AND allocated_change = 0 AND reserved_change = 0"
    )
    op.execute(
        "UPDATE stock_movements SET kind = 'adjusted'"
        " WHERE kind IN ('state_changed', 'transferred')"
    )
    op.execute("ALTER TABLE stock_movements ENABLE TRIGGER USER")
    _movements(MOVEMENTS, CHANGED)
    for name in (*CHANGES, "unit_cost", "average_cost"):
        op.drop_column("stock_movements", name)
    for name in RULES:
        op.drop_constraint(op.f(f"ck_stock_levels_{name}"), "stock_levels")
    for name in (
        "unavailable",
        *COUNTERS,
        "average_cost",
        "preferred_bin_id",
        "replenish_min",
        "replenish_max",
    ):
        op.drop_column("stock_levels", name)
    for table in ("bin_movements", "bin_stock", "bins"):
        op.drop_table(table)
    op.execute("DROP FUNCTION count_units_in_bins()")


def _movements(kinds: tuple[str, ...], changed: str) -> None:
    for name, rule in (
        ("kind", f"kind IN ({', '.join(repr(kind) for kind in kinds)})"),
        ("something_changed", changed),
    ):
        op.drop_constraint(op.f(f"ck_stock_movements_{name}"), "stock_movements")
        op.create_check_constraint(op.f(f"ck_stock_movements_{name}"), "stock_movements", rule)


def _bins() -> None:
    op.create_table(
        "bins",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("barcode", sa.String(length=60), nullable=False),
        sa.Column(
            "kind", sa.Enum(*BINS, name="kind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("pick_sequence", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        *_stamps(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            f"kind IN ({', '.join(repr(kind) for kind in BINS)})", name=op.f("ck_bins_kind")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["locations.id"],
            name=op.f("fk_bins_location_id_locations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bins")),
        sa.UniqueConstraint("barcode", name="uq_bins_barcode"),
        sa.UniqueConstraint("location_id", "code", name="uq_bins_location_code"),
    )
    op.create_table(
        "bin_stock",
        sa.Column("bin_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_bin_stock_quantity_not_negative")),
        *_ends("bin_stock"),
        sa.PrimaryKeyConstraint("bin_id", "level_id", name=op.f("pk_bin_stock")),
    )
    op.create_index("ix_bin_stock_level_id", "bin_stock", ["level_id"])
    op.create_table(
        "bin_movements",
        sa.Column("bin_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("quantity_after", sa.Integer(), nullable=False),
        sa.Column("move_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=True),
        *_stamps(),
        sa.CheckConstraint("change <> 0", name=op.f("ck_bin_movements_something_changed")),
        sa.CheckConstraint(
            "quantity_after >= 0", name=op.f("ck_bin_movements_quantity_after_not_negative")
        ),
        *_ends("bin_movements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bin_movements")),
    )
    op.create_index("ix_bin_movements_bin", "bin_movements", ["bin_id", "level_id", "id"])
    op.create_index("ix_bin_movements_move", "bin_movements", ["move_id"])


def _stamps() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def _ends(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["bin_id"], ["bins.id"], name=op.f(f"fk_{table}_bin_id_bins"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["level_id"],
            ["stock_levels.id"],
            name=op.f(f"fk_{table}_level_id_stock_levels"),
            ondelete="RESTRICT",
        ),
    )
