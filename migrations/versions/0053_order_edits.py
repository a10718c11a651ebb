"""Edits of orders after they were placed, draft orders, and links to orders in e-mails.

Revision: 0053
After: 0052
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

phase = "expand"

LETTERS = (
    "order_received", "order_confirmed", "order_shipped", "order_cancelled", "order_refunded",
    "welcome", "registration_repeated", "password_reset", "password_changed", "low_stock",
    "attention", "refund_failed", "back_in_stock", "parcel_corrected", "staff_invitation",
    "second_factor_reset", "approval", "order_ready", "gift_card",
)
COMMANDS = ("refund", "cancellation", "adjustment", "discount")


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("edit_due", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_check_constraint(op.f("ck_orders_edit_due_not_negative"), "orders", "edit_due >= 0")
    op.add_column("order_lines", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "order_edits",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("rules", sa.String(10), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("total_before", sa.BigInteger(), nullable=False),
        sa.Column("total_after", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
    )
    op.create_index("ix_order_edits_order", "order_edits", ["order_id", "id"])
    op.create_table(
        "order_links",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("order_id", sa.Uuid(), sa.ForeignKey("orders.id"), nullable=True),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=True, unique=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("access_key", sa.String(64), nullable=True, unique=True),
        sa.Column("access_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.CheckConstraint("kind IN ('pay', 'view')", name="kind"),
        sa.CheckConstraint("order_id IS NOT NULL OR draft_id IS NOT NULL", name="opens_something"),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (access_key IS NULL)", name="opened_gives_access"
        ),
    )
    op.create_index("ix_order_links_order", "order_links", ["order_id", "id"])
    op.create_index(
        "ix_order_links_draft",
        "order_links",
        ["draft_id"],
        postgresql_where=sa.text("draft_id IS NOT NULL"),
    )
    op.create_index("ix_order_links_expires_at", "order_links", ["expires_at"])
    op.create_table(
        "order_look_ups",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
    )
    op.create_index("ix_order_look_ups_created_at", "order_look_ups", ["created_at"])
    _drafts()
    _commands((*COMMANDS, "edit"))
    _letters((*LETTERS, "pay_link", "order_link"))


def _drafts() -> None:
    op.create_table(
        "draft_orders",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("number", sa.String(20), nullable=False, unique=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("shipping_address", postgresql.JSONB(), nullable=True),
        sa.Column("billing_address", postgresql.JSONB(), nullable=True),
        sa.Column("shipping_method", sa.String(60), nullable=True),
        sa.Column("customer_note", sa.String(500), nullable=True),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quoted_total", sa.BigInteger(), nullable=True),
        sa.Column("goods_total", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), sa.ForeignKey("orders.id"), nullable=True, unique=True),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.CheckConstraint("status IN ('open', 'sent', 'placed', 'discarded')", name="status"),
        sa.CheckConstraint("(status = 'placed') = (order_id IS NOT NULL)", name="placed_has_order"),
    )
    newest = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_draft_orders_newest", "draft_orders", newest)
    op.create_index(
        "ix_draft_orders_open",
        "draft_orders",
        newest,
        postgresql_where=sa.text("status IN ('open', 'sent')"),
    )
    op.create_table(
        "draft_order_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "draft_id",
            sa.Uuid(),
            sa.ForeignKey("draft_orders.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), sa.ForeignKey("variants.id"), nullable=False),
        sa.Column("sku", sa.String(100), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("usual_price", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("unit_price >= 0", name="price_not_negative"),
    )
    op.create_index("ix_draft_order_lines_draft", "draft_order_lines", ["draft_id", "position"])


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind IN ('pay_link', 'order_link')")
    _letters(LETTERS)
    op.execute("DELETE FROM waiting_commands WHERE kind = 'edit'")
    _commands(COMMANDS)
    for name in (
        "draft_order_lines", "draft_orders", "order_look_ups", "order_links", "order_edits",
    ):  # fmt: skip
        op.drop_table(name)
    op.drop_column("order_lines", "removed_at")
    op.drop_constraint(op.f("ck_orders_edit_due_not_negative"), "orders")
    op.drop_column("orders", "edit_due")


def _commands(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    name = op.f("ck_waiting_commands_kind")
    op.drop_constraint(name, "waiting_commands")
    op.create_check_constraint(name, "waiting_commands", f"kind IN ({listed})")


def _letters(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_letters_kind"), "letters")
    op.create_check_constraint(op.f("ck_letters_kind"), "letters", f"kind IN ({listed})")
