"""Printing: printers, the printers of stations, print jobs.

Revision: 0067
After: 0066
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
CONNECTIONS = ("raw", "cups", "folder")
FORMATS = ("pdf", "escpos", "zpl")
USES = ("papers", "labels", "shipping_labels")
KINDS = (
    "packing_slip", "return_slip", "pick_list", "manifest", "customs", "bin_label",
    "product_label", "shipping_label", "test_page",
)  # fmt: skip
STATES = ("queued", "printing", "printed", "failed", "cancelled")


def upgrade() -> None:
    op.create_table(
        "printers",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("connection", _text("connection", CONNECTIONS), nullable=False),
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("format", _text("format", FORMATS), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("dots_per_mm", sa.Integer(), nullable=False, server_default="8"),
        sa.Column("code_pages", sa.String(20), nullable=False, server_default="epson"),
        sa.Column("is_active", sa.Boolean(), nullable=False, server_default="true"),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("retry_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_at", MOMENT, nullable=False),
        _known("printers", "connection", CONNECTIONS),
        _known("printers", "format", FORMATS),
        _rule("printers", "width_possible", "width_mm BETWEEN 20 AND 1000"),
        _rule("printers", "height_possible", "height_mm BETWEEN 10 AND 1000"),
        _rule("printers", "dots_per_mm_usual", "dots_per_mm IN (6, 8, 12, 24)"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printers")),
    )
    op.create_index("uq_printers_name", "printers", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "station_printers",
        sa.Column("station", sa.String(60), nullable=False),
        sa.Column("use", _text("use", USES), nullable=False),
        sa.Column("printer_id", sa.Uuid(), nullable=False),
        _known("station_printers", "use", USES, '"use"'),
        sa.ForeignKeyConstraint(
            ["printer_id"], ["printers.id"], ondelete="CASCADE",
            name=op.f("fk_station_printers_printer_id_printers"),
        ),
        sa.PrimaryKeyConstraint("station", "use", name=op.f("pk_station_printers")),
    )
    op.create_index("ix_station_printers_printer_id", "station_printers", ["printer_id"])
    op.create_table(
        "print_jobs",
        sa.Column("printer_id", sa.Uuid(), nullable=True),
        sa.Column("printer_name", sa.String(60), nullable=False),
        sa.Column("station", sa.String(60), nullable=True),
        sa.Column("kind", _text("kind", KINDS), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("format", _text("format", FORMATS), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("status", _text("status", STATES), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_error", sa.String(500), nullable=True),
        sa.Column("requested_by", sa.String(120), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("once_key", sa.String(120), nullable=True),
        sa.Column("reprint_of", sa.Uuid(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("printed_at", MOMENT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _known("print_jobs", "kind", KINDS),
        _known("print_jobs", "format", FORMATS),
        _known("print_jobs", "status", STATES),
        sa.ForeignKeyConstraint(
            ["printer_id"], ["printers.id"], ondelete="SET NULL",
            name=op.f("fk_print_jobs_printer_id_printers"),
        ),
        sa.ForeignKeyConstraint(
            ["reprint_of"], ["print_jobs.id"], ondelete="SET NULL",
            name=op.f("fk_print_jobs_reprint_of_print_jobs"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_jobs")),
    )
    op.create_index("uq_print_jobs_once_key", "print_jobs", ["once_key"], unique=True)
    op.create_index(
        "ix_print_jobs_open", "print_jobs", ["printer_id", "id"],
        postgresql_where=sa.text("status IN ('queued', 'printing')"),
    )
    op.create_index("ix_print_jobs_printer_id", "print_jobs", ["printer_id", "id"])
    op.create_index("ix_print_jobs_status", "print_jobs", ["status", "id"])
    op.create_index("ix_print_jobs_subject_id", "print_jobs", ["subject_id", "id"])
    op.create_index("ix_print_jobs_station", "print_jobs", ["station", "id"])
    op.create_index("ix_print_jobs_reprint_of", "print_jobs", ["reprint_of"])
    op.create_index(
        "ix_print_jobs_kept", "print_jobs", ["id"],
        postgresql_where=sa.text("content IS NOT NULL"),
    )
    _allow("attention_items", "kind", (*_allowed("attention_items", "kind"), "printer_down"))


def downgrade() -> None:
    op.execute("DELETE FROM attention_items WHERE kind = 'printer_down'")
    kinds = _allowed("attention_items", "kind")
    _allow("attention_items", "kind", tuple(one for one in kinds if one != "printer_down"))
    for table in ("print_jobs", "station_printers", "printers"):
        op.drop_table(table)


def _text(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=False, length=40)


def _known(
    table: str, column: str, values: tuple[str, ...], quoted: str = ""
) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return _rule(table, column, f"{quoted or column} IN ({listed})")


def _rule(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _allowed(table: str, column: str) -> tuple[str, ...]:
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{column}"},
    )
    return tuple(re.findall(r"'([a-z_]+)'", definition))


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")
