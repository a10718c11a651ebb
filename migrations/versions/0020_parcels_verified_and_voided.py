"""Parcels: which units were verified, and parcels that are voided; carriers of shipping methods.

Revision: 0020
After: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

phase = "expand"

PARCELS = ("open", "shipped", "delivered", "cancelled")
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
)
LETTERS = (
    "order_received",
    "order_confirmed",
    "order_shipped",
    "order_cancelled",
    "order_refunded",
    "welcome",
    "registration_repeated",
    "password_reset",
    "password_changed",
    "low_stock",
    "attention",
    "refund_failed",
    "back_in_stock",
)


def upgrade() -> None:
    op.add_column("shipping_methods", sa.Column("carrier", sa.String(length=60), nullable=True))
    op.add_column("orders", sa.Column("customer_note", sa.String(length=500), nullable=True))
    op.add_column("fulfilments", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("fulfilments", sa.Column("override_reason", sa.String(length=300), nullable=True))
    op.add_column(
        "fulfilment_lines",
        sa.Column("verified_quantity", sa.Integer(), server_default="0", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_fulfilment_lines_verified_not_negative"),
        "fulfilment_lines",
        "verified_quantity >= 0",
    )
    _within("fulfilments", "status", (*PARCELS, "voided"))
    _left_with("'shipped', 'delivered', 'voided'")
    _within("stock_movements", "kind", (*MOVEMENTS, "shipment_voided"))
    _once_per_parcel(["fulfilment_id", "level_id", "kind"])
    _within("letters", "kind", (*LETTERS, "parcel_corrected"))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'parcel_corrected'")
    _within("letters", "kind", LETTERS)
    # The journal is append-only for the shop, but not for its owner.
    op.execute("ALTER TABLE stock_movements DISABLE TRIGGER USER")
    op.execute(
        "UPDATE stock_movements SET kind = 'restocked', fulfilment_id = NULL"
        " WHERE kind = 'shipment_voided'"
    )
    op.execute("ALTER TABLE stock_movements ENABLE TRIGGER USER")
    _once_per_parcel(["fulfilment_id", "level_id"])
    _within("stock_movements", "kind", MOVEMENTS)
    op.drop_constraint(op.f("ck_fulfilments_shipped_at_tells_that_it_left"), "fulfilments")
    op.execute(
        "UPDATE fulfilments SET status = 'cancelled', shipped_at = NULL WHERE status = 'voided'"
    )
    _left_with("'shipped', 'delivered'", is_there=False)
    _within("fulfilments", "status", PARCELS)
    op.drop_constraint(op.f("ck_fulfilment_lines_verified_not_negative"), "fulfilment_lines")
    op.drop_column("fulfilment_lines", "verified_quantity")
    op.drop_column("fulfilments", "override_reason")
    op.drop_column("fulfilments", "voided_at")
    op.drop_column("orders", "customer_note")
    op.drop_column("shipping_methods", "carrier")


def _within(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table)
    op.create_check_constraint(
        name, table, f"{column} IN ({', '.join(repr(value) for value in values)})"
    )


def _left_with(statuses: str, *, is_there: bool = True) -> None:
    name = op.f("ck_fulfilments_shipped_at_tells_that_it_left")
    if is_there:
        op.drop_constraint(name, "fulfilments")
    op.create_check_constraint(
        name, "fulfilments", f"(status IN ({statuses})) = (shipped_at IS NOT NULL)"
    )


def _once_per_parcel(columns: list[str]) -> None:
    op.drop_index("uq_stock_movements_fulfilment", "stock_movements")
    op.create_index(
        "uq_stock_movements_fulfilment",
        "stock_movements",
        columns,
        unique=True,
        postgresql_where=sa.text("fulfilment_id IS NOT NULL"),
    )
