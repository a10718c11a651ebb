"""Picking: substitutes, names and colours of totes, wrong lots, warnings of products.

Revision: 0066
After: 0065
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

phase = "expand"

RESULTS = ("ok", "wrong_bin", "wrong_item", "wrong_tote", "too_many", "unknown")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")


def upgrade() -> None:
    _allow((*RESULTS, "wrong_lot"))
    op.create_table(
        "pick_substitutes",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("substitute_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "variant_id <> substitute_id", name=op.f("ck_pick_substitutes_is_another")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_pick_substitutes_variant_id_variants"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["variants.id"],
            name=op.f("fk_pick_substitutes_substitute_id_variants"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_substitutes")),
        sa.UniqueConstraint(
            "variant_id", "substitute_id", name="uq_pick_substitutes_variant_substitute"
        ),
    )  # fmt: skip
    op.create_index("ix_pick_substitutes_substitute_id", "pick_substitutes", ["substitute_id"])
    op.add_column("bins", sa.Column("name", sa.String(length=40), nullable=True))
    op.add_column(
        "bins",
        sa.Column("colour", sa.Enum(*COLOURS, name="colour", native_enum=False, length=40),
                  nullable=True),
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_bins_colour"), "bins", f"colour IN ({', '.join(map(repr, COLOURS))})"
    )
    op.add_column("bins", sa.Column("order_ids", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.add_column(
        "products",
        sa.Column("pick_warning", sa.String(length=300), server_default="", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("products", "pick_warning")
    for name in ("order_ids", "colour", "name"):
        op.drop_column("bins", name)
    op.drop_table("pick_substitutes")
    # The log of scans is append-only: what was a wrong lot stays, unchecked.
    op.drop_constraint(op.f("ck_pick_scans_result"), "pick_scans")


def _allow(results: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_pick_scans_result"), "pick_scans")
    op.create_check_constraint(
        op.f("ck_pick_scans_result"), "pick_scans", f"result IN ({', '.join(map(repr, results))})"
    )
