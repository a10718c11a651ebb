"""From a shelf to a letter of confirmation, as a customer and as a guest."""

from tests.support.live import PASSWORD
from tests.support.town import Town


def test_a_customer_buys_and_the_webhook_settles_the_order(town: Town) -> None:
    town.owner.sells("KETTLE", 5, price=3490, title="Copper Kettle")
    clara = town.visitor("clara@example.test")

    found = clara.gets("/products", q="kett")["data"]
    page = clara.gets(f"/products/{found[0]['slug']}")
    clara.adds(page["variants"][0]["sku"], 1)
    clara.registers("Clara Weiss")
    pair = clara.signs_in()
    joined = clara.gets("/cart")
    clara.adds("KETTLE", 1)
    quote = clara.posts("/checkout/quote", {"country": "DE", "shipping_method": "standard"})
    order = clara.checks_out(expected_total=quote["total"])
    intent = clara.asks_to_pay(order)
    paid_there = town.till.pay(intent)
    paid = clara.waits_until(order, payment_status="paid")

    assert joined["joined_guest_cart"] is True
    assert [(line["sku"], line["quantity"]) for line in joined["items"]] == [("KETTLE", 1)]
    assert quote["total"] == {"amount": 7470, "currency": "EUR"}
    assert intent["amount"] == quote["total"]
    assert paid_there.json()["status"] == "succeeded"
    assert paid["total"] == quote["total"]
    assert paid["tax_total"] == {"amount": 1114 + 78, "currency": "EUR"}
    listed = clara.gets("/orders")["data"]
    assert [(o["number"], o["payment_status"]) for o in listed] == [(order["number"], "paid")]
    letter = town.letter_to("clara@example.test", about="confirmed")
    assert letter.subject == f"Your order {order['number']} is confirmed"
    assert "2 × Copper Kettle (KETTLE): 69.80 EUR" in letter.text
    assert "Shipping, Parcel: 4.90 EUR" in letter.text
    assert "Total: 74.70 EUR, including 11.92 EUR tax" in letter.text

    renewed = clara.posts("/auth/refresh", {"refresh_token": pair["refresh_token"]})
    clara.posts("/auth/logout", {"refresh_token": renewed["refresh_token"]}, expected=204)
    refused = clara.posts(
        "/auth/refresh", {"refresh_token": renewed["refresh_token"]}, expected=401
    )
    assert refused["code"] == "token_invalid"


def test_a_guest_confirms_before_any_webhook_and_the_request_is_known_to_the_letter(
    town: Town,
) -> None:
    town.owner.sells("TEAPOT", 3, price=2500)
    guest = town.visitor("guest-who-confirms@example.test")
    order = guest.orders("TEAPOT")
    intent = guest.asks_to_pay(order)

    with town.from_stripe.refusing("POST", "/api/v1/webhooks/stripe", 503):
        town.till.pay(intent)
        settled = guest.posts(
            f"/payments/confirm-payment/{order['id']}", X_Request_ID="storefront-4711"
        )
        letter = town.letter_to("guest-who-confirms@example.test")

    assert settled["payment_status"] == "paid"
    assert letter.subject == f"Your order {order['number']} is confirmed"
    assert letter.request_id == "storefront-4711"
    facts = town.shop.sql("SELECT name FROM facts WHERE request_id = 'storefront-4711'")
    assert [fact.name for fact in facts] == ["OrderPaid"]


def test_a_declined_card_is_followed_by_a_good_one(town: Town) -> None:
    town.owner.sells("TRAY", 3, price=1800)
    guest = town.visitor("guest-with-two-cards@example.test")
    order = guest.orders("TRAY")
    intent = guest.asks_to_pay(order)

    declined = town.till.pay(intent, card="pm_card_chargeDeclinedInsufficientFunds")
    refused = guest.posts(f"/payments/confirm-payment/{order['id']}", expected=402)
    again = guest.asks_to_pay(order)
    town.till.pay(again)
    settled = guest.confirms(order)

    assert declined.status_code == 402
    assert (refused["code"], refused["decline_code"]) == ("payment_declined", "insufficient_funds")
    assert again["payment_intent_id"] == intent["payment_intent_id"]
    assert settled["payment_status"] == "paid"
    intents, _ = town.till.of_order(order["id"])
    assert [intent["amount_received"] for intent in intents] == [2290]


def test_somebody_else_sees_nothing_of_an_order(town: Town) -> None:
    town.owner.sells("SPOON", 3)
    guest, stranger = town.visitor("guest-of-spoons@example.test"), town.visitor()
    order = guest.orders("SPOON")
    stranger.adds("SPOON")

    seen = stranger.sends("GET", f"/orders/{order['id']}")
    asked = stranger.sends("POST", "/payments/create-payment-intent", {"order_id": order["id"]})
    staff = stranger.sends(
        "POST", "/admin/auth/login", {"email": "olivia@shop.test", "password": PASSWORD + "!"}
    )

    assert (seen.status_code, asked.status_code, staff.status_code) == (404, 404, 401)
