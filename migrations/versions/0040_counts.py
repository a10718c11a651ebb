"""Warehouse: counts, their lines, and what each person counted.

Revision: 0040
After: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

phase = "expand"

COUNT = ("planned", "counting", "posted", "discarded")
LINE = ("open", "recount", "blocked", "held", "posted")


def upgrade() -> None:
    op.create_table(
        "stock_counts",
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("status", _status(COUNT), nullable=False),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("planned_for", sa.Date(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        _known("stock_counts", COUNT),
        _to("stock_counts", "location_id", "locations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
    )
    op.create_index("ix_stock_counts_location_id", "stock_counts", ["location_id"])
    op.create_index("uq_stock_counts_number", "stock_counts", ["number"], unique=True)
    op.create_table(
        "stock_count_lines",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("bin_id", sa.Uuid(), nullable=True),
        sa.Column("status", _status(LINE), nullable=False),
        sa.Column("variance", sa.Integer(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        _known("stock_count_lines", LINE),
        sa.CheckConstraint(
            "(status = 'posted') = (closed_at IS NOT NULL)",
            name=op.f("ck_stock_count_lines_posted_at_a_time"),
        ),
        _to("stock_count_lines", "count_id", "stock_counts"),
        _to("stock_count_lines", "level_id", "stock_levels"),
        _to("stock_count_lines", "bin_id", "bins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count_lines")),
    )
    op.create_index(
        "uq_stock_count_lines_place",
        "stock_count_lines",
        ["count_id", "level_id", "bin_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_stock_count_lines_closed_at", "stock_count_lines", ["closed_at"])
    op.create_table(
        "stock_count_entries",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_by", sa.Uuid(), nullable=True),
        sa.Column("counted_by_name", sa.String(length=120), nullable=False),
        *_stamps(),
        sa.CheckConstraint(
            "counted >= 0", name=op.f("ck_stock_count_entries_counted_not_negative")
        ),
        _to("stock_count_entries", "line_id", "stock_count_lines"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count_entries")),
    )
    op.create_index("ix_stock_count_entries_line_id", "stock_count_entries", ["line_id", "id"])
    op.execute(
        "CREATE TRIGGER stock_count_entries_append_only BEFORE UPDATE OR DELETE"
        " ON stock_count_entries FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("stock_count_entries", "stock_count_lines", "stock_counts"):
        op.drop_table(table)


def _status(values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name="status", native_enum=False, length=40)


def _known(table: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"status IN ({', '.join(repr(value) for value in values)})", name=op.f(f"ck_{table}_status")
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
