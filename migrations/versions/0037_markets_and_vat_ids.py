"""Markets, exempt customers, and the VAT ids of buyers.

Revision: 0037
After: 0036
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "overpaid",
    "wrong_amount",
    "late_transfer",
    "orphan_money",
    "failed_refund",
    "foreign_refund",
    "dispute",
    "fraud_warning",
    "failing_job",
    "discrepancy",
)


def _versioned() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "markets",
        *_versioned(),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("countries", JSONB(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("payment_methods", JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markets")),
        sa.UniqueConstraint("code", name="uq_markets_code"),
        sa.CheckConstraint(
            "jsonb_array_length(countries) > 0", name=op.f("ck_markets_leads_somewhere")
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_markets_currency_is_a_code")),
    )
    op.create_table(
        "tax_exemptions",
        *_versioned(),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("certificate", sa.String(length=80), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_exemptions")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["users.id"], name=op.f("fk_tax_exemptions_customer_id_users")
        ),
        sa.UniqueConstraint("customer_id", "country", name="uq_tax_exemptions_customer_country"),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_tax_exemptions_ends_after_it_begins")
        ),
    )
    op.create_table(
        "vat_id_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vat_id", sa.String(length=20), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("is_valid", sa.Boolean(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("consultation", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vat_id_checks")),
    )
    op.create_index("ix_vat_id_checks_vat_id", "vat_id_checks", ["vat_id", "checked_at"])
    op.execute(
        "CREATE TRIGGER vat_id_checks_append_only BEFORE UPDATE OR DELETE ON vat_id_checks"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("orders", sa.Column("vat_id", JSONB(), nullable=True))
    _kinds((*KINDS, "vat_id_unchecked"))


def downgrade() -> None:
    op.execute("DELETE FROM attention_items WHERE kind = 'vat_id_unchecked'")
    _kinds(KINDS)
    op.drop_column("orders", "vat_id")
    op.drop_table("vat_id_checks")
    op.drop_table("tax_exemptions")
    op.drop_table("markets")


def _kinds(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_attention_items_kind"), "attention_items")
    op.create_check_constraint(
        op.f("ck_attention_items_kind"), "attention_items", f"kind IN ({listed})"
    )
