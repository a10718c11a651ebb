"""Money: disputes, early fraud warnings, refunds made at the provider; order holds; attention items.

What stood in `payments.needs_attention` and `orphan_money` becomes attention items.

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The notes on payments and the table of orphan money are gone.
phase = "contract"
compatible_from = "0009"

PAYMENT_STATUSES = (
    "unpaid",
    "pending",
    "authorized",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
    "charged_back",
    "overpaid",
    "voided",
)
LETTER_KINDS = (
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
ATTENTION_KINDS = (
    "overpaid",
    "wrong_amount",
    "late_transfer",
    "orphan_money",
    "failed_refund",
    "foreign_refund",
    "dispute",
    "fraud_warning",
    "failing_job",
)
RESOLUTIONS = ("gone", "accepted", "refunded", "linked", "retried", "discarded")
HOLD_REASONS = (
    "payment",
    "risk",
    "address",
    "stock",
    "customer_request",
    "other",
    "dispute",
    "fraud_warning",
    "foreign_refund",
)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _orders()
    _payments()
    _disputes()
    _attention()
    _emails("money_needs_attention", "attention")
    op.add_column(
        "timetable", sa.Column("failures", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("timetable", sa.Column("failing_since", MOMENT, nullable=True))
    # Its job is gone: what it would have told stands on the attention list now.
    op.execute(
        "UPDATE fact_deliveries SET done_at = now()"
        " WHERE subscriber = 'notifications.jobs.on_money_needs_attention' AND done_at IS NULL"
    )


def downgrade() -> None:
    op.drop_column("timetable", "failing_since")
    op.drop_column("timetable", "failures")
    _emails("attention", "money_needs_attention")
    _attention_back()
    for table in ("provider_scans", "fraud_warnings", "disputes"):
        op.drop_table(table)
    op.drop_column("provider_events", "outcome")
    op.drop_column("provider_events", "applied_at")
    op.drop_constraint(op.f("ck_refunds_origin"), "refunds")
    op.drop_column("refunds", "provider_status")
    op.drop_column("refunds", "origin")
    op.drop_constraint(op.f("ck_payments_charged_back"), "payments")
    op.drop_column("payments", "charged_back")
    op.drop_table("order_holds")
    op.drop_index("ix_orders_on_hold", table_name="orders")
    op.execute(
        "UPDATE orders SET payment_status = 'refunded' WHERE payment_status = 'charged_back'"
    )
    _checked("orders", "payment_status", tuple(s for s in PAYMENT_STATUSES if s != "charged_back"))
    op.drop_column("orders", "charged_back")
    op.drop_column("orders", "on_hold")
    for table in ("payments", "orders"):
        _promises_within_captured(table, "refunded + refund_pending <= captured")


def _orders() -> None:
    op.add_column(
        "orders", sa.Column("on_hold", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "orders", sa.Column("charged_back", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_index(
        "ix_orders_on_hold",
        "orders",
        ["placed_at", "id"],
        postgresql_where=sa.text("on_hold"),
    )
    _checked("orders", "payment_status", PAYMENT_STATUSES)
    for table in ("payments", "orders"):
        _promises_within_captured(table, "refunded <= captured")
    op.create_table(
        "order_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("reference", sa.String(length=160), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.Column("released_by", sa.String(length=200), nullable=True),
        _one_of("order_holds", "reason", HOLD_REASONS),
        _refers("order_holds", "order_id", "orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_holds")),
        sa.UniqueConstraint(
            "order_id", "reference", name=op.f("uq_order_holds_order_id_reference")
        ),
    )
    op.create_index("ix_order_holds_order", "order_holds", ["order_id", "id"])


def _payments() -> None:
    op.add_column(
        "payments", sa.Column("charged_back", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_check_constraint(op.f("ck_payments_charged_back"), "payments", "charged_back >= 0")
    op.add_column(
        "refunds",
        sa.Column("origin", sa.String(length=40), server_default="shop", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_refunds_origin"), "refunds", "origin IN ('shop', 'provider')"
    )
    op.add_column("refunds", sa.Column("provider_status", sa.String(length=60), nullable=True))
    op.add_column("provider_events", sa.Column("applied_at", MOMENT, nullable=True))
    op.add_column("provider_events", sa.Column("outcome", sa.String(length=40), nullable=True))


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider_ref", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("charged_back", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=True),
        sa.Column("fee_currency", sa.String(length=3), nullable=True),
        sa.Column("is_refundable", sa.Boolean(), nullable=False),
        sa.Column("evidence_due_by", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=True),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount >= 0 AND charged_back >= 0", name=op.f("ck_disputes_sums")),
        _refers("disputes", "payment_id", "payments"),
        _refers("disputes", "order_id", "orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_disputes_provider_ref")),
    )
    op.create_index("ix_disputes_order", "disputes", ["order_id"])
    op.create_index("ix_disputes_payment", "disputes", ["payment_id"])
    op.create_index(
        "ix_disputes_open",
        "disputes",
        ["checked_at"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "fraud_warnings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider_ref", sa.String(length=120), nullable=False),
        sa.Column("fraud_type", sa.String(length=80), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=False),
        _refers("fraud_warnings", "payment_id", "payments"),
        _refers("fraud_warnings", "order_id", "orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fraud_warnings")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_fraud_warnings_provider_ref")),
    )
    op.create_index("ix_fraud_warnings_order", "fraud_warnings", ["order_id"])
    op.create_index(
        "ix_fraud_warnings_open",
        "fraud_warnings",
        ["checked_at"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "provider_scans",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("complete_until", MOMENT, nullable=True),
        sa.Column("whole_pass_at", MOMENT, nullable=True),
        sa.Column("pass_began_at", MOMENT, nullable=True),
        sa.Column("pass_since", MOMENT, nullable=True),
        sa.Column("pass_is_whole", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider_scans")),
    )


def _attention() -> None:
    op.create_table(
        "attention_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("resolved_by", sa.String(length=200), nullable=True),
        sa.Column("resolution", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        _one_of("attention_items", "kind", ATTENTION_KINDS),
        _one_of("attention_items", "resolution", RESOLUTIONS),
        _refers("attention_items", "order_id", "orders"),
        _refers("attention_items", "payment_id", "payments"),
        _refers("attention_items", "refund_id", "refunds"),
        _refers("attention_items", "dispute_id", "disputes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention_items")),
    )
    is_open, is_over = sa.text("resolved_at IS NULL"), sa.text("resolved_at IS NOT NULL")
    op.create_index(
        "uq_attention_items_open",
        "attention_items",
        ["kind", "reference"],
        unique=True,
        postgresql_where=is_open,
    )
    op.create_index("ix_attention_items_open", "attention_items", ["id"], postgresql_where=is_open)
    op.create_index(
        "ix_attention_items_resolved", "attention_items", ["id"], postgresql_where=is_over
    )
    op.create_index("ix_attention_items_cause", "attention_items", ["kind", "reference"])
    op.create_index("ix_attention_items_order", "attention_items", ["order_id"])
    op.execute("""
        INSERT INTO attention_items
            (id, created_at, kind, reference, reason, amount, currency, order_id, payment_id)
        SELECT gen_random_uuid(), p.created_at,
            CASE WHEN o.status = 'cancelled' THEN 'late_transfer' ELSE 'wrong_amount' END,
            p.id::text, p.needs_attention, p.captured, p.currency, p.order_id, p.id
        FROM payments p JOIN orders o ON o.id = p.order_id
        WHERE p.needs_attention IS NOT NULL AND NOT (
            o.status <> 'cancelled' AND o.captured - o.refunded - o.refund_pending > o.total)
    """)
    op.execute("""
        INSERT INTO attention_items
            (id, created_at, kind, reference, reason, amount, currency, order_id)
        SELECT gen_random_uuid(), now(), 'overpaid', id::text,
            'more money came than the order costs',
            captured - refunded - refund_pending - total, currency, id
        FROM orders
        WHERE status <> 'cancelled' AND captured - refunded - refund_pending > total
    """)
    op.execute("""
        INSERT INTO attention_items
            (id, created_at, kind, reference, reason, amount, currency, resolved_at, resolution)
        SELECT id, created_at, 'orphan_money', provider_ref, left(detail, 500), amount, currency,
            settled_at, CASE WHEN settled_at IS NULL THEN NULL ELSE 'accepted' END
        FROM orphan_money
    """)
    op.drop_table("orphan_money")
    op.drop_index("ix_payments_needs_attention", table_name="payments")
    op.drop_column("payments", "needs_attention")


def _attention_back() -> None:
    op.add_column("payments", sa.Column("needs_attention", sa.String(length=200), nullable=True))
    op.create_index(
        "ix_payments_needs_attention",
        "payments",
        ["id"],
        postgresql_where=sa.text("needs_attention IS NOT NULL"),
    )
    op.create_table(
        "orphan_money",
        sa.Column("provider_ref", sa.String(length=120), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphan_money")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_orphan_money_provider_ref")),
    )
    op.create_index(
        "ix_orphan_money_unsettled",
        "orphan_money",
        ["id"],
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.execute("""
        INSERT INTO orphan_money (id, created_at, provider_ref, amount, currency, detail, settled_at)
        SELECT DISTINCT ON (reference) id, created_at, reference, amount, currency, reason,
            resolved_at
        FROM attention_items WHERE kind = 'orphan_money' ORDER BY reference, id DESC
    """)
    op.execute("""
        UPDATE payments p SET needs_attention = left(a.reason, 200)
        FROM attention_items a
        WHERE a.resolved_at IS NULL AND a.kind IN ('late_transfer', 'wrong_amount')
            AND a.payment_id = p.id
    """)
    op.execute("""
        UPDATE payments p SET needs_attention = left(a.reason, 200)
        FROM attention_items a
        WHERE a.resolved_at IS NULL AND a.kind = 'overpaid' AND p.id = (
            SELECT max(q.id::text)::uuid FROM payments q
            WHERE q.order_id = a.order_id AND q.captured > 0)
    """)
    op.drop_table("attention_items")


def _emails(before: str, after: str) -> None:
    op.drop_constraint(op.f("ck_letters_kind"), "letters")
    op.execute(f"UPDATE letters SET kind = '{after}' WHERE kind = '{before}'")
    kinds = ", ".join(f"'{kind}'" for kind in LETTER_KINDS)
    rule = f"kind IN ({kinds})".replace("'attention'", f"'{after}'")
    op.create_check_constraint(op.f("ck_letters_kind"), "letters", rule)


def _promises_within_captured(table: str, rule: str) -> None:
    name = op.f(f"ck_{table}_refunds_within_captured")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, rule)


def _checked(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, _within(column, values))


def _one_of(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(_within(column, values), name=op.f(f"ck_{table}_{column}"))


def _within(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )
