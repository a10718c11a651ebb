"""Barcodes are compared as numbers of 14 digits; parcels are found by their tracking number.

Of codes that are the same number now, written in two ways, the longest is compared so and the
others stay what they were: they are found as they are written.

Revision: 0010
After: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The database computes `barcodes.code_key` no more: code that does not give one is refused.
phase = "contract"
compatible_from = "0010"

NUMBER = "code ~ '^([0-9]{8}|[0-9]{12,14})$'"
TRACKING = "upper(regexp_replace(tracking_number, '[^0-9A-Za-z]', '', 'g'))"


def upgrade() -> None:
    op.create_index(
        "ix_fulfilments_tracking",
        "fulfilments",
        [sa.text(TRACKING)],
        postgresql_where="tracking_number IS NOT NULL",
    )
    # What is stored already stays, and nothing is computed any more.
    op.execute("ALTER TABLE barcodes ALTER COLUMN code_key DROP EXPRESSION")
    op.execute(
        f"""
        WITH ranked AS (
            SELECT code, lpad(code, 14, '0') AS key,
                   row_number() OVER (PARTITION BY lpad(code, 14, '0')
                                      ORDER BY length(code) DESC) AS place
            FROM barcodes WHERE {NUMBER}
        )
        UPDATE barcodes b SET code_key = CASE WHEN place = 1 THEN key ELSE b.code END
        FROM ranked r
        WHERE r.code = b.code AND b.code_key <> CASE WHEN place = 1 THEN key ELSE b.code END
        """  # noqa: S608 - our own words
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_barcodes_code_key"), "barcodes", type_="unique")
    op.drop_column("barcodes", "code_key")
    op.add_column(
        "barcodes",
        sa.Column(
            "code_key",
            sa.Text(collation="C"),
            sa.Computed(
                "CASE WHEN code ~ '^[0-9]{12}$' THEN '0' || code ELSE code END", persisted=True
            ),
            nullable=False,
        ),
    )
    op.create_unique_constraint(op.f("uq_barcodes_code_key"), "barcodes", ["code_key"])
    op.drop_index("ix_fulfilments_tracking", table_name="fulfilments")
