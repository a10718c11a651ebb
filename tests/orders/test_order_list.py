"""The staff's list of orders: narrowed, searched, paged and counted."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from api.kernel import clock
from api.platform.db import db, session, transaction
from tests.support.plans import copied, refresh_statistics
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.sql import count_statements


def numbers(staff: Staff, **query: Any) -> list[str]:
    """List the numbers that a question finds."""
    answer = staff.gets("/orders", **query)
    assert answer.status_code == 200, answer.json
    return [order["number"] for order in answer.json["data"]]


def placed_for(shop: Shop, name: str, *, paid: bool) -> None:
    guest = shop.guest()
    guest.email = f"{name.split()[0].lower()}@example.test"
    guest.adds("MUG", 1)
    order = guest.checks_out(shipping_address={**ADDRESS, "name": name})
    if paid:
        guest.pays(order)


def test_each_question_finds_its_orders(shop: Shop) -> None:
    shop.sells("MUG", 10)
    for name, paid in (("Ada Byron", True), ("Zoë Łukasz", False), ("Adam_Tan", True)):
        placed_for(shop, name, paid=paid)
    owner = shop.staff()
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()

    assert numbers(owner) == ["1003", "1002", "1001"]
    assert numbers(owner, sort="placed_at") == ["1001", "1002", "1003"]
    assert numbers(owner, queue="to_ship") == ["1003", "1001"]
    assert numbers(owner, payment_status="unpaid") == ["1002"]
    assert numbers(owner, status="cancelled") == []
    assert numbers(owner, placed_at_gte=tomorrow) == []
    assert numbers(owner, placed_at_lt=tomorrow, queue="to_ship") == ["1003", "1001"]
    assert numbers(owner, q="1002") == ["1002"]
    assert numbers(owner, q="O-1002") == ["1002"]
    assert numbers(owner, q="ada") == ["1003", "1001"]
    assert numbers(owner, q="ZOË") == ["1002"]
    assert numbers(owner, q="adam_") == ["1003"]
    assert numbers(owner, q="%") == []


def test_a_card_tells_what_is_left_to_ship(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer = shop.guest()
    buyer.adds("MUG", 5)
    order = buyer.checks_out()
    buyer.pays(order)
    owner = shop.staff()
    (line,) = owner.opens(order)["lines"]
    some = {"carrier": "DHL", "lines": [{"order_line_id": line["id"], "quantity": 2}]}
    assert owner.posts(f"/orders/{order['id']}/ship", some).status_code == 201

    told = [
        owner.gets("/orders").json["data"][0],
        owner.gets("/orders", q="1001").json["data"][0],
        owner.gets("/scan", code="1001").json["order"],
        owner.opens(order),
    ]
    assert [(one["unit_count"], one["open_unit_count"]) for one in told] == [(5, 3)] * 4


def test_pages_follow_one_another_and_the_total_is_counted(shop: Shop) -> None:
    shop.sells("MUG", 10)
    for _ in range(5):
        placed_for(shop, "Ada Byron", paid=True)
    owner = shop.staff()

    first = owner.gets("/orders", limit=2, include="total", queue="to_ship").json
    second = owner.gets("/orders", limit=2, queue="to_ship", cursor=first["page"]["next_cursor"])
    elsewhere = owner.gets("/orders", limit=2, cursor=first["page"]["next_cursor"])

    assert (first["page"]["total"], first["page"]["total_is_capped"]) == (5, False)
    assert [order["number"] for order in second.json["data"]] == ["1003", "1002"]
    assert (elsewhere.status_code, elsewhere.json["code"]) == (422, "cursor_invalid")


def test_an_unknown_question_is_refused_instead_of_listing_everything(shop: Shop) -> None:
    answer = shop.staff().gets("/orders", statsu="paid")

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/statsu"


def test_a_page_costs_one_statement_beside_the_guard(shop: Shop) -> None:
    shop.sells("MUG", 10)
    for _ in range(3):
        placed_for(shop, "Ada Byron", paid=True)
    owner = shop.staff()
    owner.gets("/orders")

    with count_statements() as statements:
        owner.gets("/orders", limit=50)

    assert statements.count == 2


def test_a_plan_for_any_limit_reads_no_more_than_the_longest_page(shop: Shop) -> None:
    """Otherwise it would expect a tenth of all orders, and sort more of them than memory holds."""
    shop.sells("MUG", 1)
    placed_for(shop, "Ada Byron", paid=True)
    order_id = session.scalar(text("SELECT id FROM orders"))
    mixed = {"placed_at": "now() - random() * interval '9 years'", "number": "'R-' || n"}
    copied("orders", order_id, 3_000, cart_id="NULL", **mixed)
    refresh_statistics("orders")
    owner = shop.staff()

    with count_statements() as statements:
        owner.gets("/orders", limit=50)

    page = next(one for one in statements.texts if "FROM orders" in one)
    generic = re.sub(r"%\(\w+\)s", "$1", page)
    with transaction() as current:
        current.execute(text("SET LOCAL effective_cache_size = '1MB'"))
        plan = "\n".join(current.scalars(text(f"EXPLAIN (GENERIC_PLAN) {generic}")))
    assert "ix_orders_newest" in plan, plan
    assert "Sort" not in plan, plan


FORGET_SIZE = """
    UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = 'orders'::regclass
    OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'orders'::regclass)
"""


def test_the_queue_and_the_newest_orders_are_read_from_their_indexes(shop: Shop) -> None:
    plans = {
        "ix_orders_to_ship": "SELECT id FROM orders WHERE to_ship = true"
        " ORDER BY placed_at, id LIMIT 50",
        "ix_orders_newest": "SELECT id FROM orders ORDER BY placed_at DESC, id DESC LIMIT 50",
        "ix_orders_awaiting_payment": "SELECT id FROM orders"
        " WHERE expires_at <= now() AND status = 'placed' ORDER BY expires_at LIMIT 50",
    }
    with db.engine.begin() as connection:
        # What another test's many orders taught the planner must not decide here.
        connection.execute(text(FORGET_SIZE))
        connection.execute(text("DELETE FROM pg_statistic WHERE starelid = 'orders'::regclass"))
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_sort = off"))
        for index, question in plans.items():
            plan = "\n".join(connection.execute(text(f"EXPLAIN {question}")).scalars())
            assert index in plan, plan
