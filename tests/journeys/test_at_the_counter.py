"""What staff do with an order: ship it in parts, give money back, look after the shelf."""

from tests.support.live import key
from tests.support.town import Town


def test_an_order_is_shipped_in_two_parcels_and_a_line_is_refunded(town: Town) -> None:
    town.owner.sells("BOWL-AT-THE-COUNTER", 10, price=1250)
    town.owner.sells("PLATE", 10, price=999)
    buyer = town.visitor("buyer-of-bowls@example.test")
    buyer.adds("BOWL-AT-THE-COUNTER", 2)
    order = buyer.orders("PLATE", 3)
    town.till.pay(buyer.asks_to_pay(order))
    buyer.confirms(order)
    bowls, plates = (line["id"] for line in order["lines"])
    owner = town.owner

    queue = owner.gets("/orders", queue="to_ship")["data"]
    scanned = owner.gets(f"/scan/O-{order['number']}")
    first = owner.ships(
        order, lines=[{"order_line_id": plates, "quantity": 2}], tracking_number="00340434 1610"
    )
    between = owner.opens(order)
    second = owner.ships(order, carrier="GLS")
    shipped = owner.opens(order)
    wanted = {"lines": [{"order_line_id": plates, "quantity": 2, "restock": True}]}
    quote = owner.posts(f"/orders/{order['id']}/refunds/quote", wanted)
    refund = owner.commands(
        f"/orders/{order['id']}/refunds",
        {**wanted, "reason": "damaged", "expected_amount": quote["amount"]},
    )
    closed = owner.opens(order)

    assert order["number"] in [card["number"] for card in queue]
    assert (scanned["kind"], scanned["id"]) == ("order", order["id"])
    assert (first["number"], first["tracking_number"]) == (f"{order['number']}-F1", "003404341610")
    assert between["fulfilment_status"] == "partially_shipped"
    assert [line["open_quantity"] for line in between["lines"]] == [2, 1]
    assert {line["order_line_id"]: line["quantity"] for line in second["lines"]} == {
        bowls: 2,
        plates: 1,
    }
    assert (shipped["status"], shipped["fulfilment_status"]) == ("completed", "shipped")
    assert quote["amount"] == {"amount": 1998, "currency": "EUR"}
    assert (refund["status"], refund["amount"]) == ("succeeded", quote["amount"])
    assert closed["payment_status"] == "partially_refunded"
    assert closed["refundable"] == {"amount": 5497 + 490 - 1998, "currency": "EUR"}
    assert [entry["kind"] for entry in closed["timeline"]] == [
        "placed", "paid", "shipped", "shipped", "refund_requested", "refund_succeeded",
    ]  # fmt: skip
    shelf = owner.level("PLATE")
    assert (shelf["on_hand"], shelf["allocated"]) == (9, 0)
    _, given_back = town.till.of_order(order["id"])
    assert [each["amount"] for each in given_back] == [1998]

    town.settles()
    letters = town.letters_to("buyer-of-bowls@example.test")
    assert sorted(letter.subject for letter in letters) == [
        f"Your order {order['number']} is confirmed",
        f"Your order {order['number']} is on its way",
        f"Your order {order['number']} is on its way",
        f"Your refund of 19.98 EUR for order {order['number']}",
    ]
    parcels = {"DHL" in letter.text: letter.text for letter in letters if "way" in letter.subject}
    assert "2 × Plate (PLATE)\n" in parcels[True].replace("\r", "")
    assert "This still follows:" in parcels[True]
    assert "003404341610" in parcels[True]
    assert "This still follows:" not in parcels[False]


def test_a_command_sent_twice_ships_once(town: Town) -> None:
    town.owner.sells("LAMP-AT-THE-COUNTER", 3)
    buyer = town.visitor("buyer-of-lamps@example.test")
    order = buyer.orders("LAMP-AT-THE-COUNTER")
    town.till.pay(buyer.asks_to_pay(order))
    buyer.confirms(order)
    named, form = key(), {"carrier": "DHL"}
    path = f"/orders/{order['id']}/ship"

    first = town.owner.sends("POST", path, form, headers={"Idempotency-Key": named})
    again = town.owner.sends("POST", path, form, headers={"Idempotency-Key": named})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(town.owner.opens(order)["fulfilments"]) == 1


def test_a_shelf_that_runs_low_is_told_once_for_each_fall(town: Town) -> None:
    level = town.owner.sells("BRUSH", 10, threshold=4)
    told = "Low stock: BRUSH"
    alerts = town.shop.env["STAFF_ALERT_EMAIL"]

    town.owner.adjusts(level, change=-6, reason="damaged", note="Dropped.")
    town.owner.adjusts(level, change=-1, reason="lost")
    town.settles()
    after_one_fall = town.letters_to(alerts, about=told)
    town.owner.adjusts(level, on_hand=20, expected_on_hand=3, reason="count")
    town.owner.adjusts(level, change=-17, reason="damaged")
    town.settles()

    assert [letter.subject for letter in after_one_fall] == [f"{told}, 4 left"]
    assert "Told at: 4 units or less" in after_one_fall[0].text
    assert {letter.subject for letter in town.letters_to(alerts, about=told)} == {
        f"{told}, 4 left",
        f"{told}, 3 left",
    }
    journal = town.owner.gets(f"/stock/{level['id']}/movements")["data"]
    assert [entry["on_hand_after"] for entry in journal] == [3, 20, 3, 4, 10]
    assert {entry["actor"] for entry in journal} == {"Olivia Owner"}
