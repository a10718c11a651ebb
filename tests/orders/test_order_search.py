"""Orders are found whatever way they are asked for."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api.fulfilment import jobs as fulfilment_jobs
from api.kernel.principal import SYSTEM
from api.orders import queries as orders_queries
from api.orders.search_text import search_words, tsquery_of
from api.platform.db import session, transaction
from api.platform.pagination import Sort
from tests.support.emptying import empty_everything
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.plans import copied, plans_of, tables_read_whole
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.sql import count_statements

JURGEN = {
    **ADDRESS,
    "name": "Jürgen Großmüller",
    "company": "Müller & Söhne GmbH",
    "city": "Hamburg",
    "postal_code": "20095",
    "phone": "+49 40 1234567",
}


def numbers(staff: Staff, **query: Any) -> list[str]:
    """List the numbers that a question finds."""
    answer = staff.gets("/orders", **query)
    assert answer.status_code == 200, answer.json
    return [order["number"] for order in answer.json["data"]]


@pytest.fixture
def staff(shop: Shop) -> Staff:
    """A shop with orders that have nothing in common."""
    shop.sells("BLUE-MUG-01", 10)
    shop.sells("CUP", 10)
    for sku, email, address in (
        ("BLUE-MUG-01", "j.grossmueller@firma.example", JURGEN),
        ("CUP", "søren@example.test", {**ADDRESS, "name": "Søren O'Brien-Ærø"}),
        ("CUP", "wen@example.test", {**ADDRESS, "name": "文 小明"}),
        ("CUP", "d@example.test", {**ADDRESS, "name": "Đorđe Łukasz Çelik"}),
    ):  # fmt: skip
        guest = shop.guest()
        guest.email = email
        guest.adds(sku, 1)
        british = {"postal_code": "SW1A 1AA", "country": "GB"} if "文" in address["name"] else {}
        order = guest.checks_out(shipping_address=address, billing_address={**address, **british})
        guest.pays(order)
        if sku == "BLUE-MUG-01":
            first = order
    staff = shop.staff()
    staff.posts(f"/orders/{first['id']}/ship", {"carrier": "DHL", "tracking_number": "JD00-0142"})
    return staff


FOUND = {
    "Großmüller": ["1001"],
    "grossmuller": ["1001"],
    "GROSSMUELLER": ["1001"],
    "jurgen": ["1001"],
    "Juergen": ["1001"],
    "Jürgen Groß": ["1001"],
    "großmüller jür": ["1001"],
    "Müller": ["1001"],
    "söhne gmbh": ["1001"],
    "Müller & Söhne": ["1001"],
    "#1001": ["1001"],
    "1001": ["1001"],
    "O-1001": ["1001"],
    " o-1001 ": ["1001"],
    "JD000142": ["1001"],
    "jd00 0142": ["1001"],
    "JD00-0142": ["1001"],
    "JD00": ["1001"],
    "20095": ["1001"],
    "20095 großmüller": ["1001"],
    "BLUE-MUG-01": ["1001"],
    "blue-mug": ["1001"],
    "bluemug01": ["1001"],
    "+49 40 1234567": ["1001"],
    "040 1234567": ["1001"],
    "040/123-45-67": ["1001"],
    "0049401234567": ["1001"],
    "1234567": ["1001"],
    "j.grossmueller@firma.example": ["1001"],
    "J.GROSSMUELLER@FIRMA": ["1001"],
    "@firma.example": ["1001"],
    "soren": ["1002"],
    "soeren": ["1002"],
    "søren@": ["1002"],
    "o'brien": ["1002"],
    "obrien": ["1002"],
    "brien-aero": ["1002"],
    "文": ["1003"],
    "sw1a 1aa": ["1003"],
    "sw1a1aa": ["1003"],
    "celik dorde": ["1004"],
    "lukasz": ["1004"],
    "cup": ["1004", "1003", "1002"],
    "cup lukasz": ["1004"],
    "müller lukasz": [],
    "200": [],
    "100": [],
    "%": [],
    "!!!": [],
    "' | ''": [],
    "\\": [],
    "a@b'\\": [],
}


def test_an_order_is_found_by_anything_that_is_known_of_it(staff: Staff) -> None:
    assert {typed: numbers(staff, q=typed) for typed in FOUND} == FOUND


def test_a_search_is_narrowed_by_every_view(staff: Staff) -> None:
    assert numbers(staff, q="cup", queue="to_ship", sort="placed_at") == ["1002", "1003", "1004"]
    assert numbers(staff, q="grossmuller", queue="to_ship") == []
    assert numbers(staff, q="grossmuller", fulfilment_status="shipped") == ["1001"]
    assert numbers(staff, q="cup", payment_status="paid", limit=1) == ["1004"]


def test_a_marked_number_finds_one_order_and_none_with_such_a_word(shop: Shop) -> None:
    shop.sells("1001", 10)
    for _ in range(2):
        guest = shop.guest()
        guest.adds("1001", 1)
        guest.pays(guest.checks_out())
    staff = shop.staff()

    assert numbers(staff, q="1001") == ["1002", "1001"]
    assert numbers(staff, q="#1001") == numbers(staff, q="o-1001", queue="to_ship") == ["1001"]
    assert staff.gets("/orders", q="#1001", include="total").json["page"]["total"] == 1


def test_a_second_parcel_is_found_as_well_as_the_first(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    for tracking in ("FIRST-1", "SECOND-2"):
        body = {"carrier": "DHL", "tracking_number": tracking, "lines": [line]}
        assert staff.posts(f"/orders/{order['id']}/ship", body).status_code == 201

    assert numbers(staff, q="first1") == numbers(staff, q="second2") == [order["number"]]


def test_a_search_is_one_statement(staff: Staff) -> None:
    numbers(staff, q="grossmuller")

    with count_statements() as statements:
        numbers(staff, q="jürgen großmüller", queue="to_ship")

    assert statements.count == 2, statements  # the other one is the guard's


@pytest.fixture(scope="module")
def made_once(
    bare_app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer
) -> dict[str, list[str]]:
    """60,000 orders, for the tests that stand together below: to make them takes five seconds."""
    with bare_app.app_context():
        empty_everything()
        found = made(Shop(bare_app, gateway, mailer).opens())
        session.rollback()
    return found


@pytest.fixture
def many(bare_app: Flask, made_once: dict[str, list[str]]) -> Iterator[dict[str, list[str]]]:
    """The numbers that some words find among many orders, the newest first."""
    with bare_app.app_context():
        yield made_once
        session.rollback()


def made(shop: Shop) -> dict[str, list[str]]:
    """Make 60,000 orders, one a minute; return the numbers that some words find."""
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=1)
    copied(
        "orders",
        order["id"],
        60_000,
        number="'N' || n",
        cart_id="NULL",
        placed_at="placed_at - n * interval '1 minute'",
        search="array_to_tsvector(ARRAY['name' || n, 'common']"
        " || CASE WHEN n % 500 = 0 THEN ARRAY['seldom'] ELSE ARRAY[]::text[] END"
        " || CASE WHEN n > 59000 THEN ARRAY['former'] ELSE ARRAY[]::text[] END"
        " || CASE WHEN n <= 10 THEN ARRAY['fresh'] ELSE ARRAY[]::text[] END)",
    )
    return {
        "name60000": ["N60000"],
        "seldom": [f"N{n}" for n in range(500, 60_001, 500)],
        "former": [f"N{n}" for n in range(59_001, 60_001)],
        "fresh": [f"N{n}" for n in range(1, 11)],
        "common": [f"N{n}" for n in range(1, 60_001)],
        "seldom common": [f"N{n}" for n in range(500, 60_001, 500)],
        "nobody": [],
    }


def listed(q: str, sort: Sort, pages: int, **narrow: Any) -> list[str]:
    """Read some pages of a search, one after the other."""
    found: list[str] = []
    cursor = None
    for _ in range(pages):
        answer = orders_queries.list_orders(
            orders_queries.OrderFilter(q=q, **narrow),
            sort,
            limit=30,
            cursor=cursor,
            with_total=False,
            by=SYSTEM,
        )
        found += [one["number"] for one in answer["data"]]
        cursor = answer["page"]["next_cursor"]
        if cursor is None:
            break
    return found


def test_whichever_way_a_search_takes_it_finds_the_same(many: dict[str, list[str]]) -> None:
    """Words of all orders, of some, of old ones alone and of none; from both ends, page by page."""
    for word, numbers in many.items():
        assert listed(word, orders_queries.NEWEST, 5) == numbers[:150], word
        assert listed(word, orders_queries.OLDEST, 5) == numbers[::-1][:150], word
        assert listed(word, orders_queries.NEWEST, 5, payment_status="paid") == numbers[:150], word
        assert listed(word, orders_queries.NEWEST, 1, status="cancelled") == [], word


def plan_of(q: str, **narrow: Any) -> str:
    """Return how the database would answer a search."""
    found = orders_queries.OrderFilter(q=q, **narrow)
    return plans_of(
        lambda: orders_queries.list_orders(
            found, orders_queries.NEWEST, limit=50, cursor=None, with_total=False, by=SYSTEM
        )
    )


def reads_of(q: str) -> tuple[int, int]:
    """Return how many whole reads, and how many rows, a search of all orders takes of the table."""
    counted = text(
        "SELECT pg_stat_get_xact_numscans('orders'::regclass),"
        " pg_stat_get_xact_tuples_fetched('orders'::regclass)"
        " + pg_stat_get_xact_tuples_returned('orders'::regclass)"
    )
    with transaction():
        before = session.execute(counted).one()
        listed(q, orders_queries.NEWEST, 1)
        after = session.execute(counted).one()
    return after[0] - before[0], after[1] - before[1]


def test_a_search_of_all_orders_reads_few_of_them(many: dict[str, list[str]]) -> None:
    """The first 300, then those that the index of words names: a fresh word is not walked on."""
    rows = {word: reads_of(word) for word in many}

    assert {whole for whole, _ in rows.values()} == {0}, rows
    few = {word: read for word, (_, read) in rows.items() if word != "former"}
    assert max(few.values()) < 1_200, rows
    assert rows["former"][1] < 2_500, rows  # the whole thousand is read, to find its newest


def test_a_search_of_a_view_goes_along_its_index(many: dict[str, list[str]]) -> None:
    """Among many orders, also where the view has an index of its own."""
    for narrow in ({"queue": "to_ship"}, {"payment_status": "paid"}):
        plan = plan_of("name17", **narrow)
        assert plan.count("Bitmap Index Scan on ix_orders_found") == 2, plan
        assert "&&" in plan, plan  # of the first of them only the newest periods
        # Of these there are a few here, or none.
        assert tables_read_whole(plan) <= {"order_lines", "stock_allocations"}, plan


def test_the_way_along_a_view_leaves_the_index_of_words_alone(
    many: dict[str, list[str]],
) -> None:
    """Many hits are found by walking: gathered and sorted they would be hundreds of thousands."""
    plan = plan_of("common", payment_status="paid")

    assert len(re.findall(r"Filter: .*@@ .*IS TRUE", plan)) == 1, plan


def test_orders_of_one_moment_are_all_found_and_once(many: dict[str, list[str]]) -> None:
    """The last of those that share them: it moves some."""
    with transaction():
        session.execute(text("UPDATE orders SET placed_at = (SELECT max(placed_at) FROM orders)"
                             " WHERE number ~ '^N[0-9]{1,3}$'"))  # fmt: skip
    for word, hits in {"seldom": 120, "fresh": 10, "name7": 1_111, "common": 1_800}.items():
        numbers = listed(word, orders_queries.NEWEST, 60)
        assert (len(numbers), len(set(numbers))) == (hits, hits), word


def test_orders_that_an_older_release_wrote_are_found_after_the_sweep(shop: Shop) -> None:
    shop.sells("MUG", 10)
    (waiting, shipped), staff = [shop.an_order(MUG=1) for _ in range(2)], shop.staff()
    with transaction():
        session.execute(text("UPDATE orders SET search = ''"))
    staff.posts(f"/orders/{shipped['id']}/ship", {"carrier": "DHL", "tracking_number": "T-77"})
    assert numbers(staff, q="carla") == numbers(staff, q="t77") == []

    fulfilment_jobs.index_old_orders()

    assert numbers(staff, q="carla") == [shipped["number"], waiting["number"]]
    assert numbers(staff, q="t77") == [shipped["number"]]
    with count_statements() as statements:
        fulfilment_jobs.index_old_orders()
    assert statements.count == 1, statements


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_typed_is_a_question(typed: str, name: str) -> None:
    """And a whole name finds its order: each of its words is among those that are kept."""
    kept = search_words(number="1", email="a@b.test", addresses=[{"name": name}])
    asked = tsquery_of(typed)

    assert all(kept)
    assert asked.count("'") % 2 == 0
    assert "\0" not in asked
