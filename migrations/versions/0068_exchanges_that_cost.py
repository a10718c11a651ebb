"""Exchanges for dearer goods, lots and conditions of returned units, and public holidays.

Revision: 0068
After: 0067
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

phase = "expand"

CONDITIONS = "'sealed', 'unused', 'used'"
NO_SCOPE = "'00000000-0000-0000-0000-000000000000'"


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("exchanged", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("return_lines", sa.Column("condition", sa.String(length=40), nullable=True))
    op.create_check_constraint(
        op.f("ck_return_lines_condition"), "return_lines", f"condition IN ({CONDITIONS})"
    )
    op.add_column("return_lines", sa.Column("exchange_share", sa.BigInteger(), nullable=True))
    for table, name, known in (
        ("return_lines", "exchange_line_id", "order_lines"),
        ("return_lines", "exchange_case_id", "refund_cases"),
        ("return_dispositions", "lot_id", "lots"),
    ):
        op.add_column(table, sa.Column(name, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_{name}_{known}"), table, known, [name], ["id"])
    op.drop_constraint(op.f("ck_refund_cases_amount_positive"), "refund_cases")
    op.drop_constraint(op.f("ck_refund_case_lines_quantity_positive"), "refund_case_lines")
    op.add_column(
        "refund_case_lines",
        sa.Column("exchange_rest", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.create_table(
        "public_holidays",
        sa.Column("market_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_public_holidays_market_id_markets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_holidays")),
    )
    op.create_index(
        "uq_public_holidays_day", "public_holidays",
        ["day", sa.text(f"coalesce(market_id, {NO_SCOPE})")], unique=True,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("public_holidays")
    op.execute("DELETE FROM refund_case_lines WHERE quantity = 0")
    op.execute("UPDATE return_lines SET exchange_case_id = NULL")
    op.execute(
        "DELETE FROM refund_case_lines WHERE case_id IN"
        " (SELECT id FROM refund_cases WHERE amount = 0)"
    )
    op.execute("DELETE FROM refund_cases WHERE amount = 0")
    op.create_check_constraint(
        op.f("ck_refund_case_lines_quantity_positive"), "refund_case_lines", "quantity > 0"
    )
    op.create_check_constraint(
        op.f("ck_refund_cases_amount_positive"), "refund_cases", "amount > 0"
    )
    op.drop_column("refund_case_lines", "exchange_rest")
    op.drop_column("return_dispositions", "lot_id")
    for name in ("exchange_case_id", "exchange_line_id", "exchange_share", "condition"):
        op.drop_column("return_lines", name)
    op.drop_column("orders", "exchanged")
