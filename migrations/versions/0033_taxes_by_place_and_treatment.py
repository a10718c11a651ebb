"""Taxes by region, postal code and treatment; their lines on orders; a rule where none was.

Until now a country without a rate was taxed at 0 % without a word. Such countries get an explicit
rule here, marked to be checked: `export` outside the EU, `out_of_scope` inside it.

Revision: 0033
After: 0032
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# The rule of country codes is written anew, wider: what older code writes keeps it.
phase = "contract"
compatible_from = "0032"

TREATMENTS = (
    "standard",
    "reduced",
    "zero",
    "exempt",
    "reverse_charge",
    "intra_community",
    "export",
    "out_of_scope",
)
EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK".split()
DAY = dt.timedelta(days=1)
TO_CHECK = "To be checked: before, orders to here contained no tax."
RATES = sa.table(
    "tax_rates",
    *(sa.column(name) for name in (
        "country", "region", "tax_class", "basis_points", "name", "treatment", "reason",
        "to_check", "version")),
    sa.column("id", sa.Uuid()),
    sa.column("valid_from", sa.Date()),
    sa.column("valid_to", sa.Date()),
    sa.column("created_at", sa.DateTime(timezone=True)),
)  # fmt: skip


def upgrade() -> None:
    for name, length in (("postal_from", 16), ("postal_to", 16), ("jurisdiction", 80),
                         ("code", 40)):  # fmt: skip
        op.add_column(
            "tax_rates",
            sa.Column(name, sa.String(length=length), server_default="", nullable=False),
        )
    for column in (
        sa.Column("extra_millionths", sa.Integer(), server_default="0", nullable=False),
        sa.Column("treatment", sa.String(40), server_default="standard", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("to_check", sa.Boolean(), server_default="false", nullable=False),
    ):
        op.add_column("tax_rates", column)
    listed = ", ".join(f"'{treatment}'" for treatment in TREATMENTS)
    for name, rule in (
        ("treatment", f"treatment IN ({listed})"),
        ("extra_millionths_in_range", "extra_millionths BETWEEN 0 AND 99"),
        ("postal_range_is_whole", "(postal_from = '') = (postal_to = '')"),
    ):
        op.create_check_constraint(op.f(f"ck_tax_rates_{name}"), "tax_rates", rule)
    op.drop_constraint(op.f("ck_tax_rates_country_is_a_code"), "tax_rates")
    op.create_check_constraint(
        op.f("ck_tax_rates_country_is_a_code"), "tax_rates", "country ~ '^([A-Z]{2}|[*])$'"
    )
    op.drop_constraint("uq_tax_rates_begin", "tax_rates")
    op.create_unique_constraint(
        "uq_tax_rates_begin", "tax_rates",
        ["country", "region", "postal_from", "postal_to", "jurisdiction", "tax_class",
         "valid_from"],
    )  # fmt: skip
    op.add_column("orders", sa.Column("shipping_tax_lines", JSONB(), nullable=True))
    op.add_column(
        "orders",
        sa.Column("prices_include_tax", sa.Boolean(), server_default="true", nullable=False),
    )
    op.add_column("order_lines", sa.Column("tax_lines", JSONB(), nullable=True))
    # Rates of regions were never applied; an owner must look at them before they are.
    op.execute("UPDATE tax_rates SET valid_to = valid_from, to_check = true WHERE region <> ''")
    _end_overlaps()
    _write_missing_rules()


def downgrade() -> None:
    op.drop_column("order_lines", "tax_lines")
    op.drop_column("orders", "prices_include_tax")
    op.drop_column("orders", "shipping_tax_lines")
    op.execute(
        "DELETE FROM tax_rates WHERE country = '*' OR to_check OR postal_from <> ''"
        " OR jurisdiction <> ''"
    )
    op.drop_constraint("uq_tax_rates_begin", "tax_rates")
    op.create_unique_constraint(
        "uq_tax_rates_begin", "tax_rates", ["country", "region", "tax_class", "valid_from"]
    )
    op.drop_constraint(op.f("ck_tax_rates_country_is_a_code"), "tax_rates")
    op.create_check_constraint(
        op.f("ck_tax_rates_country_is_a_code"), "tax_rates", "country ~ '^[A-Z]{2}$'"
    )
    for name in ("postal_range_is_whole", "extra_millionths_in_range", "treatment"):
        op.drop_constraint(op.f(f"ck_tax_rates_{name}"), "tax_rates")
    for name in ("to_check", "reason", "treatment", "extra_millionths", "code", "jurisdiction",
                 "postal_to", "postal_from"):  # fmt: skip
        op.drop_column("tax_rates", name)


def _end_overlaps() -> None:
    """Let every rate end where a later one began to apply, and go on where that one ended.

    Until now the one that began later applied, so this changes no tax of any day.
    """
    series = ("country", "region", "tax_class")
    bind = op.get_bind()
    rows = bind.execute(
        sa.select(RATES).order_by(*(RATES.c[name] for name in (*series, "valid_from")))
    ).all()
    for _, group in groupby(rows, key=lambda row: [getattr(row, name) for name in series]):
        seen = set()
        for row, begins, ends in _periods(list(group)):
            period = {"valid_from": begins, "valid_to": ends}
            if row.id in seen:
                copy = {**row._asdict(), **period, "id": sa.func.gen_random_uuid(), "version": 1}
                bind.execute(sa.insert(RATES).values(copy))
            elif (begins, ends) != (row.valid_from, row.valid_to):
                bind.execute(sa.update(RATES).where(RATES.c.id == row.id).values(period))
            seen.add(row.id)


def _periods(rows: Sequence[Any]) -> Iterator[tuple[Any, dt.date, dt.date | None]]:
    """Return which row applies when, in order: the one that began last of those that hold."""
    last_days = {row.valid_to for row in rows} - {None, dt.date.max}
    days = {row.valid_from for row in rows} | {day + DAY for day in last_days}
    pieces: list[tuple[Any, dt.date, dt.date | None]] = []
    edges: list[dt.date | None] = [*sorted(days), None]
    for begins, following in zip(edges, edges[1:], strict=False):
        holding = [
            row for row in rows
            if begins and row.valid_from <= begins and (not row.valid_to or row.valid_to >= begins)
        ]  # fmt: skip
        if begins is None or not holding:
            continue
        ends = following - DAY if following else None
        if pieces and pieces[-1][0].id == holding[-1].id and pieces[-1][2] == begins - DAY:
            begins = pieces.pop()[1]
        pieces.append((holding[-1], begins, ends))
    yield from pieces


def _write_missing_rules() -> None:
    bind = op.get_bind()
    named = set(
        bind.scalars(
            sa.text(
                "SELECT DISTINCT jsonb_array_elements_text(countries) FROM shipping_methods"
                " WHERE is_active"
            )
        )
    )
    if "*" in named:
        named |= set(EU)
    ruled = set(bind.scalars(sa.text("SELECT country FROM tax_rates WHERE region = ''")))
    for country in sorted(named - ruled):
        bind.execute(
            sa.insert(RATES).values(
                id=sa.func.gen_random_uuid(), country=country, region="", tax_class="standard",
                basis_points=0, name="No tax", reason=TO_CHECK, to_check=True,
                treatment="out_of_scope" if country in EU else "export",
                valid_from=dt.date(2000, 1, 1), version=1, created_at=sa.func.now(),
            )
        )  # fmt: skip
