"""What customs ask of a variant, and of the order line that it was sold by.

Revision: 0046
After: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

phase = "expand"

ADDED = (("hs_code", 14), ("origin_country", 2))


def upgrade() -> None:
    for table in ("variants", "order_lines"):
        for name, longest in ADDED:
            op.add_column(
                table,
                sa.Column(name, sa.String(length=longest), server_default="", nullable=False),
            )


def downgrade() -> None:
    for table in ("order_lines", "variants"):
        for name, _ in ADDED:
            op.drop_column(table, name)
