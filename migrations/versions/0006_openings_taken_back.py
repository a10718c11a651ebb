"""Openings taken back: a line of its own in the journal, and shelves instead of variants.

What is undone counts as never opened, so the journal must tell it from a correction by hand.

Revision: 0006
After: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

phase = "expand"

KINDS = (
    "'opening', 'received', 'adjusted', 'counted', 'reserved', 'released_hold', 'allocated',"
    " 'released', 'shipped', 'restocked'"
)
# The same choice as that of the shop when a file names no place.
PLACE = "(SELECT id FROM locations ORDER BY is_active DESC, priority, id LIMIT 1)"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_stock_movements_kind"), "stock_movements")
    op.create_check_constraint(
        op.f("ck_stock_movements_kind"), "stock_movements", f"kind IN ({KINDS}, 'opening_undone')"
    )
    op.execute(f"""
        UPDATE import_changes SET stock = (
            SELECT jsonb_agg(one || jsonb_build_object('location_id', {PLACE}))
            FROM jsonb_array_elements(stock) AS one)
        WHERE stock <> '[]'
    """)


def downgrade() -> None:
    # The journal is append-only for the shop, but not for its owner.
    op.execute("ALTER TABLE stock_movements DISABLE TRIGGER USER")
    op.execute("UPDATE stock_movements SET kind = 'adjusted' WHERE kind = 'opening_undone'")
    op.execute("ALTER TABLE stock_movements ENABLE TRIGGER USER")
    op.drop_constraint(op.f("ck_stock_movements_kind"), "stock_movements")
    op.create_check_constraint(
        op.f("ck_stock_movements_kind"), "stock_movements", f"kind IN ({KINDS})"
    )
    op.execute("""
        UPDATE import_changes SET stock = (
            SELECT jsonb_agg(one - 'location_id') FROM jsonb_array_elements(stock) AS one)
        WHERE stock <> '[]'
    """)
