"""Waves of batches, and how far batches are walked.

Revision: 0064
After: 0063
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

phase = "expand"

KINDS = ("order", "single_item", "totes")
COUNTS = ("order_count", "line_count", "unit_count", "stops", "walk_length", "walk_length_alone",
          "seconds")  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "pick_waves",
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="kind", native_enum=False, length=40),
                  nullable=False),
        sa.Column("carrier", sa.String(length=60), nullable=True),
        sa.Column("zone", sa.String(length=40), nullable=True),
        sa.Column("promised_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_units", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            f"kind IN ({', '.join(map(repr, KINDS))})", name=op.f("ck_pick_waves_kind")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_pick_waves_location_id_locations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_waves")),
    )  # fmt: skip
    op.create_index("uq_pick_waves_number", "pick_waves", ["number"], unique=True)
    op.create_index("ix_pick_waves_location_id", "pick_waves", ["location_id", "id"])
    op.add_column("pick_batches", sa.Column("wave_id", sa.Uuid(), nullable=True))
    for name in ("walk_length", "walk_length_alone", "walked"):
        op.add_column("pick_batches", sa.Column(name, sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_pick_batches_wave_id_pick_waves"),
        "pick_batches",
        "pick_waves",
        ["wave_id"],
        ["id"],
        ondelete="RESTRICT",
    )
    op.create_index("ix_pick_batches_wave_id", "pick_batches", ["wave_id"])
    op.create_index("ix_pick_scans_batch_id", "pick_scans", ["batch_id"])


def downgrade() -> None:
    op.drop_index("ix_pick_scans_batch_id", "pick_scans")
    op.drop_index("ix_pick_batches_wave_id", "pick_batches")
    op.drop_constraint(op.f("fk_pick_batches_wave_id_pick_waves"), "pick_batches")
    for name in ("walked", "walk_length_alone", "walk_length", "wave_id"):
        op.drop_column("pick_batches", name)
    op.drop_table("pick_waves")
