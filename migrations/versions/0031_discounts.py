"""Discounts with codes and uses; customer groups and price lists; the codes of a cart.

Revision: 0031
After: 0030
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "percent",
    "fixed",
    "free_shipping",
    "buy_x_get_y",
    "tiered_by_quantity",
    "tiered_by_value",
)


def upgrade() -> None:
    op.add_column("carts", sa.Column("codes", JSONB(), server_default="[]", nullable=False))
    op.create_table(
        "customer_groups",
        *_base(),
        sa.Column("code", sa.String(40), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("shows_net", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "customer_group_members",
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("users.id"), primary_key=True),
        _owner("group_id", "customer_groups"),
    )
    op.create_index("ix_customer_group_members_group_id", "customer_group_members", ["group_id"])
    _price_lists()
    _discounts()
    _uses()


def _price_lists() -> None:
    op.create_table(
        "price_lists",
        *_base(),
        sa.Column("code", sa.String(40), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("group_id", sa.Uuid(), sa.ForeignKey("customer_groups.id"), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
    )
    op.create_table(
        "price_list_prices",
        _owner("list_id", "price_lists"),
        sa.Column("variant_id", sa.Uuid(), sa.ForeignKey("variants.id"), primary_key=True),
        sa.Column("min_quantity", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
        sa.CheckConstraint("min_quantity BETWEEN 1 AND 999", name="min_quantity_in_range"),
    )
    op.create_index("ix_price_list_prices_variant_id", "price_list_prices", ["variant_id"])


def _discounts() -> None:
    op.create_table(
        "discounts",
        *_base(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, length=40, create_constraint=True),
            nullable=False,
        ),
        sa.Column(
            "target",
            sa.Enum(
                "lines",
                "order",
                "shipping",
                name="target",
                length=40,
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_exclusive", sa.Boolean(), nullable=False),
        sa.Column("stack_group", sa.String(40), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("tiers", JSONB(), nullable=False),
        sa.Column("buy_quantity", sa.Integer(), nullable=True),
        sa.Column("get_quantity", sa.Integer(), nullable=True),
        sa.Column("max_times", sa.Integer(), nullable=True),
        sa.Column("get_products", JSONB(), nullable=False),
        sa.Column("get_collections", JSONB(), nullable=False),
        sa.Column("products", JSONB(), nullable=False),
        sa.Column("collections", JSONB(), nullable=False),
        sa.Column("groups", JSONB(), nullable=False),
        sa.Column("markets", JSONB(), nullable=False),
        sa.Column("min_amount", sa.BigInteger(), nullable=True),
        sa.Column("min_quantity", sa.Integer(), nullable=True),
        sa.Column("first_order", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("max_uses_per_customer", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points_in_range"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("uses >= 0", name="uses_not_negative"),
        sa.CheckConstraint("uses <= max_uses", name="uses_within_limit"),
        sa.CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
    )
    op.create_table(
        "discounts_state",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("token", sa.Uuid(), nullable=True),
    )


def _uses() -> None:
    op.create_table(
        "discount_codes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _owner("discount_id", "discounts", primary_key=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("folded", sa.String(40), nullable=False, unique=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.CheckConstraint("uses >= 0", name="uses_not_negative"),
        sa.CheckConstraint("uses <= max_uses", name="uses_within_limit"),
    )
    op.create_index("ix_discount_codes_of_discount", "discount_codes", ["discount_id", "id"])
    op.create_table(
        "discount_customer_uses",
        _owner("discount_id", "discounts"),
        sa.Column("person", sa.String(32), primary_key=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.CheckConstraint("uses >= 0", name="uses_not_negative"),
    )
    op.create_table(
        "order_discounts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("order_id", sa.Uuid(), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("discount_id", sa.Uuid(), nullable=True),
        sa.Column("code_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("code", sa.String(40), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("shipping_amount", sa.BigInteger(), nullable=False),
        sa.Column("shares", JSONB(), nullable=False),
        sa.Column("shipping_rule", JSONB(), nullable=False),
        sa.Column("persons", JSONB(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("given_by", sa.String(200), nullable=True),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.UniqueConstraint("order_id", "position"),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
    )
    op.create_index("ix_order_discounts_of_discount", "order_discounts", ["discount_id", "id"])


def downgrade() -> None:
    for table in (
        "order_discounts", "discount_customer_uses", "discount_codes", "discounts_state",
        "discounts", "price_list_prices", "price_lists", "customer_group_members",
        "customer_groups",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("carts", "codes")


def _base() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )


def _owner(name: str, table: str, *, primary_key: bool = True) -> sa.Column:
    owner = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Uuid(), owner, primary_key=primary_key, nullable=False)
