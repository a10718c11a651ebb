"""Gift cards and store credit: accounts with a balance, and their append-only ledger.

Revision: 0030
After: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "stored_value_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("initial", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("last_four", sa.String(length=4), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('gift_card', 'store_credit')", name=op.f("ck_stored_value_accounts_kind")
        ),
        sa.CheckConstraint(
            "balance >= 0", name=op.f("ck_stored_value_accounts_balance_not_negative")
        ),
        sa.CheckConstraint(
            "(kind = 'store_credit') = (customer_id IS NOT NULL)",
            name=op.f("ck_stored_value_accounts_owner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_value_accounts")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_stored_value_accounts_code_digest")),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["users.id"],
            name=op.f("fk_stored_value_accounts_customer_id_users"),
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["stored_value_accounts.id"],
            name=op.f("fk_stored_value_accounts_merged_into_stored_value_accounts"),
        ),
    )
    op.create_index(
        "uq_stored_value_accounts_customer_currency",
        "stored_value_accounts",
        ["customer_id", "currency"],
        unique=True,
        postgresql_where=sa.text("kind = 'store_credit'"),
    )
    op.create_index("ix_stored_value_accounts_kind_id", "stored_value_accounts", ["kind", "id"])
    op.create_index(
        "ix_stored_value_accounts_last_four",
        "stored_value_accounts",
        ["last_four"],
        postgresql_where=sa.text("kind = 'gift_card'"),
    )
    op.create_table(
        "stored_value_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=160), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "kind IN ('issued', 'redeemed', 'released', 'refunded', 'adjusted', 'merged')",
            name=op.f("ck_stored_value_entries_kind"),
        ),
        sa.CheckConstraint(
            "amount <> 0 AND balance_after >= 0", name=op.f("ck_stored_value_entries_amounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_value_entries")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["stored_value_accounts.id"],
            name=op.f("fk_stored_value_entries_account_id_stored_value_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_stored_value_entries_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payments.id"],
            name=op.f("fk_stored_value_entries_payment_id_payments"),
        ),
    )
    op.create_index(
        "uq_stored_value_entries_once",
        "stored_value_entries",
        ["account_id", "kind", "reference"],
        unique=True,
    )
    op.create_index(
        "ix_stored_value_entries_account_id_id", "stored_value_entries", ["account_id", "id"]
    )
    op.create_index(
        "ix_stored_value_entries_payment_id",
        "stored_value_entries",
        ["payment_id"],
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    op.execute(
        "CREATE TRIGGER stored_value_entries_append_only"
        " BEFORE UPDATE OR DELETE ON stored_value_entries"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("stored_value_entries")
    op.drop_table("stored_value_accounts")
