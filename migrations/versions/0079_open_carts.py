"""Open carts are found by their ids, which are in the order of time, and no more by their changes.

Revision: 0079
After: 0078
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    is_open = sa.text("status <> 'ordered'")
    op.create_index("ix_carts_open", "carts", ["id"], postgresql_where=is_open)
    op.drop_index("ix_carts_idle", "carts")


def downgrade() -> None:
    is_open = sa.text("status <> 'ordered'")
    op.create_index("ix_carts_idle", "carts", ["updated_at"], postgresql_where=is_open)
    op.drop_index("ix_carts_open", "carts")
