"""What is told while picking; what was picked for nobody any more."""

import pytest

from tests.inventory.test_lots import kept_in_lots
from tests.picking.test_picking import (
    PICKING,
    Warehouse,
    mia,
    picks,
    releases,
    warehouse,
    with_totes,
)
from tests.support.books import differences, stock_differences
from tests.support.shop import Shop, Staff
from tests.support.work import drain

__all__ = ["mia", "warehouse"]


def test_pinned_notes_and_the_gift_message_are_told_while_picking(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    order = shop.an_order(TEA=2)
    notes = f"/orders/{order['id']}/notes"
    for text, is_pinned in (("No plastic", True), ("Called twice", False)):
        body = {"text": text, "is_pinned": is_pinned}
        assert shop.staff("owner").posts(notes, body).status_code == 201

    [told] = with_totes(mia, releases(mia), "T-01")["orders"]

    assert (told["pinned_notes"], told["gift_message"]) == (["No plastic"], None)


@pytest.mark.parametrize("code", ["T-01", "L-NOWHERE", "A-01 "])
def test_units_are_put_back_into_the_bin_that_was_scanned_or_into_none(
    warehouse: Warehouse, shop: Shop, mia: Staff, code: str
) -> None:
    warehouse.stocks("TEA", A_01=5)
    order = shop.an_order(TEA=2)
    line = with_totes(mia, releases(mia), "T-01")["lines"][0]
    picks(mia, line, item="TEA", quantity=2)
    assert shop.staff("owner").cancels(order).status_code == 200
    drain()
    [task] = mia.gets(f"{PICKING}/put-backs").json["tasks"]
    assert task["totes"] == ["T-01"]

    path = f"{PICKING}/lines/{line['id']}/put-back"
    answer = mia.posts(path, {"quantity": 2, "bin": code})

    refusals = {"T-01": "not_a_bin", "L-NOWHERE": "bin_not_found"}
    assert answer.json.get("code") == refusals.get(code)
    in_bin = 3 if code in refusals else 5
    assert warehouse.contents(mia, "A-01") == {"TEA": in_bin}
    assert stock_differences() == []


def test_units_without_a_tote_can_be_put_into_another_bin(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    order = shop.an_order(TEA=2)
    line = releases(mia, kind="order")["lines"][0]
    picks(mia, line, item="TEA", quantity=2)
    assert shop.staff("owner").cancels(order).status_code == 200
    drain()

    path = f"{PICKING}/lines/{line['id']}/put-back"
    answer = mia.posts(path, {"quantity": 2, "bin": "B-01"})

    assert (answer.status_code, answer.json["tasks"]) == (200, [])
    assert warehouse.contents(mia, "B-01") == {"TEA": 2}
    assert differences() == []


def test_a_line_tells_which_lot_to_take(warehouse: Warehouse, shop: Shop, mia: Staff) -> None:
    owner, tea = shop.staff("owner"), shop.sells("TEA", 0)
    kept_in_lots(tea)
    for code, day in (("LATE", "2027-06-01"), ("SOON", "2027-01-01")):
        line = {"variant_id": str(tea), "quantity": 2, "lot": code, "expires_on": day}
        body = {"location_id": str(warehouse.place), "lines": [{**line, "bin": "L-A-01"}]}
        answer = owner.posts("/receipts", body)
        assert answer.status_code == 201, answer.json
    shop.an_order(TEA=1)

    told = releases(mia)["lines"][0]["lots"]

    assert [(one["code"], one["expires_on"]) for one in told] == [
        ("SOON", "2027-01-01"),
        ("LATE", "2027-06-01"),
    ]
