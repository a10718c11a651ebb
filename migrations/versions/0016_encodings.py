"""Imports know in which encoding their file is, and whether that is in doubt; XLSX is written.

Revision: 0016
After: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

phase = "expand"


BEFORE = "'shopify', 'woocommerce', 'csv', 'jsonl'"


def upgrade() -> None:
    _formats(f"{BEFORE}, 'xlsx'")
    op.add_column("imports", sa.Column("encoding", sa.String(length=20), nullable=True))
    op.add_column(
        "imports",
        sa.Column("as_drafts", sa.Boolean(), server_default="false", nullable=False),
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM export_chunks c USING exports e WHERE e.id = c.export_id AND e.format = 'xlsx'"
    )
    op.execute("DELETE FROM exports WHERE format = 'xlsx'")
    _formats(BEFORE)
    op.drop_column("imports", "as_drafts")
    op.drop_column("imports", "encoding")


def _formats(allowed: str) -> None:
    for table, name in (("imports", "import_format"), ("exports", "export_format")):
        constraint = f"ck_{table}_{name}"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK (format IN ({allowed}))")
