"""Staff edit an order while others ship it, pay it, or edit it too."""

from typing import Any

from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.stock import counters
from tests.support.threads import at_once

ROUNDS = 5


def edit(staff: Staff, order: dict[str, Any], version: int, quantity: int) -> int:
    """Set the units of an order's only line, from a version that was seen."""
    line = {"order_line_id": order["lines"][0]["id"], "quantity": quantity}
    return int(staff.edits(order, version=version, lines=[line]).status_code)


def test_of_an_edit_and_a_shipment_at_once_one_is_refused(shop: Shop) -> None:
    """Without the order's lock and its version: a unit that was taken off the order is shipped."""
    mug = shop.sells("MUG", 50, price="10.00 EUR")
    one, two = shop.staff(), shop.staff()
    shipped = 0
    for _ in range(ROUNDS):
        order = shop.an_order(MUG=3)
        version = one.opens(order)["version"]
        outcomes = at_once(
            shop.app,
            [
                lambda order=order, version=version: edit(one, order, version, 1),
                lambda order=order: (
                    two.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"}).status_code
                ),
            ],
        )
        assert outcomes.errors == []
        now = one.opens(order)
        line = now["lines"][0]
        assert line["shipped_quantity"] == line["quantity"], outcomes.results
        assert line["quantity"] in (1, 3)
        shipped += line["quantity"]
        assert now["captured"]["amount"] - now["refunded"]["amount"] == now["total"]["amount"]
    assert counters(mug).on_hand == 50 - shipped
    assert differences() == []


def test_whoever_edits_and_pays_at_once_nobody_pays_twice_or_too_little(shop: Shop) -> None:
    """Without cancelling the old intent first and looking again: the old total is paid and kept."""
    shop.sells("MUG", 60, price="10.00 EUR")
    staff = shop.staff()
    for quantity in (1, 4, 1, 4, 2):
        guest = shop.guest()
        order = shop.an_order(MUG=3, paid=False, buyer=guest)
        guest.asks_to_pay(order)
        version = staff.opens(order)["version"]

        def pay(order: dict[str, Any] = order) -> None:
            for known in list(shop.gateway.intents.values()):
                if known.metadata["order_id"] == order["id"] and known.status.startswith("req"):
                    shop.gateway.pay(known.id)

        outcomes = at_once(
            shop.app,
            [
                lambda order=order, v=version, q=quantity: edit(staff, order, v, q),
                pay,
                lambda guest=guest, order=order: guest.confirms(order).status_code,
            ],
        )
        assert outcomes.errors == []
        guest.confirms(order)
        now = staff.opens(order)
        received = sum(
            one.received
            for one in shop.gateway.intents.values()
            if one.metadata["order_id"] == order["id"]
        )
        assert now["captured"]["amount"] == received
        kept = received - now["refunded"]["amount"]
        assert kept + now["due"]["amount"] == now["total"]["amount"], outcomes.results
    assert differences() == []


def test_of_two_edits_at_once_one_counts(shop: Shop) -> None:
    """Without the version: both are made, and the second one is based on an order that is gone."""
    mug = shop.sells("MUG", 50, price="10.00 EUR")
    one, two = shop.staff(), shop.staff()
    open_units = 0
    for _ in range(ROUNDS):
        order = shop.an_order(MUG=3)
        version = one.opens(order)["version"]
        outcomes = at_once(
            shop.app,
            [
                lambda order=order, version=version: edit(one, order, version, 1),
                lambda order=order, version=version: edit(two, order, version, 5),
            ],
        )
        assert outcomes.errors == []
        assert sorted(outcomes.results) == [200, 412]
        open_units += one.opens(order)["lines"][0]["quantity"]
    assert counters(mug).allocated == open_units
    assert differences() == []
