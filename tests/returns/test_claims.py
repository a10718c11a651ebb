"""Claims with replacements, and the report of defects."""

from typing import Any

from tests.support.books import differences
from tests.support.returned import lines_of, opened, sold
from tests.support.shop import Shop, Staff
from tests.support.stock import counters


def claims(staff: Staff, order: dict[str, Any], units: dict[int, int], **body: Any) -> Any:
    return staff.posts(
        f"/orders/{order['id']}/claims",
        {"kind": "broken", "lines": lines_of(order, units), **body},
    )


def test_broken_units_are_replaced_at_no_charge(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)

    made = claims(staff, order, {0: 1}, note="in shards", links=["https://photos.test/1.jpg"])
    assert made.status_code == 201, made.json
    assert made.json["photos"][0]["url"] == "https://photos.test/1.jpg"
    early = staff.posts(f"/claims/{made.json['id']}/resolve", {"replace": True})
    assert (early.status_code, early.json["code"]) == (409, "invalid_state")
    staff.posts(f"/claims/{made.json['id']}/approve")
    done = staff.posts(f"/claims/{made.json['id']}/resolve", {"replace": True})
    assert done.status_code == 200, done.json
    assert done.json["status"] == "resolved"

    seen = staff.opens(order)
    assert [line["quantity"] for line in seen["lines"]] == [2, 1]
    assert seen["lines"][1]["total"]["amount"] == 0
    assert (seen["total"], seen["status"], seen["payment_status"]) == (
        order["total"], "placed", "paid",
    )  # fmt: skip
    assert (counters(mug).on_hand, counters(mug).allocated) == (8, 1)
    queue = staff.gets("/orders", queue="to_ship").json["data"]
    assert [one["id"] for one in queue] == [order["id"]]
    assert staff.posts(f"/orders/{order['id']}/ship", {"carrier": "dhl"}).status_code == 201
    assert counters(mug).on_hand == 7
    assert staff.opens(order)["status"] == "completed"
    assert differences() == []


def test_units_are_claimed_once(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    first = claims(staff, order, {0: 2}).json

    again = claims(staff, order, {0: 1})
    assert (again.status_code, again.json["code"]) == (422, "quantity_exceeds_claimable")
    denied = staff.posts(f"/claims/{first['id']}/deny", {"note": "it was not packed by us"})
    assert denied.json["status"] == "denied"
    assert claims(staff, order, {0: 1}, kind="lost").status_code == 201


def test_nothing_is_replaced_that_is_not_there(shop: Shop) -> None:
    shop.sells("MUG", 2)
    order, staff, _ = sold(shop, MUG=2)
    made = claims(staff, order, {0: 1}).json
    staff.posts(f"/claims/{made['id']}/approve")

    short = staff.posts(f"/claims/{made['id']}/resolve", {"replace": True})

    assert (short.status_code, short.json["code"]) == (409, "insufficient_stock")
    assert staff.gets(f"/claims/{made['id']}").json["status"] == "approved"
    assert len(staff.opens(order)["lines"]) == 1


def test_a_claim_is_settled_by_a_refund(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    made = claims(staff, order, {0: 1}, kind="lost").json
    staff.posts(f"/claims/{made['id']}/approve")
    refund = staff.refunds(order, lines={0: 1}).json

    done = staff.posts(f"/claims/{made['id']}/resolve", {"refund_id": refund["id"]})

    assert (done.json["status"], done.json["refund_id"]) == ("resolved", refund["id"])
    both = staff.posts(
        f"/claims/{made['id']}/resolve", {"refund_id": refund["id"], "replace": True}
    )
    assert both.status_code == 422


def test_defects_are_counted_by_article(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=3)
    claims(staff, order, {0: 1})
    opened(staff, order, {0: 1}, reason="defective")
    opened(staff, order, {0: 1}, reason="changed_mind")

    (row,) = staff.gets("/return-defects").json["articles"]

    assert row["variant_id"] == str(mug)
    counted = (row["returned_units"], row["claimed_units"], row["shipped_units"])
    assert counted == (1, 1, 3)


def test_the_report_bears_any_period(shop: Shop) -> None:
    staff = shop.staff()

    for first, last in (("0001-01-01", "9999-12-31"), ("2999-01-01", "2000-01-01")):
        answer = staff.gets("/return-defects", first=first, last=last)
        assert (answer.status_code, answer.json["articles"]) == (200, [])
