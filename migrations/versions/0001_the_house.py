"""The house as it was first built: every table, index and rule of the shop.

Revision: 0001
After: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

phase = "expand"


# History is only added to: the database itself refuses to change or delete these rows.
APPEND_ONLY = ("audit_log", "order_entries", "payment_events", "stock_movements")


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_actor"), "audit_log", ["actor"], unique=False)
    op.create_index(op.f("ix_audit_log_subject_id"), "audit_log", ["subject_id"], unique=False)
    op.create_table(
        "categories",
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_categories_not_its_own_parent")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_categories_position_not_negative")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id_categories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("path", name=op.f("uq_categories_path")),
        sa.UniqueConstraint("slug", name=op.f("uq_categories_slug")),
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"], unique=False)
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
    )
    op.create_index(
        "ix_facts_waiting", "facts", ["id"], unique=False, postgresql_where="relayed_at IS NULL"
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "imports",
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "running",
                "completed",
                "failed",
                "cancelled",
                name="import_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ignored_columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("reader", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(
        "ix_imports_unfinished",
        "imports",
        ["heartbeat_at"],
        unique=False,
        postgresql_where="status IN ('pending', 'running')",
    )
    op.create_table(
        "letters",
        sa.Column(
            "kind",
            sa.Enum(
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
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "sending",
                "sent",
                "failed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_line", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("holds_secret", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.String(length=320), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'sending') = (claimed_until IS NOT NULL)",
            name=op.f("ck_letters_claimed_while_sending"),
        ),
        sa.CheckConstraint(
            "status <> 'sent' OR sent_at IS NOT NULL", name=op.f("ck_letters_sent_at_some_moment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("kind", "subject_id", "recipient", name="uq_letters_one_per_cause"),
        sa.UniqueConstraint("message_id", name=op.f("uq_letters_message_id")),
    )
    op.create_index(
        "ix_letters_not_sent",
        "letters",
        ["status", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'sent'"),
    )
    op.create_index("ix_letters_subject_id", "letters", ["subject_id", "id"], unique=False)
    op.create_table(
        "locations",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locations")),
        sa.UniqueConstraint("code", name="uq_locations_code"),
    )
    op.create_table(
        "order_counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_order_counters")),
    )
    op.create_table(
        "orphan_money",
        sa.Column("provider_ref", sa.String(length=120), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphan_money")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_orphan_money_provider_ref")),
    )
    op.create_index(
        "ix_orphan_money_unsettled",
        "orphan_money",
        ["id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "provider_events",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("provider_event_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("object_id", sa.String(length=120), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_events")),
        sa.UniqueConstraint(
            "provider",
            "provider_event_id",
            name=op.f("uq_provider_events_provider_provider_event_id"),
        ),
    )
    op.create_table(
        "shipping_methods",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("countries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("free_above", sa.BigInteger(), nullable=True),
        sa.Column("tax_class", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("min_delivery_days", sa.Integer(), nullable=False),
        sa.Column("max_delivery_days", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "currency ~ '^[A-Z]{3}$'", name=op.f("ck_shipping_methods_currency_is_a_code")
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_shipping_methods_amount_not_negative")),
        sa.CheckConstraint(
            "free_above >= 0", name=op.f("ck_shipping_methods_free_above_not_negative")
        ),
        sa.CheckConstraint(
            "jsonb_array_length(countries) > 0", name=op.f("ck_shipping_methods_leads_somewhere")
        ),
        sa.CheckConstraint(
            "min_delivery_days >= 0 AND max_delivery_days >= min_delivery_days",
            name=op.f("ck_shipping_methods_delivery_days_in_order"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_methods")),
        sa.UniqueConstraint("code", "currency", name="uq_shipping_methods_code_currency"),
    )
    op.create_table(
        "tax_rates",
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("tax_class", sa.String(length=40), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_tax_rates_country_is_a_code")),
        sa.CheckConstraint(
            "basis_points BETWEEN 0 AND 10000", name=op.f("ck_tax_rates_basis_points_in_range")
        ),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_tax_rates_ends_after_it_begins")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rates")),
        sa.UniqueConstraint(
            "country", "region", "tax_class", "valid_from", name="uq_tax_rates_begin"
        ),
    )
    op.create_table(
        "timetable",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_took_ms", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_timetable")),
    )
    op.create_table(
        "users",
        sa.Column(
            "kind",
            sa.Enum(
                "customer",
                "staff",
                name="account_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "manager",
                "warehouse",
                "support",
                name="staff_role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'staff') = (role IS NOT NULL)", name=op.f("ck_users_role_is_for_staff")
        ),
        sa.CheckConstraint("email LIKE '%_@_%'", name=op.f("ck_users_email_has_an_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(
        "ix_users_staff",
        "users",
        ["full_name", "id"],
        unique=False,
        postgresql_where="kind = 'staff'",
    )
    op.create_index(
        "uq_users_kind_email", "users", ["kind", sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "addresses",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("company", sa.String(length=120), nullable=True),
        sa.Column("line1", sa.String(length=200), nullable=False),
        sa.Column("line2", sa.String(length=200), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("region", sa.String(length=120), nullable=True),
        sa.Column("postal_code", sa.String(length=16), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("is_default_shipping", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_default_billing", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_addresses_country_is_a_code")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_addresses_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
    )
    op.create_index("ix_addresses_user_id", "addresses", ["user_id", "id"], unique=False)
    op.create_index(
        "uq_addresses_default_billing",
        "addresses",
        ["user_id"],
        unique=True,
        postgresql_where="is_default_billing",
    )
    op.create_index(
        "uq_addresses_default_shipping",
        "addresses",
        ["user_id"],
        unique=True,
        postgresql_where="is_default_shipping",
    )
    op.create_table(
        "carts",
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "ordered",
                "merged",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "token_hash IS NOT NULL OR customer_id IS NOT NULL", name=op.f("ck_carts_has_owner")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["users.id"], name=op.f("fk_carts_customer_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
    )
    op.create_index("ix_carts_customer", "carts", ["customer_id"], unique=False)
    op.create_index(
        "ix_carts_idle",
        "carts",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("status <> 'ordered'"),
    )
    op.create_index("ix_carts_token_hash", "carts", ["token_hash"], unique=False)
    op.create_index(
        "uq_carts_one_active_per_customer",
        "carts",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "uq_carts_one_active_per_token",
        "carts",
        ["token_hash"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "fact_deliveries",
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("subscriber", sa.String(length=160), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["fact_id"], ["facts.id"], name=op.f("fk_fact_deliveries_fact_id_facts")
        ),
        sa.PrimaryKeyConstraint("fact_id", "subscriber", name=op.f("pk_fact_deliveries")),
    )
    op.create_index(
        "ix_fact_deliveries_due",
        "fact_deliveries",
        ["due_at"],
        unique=False,
        postgresql_where="done_at IS NULL",
    )
    op.create_table(
        "import_chunks",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_chunks_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_chunks")),
    )
    op.create_table(
        "import_problems",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=255), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "consequence",
            sa.Enum(
                "product_skipped",
                "row_skipped",
                "value_ignored",
                name="import_consequence",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_problems_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problems")),
    )
    op.create_index(
        "ix_import_problems_in_order", "import_problems", ["import_id", "row", "id"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("guest_key", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("customer_name", sa.String(length=200), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "placed",
                "completed",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "payment_status",
            sa.Enum(
                "unpaid",
                "pending",
                "authorized",
                "partially_paid",
                "paid",
                "partially_refunded",
                "refunded",
                "overpaid",
                "voided",
                name="payment_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "fulfilment_status",
            sa.Enum(
                "unfulfilled",
                "partially_shipped",
                "shipped",
                "partially_delivered",
                "delivered",
                "cancelled",
                name="fulfilment_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("to_ship", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping_total", sa.BigInteger(), nullable=False),
        sa.Column("tax_total", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("shipping_tax", sa.BigInteger(), nullable=False),
        sa.Column("shipping_rate_basis_points", sa.Integer(), nullable=False),
        sa.Column("shipping_refunded", sa.BigInteger(), nullable=False),
        sa.Column("authorized", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("refund_pending", sa.BigInteger(), nullable=False),
        sa.Column("attempt_open", sa.Boolean(), nullable=False),
        sa.Column("unit_count", sa.Integer(), nullable=False),
        sa.Column("ship_country", sa.String(length=2), nullable=False),
        sa.Column("shipping_address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("billing_address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shipping_method", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payment_method", sa.String(length=20), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=40), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "refunded + refund_pending <= captured", name=op.f("ck_orders_refunds_within_captured")
        ),
        sa.CheckConstraint(
            "total = subtotal + shipping_total", name=op.f("ck_orders_total_is_sum_of_parts")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["users.id"], name=op.f("fk_orders_customer_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("cart_id", name=op.f("uq_orders_cart_id")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index(
        "ix_orders_awaiting_payment",
        "orders",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_customer",
        "orders",
        ["customer_id", sa.literal_column("placed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_customer_name",
        "orders",
        [sa.literal_column("lower(customer_name)").label("beginning")],
        unique=False,
        postgresql_ops={"beginning": "text_pattern_ops"},
    )
    op.create_index(
        "ix_orders_email",
        "orders",
        [sa.literal_column("lower(email)").label("beginning")],
        unique=False,
        postgresql_ops={"beginning": "text_pattern_ops"},
    )
    op.create_index(
        "ix_orders_fulfilment_status",
        "orders",
        ["fulfilment_status", sa.literal_column("placed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_newest",
        "orders",
        [sa.literal_column("placed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_payment_status",
        "orders",
        ["payment_status", sa.literal_column("placed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_status",
        "orders",
        ["status", sa.literal_column("placed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_to_ship",
        "orders",
        ["placed_at", "id"],
        unique=False,
        postgresql_where=sa.text("to_ship"),
    )
    op.create_table(
        "password_resets",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_password_resets_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
    )
    op.create_index(
        "ix_password_resets_created_at", "password_resets", ["created_at"], unique=False
    )
    op.create_index("ix_password_resets_user_id", "password_resets", ["user_id"], unique=False)
    op.create_index("uq_password_resets_token_hash", "password_resets", ["token_hash"], unique=True)
    op.create_table(
        "products",
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "active",
                "archived",
                name="product_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("vendor", sa.String(length=255), nullable=False),
        sa.Column("product_type", sa.String(length=255), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("external_reference", sa.String(length=255), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_stock", sa.Boolean(), nullable=False),
        sa.Column("search_title", sa.Text(collation="C"), nullable=False),
        sa.Column("search_words", sa.Text(), nullable=False),
        sa.Column("search_body", sa.Text(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple'::regconfig, search_title), 'A'::\"char\") || setweight(to_tsvector('simple'::regconfig, search_words), 'B'::\"char\") || setweight(to_tsvector('simple'::regconfig, search_body), 'D'::\"char\")",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_products_category_id_categories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("external_reference", name=op.f("uq_products_external_reference")),
        sa.UniqueConstraint("slug", name=op.f("uq_products_slug")),
    )
    op.create_index(
        "ix_products_by_name",
        "products",
        ["search_title", "id"],
        unique=False,
        postgresql_where="status = 'active'",
    )
    op.create_index(op.f("ix_products_category_id"), "products", ["category_id"], unique=False)
    op.create_index(
        "ix_products_newest", "products", ["id"], unique=False, postgresql_where="status = 'active'"
    )
    op.create_index(
        "ix_products_search", "products", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "sign_ins",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("network", sa.String(length=50), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"], unique=False)
    op.create_index(
        "ix_sign_ins_open",
        "sign_ins",
        ["user_id", "id"],
        unique=False,
        postgresql_where="revoked_at IS NULL",
    )
    op.create_table(
        "category_members",
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.id"],
            name=op.f("fk_category_members_category_id_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_category_members_product_id_products")
        ),
        sa.PrimaryKeyConstraint("category_id", "product_id", name=op.f("pk_category_members")),
    )
    op.create_index(
        op.f("ix_category_members_product_id"), "category_members", ["product_id"], unique=False
    )
    op.create_table(
        "fulfilments",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "shipped",
                "delivered",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("carrier", sa.String(length=60), nullable=True),
        sa.Column("tracking_number", sa.String(length=100), nullable=True),
        sa.Column("tracking_url", sa.Text(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'delivered') = (delivered_at IS NOT NULL)",
            name=op.f("ck_fulfilments_delivered_at_tells_that_it_arrived"),
        ),
        sa.CheckConstraint(
            "(status IN ('shipped', 'delivered')) = (shipped_at IS NOT NULL)",
            name=op.f("ck_fulfilments_shipped_at_tells_that_it_left"),
        ),
        sa.CheckConstraint(
            "shipped_at IS NULL OR carrier IS NOT NULL", name=op.f("ck_fulfilments_carrier_took_it")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_fulfilments_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilments")),
        sa.UniqueConstraint("number", name=op.f("uq_fulfilments_number")),
    )
    op.create_index("ix_fulfilments_order_id", "fulfilments", ["order_id", "id"], unique=False)
    op.create_index(
        "ix_fulfilments_shipped_at",
        "fulfilments",
        ["shipped_at"],
        unique=False,
        postgresql_where=sa.text("shipped_at IS NOT NULL"),
    )
    op.create_table(
        "order_entries",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("actor_key", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_entries_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_entries")),
    )
    op.create_index(
        "ix_order_entries_order", "order_entries", ["order_id", "at", "id"], unique=False
    )
    op.create_table(
        "payments",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("provider_ref", sa.String(length=120), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "requires_action",
                "processing",
                "authorized",
                "captured",
                "failed",
                "voided",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("authorized", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("refund_pending", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("decline_code", sa.String(length=80), nullable=True),
        sa.Column("needs_attention", sa.String(length=200), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "captured >= 0 AND refunded >= 0 AND refund_pending >= 0", name=op.f("ck_payments_sums")
        ),
        sa.CheckConstraint(
            "refunded + refund_pending <= captured",
            name=op.f("ck_payments_refunds_within_captured"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payments_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_payments_provider_ref")),
    )
    op.create_index(
        "ix_payments_needs_attention",
        "payments",
        ["id"],
        unique=False,
        postgresql_where=sa.text("needs_attention IS NOT NULL"),
    )
    op.create_index(
        "ix_payments_open",
        "payments",
        ["checked_at"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('failed', 'voided', 'captured')"),
    )
    op.create_index(op.f("ix_payments_order_id"), "payments", ["order_id"], unique=False)
    op.create_index(
        "uq_payments_one_open_per_order",
        "payments",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text(
            "provider = 'stripe' AND status NOT IN ('failed', 'voided', 'captured')"
        ),
    )
    op.create_table(
        "product_images",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("alt", sa.String(length=500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_product_images_position_not_negative")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_images_product_id_products")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_images")),
        sa.UniqueConstraint("product_id", "url", name=op.f("uq_product_images_product_id_url")),
    )
    op.create_table(
        "product_price_ranges",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lowest", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("compare_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_product_price_ranges_product_id_products"),
        ),
        sa.PrimaryKeyConstraint("product_id", "currency", name=op.f("pk_product_price_ranges")),
    )
    op.create_index(
        "ix_product_price_ranges_by_price",
        "product_price_ranges",
        ["currency", "lowest", "product_id"],
        unique=False,
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["sign_ins.id"],
            name=op.f("fk_refresh_tokens_sign_in_id_sign_ins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"], unique=False)
    op.create_index("ix_refresh_tokens_sign_in_id", "refresh_tokens", ["sign_in_id"], unique=False)
    op.create_table(
        "refund_cases",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("reversed", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_cases_amount_positive")),
        sa.CheckConstraint("shipping >= 0", name=op.f("ck_refund_cases_shipping_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_refund_cases_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_cases")),
    )
    op.create_index("ix_refund_cases_order", "refund_cases", ["order_id", "id"], unique=False)
    op.create_table(
        "payment_events",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=160), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_payment_events_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_events")),
        sa.UniqueConstraint("payment_id", "kind", "reference", name="uq_payment_events_once"),
    )
    op.create_table(
        "refunds",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "submitted",
                "succeeded",
                "failed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("provider_ref", sa.String(length=120), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_refunds_provider_ref")),
    )
    op.create_index(
        "ix_refunds_open",
        "refunds",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('requested', 'submitted')"),
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"], unique=False)
    op.create_index(op.f("ix_refunds_payment_id"), "refunds", ["payment_id"], unique=False)
    op.create_table(
        "variants",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column(
            "sku_key",
            sa.Text(collation="C"),
            sa.Computed("lower((sku)::text)", persisted=True),
            nullable=False,
        ),
        sa.Column("barcode", sa.String(length=64), nullable=True),
        sa.Column("option_values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("tax_class", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("in_stock", sa.Boolean(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_variants_position_not_negative")),
        sa.CheckConstraint("weight_grams >= 0", name=op.f("ck_variants_weight_not_negative")),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["product_images.id"],
            name=op.f("fk_variants_image_id_product_images"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_variants_product_id_products")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("barcode", name=op.f("uq_variants_barcode")),
        sa.UniqueConstraint(
            "product_id", "option_values", name=op.f("uq_variants_product_id_option_values")
        ),
        sa.UniqueConstraint("sku_key", name=op.f("uq_variants_sku_key")),
    )
    op.create_index(op.f("ix_variants_image_id"), "variants", ["image_id"], unique=False)
    op.create_table(
        "cart_items",
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("seen_price", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 999", name=op.f("ck_cart_items_quantity_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name=op.f("fk_cart_items_cart_id_carts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_cart_items_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_items")),
        sa.UniqueConstraint("cart_id", "variant_id", name=op.f("uq_cart_items_cart_id_variant_id")),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=100), nullable=False),
        sa.Column("barcode", sa.String(length=100), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("variant_title", sa.String(length=300), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("shipped_quantity", sa.Integer(), nullable=False),
        sa.Column("delivered_quantity", sa.Integer(), nullable=False),
        sa.Column("cancelled_quantity", sa.Integer(), nullable=False),
        sa.Column("refunded_quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate_basis_points", sa.Integer(), nullable=False),
        sa.Column("tax_class", sa.String(length=40), nullable=False),
        sa.Column("refunded_amount", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.CheckConstraint(
            "refunded_amount <= total", name=op.f("ck_order_lines_refunded_within_total")
        ),
        sa.CheckConstraint(
            "refunded_quantity <= quantity", name=op.f("ck_order_lines_refunded_within_ordered")
        ),
        sa.CheckConstraint(
            "shipped_quantity + cancelled_quantity <= quantity",
            name=op.f("ck_order_lines_within_ordered"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_order_lines_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_index(op.f("ix_order_lines_variant_id"), "order_lines", ["variant_id"], unique=False)
    op.create_table(
        "stock_levels",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("allocated", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("low_stock_threshold", sa.Integer(), nullable=True),
        sa.Column("below_threshold", sa.Boolean(), nullable=False),
        sa.Column("last_moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_moved_by", sa.String(length=120), nullable=True),
        sa.Column("last_counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_counted_by", sa.String(length=120), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "allocated + reserved <= on_hand", name=op.f("ck_stock_levels_promises_are_covered")
        ),
        sa.CheckConstraint("allocated >= 0", name=op.f("ck_stock_levels_allocated_not_negative")),
        sa.CheckConstraint(
            "low_stock_threshold >= 0", name=op.f("ck_stock_levels_threshold_not_negative")
        ),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_levels_on_hand_not_negative")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_stock_levels_reserved_not_negative")),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["locations.id"],
            name=op.f("fk_stock_levels_location_id_locations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_stock_levels_variant_id_variants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_levels")),
        sa.UniqueConstraint("variant_id", "location_id", name="uq_stock_levels_variant_location"),
    )
    op.create_index("ix_stock_levels_location_id", "stock_levels", ["location_id"], unique=False)
    op.create_index(
        "ix_stock_levels_low",
        "stock_levels",
        ["variant_id"],
        unique=False,
        postgresql_where="below_threshold",
    )
    op.create_table(
        "variant_prices",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("compare_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "currency ~ '^[A-Z]{3}$'", name=op.f("ck_variant_prices_currency_is_a_code")
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_variant_prices_amount_not_negative")),
        sa.CheckConstraint(
            "compare_at > amount", name=op.f("ck_variant_prices_compare_at_above_amount")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_variant_prices_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("variant_id", "currency", name=op.f("pk_variant_prices")),
    )
    op.create_table(
        "fulfilment_lines",
        sa.Column("fulfilment_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_fulfilment_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"],
            ["fulfilments.id"],
            name=op.f("fk_fulfilment_lines_fulfilment_id_fulfilments"),
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_lines.id"],
            name=op.f("fk_fulfilment_lines_order_line_id_order_lines"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilment_lines")),
        sa.UniqueConstraint(
            "fulfilment_id",
            "order_line_id",
            name=op.f("uq_fulfilment_lines_fulfilment_id_order_line_id"),
        ),
    )
    op.create_table(
        "refund_case_lines",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("restocked_quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_refund_case_lines_quantity_positive")),
        sa.CheckConstraint(
            "restocked_quantity BETWEEN 0 AND quantity",
            name=op.f("ck_refund_case_lines_restocked_in_range"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["refund_cases.id"], name=op.f("fk_refund_case_lines_case_id_refund_cases")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_lines.id"],
            name=op.f("fk_refund_case_lines_order_line_id_order_lines"),
        ),
        sa.PrimaryKeyConstraint("case_id", "order_line_id", name=op.f("pk_refund_case_lines")),
    )
    op.create_index(
        op.f("ix_refund_case_lines_order_line_id"),
        "refund_case_lines",
        ["order_line_id"],
        unique=False,
    )
    op.create_table(
        "stock_allocations",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "quantity >= 0", name=op.f("ck_stock_allocations_quantity_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["level_id"],
            ["stock_levels.id"],
            name=op.f("fk_stock_allocations_level_id_stock_levels"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_allocations")),
        sa.UniqueConstraint("order_line_id", "level_id", name="uq_stock_allocations_line_level"),
    )
    op.create_index(
        "ix_stock_allocations_open",
        "stock_allocations",
        ["level_id"],
        unique=False,
        postgresql_where="quantity > 0",
    )
    op.create_index(
        "ix_stock_allocations_order_id", "stock_allocations", ["order_id"], unique=False
    )
    op.create_table(
        "stock_holds",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_holds_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["level_id"],
            ["stock_levels.id"],
            name=op.f("fk_stock_holds_level_id_stock_levels"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_holds")),
        sa.UniqueConstraint("owner_id", "level_id", name="uq_stock_holds_owner_level"),
    )
    op.create_index("ix_stock_holds_expires_at", "stock_holds", ["expires_at"], unique=False)
    op.create_index("ix_stock_holds_level_id", "stock_holds", ["level_id"], unique=False)
    op.create_table(
        "stock_movements",
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
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
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on_hand_change", sa.Integer(), nullable=False),
        sa.Column("allocated_change", sa.Integer(), nullable=False),
        sa.Column("reserved_change", sa.Integer(), nullable=False),
        sa.Column("on_hand_after", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("fulfilment_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind = 'counted' OR on_hand_change <> 0 OR allocated_change <> 0 OR reserved_change <> 0",
            name=op.f("ck_stock_movements_something_changed"),
        ),
        sa.CheckConstraint(
            "on_hand_after >= 0", name=op.f("ck_stock_movements_on_hand_after_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["level_id"],
            ["stock_levels.id"],
            name=op.f("fk_stock_movements_level_id_stock_levels"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
    )
    op.create_index("ix_stock_movements_level", "stock_movements", ["level_id", "id"], unique=False)
    op.create_index(
        "ix_stock_movements_order",
        "stock_movements",
        ["order_id"],
        unique=False,
        postgresql_where="order_id IS NOT NULL",
    )
    op.create_index(
        "uq_stock_movements_fulfilment",
        "stock_movements",
        ["fulfilment_id", "level_id"],
        unique=True,
        postgresql_where="fulfilment_id IS NOT NULL",
    )
    op.create_index(
        "uq_stock_movements_refund",
        "stock_movements",
        ["refund_id", "level_id"],
        unique=True,
        postgresql_where="refund_id IS NOT NULL",
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_index(
        "uq_stock_movements_refund",
        table_name="stock_movements",
        postgresql_where="refund_id IS NOT NULL",
    )
    op.drop_index(
        "uq_stock_movements_fulfilment",
        table_name="stock_movements",
        postgresql_where="fulfilment_id IS NOT NULL",
    )
    op.drop_index(
        "ix_stock_movements_order",
        table_name="stock_movements",
        postgresql_where="order_id IS NOT NULL",
    )
    op.drop_index("ix_stock_movements_level", table_name="stock_movements")
    op.drop_table("stock_movements")
    op.drop_index("ix_stock_holds_level_id", table_name="stock_holds")
    op.drop_index("ix_stock_holds_expires_at", table_name="stock_holds")
    op.drop_table("stock_holds")
    op.drop_index("ix_stock_allocations_order_id", table_name="stock_allocations")
    op.drop_index(
        "ix_stock_allocations_open", table_name="stock_allocations", postgresql_where="quantity > 0"
    )
    op.drop_table("stock_allocations")
    op.drop_index(op.f("ix_refund_case_lines_order_line_id"), table_name="refund_case_lines")
    op.drop_table("refund_case_lines")
    op.drop_table("fulfilment_lines")
    op.drop_table("variant_prices")
    op.drop_index(
        "ix_stock_levels_low", table_name="stock_levels", postgresql_where="below_threshold"
    )
    op.drop_index("ix_stock_levels_location_id", table_name="stock_levels")
    op.drop_table("stock_levels")
    op.drop_index(op.f("ix_order_lines_variant_id"), table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_table("cart_items")
    op.drop_index(op.f("ix_variants_image_id"), table_name="variants")
    op.drop_table("variants")
    op.drop_index(op.f("ix_refunds_payment_id"), table_name="refunds")
    op.drop_index(op.f("ix_refunds_order_id"), table_name="refunds")
    op.drop_index(
        "ix_refunds_open",
        table_name="refunds",
        postgresql_where=sa.text("status IN ('requested', 'submitted')"),
    )
    op.drop_table("refunds")
    op.drop_table("payment_events")
    op.drop_index("ix_refund_cases_order", table_name="refund_cases")
    op.drop_table("refund_cases")
    op.drop_index("ix_refresh_tokens_sign_in_id", table_name="refresh_tokens")
    op.drop_index("ix_refresh_tokens_expires_at", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("ix_product_price_ranges_by_price", table_name="product_price_ranges")
    op.drop_table("product_price_ranges")
    op.drop_table("product_images")
    op.drop_index(
        "uq_payments_one_open_per_order",
        table_name="payments",
        postgresql_where=sa.text(
            "provider = 'stripe' AND status NOT IN ('failed', 'voided', 'captured')"
        ),
    )
    op.drop_index(op.f("ix_payments_order_id"), table_name="payments")
    op.drop_index(
        "ix_payments_open",
        table_name="payments",
        postgresql_where=sa.text("status NOT IN ('failed', 'voided', 'captured')"),
    )
    op.drop_index(
        "ix_payments_needs_attention",
        table_name="payments",
        postgresql_where=sa.text("needs_attention IS NOT NULL"),
    )
    op.drop_table("payments")
    op.drop_index("ix_order_entries_order", table_name="order_entries")
    op.drop_table("order_entries")
    op.drop_index(
        "ix_fulfilments_shipped_at",
        table_name="fulfilments",
        postgresql_where=sa.text("shipped_at IS NOT NULL"),
    )
    op.drop_index("ix_fulfilments_order_id", table_name="fulfilments")
    op.drop_table("fulfilments")
    op.drop_index(op.f("ix_category_members_product_id"), table_name="category_members")
    op.drop_table("category_members")
    op.drop_index("ix_sign_ins_open", table_name="sign_ins", postgresql_where="revoked_at IS NULL")
    op.drop_index("ix_sign_ins_expires_at", table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index("ix_products_search", table_name="products", postgresql_using="gin")
    op.drop_index("ix_products_newest", table_name="products", postgresql_where="status = 'active'")
    op.drop_index(op.f("ix_products_category_id"), table_name="products")
    op.drop_index(
        "ix_products_by_name", table_name="products", postgresql_where="status = 'active'"
    )
    op.drop_table("products")
    op.drop_index("uq_password_resets_token_hash", table_name="password_resets")
    op.drop_index("ix_password_resets_user_id", table_name="password_resets")
    op.drop_index("ix_password_resets_created_at", table_name="password_resets")
    op.drop_table("password_resets")
    op.drop_index("ix_orders_to_ship", table_name="orders", postgresql_where=sa.text("to_ship"))
    op.drop_index("ix_orders_status", table_name="orders")
    op.drop_index("ix_orders_payment_status", table_name="orders")
    op.drop_index("ix_orders_newest", table_name="orders")
    op.drop_index("ix_orders_fulfilment_status", table_name="orders")
    op.drop_index(
        "ix_orders_email", table_name="orders", postgresql_ops={"beginning": "text_pattern_ops"}
    )
    op.drop_index(
        "ix_orders_customer_name",
        table_name="orders",
        postgresql_ops={"beginning": "text_pattern_ops"},
    )
    op.drop_index("ix_orders_customer", table_name="orders")
    op.drop_index(
        "ix_orders_awaiting_payment",
        table_name="orders",
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.drop_table("orders")
    op.drop_index("ix_import_problems_in_order", table_name="import_problems")
    op.drop_table("import_problems")
    op.drop_table("import_chunks")
    op.drop_index(
        "ix_fact_deliveries_due", table_name="fact_deliveries", postgresql_where="done_at IS NULL"
    )
    op.drop_table("fact_deliveries")
    op.drop_index(
        "uq_carts_one_active_per_token",
        table_name="carts",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.drop_index(
        "uq_carts_one_active_per_customer",
        table_name="carts",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.drop_index("ix_carts_token_hash", table_name="carts")
    op.drop_index(
        "ix_carts_idle", table_name="carts", postgresql_where=sa.text("status <> 'ordered'")
    )
    op.drop_index("ix_carts_customer", table_name="carts")
    op.drop_table("carts")
    op.drop_index(
        "uq_addresses_default_shipping",
        table_name="addresses",
        postgresql_where="is_default_shipping",
    )
    op.drop_index(
        "uq_addresses_default_billing",
        table_name="addresses",
        postgresql_where="is_default_billing",
    )
    op.drop_index("ix_addresses_user_id", table_name="addresses")
    op.drop_table("addresses")
    op.drop_index("uq_users_kind_email", table_name="users")
    op.drop_index("ix_users_staff", table_name="users", postgresql_where="kind = 'staff'")
    op.drop_table("users")
    op.drop_table("timetable")
    op.drop_table("tax_rates")
    op.drop_table("shipping_methods")
    op.drop_table("provider_events")
    op.drop_index(
        "ix_orphan_money_unsettled",
        table_name="orphan_money",
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.drop_table("orphan_money")
    op.drop_table("order_counters")
    op.drop_table("locations")
    op.drop_index("ix_letters_subject_id", table_name="letters")
    op.drop_index(
        "ix_letters_not_sent", table_name="letters", postgresql_where=sa.text("status <> 'sent'")
    )
    op.drop_table("letters")
    op.drop_index(
        "ix_imports_unfinished",
        table_name="imports",
        postgresql_where="status IN ('pending', 'running')",
    )
    op.drop_table("imports")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_facts_waiting", table_name="facts", postgresql_where="relayed_at IS NULL")
    op.drop_table("facts")
    op.drop_index(op.f("ix_categories_parent_id"), table_name="categories")
    op.drop_table("categories")
    op.drop_index(op.f("ix_audit_log_subject_id"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_actor"), table_name="audit_log")
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION refuse_change()")
