"""Packing: box types, sessions with lines and scans, packed parcels, weights and manifests.

Revision: 0069
After: 0068
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

phase = "expand"

SESSIONS = ("open", "packed", "shipped", "cancelled")
RESULTS = (
    "ok", "box", "wrong_item", "too_many", "unknown", "taken_out", "put_right", "weight_off",
    "rechecked",
)  # fmt: skip
MANIFESTS = ("open", "closed")


def upgrade() -> None:
    op.create_table(
        "box_types",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("barcode", sa.String(length=60), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("length_mm", "width_mm", "height_mm", "weight_grams")
        ),
        sa.Column("materials", postgresql.JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        *_stamps(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _rule("box_types", "size_positive", "length_mm > 0 AND width_mm > 0 AND height_mm > 0"),
        _rule("box_types", "weight_not_negative", "weight_grams >= 0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_types")),
        sa.UniqueConstraint("name", name=op.f("uq_box_types_name")),
        sa.UniqueConstraint("barcode", name=op.f("uq_box_types_barcode")),
    )
    op.create_table(
        "packing_sessions",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("status", _text("status", SESSIONS), nullable=False),
        sa.Column("station", sa.String(length=60), nullable=False),
        sa.Column("packer_id", sa.Uuid(), nullable=True),
        sa.Column("packer", sa.String(length=120), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tote_id", sa.Uuid(), nullable=True),
        sa.Column("box_type_id", sa.Uuid(), nullable=True),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("is_rechecked", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("blocked_by", sa.String(length=300), nullable=True),
        sa.Column("override_reason", sa.String(length=300), nullable=True),
        sa.Column("fulfilment_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        _known("packing_sessions", "status", SESSIONS),
        _rule("packing_sessions", "weight_positive", "weight_grams > 0"),
        _rule(
            "packing_sessions",
            "packed_has_parcel",
            "(status IN ('packed', 'shipped')) = (fulfilment_id IS NOT NULL)",
        ),
        _to("packing_sessions", "order_id", "orders"),
        _to("packing_sessions", "tote_id", "bins"),
        _to("packing_sessions", "box_type_id", "box_types"),
        _to("packing_sessions", "fulfilment_id", "fulfilments", on_delete=None),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packing_sessions")),
    )
    op.create_index(
        "uq_packing_sessions_open",
        "packing_sessions",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'packed')"),
    )
    op.create_index(
        "uq_packing_sessions_fulfilment_id",
        "packing_sessions",
        ["fulfilment_id"],
        unique=True,
        postgresql_where=sa.text("fulfilment_id IS NOT NULL"),
    )
    op.create_table(
        "packing_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), server_default="0", nullable=False),
        _rule("packing_lines", "quantity_positive", "quantity > 0"),
        _rule(
            "packing_lines",
            "verified_within_quantity",
            "verified >= 0 AND verified <= quantity",
        ),
        _to("packing_lines", "session_id", "packing_sessions"),
        _to("packing_lines", "order_line_id", "order_lines"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packing_lines")),
        sa.UniqueConstraint(
            "session_id", "order_line_id", name=op.f("uq_packing_lines_session_id_order_line_id")
        ),
    )
    op.create_table(
        "pack_scans",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("result", _text("result", RESULTS), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=True),
        sa.Column("is_scanned", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        *_stamps(),
        _known("pack_scans", "result", RESULTS),
        _to("pack_scans", "session_id", "packing_sessions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_scans")),
    )
    op.create_index("ix_pack_scans_session_id", "pack_scans", ["session_id", "id"])
    op.execute(
        "CREATE TRIGGER pack_scans_append_only BEFORE UPDATE OR DELETE"
        " ON pack_scans FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.create_table(
        "packed_parcels",
        sa.Column("fulfilment_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("box_name", sa.String(length=60), nullable=True),
        sa.Column("box_grams", sa.Integer(), server_default="0", nullable=False),
        sa.Column("materials", postgresql.JSONB(), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("expected_grams", sa.Integer(), nullable=True),
        sa.Column("label_checked_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        _to("packed_parcels", "fulfilment_id", "fulfilments", on_delete=None),
        _to("packed_parcels", "session_id", "packing_sessions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packed_parcels")),
        sa.UniqueConstraint("fulfilment_id", name=op.f("uq_packed_parcels_fulfilment_id")),
    )
    op.create_index("ix_packed_parcels_created_at", "packed_parcels", ["created_at"])
    op.create_table(
        "unit_weights",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("grams", sa.Float(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        _to("unit_weights", "variant_id", "variants", on_delete="CASCADE"),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_unit_weights")),
    )
    op.create_table(
        "manifests",
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        sa.Column("status", _text("status", MANIFESTS), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        *_stamps(),
        _known("manifests", "status", MANIFESTS),
        _rule("manifests", "closed_at_tells", "(status = 'closed') = (closed_at IS NOT NULL)"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifests")),
    )
    op.create_index("uq_manifests_number", "manifests", ["number"], unique=True)
    op.create_index(
        "uq_manifests_open",
        "manifests",
        ["carrier"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "manifest_parcels",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("fulfilment_id", sa.Uuid(), nullable=False),
        sa.Column("scanned_by", sa.String(length=120), nullable=False),
        *_stamps(),
        _to("manifest_parcels", "manifest_id", "manifests"),
        _to("manifest_parcels", "fulfilment_id", "fulfilments", on_delete=None),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_parcels")),
        sa.UniqueConstraint("fulfilment_id", name=op.f("uq_manifest_parcels_fulfilment_id")),
    )
    op.create_index("ix_manifest_parcels_manifest_id", "manifest_parcels", ["manifest_id", "id"])


def downgrade() -> None:
    for table in (
        "manifest_parcels", "manifests", "unit_weights", "packed_parcels", "pack_scans",
        "packing_lines", "packing_sessions", "box_types",
    ):  # fmt: skip
        op.drop_table(table)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _text(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return _rule(table, column, _one_of(column, values))


def _rule(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _to(
    table: str, column: str, other: str, *, on_delete: str | None = "RESTRICT"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete=on_delete
    )


def _stamps() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
