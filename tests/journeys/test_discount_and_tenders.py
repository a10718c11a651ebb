"""An order with a code, a gift card and a card: refunded in part, cancelled, expired."""

from tests.support.town import Town


def test_a_code_a_gift_card_and_a_card_return_what_they_were(town: Town) -> None:
    town.owner.sells("SEXTANT", 9, price=6000)
    made = town.owner.commands(
        "/discounts", {"name": "Sextants", "kind": "percent", "basis_points": 1000}, expected=201
    )
    path = f"/discounts/{made['id']}"
    town.owner.commands(f"{path}/codes", {"codes": ["SEXTANT-10"], "max_uses": 1}, expected=201)
    gift = town.owner.commands(
        "/gift-cards",
        {"amount": {"amount": 4000, "currency": "EUR"}, "reason": "a prize"},
        expected=201,
    )
    buyer = town.visitor("buyer-of-sextants@example.test")

    def stands() -> tuple[int, int, int]:
        """Tell what the gift card holds, and how often discount and code were used."""
        held = buyer.commands("/gift-cards/balance", {"code": gift["code"]}, expected=200)
        (code,) = town.owner.gets(f"{path}/codes")["data"]
        return held["balance"]["amount"], town.owner.gets(path)["uses"], code["uses"]

    def orders() -> dict[str, object]:
        buyer.adds("SEXTANT", 2)
        cart = buyer.commands("/cart/codes", {"code": " sextant-1o "}, expected=200)
        assert cart["discount_total"]["amount"] == 1200
        return buyer.checks_out(gift_cards=[gift["code"]])

    order = orders()
    claimed = stands()
    intent = buyer.asks_to_pay(order)
    town.till.pay(intent)
    paid = buyer.confirms(order)
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}  # type: ignore[index]
    town.owner.commands(
        f"/orders/{order['id']}/refunds", {"lines": [line], "reason": "damaged"}, expected=201
    )
    after_part = stands()
    town.owner.commands(f"/orders/{order['id']}/cancel", {"reason": "customer"}, expected=200)
    after_all = stands()

    second = orders()
    claimed_again = stands()
    town.shop.sql("UPDATE orders SET expires_at = now() WHERE id = :id", id=second["id"])
    town.wakes("expire-unpaid-orders")

    # 120.00 of goods less 12.00, shipping is free; the gift card pays 40.00.
    assert (paid["total"]["amount"], intent["amount"]["amount"]) == (10800, 6800)
    assert claimed == (0, 1, 1)
    # 54.00 for one of two go back to the card; then its last 14.00, and all of the gift card.
    assert after_part == (0, 1, 1)
    assert after_all == (4000, 0, 0)
    _, given_back = town.till.of_order(order["id"])
    assert sorted(refund["amount"] for refund in given_back) == [1400, 5400]
    assert claimed_again == (0, 1, 1)
    assert buyer.sees(second)["status"] == "cancelled"
    assert stands() == (4000, 0, 0)
