"""Purchase orders go to their suppliers by e-mail, in the supplier's language.

Revision: 0074
After: 0073
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

phase = "expand"

KIND = "purchase_order"


def upgrade() -> None:
    op.add_column("suppliers", sa.Column("language", sa.String(length=35), nullable=True))
    op.add_column("letters", sa.Column("attached", sa.String(length=80), nullable=True))
    _allow("letters", "kind", (*_allowed("letters", "kind"), KIND))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'purchase_order'")
    _allow("letters", "kind", tuple(v for v in _allowed("letters", "kind") if v != KIND))
    op.drop_column("letters", "attached")
    op.drop_column("suppliers", "language")


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
