"""The waiting list: who wants to be told when something is back in stock.

Revision: 0003
After: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

phase = "expand"

BEFORE = (
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
    "money_needs_attention",
    "refund_failed",
)
WAITS = "told_at IS NULL AND cancelled_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "stock_requests",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email LIKE '%_@_%'", name=op.f("ck_stock_requests_email_has_an_at")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_stock_requests_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_stock_requests_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_requests")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_stock_requests_token_hash")),
    )
    op.create_index(
        "uq_stock_requests_waiting",
        "stock_requests",
        ["variant_id", sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text(WAITS),
    )
    op.create_index(
        "ix_stock_requests_in_turn",
        "stock_requests",
        ["variant_id", "id"],
        unique=False,
        postgresql_where=sa.text(WAITS),
    )
    op.create_index(
        "ix_stock_requests_told",
        "stock_requests",
        ["variant_id", "told_at"],
        unique=False,
        postgresql_where=sa.text("told_at IS NOT NULL"),
    )
    op.create_index(
        "ix_stock_requests_email",
        "stock_requests",
        [sa.literal_column("lower(email)")],
        unique=False,
    )
    op.create_index("ix_stock_requests_user_id", "stock_requests", ["user_id", "id"], unique=False)
    _allow_letters((*BEFORE, "back_in_stock"))


def downgrade() -> None:
    # The older code has no word for these letters.
    op.execute("DELETE FROM letters WHERE kind = 'back_in_stock'")
    _allow_letters(BEFORE)
    op.drop_index("ix_stock_requests_user_id", table_name="stock_requests")
    op.drop_index("ix_stock_requests_email", table_name="stock_requests")
    op.drop_index("ix_stock_requests_told", table_name="stock_requests")
    op.drop_index("ix_stock_requests_in_turn", table_name="stock_requests")
    op.drop_index("uq_stock_requests_waiting", table_name="stock_requests")
    op.drop_table("stock_requests")


def _allow_letters(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_letters_kind"), "letters", type_="check")
    op.create_check_constraint(op.f("ck_letters_kind"), "letters", f"kind IN ({listed})")
