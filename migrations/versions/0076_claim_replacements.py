"""A line of a claim names the order line that replaces its units.

Revision: 0076
After: 0075
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column(
        "claim_lines",
        sa.Column(
            "replacement_line_id",
            sa.Uuid(),
            sa.ForeignKey("order_lines.id", name="fk_claim_lines_replacement_line_id_order_lines"),
            nullable=True,
        ),
    )


def downgrade() -> None:
    op.drop_column("claim_lines", "replacement_line_id")
