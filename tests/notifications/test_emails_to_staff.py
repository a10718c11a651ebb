"""What the shop itself is written."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.support.shop import Shop
from tests.support.work import drain


@pytest.fixture
def nobody_to_alert(shop: Shop) -> Iterator[None]:
    """Have a shop that set no address for alerts."""
    settings: Settings = get_service(Settings)
    register(shop.app, Settings, replace(settings, staff_alert_email=""))
    yield
    register(shop.app, Settings, settings)


def to_staff(shop: Shop) -> list[tuple[str, str]]:
    """Return what the office got: subject and first line."""
    return [
        (letter.subject, letter.text.splitlines()[0])
        for letter in shop.mailer.sent
        if letter.to == "office@shop.test"
    ]


def test_low_stock_is_told_once_for_each_time_that_it_falls(shop: Shop) -> None:
    shop.sells("MUG", 10, threshold=8, title="Blue mug")
    shop.an_order(MUG=2)
    shop.an_order(MUG=1)
    drain()
    first = to_staff(shop)

    staff = shop.staff()
    (level,) = staff.gets("/stock", q="MUG").json["data"]
    staff.posts(f"/stock/{level['id']}/adjust", {"change": 20, "reason": "received"})
    shop.an_order(MUG=20)
    drain()

    assert first == [("Low stock: MUG, 8 left", "Blue mug (MUG) runs low.")]
    assert to_staff(shop)[1:] == [("Low stock: MUG, 7 left", "Blue mug (MUG) runs low.")]
    texts = [letter.text for letter in shop.mailer.sent if letter.to == "office@shop.test"]
    assert "  At: Main shelf\n  Free: 8 units\n  Told at: 8 units or less\n" in texts[0]


def test_without_an_address_for_alerts_nobody_is_alerted(shop: Shop, nobody_to_alert: None) -> None:
    shop.sells("MUG", 10, threshold=9)
    shop.an_order(paid=False, MUG=2)

    drain()

    assert shop.mailer.sent == []


def test_a_refund_that_the_bank_sends_back_is_told(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()
    staff.refunds(order, lines={0: 1})
    (refund_id,) = shop.gateway.refunds
    shop.gateway.settle_refund(refund_id, "failed", "the account is closed")
    shop.app.test_client().post(
        "/api/v1/webhooks/stripe",
        data=f"evt_1 refund.failed {refund_id}",
        headers={"Stripe-Signature": "good"},
    )

    drain()

    assert to_staff(shop) == [
        (
            f"Please look: the refund of 9.99 EUR on order {order['number']} failed",
            f"9.99 EUR could not go back to the customer of order {order['number']}: "
            "the account is closed.",
        )
    ]


def test_money_for_a_cancelled_order_is_told(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer, staff = shop.guest(), shop.staff()
    order = shop.an_order(paid=False, buyer=buyer, MUG=1)
    intent = buyer.asks_to_pay(order)["payment_intent_id"]
    snapshot = shop.gateway.intents[intent]
    staff.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    shop.gateway.intents[intent] = replace(snapshot, status="succeeded", received=snapshot.amount)
    for number in (1, 2):
        shop.app.test_client().post(
            "/api/v1/webhooks/stripe",
            data=f"evt_{number} payment_intent.succeeded {intent}",
            headers={"Stripe-Signature": "good"},
        )

    drain()

    assert to_staff(shop) == [
        (
            f"Please look: late transfer, 14.89 EUR on order {order['number']}",
            f"14.89 EUR on order {order['number']}: money came after the order was cancelled.",
        )
    ]
    assert staff.gets("/overview").json["needs_attention"] == 1
