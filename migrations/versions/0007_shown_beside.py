"""Imports: what is shown beside a product and comes later in the same file.

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.create_table(
        "import_waiting",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("related", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_waiting_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("import_id", "slug", name=op.f("pk_import_waiting")),
    )
    op.create_index("ix_import_waiting_in_order", "import_waiting", ["import_id", "row"])


def downgrade() -> None:
    op.drop_table("import_waiting")
