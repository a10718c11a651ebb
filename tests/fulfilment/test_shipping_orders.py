"""An order leaves the house: what the counter sends all day."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from api.fulfilment.events import FulfilmentShipped
from api.fulfilment.models import Fulfilment
from api.kernel import clock
from api.orders.events import OrderCompleted
from api.platform.audit import AuditEntry
from api.platform.db import session
from tests.support.books import differences
from tests.support.events import facts_of
from tests.support.shop import Shop, Staff, key
from tests.support.sql import count_statements
from tests.support.stock import counters, journal
from tests.support.threads import at_once

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def ship(staff: Staff, order: dict[str, Any], body: Any = None, **more: Any) -> Any:
    """Send the command as the console does."""
    return staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", **(body or {})}, **more)


def line(order: dict[str, Any], position: int, quantity: int) -> dict[str, Any]:
    """Name units of a line by its position."""
    return {"order_line_id": order["lines"][position]["id"], "quantity": quantity}


def packed(order: dict[str, Any], position: int, quantity: int, verified: int = 0) -> Any:
    """The same as it stands in a parcel."""
    return {**line(order, position, quantity), "verified_quantity": verified}


def parcels() -> int:
    """Count what was packed."""
    return session.scalar(select(func.count(Fulfilment.id))) or 0


def test_a_paid_order_leaves_as_one_parcel(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff("warehouse")

    with clock.frozen(NOON):
        answer = ship(staff, order, {"tracking_number": "0034 0434 1610"})

    assert answer.status_code == 201
    parcel = answer.json
    assert parcel["number"] == f"{order['number']}-F1"
    assert parcel["status"] == "shipped"
    assert parcel["carrier"] == "DHL"
    assert parcel["tracking_number"] == "003404341610"
    assert parcel["tracking_url"].endswith("=003404341610")
    assert parcel["shipped_at"] == "2026-03-05T12:00:00Z"
    assert parcel["lines"] == [packed(order, 0, 2)]
    assert answer.headers["ETag"] == f'"{parcel["version"]}"'
    case = staff.gets(f"/orders/{order['id']}").json
    assert (case["status"], case["fulfilment_status"]) == ("completed", "shipped")
    assert (case["lines"][0]["shipped_quantity"], case["lines"][0]["open_quantity"]) == (2, 0)
    assert (counters(mug).on_hand, counters(mug).allocated) == (8, 0)
    assert journal(mug)[-1] == ("shipped", -2, -2, 0, 8)
    assert facts_of(FulfilmentShipped) == [
        FulfilmentShipped(fulfilment_id=UUID(parcel["id"]), order_id=UUID(order["id"]))
    ]
    assert len(facts_of(OrderCompleted)) == 1
    with clock.frozen(NOON):
        assert differences() == []


def test_the_history_says_what_left_with_whom(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()

    ship(staff, order, {"tracking_number": "JD014600"})

    last = staff.gets(f"/orders/{order['id']}").json["timeline"][-1]
    number = order["number"]
    assert last["text"] == f"{number}-F1: 2 units shipped with DHL, JD014600."
    assert (last["kind"], last["actor"]) == ("shipped", "Anna Owner")
    assert session.scalars(select(AuditEntry.action)).all().count("fulfilment.shipped") == 1


def test_an_order_leaves_in_two_parcels_and_is_done_with_the_second(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.sells("BOWL", 10)
    order, staff = shop.an_order(MUG=2, BOWL=1), shop.staff()

    first = ship(staff, order, {"lines": [line(order, 0, 1)]}).json
    between = staff.gets(f"/orders/{order['id']}").json
    second = ship(staff, order, {"carrier": "Bike courier"}).json
    after = staff.gets(f"/orders/{order['id']}").json

    assert (first["number"][-2:], second["number"][-2:]) == ("F1", "F2")
    assert between["fulfilment_status"] == "partially_shipped"
    assert [one["open_quantity"] for one in between["lines"]] == [1, 1]
    assert second["lines"] == [packed(order, 0, 1), packed(order, 1, 1)]
    assert (second["carrier"], second["tracking_url"]) == ("Bike courier", None)
    assert (after["status"], after["fulfilment_status"]) == ("completed", "shipped")
    assert [one["id"] for one in after["fulfilments"]] == [first["id"], second["id"]]
    assert differences() == []


def test_the_same_command_sent_twice_ships_once(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, once = shop.an_order(MUG=2), shop.staff(), key()
    half = {"lines": [line(order, 0, 1)]}

    first = ship(staff, order, half, idempotency_key=once)
    again = ship(staff, order, half, idempotency_key=once)

    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (counters(mug).on_hand, parcels()) == (9, 1)


def test_shipping_needs_a_key(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()

    answer = staff.client.post(
        f"/api/v1/admin/orders/{order['id']}/ship", json={"carrier": "DHL"}, headers=staff.headers
    )

    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_required")
    assert parcels() == 0


def test_nothing_leaves_before_it_is_paid(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(paid=False, MUG=1), shop.staff()

    answer = ship(staff, order)

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")
    assert answer.json["current"] == "unpaid"
    assert answer.json["allowed"] == ["mark-paid", "cancel"]
    assert (counters(mug).on_hand, parcels()) == (10, 0)


def test_nothing_leaves_of_a_cancelled_order(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()
    staff.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

    answer = ship(staff, order)

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")
    assert (answer.json["current"], parcels()) == ("cancelled", 0)


def test_no_more_leaves_than_is_open(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    shop.sells("BOWL", 10)
    order, staff = shop.an_order(MUG=2, BOWL=1), shop.staff()

    answer = ship(staff, order, {"lines": [line(order, 1, 1), line(order, 0, 3)]})

    assert (answer.status_code, answer.json["code"]) == (422, "quantity_exceeds_open")
    assert [(e["pointer"], e["detail"]) for e in answer.json["errors"]] == [
        ("/lines/1/quantity", "3 requested, 2 open.")
    ]
    assert (counters(mug).on_hand, parcels()) == (10, 0)


def test_a_completed_order_has_nothing_left_to_ship(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()
    ship(staff, order)

    answer = ship(staff, order)

    assert (answer.status_code, answer.json["current"]) == (409, "completed")
    assert parcels() == 1


def test_refunded_units_stay_at_home(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    staff.refunds(order, lines={0: 1})

    too_many = ship(staff, order, {"lines": [line(order, 0, 3)]})
    rest = ship(staff, order)

    assert too_many.status_code == 422
    assert rest.json["lines"] == [packed(order, 0, 2)]
    assert differences() == []


def test_a_form_with_mistakes_is_refused(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    one = line(order, 0, 1)
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"carrier": "  "}, "/carrier"),
        ({"carrier": "D\x00L"}, "/carrier"),
        ({"carrier": None}, "/carrier"),
        ({"tracking_number": "<script>"}, "/tracking_number"),
        ({"tracking_number": "1" * 101}, "/tracking_number"),
        ({"lines": []}, "/lines"),
        ({"lines": [one, one]}, "/lines/1/order_line_id"),
        ({"lines": [{**one, "quantity": 0}]}, "/lines/0/quantity"),
        ({"lines": [{**one, "quantity": 1.5}]}, "/lines/0/quantity"),
        ({"lines": [{**one, "order_line_id": str(uuid4())}]}, "/lines/0/order_line_id"),
        ({"status": "shipped"}, "/status"),
    ]

    for body, pointer in mistakes:
        answer = ship(staff, order, body)
        assert answer.status_code == 422, (body, answer.json)
        assert answer.json["errors"][0]["pointer"] == pointer, (body, answer.json)
    assert parcels() == 0


def test_an_unknown_order_is_not_found(shop: Shop) -> None:
    answer = ship(shop.staff(), {"id": uuid4()})

    assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")


def test_support_may_look_and_not_ship(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, support = shop.an_order(MUG=1), shop.staff("support")

    refused = ship(support, order)
    seen = support.gets(f"/orders/{order['id']}/fulfilments")

    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    assert (seen.status_code, seen.json["data"]) == (200, [])
    assert parcels() == 0


def test_two_people_ship_the_same_order_and_it_leaves_once(shop: Shop) -> None:
    """Without the lock on the order both would read two open units and send four."""
    mug = shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    counter = [shop.staff() for _ in range(4)]

    def send(staff: Staff) -> Any:
        return lambda: ship(staff, order)

    answers = at_once(shop.app, [send(staff) for staff in counter])

    assert (answers.of_status(201), answers.of_status(409)) == (1, 3)
    assert (counters(mug).on_hand, counters(mug).allocated) == (8, 0)
    assert differences() == []


def test_a_large_order_ships_in_as_many_statements_as_a_small_one(shop: Shop) -> None:
    for number in range(30):
        shop.sells(f"CARD-{number}", 5)
    staff, counts = shop.staff(), []
    for names in (range(2), range(30)):
        order = shop.an_order(**{f"CARD-{number}": 1 for number in names})
        with count_statements() as statements:
            assert ship(staff, order).status_code == 201
        counts.append(statements)

    assert counts[0].count == counts[1].count, counts[1]
    assert counts[0].count <= 25, counts[0]
