"""Shipping: zones, calendars, bands, conditions, pick-up and promises.

Methods get the zones that their countries make; the countries stay, so that the older release
goes on with them.

Revision: 0044
After: 0043
"""

import json
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

phase = "expand"

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    for table, columns in {
        "shipping_zones": (sa.Column("areas", JSON, nullable=False),),
        "shipping_calendars": (
            sa.Column("cut_off", sa.String(length=5), nullable=False),
            sa.Column("ship_weekdays", JSON, nullable=False),
            sa.Column("closed_days", JSON, nullable=False),
            sa.Column("delivery_weekdays", JSON, nullable=False),
        ),
    }.items():
        op.create_table(
            table,
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("version", sa.Integer(), server_default="1", nullable=False),
            sa.Column("created_at", MOMENT, nullable=False),
            sa.Column("code", sa.String(length=60), nullable=False),
            sa.Column("name", sa.String(length=120), nullable=False),
            *columns,
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint("code", name=op.f(f"uq_{table}_code")),
        )
    op.create_check_constraint(
        op.f("ck_shipping_zones_leads_somewhere"), "shipping_zones", "jsonb_array_length(areas) > 0"
    )
    for column in (
        sa.Column("kind", sa.String(length=40), server_default="delivery", nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("band_unit", sa.String(length=40), nullable=True),
        sa.Column("bands", JSON, server_default="[]", nullable=False),
        sa.Column("conditions", JSON, server_default="{}", nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("pickup_address", JSON, nullable=True),
    ):
        op.add_column("shipping_methods", column)
    for name, rule in {
        "kind": "kind IN ('delivery', 'pickup')",
        "band_unit": "band_unit IN ('weight', 'value', 'quantity')",
        "pickup_has_an_address": "(kind = 'pickup') = (pickup_address IS NOT NULL)",
        "bands_have_a_unit": "(band_unit IS NOT NULL) = (jsonb_array_length(bands) > 0)",
    }.items():
        op.create_check_constraint(op.f(f"ck_shipping_methods_{name}"), "shipping_methods", rule)
    for column, table in {
        "zone_id": "shipping_zones",
        "calendar_id": "shipping_calendars",
        "location_id": "locations",
    }.items():
        op.create_foreign_key(
            op.f(f"fk_shipping_methods_{column}_{table}"),
            "shipping_methods",
            table,
            [column],
            ["id"],
        )
        op.create_index(op.f(f"ix_shipping_methods_{column}"), "shipping_methods", [column])
    op.add_column(
        "variants",
        sa.Column("shipping_profile", sa.String(length=40), server_default="", nullable=False),
    )
    op.add_column("orders", sa.Column("promised_ship_at", MOMENT, nullable=True))
    op.add_column("orders", sa.Column("promised_delivery_at", MOMENT, nullable=True))
    _make_zones()


def _make_zones() -> None:
    """Make a zone of each list of countries that a method has."""
    bind = op.get_bind()
    lists = bind.execute(
        sa.text("SELECT DISTINCT countries FROM shipping_methods ORDER BY countries")
    ).scalars()
    for number, countries in enumerate(lists.all(), start=1):
        zone_id, is_world = uuid.uuid4(), countries == ["*"]
        named = ", ".join(countries)
        bind.execute(
            sa.text(
                "INSERT INTO shipping_zones (id, version, created_at, code, name, areas)"
                " VALUES (:id, 1, now(), :code, :name, CAST(:areas AS jsonb))"
            ),
            {
                "id": zone_id,
                "code": "world" if is_world else f"zone-{number}",
                "name": "Rest of the world" if is_world else named[:120],
                "areas": json.dumps([{"country": country} for country in countries]),
            },
        )
        bind.execute(
            sa.text(
                "UPDATE shipping_methods SET zone_id = :id WHERE countries = CAST(:list AS jsonb)"
            ),
            {"id": zone_id, "list": json.dumps(countries)},
        )


def downgrade() -> None:
    op.drop_column("orders", "promised_delivery_at")
    op.drop_column("orders", "promised_ship_at")
    op.drop_column("variants", "shipping_profile")
    for name in ("bands_have_a_unit", "pickup_has_an_address"):
        op.drop_constraint(op.f(f"ck_shipping_methods_{name}"), "shipping_methods")
    for column in (
        "pickup_address", "location_id", "calendar_id", "conditions", "bands", "band_unit",
        "zone_id", "kind",
    ):  # fmt: skip
        op.drop_column("shipping_methods", column)
    op.drop_table("shipping_calendars")
    op.drop_table("shipping_zones")
