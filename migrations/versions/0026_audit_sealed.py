"""The audit log: names of actors, ways in, filters; and its entries sealed into a chain.

Revision: 0026
After: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    op.add_column("audit_log", sa.Column("actor_name", sa.String(length=200), nullable=True))
    op.add_column("audit_log", sa.Column("via", sa.String(length=20), nullable=True))
    op.create_table(
        "audit_seals",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_seals")),
    )
    op.create_index("uq_audit_seals_entry_id", "audit_seals", ["entry_id"], unique=True)
    op.execute(
        "CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    with op.get_context().autocommit_block():
        for column in ("actor", "subject_id", "action"):
            name = f"ix_audit_log_{column}_id"
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # what was left half done
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON audit_log ({column}, id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_audit_log_actor")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_audit_log_subject_id")


def downgrade() -> None:
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject_id"])
    op.create_index("ix_audit_log_actor", "audit_log", ["actor"])
    for column in ("action", "subject_id", "actor"):
        op.drop_index(f"ix_audit_log_{column}_id", "audit_log")
    op.drop_table("audit_seals")
    op.drop_column("audit_log", "via")
    op.drop_column("audit_log", "actor_name")
