"""Each order search reads what waits to be sorted into the index of words: keep that list short.

Revision: 0047
After: 0046
"""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.execute("ALTER INDEX ix_orders_found SET (gin_pending_list_limit = 64)")


def downgrade() -> None:
    op.execute("ALTER INDEX ix_orders_found RESET (gin_pending_list_limit)")
