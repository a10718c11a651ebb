"""What becomes of units that are not found: the line is cancelled, or something else goes out."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.inventory.test_lots import kept_in_lots
from tests.picking.test_picking import (
    PICKING,
    Warehouse,
    mia,
    picks,
    picks_all,
    releases,
    warehouse,
    with_totes,
)
from tests.support.books import differences, stock_differences
from tests.support.shop import Shop, Staff
from tests.support.work import drain

__all__ = ["mia", "warehouse"]


@pytest.fixture
def olivia(shop: Shop) -> Staff:
    return shop.staff("owner")


def test_the_rest_of_a_short_pick_is_taken_off_the_order_and_paid_back(
    warehouse: Warehouse, shop: Shop, olivia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=3)
    order = shop.an_order(TEA=3)
    batch = with_totes(olivia, releases(olivia), "T-01")
    [line] = batch["lines"]
    assert picks(olivia, line, item="TEA").json["result"] == "ok"
    key = str(uuid4())

    path = f"{PICKING}/lines/{line['id']}/cancel-rest"
    answers = [olivia.posts(path, idempotency_key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200], answers[0].json
    now = olivia.opens(order)
    assert now["lines"][0]["quantity"] == 1
    assert now["total"]["amount"] == order["total"]["amount"] - 2 * 999
    assert [row["amount"]["amount"] for row in now["refunds"]] == [1998], "once"
    [count] = olivia.gets("/counts").json["data"]
    assert count["scope"] == "TEA in A-01: 2 not found"
    assert warehouse.contents(olivia, "A-01") == {"TEA": 2}, "the figures wait for the count"
    assert olivia.posts(f"{PICKING}/batches/{batch['id']}/finish").status_code == 200
    shipped = olivia.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    assert shipped.status_code == 201, shipped.json
    drain()
    assert differences() == []


@pytest.mark.parametrize("name", ["cancel-rest", "substitute"])
def test_what_cannot_be_done_leaves_the_line_open(
    warehouse: Warehouse, shop: Shop, mia: Staff, olivia: Staff, name: str
) -> None:
    warehouse.stocks("TEA", A_01=3)
    shop.an_order(TEA=3)
    who = olivia if name == "cancel-rest" else mia
    [line] = with_totes(who, releases(who), "T-01")["lines"]

    refused = who.posts(f"{PICKING}/lines/{line['id']}/{name}")

    codes = {"cancel-rest": (422, "nothing_to_edit"), "substitute": (409, "no_substitute")}
    assert (refused.status_code, refused.json["code"]) == codes[name]
    assert who.gets("/counts").json["data"] == []
    assert picks(who, line, item="TEA", quantity=3).json["result"] == "ok"


def test_a_picker_without_the_permission_does_not_cancel(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=3)
    shop.an_order(TEA=3)
    [line] = with_totes(mia, releases(mia), "T-01")["lines"]

    refused = mia.posts(f"{PICKING}/lines/{line['id']}/cancel-rest")

    assert (refused.status_code, refused.json["permission"]) == (403, "orders:write")


def test_another_item_goes_out_by_a_rule_at_the_price_that_was_agreed(
    warehouse: Warehouse, shop: Shop, mia: Staff, olivia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=3)
    warehouse.bins["B-02"] = warehouse.bins["B-01"]
    dear = shop.sells("DEAR-TEA", 5, price="14.99 EUR")
    shop.sells("NO-TEA", 1)
    assert dear
    for other in ("NO-TEA", "DEAR-TEA"):  # of the first there are too few
        rule = {"sku": "TEA", "substitute_sku": other}
        assert mia.posts(f"{PICKING}/substitutes", rule).status_code == 403
        assert olivia.posts(f"{PICKING}/substitutes", rule).status_code == 201
    order = shop.an_order(TEA=3)
    batch = with_totes(mia, releases(mia), "T-01")
    [line] = batch["lines"]
    picks(mia, line, item="TEA")

    answer = mia.posts(f"{PICKING}/lines/{line['id']}/substitute")

    assert answer.status_code == 200, answer.json
    [new] = [one for one in answer.json["lines"] if one["status"] == "todo"]
    assert (new["sku"], new["quantity"]) == ("DEAR-TEA", 2)
    assert picks(mia, new, item="DEAR-TEA", quantity=2).json["result"] == "ok"
    assert mia.posts(f"{PICKING}/batches/{batch['id']}/finish").status_code == 200
    now = olivia.opens(order)
    assert now["total"] == order["total"]
    assert {row["sku"]: row["quantity"] for row in now["lines"]} == {"TEA": 1, "DEAR-TEA": 2}
    assert olivia.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"}).status_code == 201
    drain()
    assert differences() == []


def test_rules_are_listed_once_and_removed(warehouse: Warehouse, shop: Shop, olivia: Staff) -> None:
    for sku in ("TEA", "MUG"):
        shop.sells(sku, 1)
    path, rule = f"{PICKING}/substitutes", {"sku": "TEA", "substitute_sku": "MUG"}
    first, again = (olivia.posts(path, rule).json for _ in range(2))
    assert first == again
    same = olivia.posts(path, {"sku": "TEA", "substitute_sku": "tea"})
    assert (same.status_code, same.json["code"]) == (422, "not_another")

    assert [row["id"] for row in olivia.gets(path).json["data"]] == [first["id"]]
    assert olivia.posts(f"{path}/{first['id']}/remove").status_code == 204
    assert olivia.posts(f"{path}/{first['id']}/remove").status_code == 404
    assert warehouse


def test_a_scanned_item_finds_an_order_of_its_tote_that_wants_it(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=9)
    warehouse.stocks("MUG", A_02=9)
    orders = [shop.an_order(**{sku: 1}) for sku in ("TEA", "MUG", "TEA")]
    batch = with_totes(mia, releases(mia, kind="single_item"), "T-01")
    picks_all(mia, batch)

    def asked(item: str) -> Any:
        return mia.gets(f"{PICKING}/order-for-item", tote="t-01", item=item).json

    assert [asked(sku)["number"] for sku in ("TEA", "MUG")] == [one["number"] for one in orders[:2]]
    assert mia.posts(f"/orders/{orders[0]['id']}/ship", {"carrier": "DHL"}).status_code == 201
    drain()
    assert asked("TEA")["number"] == orders[2]["number"]
    assert asked("TEA")["quantity"] == 1
    assert asked("NOBODY-KNOWS")["code"] == "no_order_for_item"
    none = mia.gets(f"{PICKING}/order-for-item", tote="T-04", item="TEA")
    assert (none.status_code, none.json["code"]) == (422, "not_a_tote")
    assert warehouse.contents(mia, "T-01") == {"TEA": 1, "MUG": 1}
    assert differences() == []


def test_a_parcel_takes_single_items_from_a_tote_that_may_hold_its_order(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    """Without the orders of a tote the parcel would take from the tote that comes first."""
    warehouse.stocks("TEA", A_01=9)
    orders = [shop.an_order(TEA=1) for _ in range(2)]
    for tote, order in zip(("T-01", "T-02"), orders, strict=True):
        batch = releases(mia, kind="single_item", order_ids=[order["id"]])
        picks_all(mia, with_totes(mia, batch, tote))

    assert mia.posts(f"/orders/{orders[1]['id']}/ship", {"carrier": "DHL"}).status_code == 201
    drain()

    assert warehouse.contents(mia, "T-01") == {"TEA": 1}
    assert warehouse.contents(mia, "T-02") == {}


def test_whoever_takes_a_batch_of_somebody_else_says_why(
    warehouse: Warehouse, shop: Shop, mia: Staff, olivia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    shop.an_order(TEA=2)
    batch = with_totes(mia, releases(mia), "T-01")
    path = f"{PICKING}/batches/{batch['id']}"
    for name, body in (("claim", {"take_over": True}), ("park", {})):
        refused = olivia.posts(f"{path}/{name}", body)
        assert (refused.status_code, refused.json["code"]) == (422, "reason_needed")

    assert olivia.posts(f"{path}/park", {"reason": "fire drill"}).status_code == 200
    assert mia.posts(f"{path}/claim", {}).status_code == 200, "it is nobody's now"
    taken = olivia.posts(f"{path}/claim", {"take_over": True, "reason": "Mia went home"})
    assert taken.status_code == 200

    entries = olivia.gets("/audit", action="batch.taken_over").json["data"]
    assert [one["changes"]["reason"] for one in entries] == ["Mia went home", "fire drill"]


def test_another_lot_than_the_first_is_a_wrong_lot(
    warehouse: Warehouse, shop: Shop, mia: Staff, olivia: Staff
) -> None:
    tea = shop.sells("TEA", 0, barcodes=["4006381333931"])
    kept_in_lots(tea)
    for code, day in (("LATE", "2027-06-01"), ("SOON", "2027-01-01")):
        line = {"variant_id": str(tea), "quantity": 2, "lot": code, "expires_on": day}
        body = {"location_id": str(warehouse.place), "lines": [{**line, "bin": "L-A-01"}]}
        assert olivia.posts("/receipts", body).status_code == 201
    shop.an_order(TEA=3)
    [line] = with_totes(mia, releases(mia), "T-01")["lines"]
    said = "(01)04006381333931(10)"

    wrong = picks(mia, line, item=f"{said}LATE").json
    too_many = picks(mia, line, item="TEA", lot="soon", quantity=3).json
    right = picks(mia, line, item=f"{said}SOON", quantity=2).json
    last = picks(mia, line, item="TEA", lot="LATE").json

    assert (wrong["result"], too_many["result"]) == ("wrong_lot", "too_many")
    assert wrong["message"] == "Wrong lot: LATE of TEA. Take SOON, which is sold first."
    assert (right["result"], last["result"]) == ("ok", "ok")
    assert stock_differences() == []


def test_totes_have_names_and_colours_and_products_warnings(
    warehouse: Warehouse, shop: Shop, mia: Staff, olivia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    product = olivia.gets("/products").json["data"][0]
    tote = olivia.gets(f"/bins/{warehouse.bins['T-01']}").json
    for path, row, change in (
        (f"/bins/{tote['id']}", tote, {"name": "Whale", "colour": "blue"}),
        (f"/products/{product['id']}", product, {"pick_warning": "Left shoe only: count pairs"}),
    ):
        headers = {**olivia.headers, "If-Match": f'"{row["version"]}"'}
        answer = olivia.client.patch(f"/api/v1/admin{path}", json=change, headers=headers)
        assert answer.status_code == 200, answer.json
    shop.an_order(TEA=1)

    batch = with_totes(mia, releases(mia), "T-01")

    [shown] = batch["orders"][0]["totes"]
    assert (shown["name"], shown["colour"]) == ("Whale", "blue")
    assert batch["lines"][0]["pick_warning"] == "Left shoe only: count pairs"
    assert UUID(batch["id"])
