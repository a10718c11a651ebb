"""Roles as rows beside those of every shop, and invitations onto the staff.

Revision: 0024
After: 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# A role must exist; what older code writes there, the four of every shop, always does.
phase = "contract"
compatible_from = "0023"

MOMENT = sa.DateTime(timezone=True)
EVERY_SHOPS = ("owner", "manager", "warehouse", "support")
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
)


def upgrade() -> None:
    op.create_table(
        "staff_roles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("permissions", JSONB(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_roles_name")),
    )
    for name in EVERY_SHOPS:
        op.execute(
            "INSERT INTO staff_roles (id, name, created_at)"
            f" VALUES (gen_random_uuid(), '{name}', now())"
        )
    op.drop_constraint(op.f("ck_users_staff_role"), "users")
    op.create_foreign_key(
        op.f("fk_users_role_staff_roles"), "users", "staff_roles", ["role"], ["name"]
    )
    op.create_index("ix_users_role", "users", ["role"], postgresql_where="role IS NOT NULL")
    op.create_table(
        "staff_invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_invitations")),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["users.id"], name=op.f("fk_staff_invitations_invited_by_users")
        ),
    )
    op.create_index(
        "uq_staff_invitations_open", "staff_invitations", [sa.literal_column("lower(email)")],
        unique=True, postgresql_where="accepted_at IS NULL AND revoked_at IS NULL",
    )  # fmt: skip
    op.create_index(
        "uq_staff_invitations_token_hash", "staff_invitations", ["token_hash"], unique=True
    )
    _letters((*LETTERS, "staff_invitation"))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'staff_invitation'")
    _letters(LETTERS)
    op.drop_table("staff_invitations")
    op.drop_index("ix_users_role", table_name="users")
    op.drop_constraint(op.f("fk_users_role_staff_roles"), "users")
    # Whoever has a role of the shop's own keeps an account, in which nothing can be done.
    listed = ", ".join(f"'{name}'" for name in EVERY_SHOPS)
    op.execute(
        f"UPDATE users SET role = 'warehouse', is_active = false WHERE role NOT IN ({listed})"
    )
    op.create_check_constraint(op.f("ck_users_staff_role"), "users", f"role IN ({listed})")
    op.drop_table("staff_roles")


def _letters(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_letters_kind"), "letters")
    op.create_check_constraint(op.f("ck_letters_kind"), "letters", f"kind IN ({listed})")
