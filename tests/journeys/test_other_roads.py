"""Orders that are paid another way, cancelled, or never paid at all."""

from tests.support.town import Town


def test_an_order_paid_by_bank_transfer(town: Town) -> None:
    town.owner.sells("CLOCK", 2, price=5000)
    buyer = town.visitor("buyer-of-clocks@example.test")

    order = buyer.orders("CLOCK", payment_method="manual")
    how_to_pay = town.letter_to("buyer-of-clocks@example.test", about="how to pay")
    refused = town.owner.commands(f"/orders/{order['id']}/ship", {"carrier": "DHL"}, expected=409)
    paid = town.owner.commands(
        f"/orders/{order['id']}/mark-paid", {"reference": "statement 12, line 3"}, expected=200
    )
    town.owner.ships(order)

    assert "Please pay 54.90 EUR" in how_to_pay.text
    assert refused["code"] == "invalid_state"
    assert paid["payment_status"] == "paid"
    assert buyer.sees(order)["fulfilment_status"] == "shipped"
    assert town.till.of_order(order["id"]) == ([], [])
    town.letter_to("buyer-of-clocks@example.test", about="confirmed")
    town.letter_to("buyer-of-clocks@example.test", about="on its way")


def test_a_paid_order_is_cancelled_for_its_customer(town: Town) -> None:
    town.owner.sells("VASE", 4, price=3000)
    buyer = town.visitor("buyer-of-vases@example.test")
    order = buyer.orders("VASE", 2)
    town.till.pay(buyer.asks_to_pay(order))
    buyer.confirms(order)
    promised = town.owner.level("VASE")

    cancelled = town.owner.commands(
        f"/orders/{order['id']}/cancel", {"reason": "customer", "note": "By phone."}, expected=200
    )

    assert (promised["allocated"], promised["available"]) == (2, 2)
    assert (cancelled["status"], cancelled["payment_status"]) == ("cancelled", "refunded")
    freed = town.owner.level("VASE")
    assert (freed["allocated"], freed["available"]) == (0, 4)
    _, given_back = town.till.of_order(order["id"])
    assert [refund["amount"] for refund in given_back] == [6490]
    town.letter_to("buyer-of-vases@example.test", about="was cancelled")
    town.letter_to("buyer-of-vases@example.test", about="Your refund of 64.90 EUR")


def test_an_order_that_nobody_pays_gives_its_goods_back(town: Town) -> None:
    town.owner.sells("CHAIR", 1, price=8000)
    late, quick = town.visitor("late@example.test"), town.visitor("quick@example.test")
    quick.adds("CHAIR")
    order = late.orders("CHAIR")
    intent = late.asks_to_pay(order)
    sold_out = quick.commands("/checkout", quick.form(), expected=409)

    town.shop.sql("UPDATE orders SET expires_at = now() WHERE id = :id", id=order["id"])
    said = town.shop.flask("run-periodic", "expire-unpaid-orders")

    assert said == "expire-unpaid-orders ran.\n"
    assert sold_out["code"] == "insufficient_stock"
    assert late.sees(order)["status"] == "cancelled"
    too_late = town.till.pay(intent)
    assert too_late.json()["error"]["code"] == "payment_intent_unexpected_state"
    letter = town.letter_to("late@example.test")
    assert "its payment did not arrive in time" in letter.text
    assert quick.checks_out()["payment_status"] == "unpaid"


def test_money_that_came_before_the_end_keeps_the_order(town: Town) -> None:
    """The customer paid in the last second and no webhook arrived: expiry asks before it ends."""
    town.owner.sells("STOOL", 1, price=4000)
    buyer = town.visitor("in-the-last-second@example.test")
    order = buyer.orders("STOOL")
    intent = buyer.asks_to_pay(order)

    with town.from_stripe.refusing("POST", "/api/v1/webhooks/stripe", 503):
        town.till.pay(intent)
        town.shop.sql("UPDATE orders SET expires_at = now() WHERE id = :id", id=order["id"])
        town.wakes("expire-unpaid-orders")
        kept = buyer.sees(order)

    assert (kept["status"], kept["payment_status"]) == ("placed", "paid")
    town.letter_to("in-the-last-second@example.test", about="confirmed")


def test_a_gift_card_and_a_card_pay_are_refunded_cancelled_and_expire(town: Town) -> None:
    town.owner.sells("ORRERY", 9, price=6000)
    gift = town.owner.commands(
        "/gift-cards",
        {"amount": {"amount": 8000, "currency": "EUR"}, "reason": "a prize"},
        expected=201,
    )
    buyer = town.visitor("giver-of-globes@example.test")

    def holds() -> int:
        return int(town.owner.gets(f"/gift-cards/{gift['id']}")["balance"]["amount"])

    order = buyer.orders("ORRERY", 2, gift_cards=[gift["code"]])
    intent = buyer.asks_to_pay(order)
    town.till.pay(intent)
    paid = buyer.confirms(order)
    for_both = holds()
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    town.owner.commands(
        f"/orders/{order['id']}/refunds", {"lines": [line], "reason": "damaged"}, expected=201
    )
    after_part = holds()
    town.owner.commands(f"/orders/{order['id']}/cancel", {"reason": "customer"}, expected=200)
    after_all = holds()

    second = buyer.orders("ORRERY", 2, gift_cards=[gift["code"]])
    claimed = holds()
    town.shop.sql("UPDATE orders SET expires_at = now() WHERE id = :id", id=second["id"])
    town.wakes("expire-unpaid-orders")

    assert (paid["payment_status"], intent["amount"]["amount"]) == ("paid", 4000)
    # The card's 40.00 go back first, then 20.00 of the gift card, then its rest.
    assert (for_both, after_part, after_all) == (0, 2000, 8000)
    _, given_back = town.till.of_order(order["id"])
    assert [refund["amount"] for refund in given_back] == [4000]
    assert (claimed, buyer.sees(second)["status"], holds()) == (0, "cancelled", 8000)
    told = town.letter_to("giver-of-globes@example.test", about=f"{second['number']} was cancelled")
    assert "is there again" in told.text
