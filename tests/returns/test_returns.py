"""Returns from their request to the closed case."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from api.payment_sync import service as payment_sync_service
from api.payments import queries as payments_queries
from api.payments.gateways import RefundSnapshot
from api.platform.db import session, transaction
from tests.support.books import differences
from tests.support.returned import (
    asks,
    inspects,
    opened,
    policy,
    quotes,
    receives,
    refunds,
    shipped,
    sold,
)
from tests.support.shop import Shop
from tests.support.stock import counters, journal
from tests.support.work import drain


def test_a_return_goes_from_request_to_refund(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)

    asked = asks(buyer, order, {0: 1}, note="too small")
    assert asked.status_code == 201, asked.json
    back = asked.json
    assert (back["number"], back["status"]) == (f"R-{order['number']}-1", "requested")

    approved = staff.posts(f"/returns/{back['id']}/approve")
    assert (approved.status_code, approved.json["status"]) == (200, "approved")
    drain()
    letters = [one for one in shop.mailer.sent if back["number"] in one.subject]
    assert len(letters) == 1
    assert f"/returns/{back['id']}/slip" in letters[0].text
    came = receives(staff, back, {mug: 1})
    assert (came.status_code, came.json["status"]) == (200, "received")
    assert counters(mug).on_hand == 8
    seen = inspects(staff, came.json, "restock", 1)
    assert (seen.status_code, seen.json["status"]) == (200, "inspected")
    assert counters(mug).on_hand == 9

    quote = quotes(staff, back)
    done = refunds(staff, back, expected_amount=quote["amount"])
    assert done.status_code == 201, done.json
    assert done.json["amount"] == {"amount": 999, "currency": "EUR"}
    assert (done.json["return_id"], done.json["reason"]) == (back["id"], "return")
    ended = staff.gets(f"/returns/{back['id']}").json
    assert ended["status"] == "closed"
    assert ended["lines"][0]["refunded_quantity"] == 1
    assert ended["lines"][0]["dispositions"][0]["disposition"] == "restock"
    assert differences() == []


def test_no_more_is_returned_than_was_shipped(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=3)

    assert asks(buyer, order, {0: 2}).status_code == 201
    too_many = asks(buyer, order, {0: 2})

    assert (too_many.status_code, too_many.json["code"]) == (422, "quantity_exceeds_returnable")
    assert "1 can be returned" in too_many.json["errors"][0]["detail"]
    seen = staff.gets(f"/orders/{order['id']}/returnable").json
    assert (seen["status"], seen["lines"][0]["quantity"]) == ("requested", 1)


def test_units_that_a_refund_restocked_are_not_returned_again(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    staff.refunds(order, lines={0: 1}, restock=True)

    assert asks(buyer, order, {0: 2}).json["code"] == "quantity_exceeds_returnable"
    assert asks(buyer, order, {0: 1}).status_code == 201
    # And what is in a return is restocked by the return alone.
    refund = staff.refunds(order, lines={0: 1}, restock=True).json
    assert refund["lines"][0]["restocked_quantity"] == 0


def test_unshipped_units_are_not_returned(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer = shop.guest()
    order = shop.an_order(buyer=buyer, MUG=2)

    assert asks(buyer, order, {0: 1}).json["code"] == "quantity_exceeds_returnable"


def test_another_guest_sees_nothing(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    back = asks(buyer, order, {0: 1}).json
    staff.posts(f"/returns/{back['id']}/approve")
    other = shop.guest()
    other.adds("MUG", 1)

    for path in ("", "/slip"):
        url = f"/api/v1/returns/{back['id']}{path}"
        assert other.client.get(url, headers=other.headers).status_code == 404
        assert buyer.client.get(url, headers=buyer.headers).status_code == 200
    assert asks(other, order, {0: 1}).status_code == 404


def test_the_policy_binds_customers_and_advises_staff(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    policy(staff, is_final_sale=True, product_id=order["lines"][0]["product_id"])

    refused = asks(buyer, order, {0: 1})
    back = opened(staff, order, {0: 1})

    assert (refused.status_code, refused.json["code"]) == (422, "return_refused_by_policy")
    assert refused.json["errors"][0]["detail"] == "It was a final sale."
    assert (back["status"], back["advice"]) == ("approved", ["MUG: It was a final sale."])


def test_a_rejected_return_frees_its_units_and_tells_why(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    back = asks(buyer, order, {0: 1}).json

    rejected = staff.posts(f"/returns/{back['id']}/reject", {"reason": "it was used"})
    drain()

    assert (rejected.json["status"], rejected.json["decision"]) == ("rejected", "it was used")
    assert "it was used" in shop.mailer.sent[-1].text
    assert asks(buyer, order, {0: 1}).status_code == 201
    again = staff.posts(f"/returns/{back['id']}/approve")
    assert (again.status_code, again.json["code"]) == (409, "invalid_state")


def test_each_disposition_is_an_entry_in_the_right_state(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=6)
    back = opened(staff, order, {0: 6})
    back = receives(staff, back, {mug: 5}).json

    for disposition, units in (
        ("restock", 2), ("damaged", 1), ("quarantine", 1), ("discard", 1), ("missing", 1),
    ):  # fmt: skip
        answer = inspects(staff, back, disposition, units)
        assert answer.status_code == 200, answer.json

    level = session.execute(
        text("SELECT on_hand, damaged, quarantine FROM stock_levels WHERE variant_id = :v"),
        {"v": mug},
    ).one()
    assert tuple(level) == (8, 1, 1)
    kinds = [entry[0] for entry in journal(mug)][-5:]
    assert kinds == ["restocked", "restocked", "restocked", "restocked", "adjusted"]
    assert answer.json["status"] == "inspected"
    line = answer.json["lines"][0]
    assert (line["disposed_quantity"], line["missing_quantity"]) == (6, 1)
    assert differences() == []


def test_more_than_what_came_has_no_disposition(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    back = receives(staff, back, {mug: 1}).json

    answer = inspects(staff, back, "restock", 2)

    assert (answer.status_code, answer.json["code"]) == (422, "disposition_exceeds_received")
    assert inspects(staff, back, "missing", 2).json["code"] == "disposition_exceeds_received"


def test_what_was_not_announced_is_recorded_and_not_refused(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 10), shop.sells("CUP", 10)
    order, staff, _ = sold(shop, MUG=3)
    back = opened(staff, order, {0: 1})

    came = receives(staff, back, {mug: 2, cup: 1}, disposition="restock")

    assert came.status_code == 200, came.json
    announced, of_order, stranger = came.json["lines"]
    assert (announced["received_quantity"], announced["is_unexpected"]) == (1, False)
    assert (of_order["received_quantity"], of_order["is_unexpected"]) == (1, True)
    assert of_order["order_line_id"] == order["lines"][0]["id"]
    assert (stranger["sku"], stranger["order_line_id"]) == ("CUP", None)
    assert staff.gets(f"/orders/{order['id']}/returnable").json["status"] == "partial"
    assert (counters(mug).on_hand, counters(cup).on_hand) == (9, 11)
    assert quotes(staff, back)["amount"]["amount"] == 2 * 999
    assert differences() == []


def test_two_people_who_receive_one_unit_record_it_once(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    unit = {"variant_id": str(mug), "quantity": 1, "expected_received": 0}

    first = staff.posts(f"/returns/{back['id']}/receive", {"units": [unit]})
    second = shop.staff().posts(f"/returns/{back['id']}/receive", {"units": [unit]})

    assert first.status_code == 200
    assert (second.status_code, second.json["code"]) == (409, "return_changed")
    assert second.json["received_quantity"] == 1


def test_a_return_is_closed_without_a_refund(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    receives(staff, back, {mug: 1}, disposition="quarantine")

    closed = staff.posts(f"/returns/{back['id']}/close", {"note": "kept as agreed"})

    assert closed.json["status"] == "closed"
    # The unit that never came may be returned another time.
    assert asks(buyer, order, {0: 1}).status_code == 201
    assert differences() == []


def test_a_refund_before_the_goods_came_names_its_units(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    line = order["lines"][0]["id"]

    nothing = refunds(staff, back)
    some = refunds(staff, back, lines=[{"order_line_id": line, "quantity": 1}])
    too_many = refunds(staff, back, lines=[{"order_line_id": line, "quantity": 2}])

    assert (nothing.status_code, nothing.json["code"]) == (422, "nothing_returned")
    assert some.json["amount"]["amount"] == 999
    assert too_many.json["code"] == "quantity_exceeds_returnable"
    assert differences() == []


def test_a_parcel_in_a_return_is_not_voided(shop: Shop) -> None:
    shop.sells("MUG", 10)
    staff, buyer = shop.staff(), shop.guest()
    order = shop.an_order(buyer=buyer, MUG=1)
    parcel = shipped(staff, order)
    opened(staff, order, {0: 1})

    answer = staff.posts(f"/fulfilments/{parcel['id']}/void", {"reason": "lost"})

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")
    assert "return" in answer.json["detail"]


def test_a_refund_that_fails_late_makes_the_return_refundable_again(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    receives(staff, back, {mug: 1}, disposition="restock")
    refund = refunds(staff, back).json
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"

    fails_late(shop, refund)

    again = staff.gets(f"/returns/{back['id']}").json
    assert (again["status"], again["lines"][0]["refunded_quantity"]) == ("inspected", 0)
    assert refunds(staff, back).status_code == 201
    assert counters(mug).on_hand == 10
    assert differences() == []


def fails_late(shop: Shop, refund: dict[str, Any]) -> None:
    """Have the bank send a refund back that it had reported as done."""
    row = payments_queries.refund(UUID(refund["transactions"][0]["id"]))
    snapshot = RefundSnapshot(row.provider_ref, "failed", row.amount, failure_reason="lost card")
    session.rollback()
    with transaction():
        payment_sync_service.apply_refund(row.id, snapshot)
    drain()
