"""Receipts: goods that came, line by line.

Revision: 0043
After: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _link("purchase_order_id", "purchase_orders", nullable=True),
        _link("location_id", "locations"),
        sa.Column("reference", sa.String(60), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.String(200), nullable=True),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone_by_somebody"),
    )
    op.create_index("ix_receipts_purchase_order_id", "receipts", ["purchase_order_id"])
    op.create_index("ix_receipts_location_id", "receipts", ["location_id", "id"])
    op.create_table(
        "receipt_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _link("receipt_id", "receipts"),
        sa.Column("position", sa.Integer(), nullable=False),
        _link("variant_id", "variants"),
        sa.Column("sku", sa.String(255), nullable=False),
        _link("purchase_order_line_id", "purchase_order_lines", nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("over_quantity", sa.Integer(), nullable=False),
        _link("bin_id", "bins", nullable=True),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("damaged BETWEEN 0 AND quantity", name="damaged_are_of_them"),
        sa.CheckConstraint("over_quantity BETWEEN 0 AND quantity", name="over_are_of_them"),
        sa.CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
    )
    op.create_index("ix_receipt_lines_receipt_id", "receipt_lines", ["receipt_id"])
    op.create_index(
        "ix_receipt_lines_purchase_order_line_id", "receipt_lines", ["purchase_order_line_id"]
    )


def downgrade() -> None:
    op.drop_table("receipt_lines")
    op.drop_table("receipts")


def _link(name: str, table: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{table}.id"), nullable=nullable)
