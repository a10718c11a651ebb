"""Units that were not found in their bin are kept from sale until it is counted.

Revision: 0078
After: 0077
"""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.create_table(
        "missing_units",
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("bin_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_missing_units_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["level_id"], ["stock_levels.id"],
            name=op.f("fk_missing_units_level_id_stock_levels"), ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["bin_id"], ["bins.id"],
            name=op.f("fk_missing_units_bin_id_bins"), ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missing_units")),
    )  # fmt: skip
    op.create_index(
        "uq_missing_units_place", "missing_units", ["level_id", "bin_id"],
        unique=True, postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("missing_units")
