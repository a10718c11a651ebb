"""When the expiry of a command that waited for approval was noted.

Revision: 0051
After: 0050
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column("waiting_commands", sa.Column("expired_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_waiting_commands_expires_at",
        "waiting_commands",
        ["expires_at"],
        postgresql_where="decision IS NULL AND expired_at IS NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_waiting_commands_expires_at", "waiting_commands")
    op.drop_column("waiting_commands", "expired_at")
