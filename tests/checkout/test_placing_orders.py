"""From cart to order, as a storefront sees it."""

from tests.support.shop import Shop
from tests.support.stock import counters


def test_a_guest_buys_two_mugs_and_pays_by_card(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 2)

    order = guest.checks_out()

    assert order["number"] == "1001"
    assert (order["status"], order["payment_status"]) == ("placed", "unpaid")
    assert order["subtotal"] == {"amount": 1998, "currency": "EUR"}
    assert order["shipping_total"] == {"amount": 490, "currency": "EUR"}
    assert order["total"] == {"amount": 2488, "currency": "EUR"}
    assert counters(mug).allocated == 2

    paid = guest.pays(order)

    assert paid["payment_status"] == "paid"
    assert guest.sees(order)["paid_at"] is not None
