"""What the shelves cost the database: few statements, and an index for each question."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, text

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import db, session, transaction
from tests.support.catalogue import a_product
from tests.support.sql import count_statements
from tests.support.stock import A_WHILE, demand, held

LINES = 12
MANY = 5_000


def a_shop_full(count: int = LINES) -> list[UUID]:
    variants = a_product(*(f"SKU-{number:03}" for number in range(count)))
    with transaction():
        inventory_service.set_opening_stock([(variant, 100) for variant in variants], by=SYSTEM)
    return variants


def test_an_order_of_any_size_takes_the_same_few_statements(app: Flask) -> None:
    variants = a_shop_full()
    counts = []
    for lines in (1, LINES):
        cart = held(dict.fromkeys(variants[:lines], 2))
        with transaction(), count_statements() as statements:
            wanted = demand(dict.fromkeys(variants[:lines], 2))
            inventory_service.allocate(new_id(), wanted, cart_id=cart, by=SYSTEM)
        counts.append(statements.count)

    # Lock, lines served before, holds, allocations, levels, journal.
    assert counts == [6, 6]


def test_an_order_without_holds_in_its_way_takes_one_less(app: Flask) -> None:
    (mug, *_) = a_shop_full()

    with transaction(), count_statements() as statements:
        inventory_service.allocate(new_id(), demand({mug: 2}), cart_id=None, by=SYSTEM)

    assert statements.count == 5, statements


def test_a_hold_takes_five_statements_and_its_extension_three(app: Flask) -> None:
    variants = a_shop_full()
    cart, wanted = new_id(), dict.fromkeys(variants, 2)

    with transaction(), count_statements() as first:
        inventory_service.reserve(cart, wanted, until=clock.now() + A_WHILE)
    with transaction(), count_statements() as extended:
        inventory_service.reserve(cart, wanted, until=clock.now() + 2 * A_WHILE)

    # Lock, (nothing held yet), holds, levels, journal; then lock, old holds, new holds.
    assert (first.count, extended.count) == (4, 3)


@pytest.mark.parametrize("lines", [1, LINES])
def test_shipping_and_releasing_take_the_same_few_statements(app: Flask, lines: int) -> None:
    variants = a_shop_full()
    order_id, wanted = new_id(), demand(dict.fromkeys(variants[:lines], 2))
    with transaction():
        inventory_service.allocate(order_id, wanted, cart_id=None, by=SYSTEM)

    with transaction(), count_statements() as shipped:
        half = {line.order_line_id: 1 for line in wanted}
        inventory_service.ship(order_id, half, fulfilment_id=new_id(), by=SYSTEM)
    with transaction(), count_statements() as released:
        inventory_service.release(order_id, None, by=SYSTEM, reason="cancelled")

    # Lock, promises, (known fulfilment), allocations, levels, journal.
    assert (shipped.count, released.count) == (6, 5)


def test_reading_takes_one_statement(app: Flask) -> None:
    variants = a_shop_full()
    with count_statements() as statements:
        assert set(inventory_queries.availability(variants).values()) == {100}
    assert statements.count == 1

    with count_statements() as statements:
        inventory_queries.levels(limit=LINES)
    assert statements.count == 1


@pytest.fixture
def crowded(app: Flask) -> UUID:
    """A warehouse of thousands of variants, with one busy level; its variant."""
    busy = a_shop_full(1)[0]
    with transaction() as current:
        current.execute(
            text(
                "INSERT INTO products (id, slug, title, description, status, vendor, product_type,"
                " tags, options, in_stock, search_title, search_words, search_body, version,"
                " created_at) SELECT gen_random_uuid(), 'p-' || n, 'Thing ' || n, '', 'active',"
                " '', '', '[]', '[]', true, 'thing ' || n, '', '', 1, now()"
                " FROM generate_series(1, :many) n"
            ),
            {"many": MANY},
        )
        current.execute(
            text(
                "INSERT INTO variants (id, product_id, sku, option_values, title, weight_grams,"
                " tax_class, position, in_stock, version, created_at)"
                " SELECT gen_random_uuid(), p.id, upper(p.slug), '[]', '', 0, 'standard', 0, true,"
                " 1, now() FROM products p WHERE p.slug LIKE 'p-%'"
            )
        )
        current.execute(
            text(
                "INSERT INTO stock_levels (id, variant_id, location_id, on_hand, allocated,"
                " reserved, below_threshold, version, created_at)"
                " SELECT gen_random_uuid(), v.id, l.id, 10, 0, 0, v.sku LIKE '%99', 1, now()"
                " FROM variants v CROSS JOIN locations l WHERE v.sku LIKE 'P-%'"
            )
        )
        current.execute(
            text(
                "INSERT INTO stock_movements (id, level_id, kind, on_hand_change, allocated_change,"
                " reserved_change, on_hand_after, actor, order_id, fulfilment_id, refund_id,"
                " request_id, created_at)"
                " SELECT gen_random_uuid(), l.id, 'adjusted', 1, 0, 0, 1, 'Stockroom',"
                " gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '-', now()"
                " FROM stock_levels l"
            )
        )
        current.execute(
            text(
                "INSERT INTO stock_allocations (id, order_id, order_line_id, level_id, quantity,"
                " created_at) SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), l.id,"
                " 0, now() FROM stock_levels l"
            )
        )
        current.execute(
            text(
                "INSERT INTO stock_holds (id, owner_id, level_id, quantity, expires_at, created_at)"
                " SELECT gen_random_uuid(), gen_random_uuid(), l.id, 1,"
                " now() + interval '1 day', now() FROM stock_levels l"
            )
        )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return busy


def explained(call: Callable[[], object]) -> list[str]:
    """Return the plan of each statement that a call sends, as PostgreSQL makes it here and now."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, given: Any, _x: Any, _many: bool) -> None:
        sent.append((statement, given))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    connection = session.connection()
    return [
        "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars())
        for statement, given in sent
    ]


INDEXES = {
    "uq_stock_levels_variant_location": (
        "SELECT id FROM stock_levels WHERE variant_id = ANY(ARRAY[:id]::uuid[]) ORDER BY id"
        " FOR UPDATE"
    ),
    "ix_stock_levels_location_id": "SELECT 1 FROM stock_levels WHERE location_id = :id",
    "ix_stock_levels_low": "SELECT count(*) FROM stock_levels WHERE below_threshold",
    "uq_stock_holds_owner_level": "SELECT 1 FROM stock_holds WHERE owner_id = :id",
    "ix_stock_holds_level_id": "SELECT sum(quantity) FROM stock_holds WHERE level_id = :id",
    "ix_stock_holds_expires_at": (
        "SELECT level_id FROM stock_holds WHERE expires_at <= now() ORDER BY expires_at LIMIT 500"
    ),
    "ix_stock_allocations_order_id": "SELECT 1 FROM stock_allocations WHERE order_id = :id",
    "ix_stock_allocations_open": (
        "SELECT sum(quantity) FROM stock_allocations WHERE level_id = :id AND quantity > 0"
    ),
    "ix_stock_movements_level": (
        "SELECT id FROM stock_movements WHERE level_id = :id ORDER BY id DESC LIMIT 26"
    ),
    "ix_stock_movements_order": "SELECT id FROM stock_movements WHERE order_id = :id",
    "uq_stock_movements_fulfilment": (
        "SELECT id FROM stock_movements WHERE fulfilment_id = :id LIMIT 1"
    ),
    "uq_stock_movements_refund": "SELECT id FROM stock_movements WHERE refund_id = :id LIMIT 1",
}


def test_every_index_answers_its_question(crowded: UUID) -> None:
    unused = {}
    for name, statement in INDEXES.items():
        values = {"id": new_id()} if ":id" in statement else {}
        plan = "\n".join(session.scalars(text(f"EXPLAIN {statement}"), values))
        if name not in plan:
            unused[name] = plan
    assert unused == {}


def test_what_customers_wait_for_never_reads_a_whole_table(crowded: UUID) -> None:
    cart = held({crowded: 1})

    def buy() -> None:
        with transaction():
            inventory_service.reserve(cart, {crowded: 2}, until=clock.now() + A_WHILE)
            order_id, wanted = new_id(), demand({crowded: 2})
            inventory_service.allocate(order_id, wanted, cart_id=cart, by=SYSTEM)
            line = wanted[0].order_line_id
            inventory_service.ship(order_id, {line: 1}, fulfilment_id=new_id(), by=SYSTEM)
            inventory_service.release(order_id, None, by=SYSTEM, reason="cancelled")
        inventory_queries.availability([crowded])

    plans = explained(buy)

    assert len(plans) > 20
    whole = [plan for plan in plans if re.search(r"Seq Scan on (stock|variants|products)", plan)]
    assert whole == []


def test_a_deep_page_of_levels_begins_where_it_begins(crowded: UUID) -> None:
    cursor = None
    for _ in range(10):
        cursor = inventory_queries.levels(limit=100, cursor=cursor)["page"]["next_cursor"]

    (plan,) = explained(lambda: inventory_queries.levels(limit=25, cursor=cursor))

    assert "Index Cond: (sku_key >= " in plan


def test_the_list_of_low_levels_reads_only_those(crowded: UUID) -> None:
    (plan,) = explained(lambda: inventory_queries.levels(limit=25, low=True))

    assert "ix_stock_levels_low" in plan


@pytest.mark.parametrize("chosen", [1, 20])
def test_levels_of_chosen_variants_are_found_by_their_index(crowded: UUID, chosen: int) -> None:
    ids = session.scalars(text("SELECT id FROM variants LIMIT :chosen"), {"chosen": chosen}).all()

    (plan,) = explained(lambda: inventory_queries.levels(limit=100, variant_ids=ids))

    assert "uq_stock_levels_variant_location" in plan
    assert "Seq Scan on stock_levels" not in plan


def test_a_search_for_few_products_does_not_walk_all_of_them(crowded: UUID) -> None:
    (_, plan) = explained(lambda: inventory_queries.levels(limit=25, q="thing 4123"))

    assert "uq_variants_sku_key" not in plan
    assert inventory_queries.levels(limit=25, q="thing 4123")["data"][0]["sku"] == "P-4123"
    # So many are meant that the order of SKUs meets them at once.
    assert len(inventory_queries.levels(limit=25, q="thing")["data"]) == 25
