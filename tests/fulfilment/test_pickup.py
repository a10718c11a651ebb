"""An order that its customer picks up: from the checkout without an address to the counter."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from api.kernel import clock
from tests.support.books import differences
from tests.support.mailer import RecordingMailer
from tests.support.shop import ADDRESS, Buyer, Shop, Staff
from tests.support.stock import Counters, counters
from tests.support.work import drain

SHOP_ADDRESS = {"name": "Harbour Shop", "line1": "Kai 7", "city": "Hamburg",
                "postal_code": "20457", "country": "DE"}  # fmt: skip


@pytest.fixture
def staff(shop: Shop) -> Staff:
    """The owner, with a method by which goods are picked up."""
    staff = shop.staff()
    (place,) = staff.gets("/locations").json["data"]
    made = staff.posts(
        "/shipping-methods",
        {"code": "collect", "name": "Pick-up", "kind": "pickup", "pickup_address": SHOP_ADDRESS,
         "location_id": place["id"], "price": {"amount": 0, "currency": "EUR"}},
    )  # fmt: skip
    assert made.status_code == 201, made.json
    return staff


def collects(buyer: Buyer, **form: Any) -> dict[str, Any]:
    """Order without an address."""
    return buyer.checks_out(shipping_address=None, shipping_method="collect", **form)


def test_goods_wait_in_the_shop_and_leave_it_with_their_customer(
    shop: Shop, staff: Staff, mailer: RecordingMailer, app: Flask
) -> None:
    mug = shop.sells("PICKUP-MUG", 10)
    buyer = shop.guest()
    buyer.adds("PICKUP-MUG", 2)
    order = buyer.pays(collects(buyer))
    assert order["shipping_total"]["amount"] == 0
    assert order["shipping_address"]["label_lines"] == [
        "guest@example.test", "Kai 7", "20457 Hamburg", "GERMANY"
    ]  # fmt: skip
    shipping = staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    assert (shipping.status_code, shipping.json["code"]) == (409, "order_is_picked_up")

    ready = staff.posts(f"/orders/{order['id']}/prepare-pickup", {})

    assert (ready.status_code, ready.json["status"]) == (201, "ready_for_pickup")
    assert counters(mug) == Counters(10, allocated=2)
    drain()
    (told,) = [sent for sent in mailer.sent if "ready for pick-up" in sent.subject]
    assert "Kai 7" in told.text
    again = staff.posts(f"/orders/{order['id']}/prepare-pickup", {})
    assert (again.status_code, again.json["code"]) == (409, "nothing_to_ship")

    gone = staff.posts(f"/fulfilments/{ready.json['id']}/pick-up", {})

    assert (gone.status_code, gone.json["status"]) == (200, "picked_up")
    assert counters(mug) == Counters(8)
    case = staff.gets(f"/orders/{order['id']}").json
    assert (case["status"], case["fulfilment_status"]) == ("completed", "delivered")
    assert differences() == []


def test_a_parcel_that_nobody_picks_up_goes_back_to_the_stock(shop: Shop, staff: Staff) -> None:
    mug = shop.sells("PICKUP-CUP", 10)
    buyer = shop.guest()
    buyer.adds("PICKUP-CUP", 1)
    order = buyer.pays(collects(buyer))
    ready = staff.posts(f"/orders/{order['id']}/prepare-pickup", {}).json

    cancelled = staff.posts(f"/fulfilments/{ready['id']}/cancel", {})

    assert cancelled.json["status"] == "cancelled"
    assert counters(mug) == Counters(10, allocated=1)
    assert staff.posts(f"/fulfilments/{ready['id']}/pick-up", {}).status_code == 409
    assert staff.posts(f"/orders/{order['id']}/prepare-pickup", {}).status_code == 201


def picked_up(shop: Shop, staff: Staff, sku: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order of two units, and its parcel that the customer took along."""
    buyer = shop.guest()
    buyer.adds(sku, 2)
    order = buyer.pays(collects(buyer))
    ready = staff.posts(f"/orders/{order['id']}/prepare-pickup", {}).json
    return order, staff.posts(f"/fulfilments/{ready['id']}/pick-up", {}).json


def test_a_pick_up_by_mistake_is_voided_with_a_reason(
    shop: Shop, staff: Staff, mailer: RecordingMailer
) -> None:
    mug = shop.sells("PICKUP-BOWL", 10)
    order, parcel = picked_up(shop, staff, "PICKUP-BOWL")
    drain()
    sent = len(mailer.sent)
    path = f"/fulfilments/{parcel['id']}/void"

    silent = staff.posts(path, {})
    assert (silent.status_code, silent.json["code"]) == (422, "void_reason_missing")
    assert silent.json["errors"][0]["pointer"] == "/reason"
    assert counters(mug) == Counters(8)
    voided = staff.posts(path, {"reason": "the wrong customer"})

    assert (voided.status_code, voided.json["status"]) == (200, "voided")
    assert counters(mug) == Counters(10, allocated=2)
    case = staff.gets(f"/orders/{order['id']}").json
    assert (case["status"], case["fulfilment_status"]) == ("placed", "unfulfilled")
    assert case["timeline"][-1]["text"].endswith("2 units to prepare again. the wrong customer")
    drain()
    assert len(mailer.sent) == sent, "the customer was told of no pick-up"
    again = staff.posts(f"/orders/{order['id']}/prepare-pickup", {}).json
    assert staff.posts(f"/fulfilments/{again['id']}/pick-up", {}).status_code == 200
    assert counters(mug) == Counters(8)
    assert differences() == []


def test_a_pick_up_of_days_ago_is_no_mistake_but_a_return(shop: Shop, staff: Staff) -> None:
    mug = shop.sells("PICKUP-VASE", 10)
    _, parcel = picked_up(shop, staff, "PICKUP-VASE")
    path = f"/fulfilments/{parcel['id']}/void"

    with clock.frozen(clock.now() + timedelta(hours=24, minutes=1)):
        late = staff.posts(path, {"reason": "the wrong customer"})

    assert (late.status_code, late.json["code"]) == (409, "pickup_void_too_late")
    assert "restock the units" in late.json["detail"]
    assert counters(mug) == Counters(8)


def test_a_delivery_needs_an_address_and_is_not_picked_up(shop: Shop, staff: Staff) -> None:
    shop.sells("PICKUP-JUG", 10)
    buyer = shop.guest()
    buyer.adds("PICKUP-JUG", 1)

    nowhere = buyer.tries_to_check_out(shipping_address=None)
    assert (nowhere.status_code, nowhere.json["code"]) == (422, "shipping_not_available")
    order = collects(buyer)
    homeless = buyer.tries_to_change(order, shipping_method="standard")
    assert (homeless.status_code, homeless.json["code"]) == (422, "address_required")
    moved = buyer.tries_to_change(order, shipping_method="standard", shipping_address=ADDRESS)
    assert moved.status_code == 200, moved.json
    paid = buyer.pays(order)
    refused = staff.posts(f"/orders/{paid['id']}/prepare-pickup", {})
    assert (refused.status_code, refused.json["code"]) == (409, "order_is_delivered")
