"""Claims with replacements, and the report of defects."""

from typing import Any

from tests.support.books import differences
from tests.support.returned import lines_of, opened, receives, refunds, shipped, sold
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
    assert (seen["due"]["amount"], seen["status"], seen["payment_status"]) == (0, "placed", "paid")
    assert (seen["total"]["amount"], seen["exchanged"]["amount"]) == (
        order["total"]["amount"] + 999, 999,
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


def replaced(staff: Staff, order: dict[str, Any], units: dict[int, int], **body: Any) -> Any:
    """Claim units and have them replaced; returns the answer to that."""
    made = claims(staff, order, units, **body).json
    staff.posts(f"/claims/{made['id']}/approve")
    return staff.posts(f"/claims/{made['id']}/resolve", {"replace": True})


def test_replaced_units_are_not_paid_back_as_well(shop: Shop) -> None:
    """Each way to the money of a unit that was replaced is closed; its replacement has it."""
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    assert replaced(staff, order, {0: 1}).status_code == 200

    refused = staff.refunds(order, lines={0: 1})
    assert (refused.status_code, refused.json["code"]) == (422, "quantity_exceeds_refundable")
    assert claims(staff, order, {0: 1}).json["code"] == "quantity_exceeds_claimable"
    broken = opened(staff, order, {0: 1}, reason="defective")  # it may come back, for no money
    swap = {"lines": [{"line_id": broken["lines"][0]["id"], "variant_id": str(mug)}]}
    refused = staff.posts(f"/returns/{broken['id']}/exchange", swap)
    assert (refused.status_code, refused.json["code"]) == (409, "exchange_impossible")
    receives(staff, broken, {mug: 1}, disposition="damaged")
    assert refunds(staff, broken).json["code"] == "nothing_returned"
    assert staff.gets(f"/returns/{broken['id']}").json["status"] == "closed"

    shipped(staff, order)
    back = opened(staff, staff.opens(order), {1: 1})
    receives(staff, back, {mug: 1}, disposition="restock")
    assert refunds(staff, back).json["amount"]["amount"] == 999
    assert staff.opens(order)["refunded"]["amount"] == 999
    assert differences() == []


def test_replacements_cost_what_was_paid_to_the_last_cent(shop: Shop) -> None:
    """No net price with 19 % comes to 3.41, and three units for 9.98 have no one price."""
    shop.sells("MUG", 20, price="2.87 EUR")
    shop.sells("CUP", 20, price="3.33 EUR")
    net_market = {"code": "eu", "name": "Europe", "countries": ["DE"], "currency": "EUR"}
    shop.staff().posts("/discounts", {
        "name": "One cent", "kind": "fixed", "target": "order", "is_automatic": True,
        "amount": {"amount": 1, "currency": "EUR"},
        "min_amount": {"amount": 999, "currency": "EUR"},
    })  # fmt: skip
    order, staff, _ = sold(shop, CUP=3)
    assert order["lines"][0]["total"]["amount"] == 998
    staff.posts("/markets", {**net_market, "prices_include_tax": False})
    net, _, _ = sold(shop, MUG=2)
    assert net["lines"][0]["total"]["amount"] == 683

    answers = [replaced(staff, one, units)
               for one, units in ((order, {0: 3}), (net, {0: 1}), (net, {0: 1}))]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200] * 3
    for bought, prices in ((order, [333, 332, 333]), (net, [342, 341])):
        seen = staff.opens(bought)
        assert [line["total"]["amount"] for line in seen["lines"][1:]] == prices
        assert (seen["exchanged"], seen["due"]["amount"]) == (bought["lines"][0]["total"], 0)
    assert differences() == []


def test_refunded_units_are_not_replaced_as_well(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    made = claims(staff, order, {0: 2}).json
    staff.posts(f"/claims/{made['id']}/approve")
    staff.refunds(order, lines={0: 1})

    refused = staff.posts(f"/claims/{made['id']}/resolve", {"replace": True})

    assert (refused.status_code, refused.json["code"]) == (409, "units_refunded")
    assert refused.json["detail"].startswith("1 of 2 MUG are not refunded")
    assert (counters(mug).allocated, len(staff.opens(order)["lines"])) == (0, 1)
    staff.posts(f"/claims/{made['id']}/deny", {"note": "opened again for one"})
    assert claims(staff, order, {0: 2}).json["code"] == "quantity_exceeds_claimable"
    assert replaced(staff, order, {0: 1}).status_code == 200


def test_lost_units_that_were_replaced_cannot_come_back(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    replaced(staff, order, {0: 1}, kind="lost")

    (line, _) = staff.gets(f"/orders/{order['id']}/returnable").json["lines"]

    assert line["quantity"] == 1
    answer = staff.posts(
        f"/orders/{order['id']}/returns", {"lines": lines_of(order, {0: 2}, reason="changed_mind")}
    )
    assert (answer.status_code, answer.json["code"]) == (422, "quantity_exceeds_returnable")


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
