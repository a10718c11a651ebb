"""The change feed: triggers write down what each transaction changed; and who has an order open.

Revision: 0017
After: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
phase = "expand"

NOBODY = "00000000-0000-0000-0000-000000000000"
WATCHED = {
    "orders": {"order": "id"},
    "order_entries": {"order": "order_id"},
    "order_holds": {"order": "order_id"},
    "fulfilments": {"order": "order_id"},
    "payments": {"order": "order_id"},
    "refunds": {"order": "order_id"},
    "disputes": {"order": "order_id"},
    "fraud_warnings": {"order": "order_id"},
    "attention_items": {"attention": "id", "order": "order_id"},
    "stock_levels": {"stock_level": "id"},
    "products": {"product": "id"},
    "variants": {"product": "product_id"},
}


def upgrade() -> None:
    op.execute(
        "CREATE TABLE changes ("
        " transaction xid8 NOT NULL,"
        " kind VARCHAR(20) NOT NULL,"
        " object_id UUID NOT NULL,"
        " at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " CONSTRAINT pk_changes PRIMARY KEY (transaction, kind, object_id))"
    )
    op.create_table(
        "order_claims",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=False),
        sa.Column("claimed_by_name", sa.String(length=200), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_claims_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["users.id"], name=op.f("fk_order_claims_claimed_by_users")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_claims")),
    )
    for table, kinds in WATCHED.items():
        for statement in watching(table, kinds):
            op.execute(statement)


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"DROP FUNCTION note_changed_{table}() CASCADE")
    op.drop_table("order_claims")
    op.drop_table("changes")


def watching(table: str, kinds: dict[str, str]) -> list[str]:
    """As `api.platform.changes.watching_ddl` was when this was written; a test compares them."""
    inserts = "".join(
        f" INSERT INTO changes (transaction, kind, object_id)"
        f" SELECT DISTINCT pg_current_xact_id(), '{kind}', CASE WHEN many THEN '{NOBODY}'::uuid"
        f" ELSE {column} END FROM changed WHERE {column} IS NOT NULL ON CONFLICT DO NOTHING;"
        for kind, column in kinds.items()
    )
    function = (
        f"CREATE OR REPLACE FUNCTION note_changed_{table}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ DECLARE many boolean := (SELECT count(*) > 200 FROM changed);"
        f" BEGIN{inserts} RETURN NULL; END $$"
    )
    return [function] + [
        f"CREATE TRIGGER {table}_{verb.lower()}_noted AFTER {verb} ON {table}"
        f" REFERENCING {rows} TABLE AS changed"
        f" FOR EACH STATEMENT EXECUTE FUNCTION note_changed_{table}()"
        for verb, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]
