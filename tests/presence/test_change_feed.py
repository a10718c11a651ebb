"""What changed: nothing that commits is skipped, however late, and nobody hears too much."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from api.event_handlers import WORK
from api.kernel.ids import new_id
from api.platform import change_feed
from api.platform.db import db, session
from api.presence import jobs as presence_jobs
from tests.support.shop import Shop
from tests.support.sql import count_statements

KINDS = ("attention", "order", "product", "stock_level")


def told(found: change_feed.Changes) -> set[tuple[str, str]]:
    """Return what changed, by kind and id."""
    return {(one["kind"], one["id"]) for one in found.changes}


def orders_of(found: change_feed.Changes) -> set[str]:
    """Return the ids of orders that changed."""
    return {object_id for kind, object_id in told(found) if kind == "order"}


def touch(connection: Any, order: dict[str, Any]) -> None:
    """Change an order in a transaction of its own, which stays open."""
    connection.execute(
        text("UPDATE orders SET version = version + 1 WHERE id = :id"), {"id": order["id"]}
    )


def test_what_began_first_and_committed_last_is_told(shop: Shop) -> None:
    """A cursor made of times or numbers would be beyond the first transaction by then."""
    shop.sells("MUG", 10)
    slow, quick = shop.an_order(MUG=1), shop.an_order(MUG=1)
    start = change_feed.since(None, KINDS)
    with db.engine.connect() as first, db.engine.connect() as second:
        touch(first, slow)
        touch(second, quick)
        second.commit()
        between = change_feed.since(start.cursor, KINDS)
        again = change_feed.since(between.cursor, KINDS)
        first.commit()
    after = change_feed.since(again.cursor, KINDS)
    at_last = change_feed.since(after.cursor, KINDS)

    assert orders_of(between) == {quick["id"]}
    assert orders_of(again) == set()
    assert orders_of(after) == {slow["id"]}
    assert orders_of(at_last) == set()
    # From the first cursor on, both are told, whatever was asked in between.
    assert orders_of(change_feed.since(start.cursor, KINDS)) == {slow["id"], quick["id"]}


def test_what_is_taken_back_is_not_told(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=1)
    start = change_feed.since(None, KINDS)
    with db.engine.connect() as connection:
        touch(connection, order)
        connection.rollback()

    assert told(change_feed.since(start.cursor, KINDS)) == set()


def test_many_writers_and_one_reader_agree_at_the_end(app: Flask, shop: Shop) -> None:
    """Eight people commit whenever they like; who only follows the feed misses nobody."""
    shop.sells("MUG", 50)
    placed = [shop.an_order(MUG=1) for _ in range(8)]
    cursor = change_feed.since(None, KINDS).cursor
    session.remove()

    def work(order: dict[str, Any], pause: float) -> None:
        for _ in range(6):
            with db.engine.connect() as connection:
                touch(connection, order)
                connection.execute(text("SELECT pg_sleep(:pause)"), {"pause": pause})
                connection.commit()

    def at_work(order: dict[str, Any], pause: float) -> None:
        with app.app_context():
            work(order, pause)

    people = [
        threading.Thread(target=at_work, args=(order, 0.003 * n)) for n, order in enumerate(placed)
    ]
    for person in people:
        person.start()
    heard: dict[str, int] = dict.fromkeys((one["id"] for one in placed), 0)
    while any(person.is_alive() for person in people):
        found = change_feed.since(cursor, KINDS)
        cursor = found.cursor
        for order_id in orders_of(found):
            heard[order_id] += 1
    for person in people:
        person.join()
    for order_id in orders_of(change_feed.since(cursor, KINDS)):
        heard[order_id] += 1

    assert all(1 <= times <= 6 for times in heard.values())


def test_all_that_is_done_to_an_order_is_told(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    staff = shop.staff()
    path = f"/orders/{order['id']}"
    cursor = staff.gets("/changes").get_json()["cursor"]
    for command, body in (
        ("notes", {"text": "Fragile."}),
        ("holds", {"reason": "address"}),
        ("refunds", {"lines": [], "shipping": True, "reason": "other"}),
    ):
        answer = staff.posts(f"{path}/{command}", body)
        assert answer.status_code == 201, answer.get_json()
        seen = staff.gets("/changes", after=cursor).get_json()
        cursor = seen["cursor"]
        assert {"kind": "order", "id": order["id"]} in seen["changes"], command


def test_goods_and_prices_are_told(shop: Shop) -> None:
    shop.sells("MUG", 10)
    staff = shop.staff()
    variant = staff.gets("/scan", code="MUG").get_json()["variant"]
    level = variant["levels"][0]["id"]
    cursor = staff.gets("/changes").get_json()["cursor"]

    staff.posts(f"/stock/{level}/adjust", {"change": -1, "reason": "damaged"})
    shelf = staff.gets("/changes", after=cursor).get_json()
    row = {
        "id": variant["id"],
        "version": 1,
        "prices": [{"price": {"amount": 1234, "currency": "EUR"}, "compare_at": None}],
    }
    done = staff.posts("/variants/batch", {"items": [row]})
    prices = staff.gets("/changes", after=shelf["cursor"]).get_json()

    assert {"kind": "stock_level", "id": level} in shelf["changes"]
    assert done.status_code == 200, done.get_json()
    assert "product" in {one["kind"] for one in prices["changes"]}


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        ("owner", {"order", "product", "stock_level"}),
        ("warehouse", {"order", "product", "stock_level"}),
    ],
)
def test_each_role_hears_what_it_may_read(shop: Shop, role: str, kinds: set[str]) -> None:
    staff = shop.staff(role)
    cursor = staff.gets("/changes").get_json()["cursor"]
    shop.sells("MUG", 10)
    shop.an_order(MUG=1)

    seen = staff.gets("/changes", after=cursor).get_json()

    assert {one["kind"] for one in seen["changes"]} == kinds
    assert seen["must_reload"] is False


def test_a_kind_that_somebody_may_not_read_is_not_told(shop: Shop) -> None:
    cursor = change_feed.since(None, KINDS).cursor
    shop.sells("MUG", 10)
    shop.an_order(MUG=1)

    assert {kind for kind, _ in told(change_feed.since(cursor, ["product"]))} == {"product"}
    assert told(change_feed.since(cursor, [])) == set()


def test_customers_and_strangers_hear_nothing(shop: Shop) -> None:
    stranger = shop.app.test_client()
    customer = shop.customer()

    assert stranger.get("/api/v1/admin/changes").status_code == 401
    answer = stranger.get("/api/v1/admin/changes", headers=customer.headers)
    assert answer.status_code == 403


def test_a_cursor_that_is_too_old_is_told_to_read_everything_again(shop: Shop) -> None:
    seconds, _, seen = change_feed.since(None, KINDS).cursor.partition("-")
    age = int(change_feed.GOOD_FOR.total_seconds())

    assert change_feed.since(f"{int(seconds) - age - 5}-{seen}", KINDS).must_reload
    assert not change_feed.since(f"{int(seconds) - age + 60}-{seen}", KINDS).must_reload


def test_a_cursor_of_another_database_is_told_to_read_everything_again(shop: Shop) -> None:
    seconds = change_feed.since(None, KINDS).cursor.partition("-")[0]

    assert change_feed.since(f"{seconds}-999999999:999999999:", KINDS).must_reload


def test_too_much_at_once_is_told_as_such(shop: Shop) -> None:
    cursor = change_feed.since(None, KINDS).cursor
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO changes (transaction, kind, object_id) SELECT pg_current_xact_id(),"
                " 'order', gen_random_uuid() FROM generate_series(1, :n)"
            ),
            {"n": change_feed.MOST + 1},
        )

    assert change_feed.since(cursor, KINDS).must_reload


def test_an_import_is_one_row_and_told_as_many(shop: Shop) -> None:
    shop.sells("MUG", 10)
    cursor = change_feed.since(None, KINDS).cursor
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO products (id, version, created_at, slug, title, description, status,"
                " vendor, product_type, tags, options, in_stock, search_title, search_words,"
                " search_body) SELECT gen_random_uuid(), 1, now(), 'm-' || n, 'M', '', 'draft',"
                " '', '', '[]', '[]', false, '', '', '' FROM generate_series(1, :n) n"
            ),
            {"n": change_feed.MAX_AT_ONCE + 1},
        )

    assert told(change_feed.since(cursor, KINDS)) == {("product", None)}


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "1-2", "1-2:1:", "1-0:1:", "1-1:5:3,2", "1-1:5:7", "1-3:5:2", "1-5:9:6,6",
        "99999999999999-1:2:", "1-1:99999999999999999999:", "1-٣:٤:",
    ],
)  # fmt: skip
def test_a_cursor_that_was_made_up_is_refused(shop: Shop, cursor: str) -> None:
    answer = shop.staff().gets("/changes", after=cursor)

    assert answer.status_code == 422
    assert answer.get_json()["code"] == "cursor_invalid"


def test_a_look_is_one_statement_and_one_for_the_claims(shop: Shop) -> None:
    staff = shop.staff()
    cursor = staff.gets("/changes").get_json()["cursor"]
    with count_statements() as seen:
        staff.gets("/changes", after=cursor)

    # Who is asking, what changed, who has what open.
    assert len(seen) == 3


def test_old_changes_are_forgotten_by_the_timetable(shop: Shop) -> None:
    assert presence_jobs.purge_old_changes in [periodic.run for periodic in WORK.timetable]
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM changes"))
        for hours in (1, 3):
            connection.execute(
                text(
                    "INSERT INTO changes VALUES (pg_current_xact_id(), 'order', :id,"
                    " now() - make_interval(hours => :hours))"
                ),
                {"id": new_id(), "hours": hours},
            )

    presence_jobs.purge_old_changes()

    assert session.scalar(text("SELECT count(*) FROM changes")) == 1
