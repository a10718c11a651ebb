"""The stock locations where somebody on the staff works.

Revision: 0034
After: 0033
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column("users", sa.Column("location_ids", postgresql.ARRAY(sa.Uuid()), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "location_ids")
