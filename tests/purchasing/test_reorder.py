"""Reordering: when, how many, and the purchase order that one command makes of it."""

import pytest

from api.purchasing.calculation import Sales, order_quantity
from tests.purchasing.test_purchase_orders import a_supplier, eur
from tests.purchasing.test_receiving import level, placed
from tests.support.shop import Shop
from tests.support.stock import a_location


@pytest.mark.parametrize(
    ("available", "incoming", "sold", "point", "maximum", "lead", "pack", "expected"),
    [
        (5, 0, 28, 5, 30, 7, 1, 25),
        (5, 0, 28, 5, 30, 7, 12, 36),
        (6, 0, 28, 5, 30, 7, 1, 0),
        (2, 4, 28, 5, 30, 7, 1, 0),
        (2, 3, 28, 5, 30, 7, 1, 25),
        (5, 0, 28, 5, None, 7, 1, 21),
        (0, 0, 0, 5, None, 7, 1, 6),
        (-2, 0, 1, 0, None, 0, 1, 3),
    ],
)
def test_orders_fill_up_to_the_maximum_in_whole_packs(
    available: int, incoming: int, sold: int, point: int, maximum: int | None, lead: int,
    pack: int, expected: int,
) -> None:  # fmt: skip
    sales = Sales(available, incoming, sold)

    assert (
        order_quantity(sales, point=point, maximum=maximum, lead_days=lead, pack=pack) == expected
    )


def test_what_runs_low_is_suggested_by_supplier_and_ordered_by_one_command(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.sells("JUG", 50, threshold=60)
    shop.sells("POT", 50)
    owner = shop.staff()
    supplier = a_supplier(owner)
    item = {"code": "MUG", "pack_quantity": 12, "unit_cost": eur(300), "is_preferred": True}
    owner.posts(f"/suppliers/{supplier['id']}/items", item)
    rule = {"level_id": str(level(shop, "MUG").id), "minimum": 2, "reorder_point": 8, "maximum": 20}
    assert owner.posts("/reorder-rules", rule).status_code == 200
    assert [one["sku"] for one in owner.gets("/reorder-suggestions").json["data"]] == ["JUG"]
    order = shop.an_order(MUG=3)
    assert owner.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", "tracking_number": "1"},
                       ).status_code in (201, 422)  # fmt: skip

    told = {one["sku"]: one for one in owner.gets("/reorder-suggestions").json["data"]}

    assert set(told) == {"MUG", "JUG"}
    mug = told["MUG"]
    assert (mug["available"], mug["minimum"], mug["order_quantity"]) == (7, 2, 24)
    assert (mug["supplier"]["name"], told["JUG"]["has_supplier"]) == (supplier["name"], False)

    made = owner.posts(f"/suppliers/{supplier['id']}/reorder", {"location": "MAIN"})
    assert made.status_code == 201, made.json
    assert [(one["sku"], one["quantity"]) for one in made.json["lines"]] == [("MUG", 24)]
    ordered = owner.posts(f"/purchase-orders/{made.json['id']}/order").json
    again = owner.posts(f"/suppliers/{supplier['id']}/reorder", {})
    assert (again.status_code, again.json["code"]) == (409, "nothing_to_reorder")
    after = {one["sku"]: one for one in owner.gets("/reorder-suggestions").json["data"]}["MUG"]
    assert (after["incoming"], after["order_quantity"]) == (24, 0)
    assert (mug["expected_on"], after["expected_on"]) == (None, ordered["expected_on"])
    assert after["expected_on"] is not None


def test_a_rule_rises_from_minimum_to_maximum(shop: Shop) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()
    rule = {"level_id": str(level(shop, "MUG").id), "minimum": 9, "reorder_point": 8}

    refused = owner.posts("/reorder-rules", rule)

    assert (refused.status_code, refused.json["code"]) == (422, "reorder_reversed")
    assert level(shop, "MUG").low_stock_threshold == 0
    assert placed(owner, ("MUG", 1, 100))["status"] == "ordered"


def test_a_low_level_names_the_other_place_with_the_most_free_units(shop: Shop) -> None:
    shop.sells("MUG", 1, threshold=5)
    owner = shop.staff()
    for place, units in (("ANNEX", 4), ("BARN", 9)):
        a_location(place)
        line = {"code": "MUG", "quantity": units}
        assert owner.posts("/receipts", {"location": place, "lines": [line]}).status_code == 201

    (low,) = owner.gets("/reorder-suggestions").json["data"]

    assert (low["elsewhere"]["code"], low["elsewhere"]["available"]) == ("BARN", 9)


def test_only_the_chosen_levels_are_ordered(shop: Shop) -> None:
    owner = shop.staff()
    supplier = a_supplier(owner)
    for sku in ("CUP", "JUG", "POT"):
        shop.sells(sku, 1, threshold=5)
        item = {"code": sku, "unit_cost": eur(300), "is_preferred": True}
        assert owner.posts(f"/suppliers/{supplier['id']}/items", item).status_code == 200
    shop.sells("TEA", 1, threshold=5)
    chosen = [str(level(shop, sku).id) for sku in ("POT", "CUP", "TEA")]

    made = owner.posts(f"/suppliers/{supplier['id']}/reorder", {"level_ids": chosen})

    assert made.status_code == 201, made.json
    assert [one["sku"] for one in made.json["lines"]] == ["CUP", "POT"]
    none = owner.posts(f"/suppliers/{supplier['id']}/reorder", {"level_ids": chosen[2:]})
    assert (none.status_code, none.json["code"]) == (409, "nothing_to_reorder")
