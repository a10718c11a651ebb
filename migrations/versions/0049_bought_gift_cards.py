"""Gift cards that are bought: who gets one and when, and the e-mail with its code.

Revision: 0049
After: 0048
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

phase = "expand"

LETTERS = (
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
    "parcel_corrected",
    "staff_invitation",
    "second_factor_reset",
    "approval",
    "order_ready",
)
COLUMNS = (
    ("order_line_id", sa.Uuid()),
    ("fulfilment_id", sa.Uuid()),
    ("case_id", sa.Uuid()),
    ("sender", sa.String(length=200)),
    ("recipient", sa.String(length=254)),
    ("message", sa.String(length=500)),
    ("send_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.add_column("orders", sa.Column("gift", postgresql.JSONB(), nullable=True))
    for name, kind in COLUMNS:
        op.add_column("stored_value_accounts", sa.Column(name, kind, nullable=True))
    for name, table in (("order_line_id", "order_lines"), ("fulfilment_id", "fulfilments")):
        op.create_foreign_key(
            op.f(f"fk_stored_value_accounts_{name}_{table}"),
            "stored_value_accounts",
            table,
            [name],
            ["id"],
        )
        op.create_index(f"ix_stored_value_accounts_{name}", "stored_value_accounts", [name])
    op.create_index(
        "ix_stored_value_accounts_send_at",
        "stored_value_accounts",
        ["send_at"],
        postgresql_where=sa.text("send_at IS NOT NULL"),
    )
    _letters((*LETTERS, "gift_card"))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'gift_card'")
    _letters(LETTERS)
    for name, _ in reversed(COLUMNS):
        op.drop_column("stored_value_accounts", name)
    op.drop_column("orders", "gift")


def _letters(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_letters_kind"), "letters")
    op.create_check_constraint(op.f("ck_letters_kind"), "letters", f"kind IN ({listed})")
