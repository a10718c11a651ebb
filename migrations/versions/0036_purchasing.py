"""Suppliers, what they sell, and purchase orders.

Revision: 0036
After: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
STATUSES = ("draft", "ordered", "partially_received", "received", "cancelled")


def upgrade() -> None:
    op.create_table(
        "suppliers",
        *_base(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("phone", sa.String(40), nullable=True),
        sa.Column("address", sa.String(500), nullable=True),
        sa.Column("customer_number", sa.String(60), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("lead_time_days >= 0", name="lead_time_not_negative"),
        sa.UniqueConstraint("name", name="uq_suppliers_name"),
    )
    op.create_table(
        "supplier_items",
        *_base(),
        _link("supplier_id", "suppliers"),
        _link("variant_id", "variants"),
        sa.Column("supplier_sku", sa.String(80), nullable=True),
        sa.Column("pack_quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("is_preferred", sa.Boolean(), nullable=False),
        sa.CheckConstraint("pack_quantity BETWEEN 1 AND 100000", name="pack_holds_something"),
        sa.CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        sa.CheckConstraint("lead_time_days >= 0", name="lead_time_not_negative"),
        sa.UniqueConstraint("supplier_id", "variant_id", name="uq_supplier_items_variant"),
        sa.UniqueConstraint("supplier_id", "supplier_sku", name="uq_supplier_items_supplier_sku"),
    )
    op.create_index("ix_supplier_items_variant_id", "supplier_items", ["variant_id"])
    op.create_index(
        "uq_supplier_items_preferred",
        "supplier_items",
        ["variant_id"],
        unique=True,
        postgresql_where=sa.text("is_preferred"),
    )
    _orders()


def _orders() -> None:
    op.create_table(
        "purchase_orders",
        *_base(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(start=1001), nullable=False),
        _link("supplier_id", "suppliers"),
        _link("location_id", "locations"),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("exchange_rate", sa.Numeric(18, 8), nullable=True),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("ordered_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.CheckConstraint(
            f"status IN ({', '.join(repr(status) for status in STATUSES)})", name="status"
        ),
        sa.CheckConstraint("freight >= 0", name="freight_not_negative"),
        sa.CheckConstraint("exchange_rate > 0", name="exchange_rate_positive"),
        sa.UniqueConstraint("number", name="uq_purchase_orders_number"),
    )
    op.create_index("ix_purchase_orders_supplier_id", "purchase_orders", ["supplier_id"])
    op.create_index("ix_purchase_orders_location_id", "purchase_orders", ["location_id"])
    op.create_index(
        "ix_purchase_orders_awaited",
        "purchase_orders",
        ["id"],
        postgresql_where=sa.text("status IN ('ordered', 'partially_received')"),
    )
    op.create_table(
        "purchase_order_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _link("purchase_order_id", "purchase_orders"),
        sa.Column("position", sa.Integer(), nullable=False),
        _link("variant_id", "variants"),
        sa.Column("sku", sa.String(255), nullable=False),
        sa.Column("title", sa.String(600), nullable=False),
        sa.Column("supplier_sku", sa.String(80), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("received >= 0", name="received_not_negative"),
        sa.CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        sa.UniqueConstraint(
            "purchase_order_id", "variant_id", name="uq_purchase_order_lines_variant"
        ),
    )
    op.create_index("ix_purchase_order_lines_variant_id", "purchase_order_lines", ["variant_id"])


def downgrade() -> None:
    for table in ("purchase_order_lines", "purchase_orders", "supplier_items", "suppliers"):
        op.drop_table(table)


def _base() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
    )


def _link(name: str, table: str) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{table}.id"), nullable=False)
