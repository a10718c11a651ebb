"""The migrations build exactly what the models describe, from nothing and back to nothing."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from api.app import create_app
from api.catalog.queries import variant_lookup
from api.fulfilment import jobs as fulfilment_jobs
from api.kernel.principal import SYSTEM
from api.orders import queries as orders_queries
from api.platform.db import Base, db, session
from api.platform.schema import newest_migration
from api.platform.settings import Settings
from tests.support.stack import Postgres

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

# Everything that a table is, as PostgreSQL itself writes it down.
CATALOGUE = {
    "columns": """
        SELECT table_name || '.' || column_name, data_type, udt_name, character_maximum_length,
               is_nullable, column_default, collation_name, generation_expression
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "constraints": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    """,
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    """,
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
    """,
    "sequences": """
        SELECT sequencename, start_value, increment_by, data_type FROM pg_sequences
        WHERE schemaname = 'public'
    """,
}


@contextmanager
def shop_on(url: str, settings: Settings) -> Iterator[Flask]:
    """Have the shop on another database, inside its context."""
    address = url.replace("postgresql://", "postgresql+psycopg2://")
    app = create_app(dataclasses.replace(settings, database_url=address))
    with app.app_context():
        try:
            yield app
        finally:
            session.remove()
            db.engine.dispose()


def described() -> dict[str, dict[str, list[Any]]]:
    """Read what the database is made of, by kind and name, without the migrations' own table."""
    found = {}
    with db.engine.connect() as connection:
        for kind, question in CATALOGUE.items():
            rows = connection.execute(text(question)).all()
            found[kind] = {
                row[0]: list(row[1:]) for row in rows if "alembic_version" not in str(tuple(row))
            }
    return found


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """A database without a single table."""
    url = postgres.fresh_database()
    yield url
    postgres.drop_database(url)


def test_there_is_one_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)

    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert newest_migration() == script.get_current_head()


def test_every_migration_says_what_it_is_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())

    assert revisions
    assert [revision.revision for revision in revisions if not revision.doc] == []


def test_the_migrated_schema_is_what_the_models_describe(
    empty_database: str, postgres: Postgres, settings: Settings
) -> None:
    with shop_on(empty_database, settings):
        upgrade(directory=str(MIGRATIONS))
        migrated = described()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            differences = compare_metadata(context, Base.metadata)

    other = postgres.fresh_database()
    try:
        with shop_on(other, settings):
            Base.metadata.create_all(db.engine)
            modelled = described()
    finally:
        postgres.drop_database(other)

    assert differences == []
    # Alembic compares neither CHECKs nor triggers nor the conditions of indexes; PostgreSQL does.
    for kind in CATALOGUE:
        assert migrated[kind] == modelled[kind], kind


def test_the_way_back_leaves_nothing_behind(empty_database: str, settings: Settings) -> None:
    with shop_on(empty_database, settings):
        upgrade(directory=str(MIGRATIONS))
        assert described()["columns"]

        downgrade(directory=str(MIGRATIONS), revision="base")

        assert {kind: found for kind, found in described().items() if found} == {}


def test_migrating_twice_changes_nothing(empty_database: str, settings: Settings) -> None:
    with shop_on(empty_database, settings):
        upgrade(directory=str(MIGRATIONS))
        before = described()

        upgrade(directory=str(MIGRATIONS))

        assert described() == before


BEFORE = """
    INSERT INTO categories (id, version, created_at, slug, name, description, position, path)
    VALUES (gen_random_uuid(), 1, now(), 'mugs', 'Mugs', '', 0, 'mugs');
    INSERT INTO products (id, version, created_at, slug, title, description, status, vendor,
        product_type, tags, options, in_stock, search_title, search_words, search_body, category_id)
    SELECT gen_random_uuid(), 1, now(), 'mug-' || n, 'Mug', '', 'active', 'Kiln', 'Mug',
        '["sale"]', '[]', true, 'mug', 'kiln', '', (SELECT id FROM categories)
    FROM generate_series(1, 3) AS n;
    INSERT INTO category_members (category_id, product_id, is_direct)
    SELECT category_id, id, true FROM products;
    INSERT INTO variants (id, version, created_at, product_id, sku, barcode, option_values, title,
        weight_grams, tax_class, position, in_stock)
    SELECT gen_random_uuid(), 1, now(), id, slug,
        CASE slug WHEN 'mug-1' THEN '0012345678905' WHEN 'mug-2' THEN '012345678905' END,
        '[]', '', 0, 'standard', 0, true
    FROM products;
    INSERT INTO variant_prices (variant_id, currency, amount, compare_at)
    SELECT id, 'EUR', 900, CASE sku WHEN 'mug-1' THEN 1200 END FROM variants
"""


CODES = """
    INSERT INTO barcodes (code, variant_id, pack_quantity, position)
    SELECT code, (SELECT id FROM variants WHERE sku = 'mug-3'), pack, 0
    FROM (VALUES ('5901234123457', 1), ('05901234123457', 12), ('96385074', 1), ('BOX 12', 1),
                 ('200154381738', 1), ('14006381333938', 12)) AS given (code, pack)
"""


def test_barcodes_of_before_are_found_by_their_numbers(
    empty_database: str, settings: Settings
) -> None:
    """Of one number written in two ways both are kept, and found as they are written."""
    with shop_on(empty_database, settings):
        upgrade(directory=str(MIGRATIONS), revision="0001")
        with db.engine.begin() as connection:
            for statement in BEFORE.split(";\n"):
                connection.execute(text(statement))
        upgrade(directory=str(MIGRATIONS), revision="0008")
        with db.engine.begin() as connection:
            connection.execute(text(CODES))

        upgrade(directory=str(MIGRATIONS))

        found = {
            code: getattr(variant_lookup.find_variant(code), "pack_quantity", None)
            for code in (
                *("5901234123457", "05901234123457", "]C10105901234123457"),
                *("96385074", "00000096385074", "BOX 12", "0200154381738", "0114006381333938"),
            )
        }
    assert list(found.values()) == [1, 12, 12, 1, 1, 1, 1, 12]


ORDERS = """
    INSERT INTO orders (id, version, created_at, number, email, customer_name, status,
        payment_status, fulfilment_status, to_ship, currency, subtotal, shipping_total, tax_total,
        total, shipping_tax, shipping_rate_basis_points, shipping_refunded, authorized, captured,
        refunded, refund_pending, attempt_open, unit_count, ship_country, shipping_address,
        billing_address, shipping_method, payment_method, placed_at)
    SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 1, now(), 1000 + n,
        'zoe@example.test', 'Zoë Grün', 'placed', 'unpaid', 'unfulfilled', false, 'EUR', 1, 0, 0,
        1, 0, 0, 0, 0, 0, 0, 0, false, 1, 'DE', '{"name": "Zoë Grün", "postal_code": "28195"}',
        '{"name": "Zoë Grün", "company": "Łódź GmbH"}', '{}', 'card', now()
    FROM generate_series(1, 300) AS n;
    INSERT INTO fulfilments (id, version, created_at, order_id, number, status, carrier,
        tracking_number, shipped_at, created_by)
    SELECT gen_random_uuid(), 1, now(), id, '1007-F1', 'shipped', 'DHL', 'JD-77', now(), 'Anna'
    FROM orders WHERE number = '1007'
"""


def test_orders_of_before_are_found_by_their_words(empty_database: str, settings: Settings) -> None:
    """By the worker, some at a time: an upgrade that does it is a long one in a large shop."""
    with shop_on(empty_database, settings):
        upgrade(directory=str(MIGRATIONS), revision="0008")
        with db.engine.begin() as connection:
            for statement in ORDERS.split(";\n"):
                connection.execute(text(statement))

        upgrade(directory=str(MIGRATIONS))
        waiting = session.scalar(text("SELECT count(*) FROM orders WHERE search = ''"))
        session.remove()
        fulfilment_jobs.index_old_orders()

        counted = {
            q: orders_queries.list_orders(
                orders_queries.OrderFilter(q=q),
                orders_queries.NEWEST,
                limit=1,
                cursor=None,
                with_total=True,
                by=SYSTEM,
            )["page"]["total"]
            for q in ("grun", "lodz", "28195", "#1007", "jd77", "zoe@example.test")
        }
        session.remove()
        downgrade(directory=str(MIGRATIONS), revision="0008")
    assert waiting == 300
    assert counted == {
        **{"grun": 300, "lodz": 300, "28195": 300},
        **{"#1007": 1, "jd77": 1, "zoe@example.test": 300},
    }


def test_a_shop_of_before_keeps_what_it_had(empty_database: str, settings: Settings) -> None:
    """Barcodes, prices, reductions and places begin their new lives as they were.

    Two variants with one code in two spellings, which nobody refused before, stop nothing.
    """
    with shop_on(empty_database, settings):
        upgrade(directory=str(MIGRATIONS), revision="0001")
        with db.engine.begin() as connection:
            for statement in BEFORE.split(";\n"):
                connection.execute(text(statement))

        upgrade(directory=str(MIGRATIONS))

        with db.engine.connect() as connection:
            codes = connection.execute(text("SELECT code, pack_quantity FROM barcodes")).all()
            prices = connection.execute(text("SELECT amount, compare_at FROM price_history")).all()
            reduced = connection.execute(
                text("SELECT count(*) FROM variant_prices WHERE reduced_since IS NOT NULL")
            ).scalar_one()
            found = connection.execute(
                text("SELECT count(*) FROM products WHERE search_heads @@ 'kiln & mug'")
            ).scalar_one()
    assert [tuple(row) for row in codes] in ([("0012345678905", 1)], [("012345678905", 1)])
    assert sorted(map(str, prices)) == ["(900, 1200)", "(900, None)", "(900, None)"]
    assert (reduced, found) == (1, 3)


RATES = """
    INSERT INTO tax_rates (id, version, created_at, country, region, tax_class, basis_points, name,
        valid_from, valid_to)
    SELECT gen_random_uuid(), 1, now(), country, region, 'standard', rate, 'VAT', begins::date,
        ends::date
    FROM (VALUES ('DE', '', 1900, '2000-01-01', NULL), ('DE', '', 1600, '2020-07-01', '2020-12-31'),
        ('CA', 'QC', 998, '2000-01-01', NULL), ('PL', '', 2200, '2005-01-01', '2010-12-31'),
        ('PL', '', 2300, '2011-01-01', NULL)
    ) AS given (country, region, rate, begins, ends);
    INSERT INTO shipping_methods (id, version, created_at, code, name, countries, currency, amount,
        tax_class, position, is_active, min_delivery_days, max_delivery_days)
    VALUES (gen_random_uuid(), 1, now(), 'post', 'Post', '["DE", "AT", "CH", "PL"]', 'EUR', 490,
        'standard', 0, true, 1, 5)
"""


def test_countries_of_before_get_explicit_rules_and_periods_that_meet(
    empty_database: str, settings: Settings
) -> None:
    with shop_on(empty_database, settings):
        upgrade(directory=str(MIGRATIONS), revision="0032")
        with db.engine.begin() as connection:
            for statement in RATES.split(";\n"):
                connection.execute(text(statement))

        upgrade(directory=str(MIGRATIONS))

        with db.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT country, basis_points, treatment, to_check, valid_from::text,"
                     " valid_to::text FROM tax_rates ORDER BY country, valid_from")
            )  # fmt: skip
            rates = [tuple(row) for row in rows]
    assert rates == [
        ("AT", 0, "out_of_scope", True, "2000-01-01", None),
        # A rate of a region was never applied, and is not without being looked at.
        ("CA", 998, "standard", True, "2000-01-01", "2000-01-01"),
        ("CH", 0, "export", True, "2000-01-01", None),
        ("DE", 1900, "standard", False, "2000-01-01", "2020-06-30"),
        ("DE", 1600, "standard", False, "2020-07-01", "2020-12-31"),
        ("DE", 1900, "standard", False, "2021-01-01", None),
        ("PL", 2200, "standard", False, "2005-01-01", "2010-12-31"),
        ("PL", 2300, "standard", False, "2011-01-01", None),
    ]
