"""Carriers: accounts, labels and tracking events; where locations send from.

Revision: 0073
After: 0072
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

phase = "expand"

CARRIERS = ("dhl", "dpd", "gls", "postnl", "ups")
MODES = ("test", "live")
LABELS = ("requested", "bought", "failed", "voided")
TRACKING = (
    "unknown", "pre_transit", "in_transit", "out_for_delivery", "available_for_pickup",
    "delivered", "return_to_sender", "failure",
)  # fmt: skip
ATTENTION = ("label_unclear",)


def upgrade() -> None:
    _allow("attention_items", "kind", (*_allowed("attention_items", "kind"), *ATTENTION))
    op.add_column("locations", sa.Column("address", _json(), nullable=True))
    op.add_column(
        "fulfilments",
        sa.Column(
            "tracking_status",
            _text("tracking_status", TRACKING),
            server_default="unknown",
            nullable=False,
        ),
    )
    op.add_column(
        "fulfilments", sa.Column("tracking_status_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_check_constraint(
        op.f("ck_fulfilments_tracking_status"),
        "fulfilments",
        _one_of("tracking_status", TRACKING),
    )
    op.create_table(
        "carrier_accounts",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("carrier", _text("carrier", CARRIERS), nullable=False),
        sa.Column("mode", _text("mode", MODES), nullable=False),
        sa.Column("credentials", sa.Text(), nullable=False),
        sa.Column("label_format", sa.String(length=3), server_default="PDF", nullable=False),
        sa.Column("webhook_token", sa.String(length=64), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        *_stamps(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _rule("carrier_accounts", "carrier", _one_of("carrier", CARRIERS)),
        _rule("carrier_accounts", "mode", _one_of("mode", MODES)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_accounts")),
        sa.UniqueConstraint("code", name="uq_carrier_accounts_code"),
        sa.UniqueConstraint("webhook_token", name="uq_carrier_accounts_webhook_token"),
    )
    op.create_table(
        "shipping_labels",
        sa.Column("fulfilment_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", _text("state", LABELS), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("label_format", sa.String(length=3), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("customs", _json(), nullable=True),
        sa.Column("tracking_number", sa.String(length=100), nullable=True),
        sa.Column("shipment_id", sa.String(length=100), nullable=True),
        sa.Column("file_key", sa.String(length=255), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _rule("shipping_labels", "state", _one_of("state", LABELS)),
        _rule("shipping_labels", "weight_positive", "weight_grams > 0"),
        _rule(
            "shipping_labels",
            "bought_has_a_number",
            "state NOT IN ('bought', 'voided') OR tracking_number IS NOT NULL",
        ),
        _to("shipping_labels", "fulfilment_id", "fulfilments"),
        _to("shipping_labels", "account_id", "carrier_accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_labels")),
        sa.UniqueConstraint("reference", name="uq_shipping_labels_reference"),
    )
    op.create_index(
        "uq_shipping_labels_active", "shipping_labels", ["fulfilment_id"], unique=True,
        postgresql_where=sa.text("state IN ('requested', 'bought')"),
    )
    op.create_index(
        "ix_shipping_labels_fulfilment_id", "shipping_labels", ["fulfilment_id", "id"]
    )
    op.create_index("ix_shipping_labels_account_id", "shipping_labels", ["account_id"])
    op.create_index(
        "ix_shipping_labels_requested", "shipping_labels", ["created_at"],
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "tracking_events",
        sa.Column("fulfilment_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("status", _text("status", TRACKING), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.String(length=300), server_default="", nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        *_stamps(),
        _rule("tracking_events", "status", _one_of("status", TRACKING)),
        _to("tracking_events", "fulfilment_id", "fulfilments"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_events")),
        sa.UniqueConstraint("fulfilment_id", "key", name="uq_tracking_events_key"),
    )
    op.create_index(
        "ix_tracking_events_latest", "tracking_events", ["fulfilment_id", "occurred_at", "id"]
    )
    op.execute(
        "CREATE TRIGGER tracking_events_append_only BEFORE UPDATE OR DELETE"
        " ON tracking_events FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    _methods()


def _methods() -> None:
    op.add_column("shipping_methods", sa.Column("carrier_account_id", sa.Uuid(), nullable=True))
    op.add_column(
        "shipping_methods", sa.Column("carrier_service", sa.String(length=40), nullable=True)
    )
    op.add_column(
        "shipping_methods",
        sa.Column("has_live_rates", sa.Boolean(), server_default="false", nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_shipping_methods_carrier_account_id_carrier_accounts"),
        "shipping_methods", "carrier_accounts", ["carrier_account_id"], ["id"],
    )  # fmt: skip
    op.create_index(
        op.f("ix_shipping_methods_carrier_account_id"), "shipping_methods", ["carrier_account_id"]
    )
    op.create_check_constraint(
        op.f("ck_shipping_methods_an_account_has_a_service"),
        "shipping_methods",
        "(carrier_account_id IS NOT NULL) = (carrier_service IS NOT NULL)",
    )
    op.create_check_constraint(
        op.f("ck_shipping_methods_live_rates_need_an_account"),
        "shipping_methods",
        "NOT has_live_rates OR carrier_account_id IS NOT NULL",
    )


def downgrade() -> None:
    for name in ("live_rates_need_an_account", "an_account_has_a_service"):
        op.drop_constraint(op.f(f"ck_shipping_methods_{name}"), "shipping_methods")
    op.drop_constraint(
        op.f("fk_shipping_methods_carrier_account_id_carrier_accounts"), "shipping_methods"
    )
    for column in ("has_live_rates", "carrier_service", "carrier_account_id"):
        op.drop_column("shipping_methods", column)
    for table in ("tracking_events", "shipping_labels", "carrier_accounts"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_fulfilments_tracking_status"), "fulfilments")
    op.drop_column("fulfilments", "tracking_status_at")
    op.drop_column("fulfilments", "tracking_status")
    op.drop_column("locations", "address")
    op.execute("DELETE FROM attention_items WHERE kind = 'label_unclear'")
    values = tuple(v for v in _allowed("attention_items", "kind") if v not in ATTENTION)
    _allow("attention_items", "kind", values)


def _allowed(table: str, column: str) -> tuple[str, ...]:
    """Return the values that a CHECK allows now, whichever migrations came before."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{column}"},
    )
    return tuple(re.findall(r"'([a-z_]+)'", definition))


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, _one_of(column, values))


def _json() -> postgresql.JSONB:
    return postgresql.JSONB(astext_type=sa.Text(), none_as_null=True)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _text(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def _rule(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete="RESTRICT"
    )


def _stamps() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
