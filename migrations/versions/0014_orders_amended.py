"""Orders: which checkout made them, and when their customer last changed them.

Revision: 0014
After: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    # Empty for old orders: whoever sends their checkout again is answered as before.
    op.add_column("orders", sa.Column("checkout_fingerprint", sa.LargeBinary(), nullable=True))
    op.add_column("orders", sa.Column("amended_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("orders", "amended_at")
    op.drop_column("orders", "checkout_fingerprint")
