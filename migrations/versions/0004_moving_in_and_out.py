"""Moving in and out: other formats, dry runs, rows handed back, undo, and exported files.

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

phase = "expand"

STATUSES = "'pending', 'running', 'completed', 'failed', 'cancelled'"
UNFINISHED = "status IN ('pending', 'running')"


def upgrade() -> None:
    op.add_column(
        "imports",
        sa.Column(
            "format",
            sa.Enum(
                "shopify",
                "woocommerce",
                "csv",
                "jsonl",
                name="import_format",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
            server_default="shopify",
        ),
    )
    op.add_column(
        "imports", sa.Column("is_dry_run", sa.Boolean(), nullable=False, server_default="false")
    )
    op.add_column(
        "imports",
        sa.Column(
            "on_conflict",
            sa.Enum(
                "refuse",
                "overwrite",
                name="import_on_conflict",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
            server_default="refuse",
        ),
    )
    op.add_column(
        "imports",
        sa.Column(
            "header", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"
        ),
    )
    op.add_column(
        "imports", sa.Column("separator", sa.String(length=1), nullable=False, server_default=",")
    )
    op.add_column("imports", sa.Column("began_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "imports", sa.Column("rows_before", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "imports",
        sa.Column(
            "undo_counts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default="{}",
        ),
    )
    op.add_column("imports", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_imports_import_status"), "imports")
    op.create_check_constraint(
        op.f("ck_imports_import_status"), "imports", f"status IN ({STATUSES}, 'undoing', 'undone')"
    )
    op.drop_index("ix_imports_unfinished", table_name="imports")
    op.create_index(
        "ix_imports_unfinished",
        "imports",
        ["heartbeat_at"],
        postgresql_where="status IN ('pending', 'running', 'undoing')",
    )
    op.create_table(
        "import_failed_rows",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_failed_rows_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_failed_rows")),
    )
    op.create_table(
        "import_changes",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "created",
                "changed",
                "conflict",
                name="import_change_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("mark", sa.String(length=60), nullable=False),
        sa.Column("stock", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "undone",
            sa.Enum(
                "removed",
                "archived",
                "restored",
                "conflict",
                name="import_undone",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("undo_note", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_changes_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_changes")),
        sa.UniqueConstraint("import_id", "slug", name=op.f("uq_import_changes_import_id_slug")),
    )
    op.create_index("ix_import_changes_in_order", "import_changes", ["import_id", "id"])
    op.create_index(
        "ix_import_changes_product_id",
        "import_changes",
        ["product_id"],
        postgresql_where="undone = 'archived'",
    )
    op.create_table(
        "exports",
        sa.Column(
            "format",
            sa.Enum(
                "shopify",
                "woocommerce",
                "csv",
                "jsonl",
                name="export_format",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "running",
                "completed",
                "failed",
                "cancelled",
                name="export_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("products_written", sa.Integer(), nullable=False),
        sa.Column("products_total", sa.Integer(), nullable=True),
        sa.Column("rows_written", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("writer", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(
        "ix_exports_unfinished", "exports", ["heartbeat_at"], postgresql_where=UNFINISHED
    )
    op.create_table(
        "export_chunks",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_chunks_export_id_exports")
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_chunks")),
    )


def downgrade() -> None:
    for table in ("export_chunks", "exports", "import_changes", "import_failed_rows"):
        op.drop_table(table)
    op.execute("UPDATE imports SET status = 'completed' WHERE status IN ('undoing', 'undone')")
    op.drop_index("ix_imports_unfinished", table_name="imports")
    op.create_index(
        "ix_imports_unfinished", "imports", ["heartbeat_at"], postgresql_where=UNFINISHED
    )
    op.drop_constraint(op.f("ck_imports_import_status"), "imports")
    op.create_check_constraint(
        op.f("ck_imports_import_status"), "imports", f"status IN ({STATUSES})"
    )
    for column in (
        *("undone_at", "undo_counts", "rows_before", "began_at", "separator", "header"),
        *("on_conflict", "is_dry_run", "format"),
    ):
        op.drop_column("imports", column)
