"""Imports: columns that a file calls otherwise than the shop it comes from.

Revision: 0008
After: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column(
        "imports",
        sa.Column(
            "columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"
        ),
    )


def downgrade() -> None:
    op.drop_column("imports", "columns")
