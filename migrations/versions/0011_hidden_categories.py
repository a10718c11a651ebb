"""Catalogue: categories that storefronts do not see, with all that stands below them.

Revision: 0011
After: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    for name in ("is_visible", "is_shown"):
        op.add_column(
            "categories", sa.Column(name, sa.Boolean(), nullable=False, server_default="true")
        )


def downgrade() -> None:
    for name in ("is_shown", "is_visible"):
        op.drop_column("categories", name)
