"""One parcel for two orders, and the shipping that it saves.

Revision: 0065
After: 0064
"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column("fulfilments", sa.Column("packed_in_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_fulfilments_packed_in_id_fulfilments"),
        "fulfilments", "fulfilments", ["packed_in_id"], ["id"],
    )  # fmt: skip
    op.create_index(
        "uq_fulfilments_packed_in_id", "fulfilments", ["packed_in_id"],
        unique=True, postgresql_where=sa.text("packed_in_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_orders_to_ship_buyer", "orders",
        [sa.text("COALESCE(customer_id::text, lower(email::text))")],
        postgresql_where=sa.text("to_ship"),
    )  # fmt: skip
    op.create_table(
        "shipping_savings",
        sa.Column("fulfilment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_shipping_savings_amount_positive")),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_shipping_savings_decided_at_a_time"),
        ),
        sa.CheckConstraint(
            "decision IN ('refunded', 'kept')", name=op.f("ck_shipping_savings_decision")
        ),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"],
            name=op.f("fk_shipping_savings_fulfilment_id_fulfilments"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipping_savings_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("fulfilment_id", name=op.f("pk_shipping_savings")),
    )  # fmt: skip
    op.create_index("ix_shipping_savings_order", "shipping_savings", ["order_id"])


def downgrade() -> None:
    op.drop_table("shipping_savings")
    op.drop_index("ix_orders_to_ship_buyer", "orders")
    op.drop_index("uq_fulfilments_packed_in_id", "fulfilments")
    op.drop_column("fulfilments", "packed_in_id")
