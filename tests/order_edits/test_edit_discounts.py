"""An edited order keeps its discounts by their rules, as a cart would have them."""

from typing import Any

import pytest

from tests.promotions.test_buying_with_discounts import discounts
from tests.support.books import differences
from tests.support.shop import Shop, Staff


def edits(staff: Staff, order: dict[str, Any], **form: Any) -> dict[str, Any]:
    """Edit an order as it stands; returns how it stands then."""
    answer = staff.edits(order, **form)
    assert answer.status_code == 200, answer.json
    assert differences() == []
    return staff.opens(order)


@pytest.fixture
def order(shop: Shop) -> dict[str, Any]:
    """Have two mugs ordered at a tenth off from 15.00 EUR."""
    shop.sells("MUG", 9, price="10.00 EUR")
    shop.sells("TEA", 9, price="5.00 EUR")
    least = {"amount": 1500, "currency": "EUR"}
    discounts(shop, basis_points=1000, min_amount=least)
    order = shop.an_order(MUG=2)
    assert order["total"]["amount"] == 1800 + 490
    return order


def units(order: dict[str, Any], quantity: int) -> list[dict[str, Any]]:
    """Return a change of the units of the first line."""
    return [{"order_line_id": order["lines"][0]["id"], "quantity": quantity}]


def test_a_line_that_is_added_gets_the_discount_of_the_order(
    shop: Shop, order: dict[str, Any]
) -> None:
    now = edits(shop.staff(), order, add=[{"sku": "TEA", "quantity": 2}])
    assert [line["discount"]["amount"] for line in now["lines"]] == [200, 100]
    assert (now["total"]["amount"], now["discount_total"]["amount"]) == (2700 + 490, 300)
    assert now["discounts"][0]["amount"]["amount"] == 300


def test_a_discount_whose_minimum_is_no_longer_reached_falls_away_and_comes_back(
    shop: Shop, order: dict[str, Any]
) -> None:
    staff = shop.staff()
    fewer = edits(staff, order, lines=units(order, 1))
    assert (fewer["total"]["amount"], fewer["discount_total"]["amount"]) == (1000 + 490, 0)
    again = edits(staff, order, lines=units(order, 3))
    assert again["total"]["amount"] == 2700 + 490


def test_a_discount_that_was_changed_since_counts_as_it_was_unless_told_otherwise(
    shop: Shop, order: dict[str, Any]
) -> None:
    staff = shop.staff()
    (known,) = staff.gets("/discounts").json["data"]
    changed = staff.client.patch(
        f"/api/v1/admin/discounts/{known['id']}",
        json={"basis_points": 2000},
        headers={**staff.headers, "If-Match": f'"{known["version"]}"'},
    )
    assert changed.status_code == 200, changed.json
    as_placed = edits(staff, order, lines=units(order, 3))
    assert as_placed["discount_total"]["amount"] == 300
    as_now = edits(staff, order, rules="now")
    assert as_now["discount_total"]["amount"] == 600
    assert as_now["due"]["amount"] == 2400 - 1800


def test_what_has_shipped_keeps_its_discount(shop: Shop, order: dict[str, Any]) -> None:
    staff = shop.staff()
    one = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", "lines": [one]})
    now = edits(staff, order, lines=units(order, 1))
    assert now["lines"][0]["discount"]["amount"] == 100
