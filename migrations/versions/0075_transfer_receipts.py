"""What came last of a transfer is kept, so that it can be undone.

Revision: 0075
After: 0074
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column(
        "transfers", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("transfers", sa.Column("last_receipt", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("transfers", "last_receipt")
    op.drop_column("transfers", "received_at")
