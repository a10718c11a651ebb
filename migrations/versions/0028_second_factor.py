"""The second factor of staff: secrets, recovery codes, roles that require one, when it was shown.

Revision: 0028
After: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
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
)


def upgrade() -> None:
    op.add_column(
        "staff_roles",
        sa.Column("requires_second_factor", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column("users", sa.Column("second_factor_at", MOMENT, nullable=True))
    op.add_column("sign_ins", sa.Column("proved_at", MOMENT, nullable=True))
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.String(length=120), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id_users")
        ),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_codes")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users")
        ),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    _letters((*LETTERS, "second_factor_reset"))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'second_factor_reset'")
    _letters(LETTERS)
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    op.drop_column("sign_ins", "proved_at")
    op.drop_column("users", "second_factor_at")
    op.drop_column("staff_roles", "requires_second_factor")


def _letters(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_letters_kind"), "letters")
    op.create_check_constraint(op.f("ck_letters_kind"), "letters", f"kind IN ({listed})")
