"""Returns: goods that come back, their dispositions, policies, withdrawals and claims.

Revision: 0061
After: 0060
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

phase = "expand"

ID = ("id", sa.Uuid())
CREATED = ("created_at", sa.DateTime(timezone=True))
JSON = postgresql.JSONB()
MOMENT = sa.DateTime(timezone=True)
LETTERS = ("return_approved", "return_rejected", "withdrawal_receipt")
ATTENTION = ("withdrawal",)
RETURN_STATES = (
    "requested", "approved", "in_transit", "received", "inspected", "closed", "rejected",
    "cancelled",
)  # fmt: skip
NO_SCOPE = "'00000000-0000-0000-0000-000000000000'"


def upgrade() -> None:
    op.add_column(
        "order_lines",
        sa.Column("returned_quantity", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_check_constraint(
        op.f("ck_order_lines_returned_not_negative"),
        "order_lines",
        "returned_quantity >= 0",
    )
    _settings()
    _returns()
    _withdrawals_and_claims()
    op.add_column("refund_cases", sa.Column("return_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_refund_cases_return_id_returns"), "refund_cases", "returns", ["return_id"], ["id"]
    )
    op.create_index(
        "ix_refund_cases_return_id",
        "refund_cases",
        ["return_id"],
        postgresql_where=sa.text("return_id IS NOT NULL"),
    )
    for name in ("fee", "bonus"):
        op.add_column(
            "refund_cases", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        )
    _allow("letters", "kind", (*_allowed("letters", "kind"), *LETTERS))
    _allow("attention_items", "kind", (*_allowed("attention_items", "kind"), *ATTENTION))


def downgrade() -> None:
    for table, values in (("attention_items", ATTENTION), ("letters", LETTERS)):
        listed = ", ".join(f"'{one}'" for one in values)
        op.execute(f"DELETE FROM {table} WHERE kind IN ({listed})")  # noqa: S608
        _allow(table, "kind", tuple(v for v in _allowed(table, "kind") if v not in values))
    for name in ("bonus", "fee"):
        op.drop_column("refund_cases", name)
    op.drop_index("ix_refund_cases_return_id", "refund_cases")
    op.drop_column("refund_cases", "return_id")
    for table in (
        "claim_lines", "claims", "withdrawals", "return_photos", "return_dispositions",
        "return_lines", "returns", "return_texts", "return_policies", "return_reasons",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_constraint(op.f("ck_order_lines_returned_not_negative"), "order_lines")
    op.drop_column("order_lines", "returned_quantity")


def _settings() -> None:
    op.create_table(
        "return_reasons",
        sa.Column("code", sa.String(40), primary_key=True),
        _column(*CREATED),
        _version(),
        _column("labels", JSON),
        _column("counts_as_defect", sa.Boolean()),
        _column("is_active", sa.Boolean()),
        _column("position", sa.Integer()),
    )
    op.create_table(
        "return_texts",
        sa.Column("language", sa.String(35), primary_key=True),
        _column(*CREATED),
        _version(),
        _column("texts", JSON),
    )
    op.create_table(
        "return_policies",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _column(*CREATED),
        _version(),
        _reference("product_id", "products", nullable=True),
        _reference("market_id", "markets", nullable=True),
        _column("window_days", sa.Integer()),
        _column("is_final_sale", sa.Boolean()),
        _column("condition", sa.String(40)),
        _column("restocking_fee", sa.BigInteger()),
        _column("credit_bonus", sa.BigInteger()),
        _column("shipping_rule", sa.String(40)),
        sa.Column("withdrawal_exclusion", sa.String(40), nullable=True),
        _is_one_of("condition", ("any", "unused", "sealed")),
        _is_one_of("shipping_rule", ("never", "whole_order")),
        _is_one_of(
            "withdrawal_exclusion",
            ("custom_made", "perishable", "sealed_hygiene", "mixed", "sealed_media", "periodical",
             "dated_service", "digital"),
        ),
        sa.CheckConstraint("window_days BETWEEN 0 AND 3650", name="window_in_range"),
        sa.CheckConstraint(
            "restocking_fee BETWEEN 0 AND 10000 AND credit_bonus BETWEEN 0 AND 10000",
            name="shares_in_range",
        ),
    )  # fmt: skip
    op.create_index(
        "uq_return_policies_scope",
        "return_policies",
        [sa.text(f"coalesce(product_id, {NO_SCOPE})"), sa.text(f"coalesce(market_id, {NO_SCOPE})")],
        unique=True,
    )


def _returns() -> None:
    kinds = ("return", "withdrawal", "exchange")
    op.create_table(
        "returns",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _column(*CREATED),
        _version(),
        _reference("order_id", "orders"),
        _column("number", sa.String(40)),
        _column("kind", sa.String(40)),
        _column("status", sa.String(40)),
        _column("language", sa.String(35)),
        _column("to_store_credit", sa.Boolean()),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("decision", sa.String(500), nullable=True),
        sa.Column("advice", JSON, nullable=False, server_default="[]"),
        sa.Column("carrier", sa.String(60), nullable=True),
        sa.Column("tracking_number", sa.String(100), nullable=True),
        *(
            sa.Column(name, MOMENT, nullable=True)
            for name in ("posted_at", "received_at", "withdrawn_at", "refund_due_at", "closed_at")
        ),
        _column("created_by", sa.String(200)),
        _is_one_of("kind", kinds),
        _is_one_of("status", RETURN_STATES),
        sa.CheckConstraint(
            "(kind = 'withdrawal') = (withdrawn_at IS NOT NULL)", name="withdrawn_at_some_moment"
        ),
    )
    op.create_index("uq_returns_number", "returns", ["number"], unique=True)
    op.create_index("ix_returns_order_id", "returns", ["order_id", "id"])
    op.create_index("ix_returns_status", "returns", ["status", "id"])
    op.create_index(
        "ix_returns_open",
        "returns",
        ["id"],
        postgresql_where=sa.text("status NOT IN ('closed', 'rejected', 'cancelled')"),
    )
    op.create_table(
        "return_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _reference("return_id", "returns"),
        _reference("order_line_id", "order_lines", nullable=True),
        _reference("variant_id", "variants"),
        _column("sku", sa.String(100)),
        _column("title", sa.String(600)),
        _column("reason", sa.String(40)),
        sa.Column("note", sa.String(500), nullable=True),
        *(
            _column(f"{name}quantity", sa.Integer())
            for name in ("", "cancelled_", "received_", "disposed_", "missing_", "refunded_")
        ),
        sa.Column("exchange_amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "quantity >= 0 AND cancelled_quantity >= 0 AND received_quantity >= 0"
            " AND missing_quantity >= 0 AND refunded_quantity >= 0",
            name="quantities_not_negative",
        ),
        sa.CheckConstraint(
            "disposed_quantity - missing_quantity BETWEEN 0 AND received_quantity",
            name="disposed_of_what_came",
        ),
    )
    op.create_index("ix_return_lines_return_id", "return_lines", ["return_id", "id"])
    op.create_index("ix_return_lines_order_line_id", "return_lines", ["order_line_id"])
    dispositions = ("restock", "damaged", "quarantine", "discard", "missing")
    op.create_table(
        "return_dispositions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _reference("return_line_id", "return_lines"),
        _column("at", MOMENT),
        _column("disposition", sa.String(40)),
        _column("quantity", sa.Integer()),
        _reference("location_id", "locations"),
        _reference("bin_id", "bins", nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        _column("actor", sa.String(200)),
        _is_one_of("disposition", dispositions),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
    )
    op.create_index(
        "ix_return_dispositions_return_line_id", "return_dispositions", ["return_line_id", "id"]
    )
    op.execute(
        "CREATE TRIGGER return_dispositions_append_only BEFORE UPDATE OR DELETE"
        " ON return_dispositions FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.create_table(
        "return_photos",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _column(*CREATED),
        _reference("order_id", "orders"),
        _reference("return_id", "returns", nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(key IS NULL) <> (url IS NULL)", name="file_or_link"),
    )
    op.create_index("ix_return_photos_order_id", "return_photos", ["order_id", "id"])
    op.create_index("ix_return_photos_return_id", "return_photos", ["return_id"])


def _withdrawals_and_claims() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _column(*CREATED),
        _reference("order_id", "orders", nullable=True),
        _reference("return_id", "returns", nullable=True),
        _column("order_number", sa.String(40)),
        _column("name", sa.String(200)),
        _column("email", sa.String(254)),
        sa.Column("units", JSON, nullable=True),
        _column("statement", sa.Text()),
        _column("language", sa.String(35)),
        _column("token_hash", sa.String(64)),
        sa.Column("confirmed_at", MOMENT, nullable=True),
    )
    op.create_index("ix_withdrawals_order_id", "withdrawals", ["order_id"])
    op.create_index("ix_withdrawals_return_id", "withdrawals", ["return_id"])
    op.create_index(
        "ix_withdrawals_drafts",
        "withdrawals",
        ["created_at"],
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )
    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _column(*CREATED),
        _version(),
        _reference("order_id", "orders"),
        _column("kind", sa.String(40)),
        _column("status", sa.String(40)),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("decision", sa.String(500), nullable=True),
        _reference("return_id", "returns", nullable=True),
        _reference("replacement_order_id", "orders", nullable=True),
        _reference("refund_id", "refund_cases", nullable=True),
        sa.Column("resolved_at", MOMENT, nullable=True),
        _column("created_by", sa.String(200)),
        _is_one_of("kind", ("broken", "lost", "wrong")),
        _is_one_of("status", ("open", "approved", "resolved", "denied")),
    )
    op.create_index("ix_claims_order_id", "claims", ["order_id", "id"])
    op.create_index("ix_claims_status", "claims", ["status", "id"])
    op.create_table(
        "claim_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _reference("claim_id", "claims"),
        _reference("order_line_id", "order_lines"),
        _column("quantity", sa.Integer()),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
    )
    op.create_index("ix_claim_lines_claim_id", "claim_lines", ["claim_id"])
    op.create_index("ix_claim_lines_order_line_id", "claim_lines", ["order_line_id"])


def _column(name: str, kind: object) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False)  # type: ignore[arg-type]


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), nullable=False, server_default="1")


def _reference(name: str, table: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _is_one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _allowed(table: str, column: str) -> tuple[str, ...]:
    """Return the values that a CHECK allows now, whichever migrations came before."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{column}"},
    )
    return tuple(re.findall(r"'([a-z_]+)'", definition))


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")
