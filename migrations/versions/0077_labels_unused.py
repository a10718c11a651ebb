"""Labels whose parcel was cancelled and parcels that come back need a person; arrivals are mailed.

Revision: 0077
After: 0076
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

phase = "expand"

ATTENTION = ("label_unused", "parcel_returning")
EMAIL = "order_delivered"


def upgrade() -> None:
    _allow("attention_items", "kind", (*_allowed("attention_items", "kind"), *ATTENTION))
    _allow("letters", "kind", (*_allowed("letters", "kind"), EMAIL))


def downgrade() -> None:
    op.execute("DELETE FROM letters WHERE kind = 'order_delivered'")
    op.execute("DELETE FROM attention_items WHERE kind IN ('label_unused', 'parcel_returning')")
    _allow("letters", "kind", tuple(v for v in _allowed("letters", "kind") if v != EMAIL))
    kinds = _allowed("attention_items", "kind")
    _allow("attention_items", "kind", tuple(v for v in kinds if v not in ATTENTION))


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
