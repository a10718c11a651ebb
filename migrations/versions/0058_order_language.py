"""The language of an order's letters.

Revision: 0058
After: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column("orders", sa.Column("language", sa.String(35)))


def downgrade() -> None:
    op.drop_column("orders", "language")
