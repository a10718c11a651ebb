"""Transfers between locations, line by line.

Revision: 0045
After: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
STATUSES = ("draft", "ready", "in_transit", "partially_received", "received", "cancelled")
REASONS = ("missing", "damaged", "miscounted", "wrong_item", "other")


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(start=1001), nullable=False),
        _link("from_location_id", "locations"),
        _link("to_location_id", "locations"),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("shipped_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("created_by", sa.String(200), nullable=False),
        _one_of("status", STATUSES),
        sa.CheckConstraint("from_location_id <> to_location_id", name="goes_elsewhere"),
        sa.UniqueConstraint("number", name="uq_transfers_number"),
    )
    for name in ("from_location_id", "to_location_id"):
        op.create_index(f"ix_transfers_{name}", "transfers", [name])
    op.create_index(
        "ix_transfers_awaited",
        "transfers",
        ["id"],
        postgresql_where=sa.text("status IN ('in_transit', 'partially_received')"),
    )
    op.create_table(
        "transfer_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _link("transfer_id", "transfers"),
        sa.Column("position", sa.Integer(), nullable=False),
        _link("variant_id", "variants"),
        sa.Column("sku", sa.String(255), nullable=False),
        sa.Column("title", sa.String(600), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("quantity", "shipped", "received", "restocked", "written_off")
        ),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        _one_of("reason", REASONS),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint(
            "shipped >= 0 AND received >= 0 AND restocked >= 0", name="units_not_negative"
        ),
        sa.CheckConstraint(
            "(written_off = 0) OR (reason IS NOT NULL)", name="differences_explained"
        ),
        sa.UniqueConstraint("transfer_id", "variant_id", name="uq_transfer_lines_variant"),
    )
    op.create_index("ix_transfer_lines_variant_id", "transfer_lines", ["variant_id"])


def downgrade() -> None:
    op.drop_table("transfer_lines")
    op.drop_table("transfers")


def _link(name: str, table: str) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{table}.id"), nullable=False)


def _one_of(name: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"{name} IN ({', '.join(repr(value) for value in values)})", name=name
    )
