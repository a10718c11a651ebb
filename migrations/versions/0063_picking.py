"""Picking: totes, batches with their orders and lines, and the log of scans.

Revision: 0063
After: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

phase = "expand"

BINS = ("pick", "bulk", "receiving", "packing", "staging", "quarantine")
BATCH_KINDS = ("order", "single_item", "totes")
BATCHES = ("released", "in_progress", "parked", "done", "cancelled")
ORDERS = ("picking", "picked", "removed", "done")
LINES = ("todo", "picked", "short", "removed")
RESULTS = ("ok", "wrong_bin", "wrong_item", "wrong_tote", "too_many", "unknown")


def upgrade() -> None:
    _allow((*BINS, "tote"))
    op.add_column(
        "orders", sa.Column("picking_started_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("bins", sa.Column("order_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_orders_to_pick", "orders",
        [sa.text("coalesce(promised_ship_at, 'infinity')"), "placed_at", "id"],
        postgresql_where=sa.text("to_ship"),
    )
    op.create_table(
        "pick_batches",
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _text("kind", BATCH_KINDS), nullable=False),
        sa.Column("status", _text("status", BATCHES), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("picker_id", sa.Uuid(), nullable=True),
        sa.Column("picker", sa.String(length=120), nullable=True),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("claimed_until", "started_at", "finished_at")
        ),
        *_stamps(),
        _known("pick_batches", "kind", BATCH_KINDS),
        _known("pick_batches", "status", BATCHES),
        _to("pick_batches", "location_id", "locations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_batches")),
    )
    op.create_index("uq_pick_batches_number", "pick_batches", ["number"], unique=True)
    op.create_index(
        "ix_pick_batches_open", "pick_batches", ["location_id", "id"],
        postgresql_where=sa.text("status IN ('released', 'in_progress', 'parked')"),
    )
    op.create_index("ix_pick_batches_finished_at", "pick_batches", ["finished_at"])
    op.create_table(
        "pick_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", _text("status", ORDERS), nullable=False),
        _known("pick_orders", "status", ORDERS),
        _to("pick_orders", "batch_id", "pick_batches"),
        _to("pick_orders", "order_id", "orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_orders")),
    )
    op.create_index("ix_pick_orders_batch_id", "pick_orders", ["batch_id", "position"])
    op.create_index("ix_pick_orders_order_id", "pick_orders", ["order_id"])
    op.create_index(
        "uq_pick_orders_open", "pick_orders", ["order_id"], unique=True,
        postgresql_where=sa.text("status IN ('picking', 'picked')"),
    )
    op.create_table(
        "pick_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pick_order_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("bin_id", sa.Uuid(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("walk", "quantity", "picked", "put_back")
        ),
        sa.Column("status", _text("status", LINES), nullable=False),
        sa.Column("picked_at", sa.DateTime(timezone=True), nullable=True),
        _known("pick_lines", "status", LINES),
        _rule("pick_lines", "quantity_positive", "quantity > 0"),
        _rule("pick_lines", "picked_within_quantity", "picked >= 0 AND picked <= quantity"),
        _rule("pick_lines", "put_back_within_picked", "put_back >= 0 AND put_back <= picked"),
        _to("pick_lines", "pick_order_id", "pick_orders"),
        _to("pick_lines", "order_line_id", "order_lines"),
        _to("pick_lines", "level_id", "stock_levels"),
        _to("pick_lines", "bin_id", "bins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_lines")),
    )
    op.create_index("ix_pick_lines_pick_order_id", "pick_lines", ["pick_order_id"])
    op.create_index(
        "ix_pick_lines_todo", "pick_lines", ["level_id"],
        postgresql_where=sa.text("status = 'todo'"),
    )
    op.create_table(
        "pick_totes",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("pick_order_id", sa.Uuid(), nullable=True),
        sa.Column("bin_id", sa.Uuid(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        _to("pick_totes", "batch_id", "pick_batches"),
        _to("pick_totes", "pick_order_id", "pick_orders"),
        _to("pick_totes", "bin_id", "bins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_totes")),
    )
    op.create_index("ix_pick_totes_batch_id", "pick_totes", ["batch_id"])
    op.create_index(
        "uq_pick_totes_in_use", "pick_totes", ["bin_id"], unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "pick_scans",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("result", _text("result", RESULTS), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("is_scanned", sa.Boolean(), nullable=False),
        sa.Column("scanned_variant_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        *_stamps(),
        _known("pick_scans", "result", RESULTS),
        _to("pick_scans", "batch_id", "pick_batches"),
        _to("pick_scans", "line_id", "pick_lines"),
        _to("pick_scans", "level_id", "stock_levels"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_scans")),
    )
    op.create_index("ix_pick_scans_created_at", "pick_scans", ["created_at"])
    op.create_index(
        "ix_pick_scans_confused", "pick_scans", ["level_id"],
        postgresql_where=sa.text("scanned_variant_id IS NOT NULL"),
    )
    op.execute(
        "CREATE TRIGGER pick_scans_append_only BEFORE UPDATE OR DELETE"
        " ON pick_scans FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("pick_scans", "pick_totes", "pick_lines", "pick_orders", "pick_batches"):
        op.drop_table(table)
    op.drop_index("ix_orders_to_pick", "orders")
    op.drop_column("bins", "order_id")
    op.drop_column("orders", "picking_started_at")
    op.execute("UPDATE bins SET kind = 'staging' WHERE kind = 'tote'")
    _allow(BINS)


def _allow(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_bins_kind"), "bins")
    op.create_check_constraint(op.f("ck_bins_kind"), "bins", _one_of("kind", kinds))


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _text(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return _rule(table, column, _one_of(column, values))


def _rule(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete="RESTRICT"
    )


def _stamps() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
