"""Staff edit an order after it was placed: goods, money and history stay one."""

from typing import Any

import pytest
from sqlalchemy import update

from api.accounts.models import StaffRole
from api.catalog.service import variants
from api.catalog.service.inputs import PriceInput
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from tests.support.books import differences
from tests.support.shop import ADDRESS, Shop, Staff, key
from tests.support.stock import counters
from tests.support.stored_value import a_gift_card

VIENNA = {**ADDRESS, "line1": "Ring 1", "city": "Wien", "postal_code": "1010", "country": "AT"}


def eur(amount: int) -> dict[str, Any]:
    """Return so many cents as the API writes them."""
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Sell mugs, plates and lamps; ship faster for more money."""
    with transaction():
        method = ShippingMethodInput(
            code="express", name="Express", countries=["DE", "AT"], price=Money(990, "EUR")
        )
        shipping_service.create_shipping_method(method, by=SYSTEM)
    shop.sells("MUG", 10, price="10.00 EUR")
    shop.sells("PLATE", 10, price="5.00 EUR")
    return shop


def edits(staff: Staff, order: dict[str, Any], *, status: int = 200, **form: Any) -> dict[str, Any]:
    """Edit an order as it stands, or from a version that was seen before."""
    answer = staff.edits(order, **form)
    assert answer.status_code == status, answer.json
    return dict(answer.json)


def line(order: dict[str, Any], sku: str) -> str:
    """Return the id of an order's line."""
    return str(next(one["id"] for one in order["lines"] if one["sku"] == sku))


def previews(staff: Staff, order: dict[str, Any], status: int = 200, **form: Any) -> dict[str, Any]:
    """Ask what an edit would do."""
    answer = staff.posts(f"/orders/{order['id']}/edits/preview", form)
    assert answer.status_code == status, answer.json
    return dict(answer.json)


def test_more_units_are_allocated_and_the_difference_is_due(shop: Shop) -> None:
    staff, guest = shop.staff(), shop.guest()
    order = shop.an_order(MUG=2, buyer=guest)
    form = {"lines": [{"order_line_id": line(order, "MUG"), "quantity": 3}]}

    told = previews(staff, order, **form)
    assert told["steps"] == [
        "MUG: 2 units, now 3.",
        "Goods: 20.00 EUR, now 30.00 EUR.",
        "Shipping: 4.90 EUR, as before.",
        "Tax contained: 3.97 EUR, now 5.57 EUR.",
        "Total: 24.90 EUR, now 34.90 EUR.",
        "Paid and not refunded: 24.90 EUR.",
        "The customer owes 10.00 EUR.",
    ]
    assert staff.opens(order)["version"] == told["version"]
    changed = edits(staff, order, **form, expected_total=eur(3490))

    assert changed["total"] == eur(3490)
    assert changed["payment_status"] == "partially_paid"
    now = staff.opens(order)
    assert (now["due"], now["version"] > told["version"]) == (eur(1000), True)
    assert now["timeline"][-1]["kind"] == "edited"
    assert now["timeline"][-1]["text"] == (
        "Edited: MUG: 2 units, now 3. Total 24.90 EUR, now 34.90 EUR."
    )
    assert counters(shop.variants["MUG"]).allocated == 3
    assert staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"}).status_code == 409
    paid = guest.pays(order)
    assert paid["payment_status"] == "paid"
    assert [i.received for i in shop.gateway.intents.values()] == [2490, 1000]
    assert differences() == []


def test_fewer_units_are_released_and_refunded(shop: Shop) -> None:
    staff = shop.staff()
    order = shop.an_order(MUG=3, PLATE=1)

    edits(
        staff,
        order,
        lines=[
            {"order_line_id": line(order, "MUG"), "quantity": 1},
            {"order_line_id": line(order, "PLATE"), "quantity": 0},
        ],
    )

    now = staff.opens(order)
    assert now["total"] == eur(1490)
    assert (now["refunded"], now["due"], now["overpaid"]) == (eur(2500), eur(0), eur(0))
    assert now["payment_status"] == "partially_refunded"
    plate = next(one for one in now["lines"] if one["sku"] == "PLATE")
    assert (plate["cancelled_quantity"], plate["total"]) == (1, eur(0))
    assert plate["removed_at"] is not None
    assert plate["refundable_quantity"] == 0
    assert counters(shop.variants["MUG"]).allocated == 1
    assert counters(shop.variants["PLATE"]).allocated == 0
    assert differences() == []
    assert staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"}).status_code == 201
    assert staff.opens(order)["status"] == "completed"


def test_a_line_replaces_another_and_only_the_difference_moves(shop: Shop) -> None:
    staff = shop.staff()
    order = shop.an_order(MUG=1)

    edits(
        staff,
        order,
        lines=[{"order_line_id": line(order, "MUG"), "quantity": 0}],
        add=[{"sku": "PLATE", "quantity": 1}],
    )

    now = staff.opens(order)
    assert (now["total"], now["refunded"]) == (eur(990), eur(500))
    assert [one["title"] for one in now["lines"] if one["removed_at"] is None] == ["Plate"]
    assert counters(shop.variants["PLATE"]).allocated == 1
    assert differences() == []


def test_added_goods_cost_what_they_did_when_the_order_was_placed(shop: Shop) -> None:
    staff = shop.staff()
    order = shop.an_order(MUG=1)
    with transaction():
        prices = [PriceInput(Money(700, "EUR"))]
        variants.update_prices(shop.variants["PLATE"], prices, expected_version=None, by=SYSTEM)

    then = previews(staff, order, add=[{"sku": "plate", "quantity": 2}])
    now = previews(staff, order, add=[{"sku": "PLATE", "quantity": 2}], rules="now")

    assert then["steps"][0] == "PLATE added: 2 x 5.00 EUR."
    assert now["steps"][0] == "PLATE added: 2 x 7.00 EUR."


def test_a_price_needs_a_reason_and_the_right_to_give_discounts(shop: Shop) -> None:
    staff, support = shop.staff(), shop.staff("support")
    order = shop.an_order(MUG=2)
    price = {"order_line_id": line(order, "MUG"), "unit_price": eur(800)}

    edits(staff, order, lines=[price], status=422)
    edits(support, order, lines=[price], reason="Agreed", status=403)
    edits(staff, order, lines=[price], reason="Agreed")

    now = staff.opens(order)
    assert (now["total"], now["refunded"]) == (eur(2090), eur(400))
    told = [one["text"] for one in now["timeline"] if one["kind"] == "edited"]
    assert told == [
        "Edited: MUG: price 10.00 EUR, now 8.00 EUR. Total 24.90 EUR, now 20.90 EUR. "
        "Reason: Agreed."
    ]
    assert differences() == []


def test_a_cent_that_no_card_can_pay_is_refused_and_a_price_avoids_it(shop: Shop) -> None:
    staff = shop.staff()
    order = shop.an_order(MUG=1)
    added = shop.sells("BOWL", 5, price="10.01 EUR")
    swap = {"order_line_id": line(order, "MUG"), "quantity": 0}
    bowl = {"sku": "BOWL", "quantity": 1}

    refused = previews(staff, order, 422, lines=[swap], add=[bowl])
    edits(
        staff, order, lines=[swap], add=[{**bowl, "unit_price": eur(1000)}], reason="one cent less"
    )

    assert (refused["code"], refused["minimum"]) == ("amount_below_minimum", eur(50))
    assert "Set the price of a line so that nothing is due" in refused["detail"]
    assert staff.opens(order)["due"] == eur(0)
    assert counters(added).allocated == 1
    assert differences() == []


def test_an_address_abroad_is_taxed_anew_and_a_faster_method_costs_more(shop: Shop) -> None:
    staff = shop.staff()
    order = shop.an_order(MUG=2)

    edits(staff, order, shipping_address=VIENNA, shipping_method="express")

    now = staff.opens(order)
    assert (now["total"], now["due"]) == (eur(2990), eur(500))
    assert now["tax_total"] == eur(333 + 165)
    assert now["billing_address"]["city"] == "Wien"
    assert differences() == []


def test_nobody_edits_what_has_shipped_or_lies_in_a_parcel(shop: Shop) -> None:
    staff = shop.staff()
    order = shop.an_order(MUG=3)
    mug = line(order, "MUG")
    some = {"lines": [{"order_line_id": mug, "quantity": 1}]}
    shipped = staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", **some})
    assert shipped.status_code == 201, shipped.json
    opened = staff.posts(f"/orders/{order['id']}/fulfilments", some)
    assert opened.status_code == 201, opened.json

    def refused(**form: Any) -> str:
        return str(edits(staff, order, status=409, **form)["code"])

    assert refused(lines=[{"order_line_id": mug, "quantity": 1}]) == "units_not_editable"
    assert refused(lines=[{"order_line_id": mug, "quantity": 0}]) == "units_not_editable"
    price = {"order_line_id": mug, "unit_price": eur(100)}
    assert refused(lines=[price], reason="No") == "line_not_repriced"
    assert refused(shipping_address=VIENNA) == "part_has_shipped"
    assert refused(shipping_method="express") == "parcel_is_open"
    assert edits(staff, order, lines=[{"order_line_id": mug, "quantity": 2}])["total"] == eur(2490)
    assert differences() == []


def test_nonsense_is_refused_in_words_and_changes_nothing(shop: Shop) -> None:
    staff = shop.staff()
    shop.sells("GOLD", 1, price="10000000000000.00 EUR")
    order = shop.an_order(MUG=2)
    mug = line(order, "MUG")
    before = staff.opens(order)

    def refused(status: int, **form: Any) -> str:
        return str(edits(staff, order, status=status, **form)["code"])

    assert refused(422, lines=[{"order_line_id": mug, "quantity": -1}]) == "invalid"
    assert refused(422) == "nothing_to_edit"
    assert refused(422, lines=[{"order_line_id": mug, "quantity": 0}]) == "nothing_to_edit"
    pounds = {"order_line_id": mug, "unit_price": {"amount": 1, "currency": "GBP"}}
    assert refused(422, lines=[pounds], reason="No") == "wrong_currency"
    dear = {"order_line_id": mug, "quantity": 100_000, "unit_price": eur(10**15)}
    assert refused(422, lines=[dear], reason="No") == "invalid"
    assert previews(staff, order, 422, add=[{"sku": "GOLD", "quantity": 100_000}])["code"] == (
        "number_out_of_range"
    )
    assert refused(422, email="a" * 250 + "@example.test") == "invalid"
    assert refused(422, lines=[{"order_line_id": key(), "quantity": 1}]) == "unknown_order_line"
    assert refused(404, add=[{"sku": "NOTHING", "quantity": 1}]) == "variant_not_found"
    assert refused(409, lines=[{"order_line_id": mug, "quantity": 99}]) == "insufficient_stock"
    more = {"lines": [{"order_line_id": mug, "quantity": 3}]}
    assert refused(409, **more, expected_total=eur(1)) == "edit_changed"
    assert edits(staff, order, version=1, status=412, **more)["code"] == "stale_version"
    assert staff.opens(order) == before
    assert staff.cancels(order).status_code == 200
    assert refused(409, **more) == "invalid_state"
    assert differences() == []


def test_an_open_payment_of_the_old_total_is_withdrawn(shop: Shop) -> None:
    staff, guest = shop.staff(), shop.guest()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    old = guest.asks_to_pay(order)["payment_intent_id"]

    edits(staff, order, lines=[{"order_line_id": line(order, "MUG"), "quantity": 1}])

    assert shop.gateway.intents[old].status == "canceled"
    assert guest.pays(order)["payment_status"] == "paid"
    assert sum(one.received for one in shop.gateway.intents.values()) == 1490
    assert differences() == []


def test_the_same_command_edits_once(shop: Shop) -> None:
    staff = shop.staff()
    order = shop.an_order(MUG=3)
    form: dict[str, Any] = {"lines": [{"order_line_id": line(order, "MUG"), "quantity": 1}]}
    seen, once = staff.opens(order)["version"], key()

    first = edits(staff, order, version=seen, idempotency_key=once, **form)
    again = edits(staff, order, version=seen, idempotency_key=once, **form)

    assert first == again
    assert staff.opens(order)["refunded"] == eur(2000)
    listed = staff.gets(f"/orders/{order['id']}/edits").json["data"]
    assert [(one["total_before"], one["refund"]) for one in listed] == [(eur(3490), eur(2000))]


def test_a_refund_above_the_limit_waits_for_a_second_person(shop: Shop) -> None:
    with transaction() as current:
        current.execute(
            update(StaffRole).where(StaffRole.name == "support").values(limits={"refund_max": 500})
        )
    owner, clerk = shop.staff(), shop.staff("support")
    order = shop.an_order(MUG=3)
    form: dict[str, Any] = {"lines": [{"order_line_id": line(order, "MUG"), "quantity": 1}]}

    assert previews(clerk, order, **form)["must_be_approved"]
    waiting = edits(clerk, order, status=202, **form)
    assert owner.opens(order)["total"] == eur(3490)
    approved = owner.posts(f"/approvals/{waiting['id']}/approve")

    assert approved.status_code == 200, approved.json
    assert (owner.opens(order)["total"], owner.opens(order)["refunded"]) == (eur(1490), eur(2000))
    assert differences() == []


def test_gift_cards_get_back_what_they_paid(shop: Shop) -> None:
    staff, guest = shop.staff(), shop.guest()
    card = a_gift_card(2000)
    guest.adds("MUG", 2)
    order = guest.pays(guest.checks_out(gift_cards=[card.code]))

    edits(staff, order, lines=[{"order_line_id": line(order, "MUG"), "quantity": 1}])

    now = staff.opens(order)
    assert (now["total"], now["refunded"]) == (eur(1490), eur(1000))
    providers = {one["provider"]: one["refunded"] for one in now["payments"]}
    assert providers == {"stripe": eur(490), "gift_card": eur(510)}
    assert differences() == []
