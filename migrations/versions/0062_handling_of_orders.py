"""Handling of orders: notes, tags, saved views, rules that hold, references of other systems.

Revision: 0062
After: 0061
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

phase = "expand"

REASONS = (
    "payment", "risk", "address", "stock", "customer_request", "other", "dispute",
    "fraud_warning", "foreign_refund",
)  # fmt: skip
CONDITIONS = (
    "risk_level", "card_check_failed", "ip_country_differs", "amount_above", "first_order_above",
)  # fmt: skip
# As PostgreSQL writes them, so that they can be compared with those of the models.
PLAIN = (
    "translate(replace(lower({}), 'ß'::text, 'ss'::text), "
    "'äàáâãåæçèéêëìíîïñòóôõöøùúûüýÿ@._+-'::text, 'aaaaaaaceeeeiiiinoooooouuuuyy     '::text)"
)
NAME_AND_EMAIL = PLAIN.format("(full_name::text || ' '::text) || email::text")
NAME_AND_COMPANY = PLAIN.format(
    "(name::text || ' '::text) || COALESCE(company, ''::character varying)::text"
)
PHONE = (
    "reverse(regexp_replace(COALESCE(phone, ''::character varying)::text, '[^0-9]'::text, "
    "''::text, 'g'::text))"
)
FOUND = {
    "users": f"to_tsvector('simple'::regconfig, {NAME_AND_EMAIL})",
    "addresses": (
        f"to_tsvector('simple'::regconfig, ({NAME_AND_COMPANY} || ' '::text) || {PHONE})"
    ),
}
KINDS = ("order", "customer", "location")
COLUMNS = (
    ("orders", sa.Column("gift_message", sa.String(500), nullable=True)),
    ("orders", sa.Column("ip_country", sa.String(2), nullable=True)),
    ("orders", sa.Column("tags", sa.ARRAY(sa.Text()), nullable=False, server_default="{}")),
    ("orders", sa.Column("pinned_notes", sa.Integer(), nullable=False, server_default="0")),
    ("orders", sa.Column("customer_notes", sa.Integer(), nullable=False, server_default="0")),
    ("order_lines", sa.Column("note", sa.String(500), nullable=True)),
    ("order_lines", sa.Column("properties", postgresql.JSONB(), nullable=True)),
    ("carts", sa.Column("note", sa.String(500), nullable=True)),
    ("carts", sa.Column("gift_message", sa.String(500), nullable=True)),
    ("cart_items", sa.Column("note", sa.String(500), nullable=True)),
    ("cart_items", sa.Column("properties", postgresql.JSONB(), nullable=True)),
    ("payments", sa.Column("risk_level", sa.String(20), nullable=True)),
    ("payments", sa.Column("failed_checks", sa.ARRAY(sa.Text()), nullable=True)),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)
    op.create_index(
        "ix_orders_tags", "orders", ["tags"],
        postgresql_using="gin", postgresql_where=sa.text("tags <> '{}'"),
    )  # fmt: skip
    op.create_index(
        "ix_order_holds_cause", "order_holds", ["reference"],
        postgresql_where=sa.text("released_at IS NULL"),
    )  # fmt: skip
    _rules()
    _notes()
    op.create_table(
        "order_views",
        *_versioned(),
        sa.Column(
            "user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
    )
    op.create_index(
        "uq_order_views_user_name", "order_views", ["user_id", sa.text("lower(name)")], unique=True
    )
    _references()
    for table, words in FOUND.items():
        op.create_index(
            f"ix_{table}_find", table, [sa.text(words)], postgresql_using="gin",
            postgresql_where=sa.text("kind = 'customer'") if table == "users" else None,
        )  # fmt: skip


def downgrade() -> None:
    for table in (
        "external_references", "order_views", "order_note_acknowledgements", "order_notes",
        "hold_rules", "customer_notes",
    ):  # fmt: skip
        op.drop_table(table)
    for table in ("users", "addresses"):
        op.drop_index(f"ix_{table}_find", table)
    op.drop_index("ix_order_holds_cause", "order_holds")
    op.drop_index("ix_orders_tags", "orders")
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)


def _versioned() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    )


def _one_of(name: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{name} IN ({listed})", name=name)


def _rules() -> None:
    op.create_table(
        "hold_rules",
        *_versioned(),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("condition", sa.String(40), nullable=False),
        sa.Column("value", sa.String(20), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False, server_default="true"),
        sa.UniqueConstraint("code"),
        _one_of("condition", CONDITIONS),
        _one_of("reason", REASONS),
        sa.CheckConstraint(
            "(amount IS NULL) = (currency IS NULL)", name="amount_has_a_currency"
        ),
        sa.CheckConstraint(
            "(condition IN ('amount_above', 'first_order_above')) = (amount IS NOT NULL)",
            name="amount_is_for_conditions_about_amounts",
        ),
        sa.CheckConstraint(
            "CASE condition WHEN 'risk_level' THEN coalesce(value, '') IN ('elevated', 'highest') "
            "WHEN 'card_check_failed' THEN coalesce(value, '') IN ('cvc', 'address', 'any') "
            "ELSE value IS NULL END",
            name="value_fits_the_condition",
        ),
    )


def _notes() -> None:
    op.create_table(
        "order_notes",
        *_versioned(),
        sa.Column("order_id", sa.Uuid(), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("for_customer", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("is_pinned", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.CheckConstraint("NOT (is_pinned AND for_customer)", name="pinned_is_for_staff"),
    )
    op.create_index("ix_order_notes_order", "order_notes", ["order_id", "id"])
    op.create_table(
        "order_note_acknowledgements",
        sa.Column(
            "note_id", sa.Uuid(), sa.ForeignKey("order_notes.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("actor_key", sa.String(120), primary_key=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )  # fmt: skip
    op.create_table(
        "customer_notes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
    )
    op.create_index("ix_customer_notes_customer", "customer_notes", ["customer_id", "id"])


def _references() -> None:
    op.create_table(
        "external_references",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(40), nullable=False),
        sa.Column("value", sa.String(200), nullable=True),
        sa.Column("metadata", postgresql.JSONB(), nullable=False),
        _one_of("kind", KINDS),
        sa.UniqueConstraint(
            "kind", "subject_id", "system", name="uq_external_references_subject"
        ),
    )
    op.create_index(
        "uq_external_references_value", "external_references", ["kind", "system", "value"],
        unique=True,
    )  # fmt: skip
    op.create_index(
        "ix_external_references_metadata", "external_references", ["metadata"],
        postgresql_using="gin", postgresql_ops={"metadata": "jsonb_path_ops"},
    )  # fmt: skip
