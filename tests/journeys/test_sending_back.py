"""Goods that go back over the whole road: approved, unpacked and refunded; and withdrawn."""

from tests.support.town import Town


def test_a_return_with_its_slip_and_its_refund(town: Town) -> None:
    level = town.owner.sells("KETTLE-SENT-BACK", 10, price=2500)
    buyer, owner = town.visitor("buyer-of-kettles@example.test"), town.owner
    order = town.a_paid_order("KETTLE-SENT-BACK", 2, by=buyer)
    parcel = owner.ships(order)
    owner.commands(f"/fulfilments/{parcel['id']}/deliver", expected=200)
    line = order["lines"][0]["id"]

    wanted = {"order_line_id": line, "quantity": 1, "reason": "does_not_fit"}
    back = buyer.commands(f"/orders/{order['id']}/returns", {"lines": [wanted]})
    owner.commands(f"/returns/{back['id']}/approve", expected=200)
    letter = town.letter_to("buyer-of-kettles@example.test", about=back["number"])
    slip = buyer.sends("GET", f"/returns/{back['id']}/slip")
    scanned = owner.gets(f"/scan/{back['number']}")
    unit = {
        "variant_id": back["lines"][0]["variant_id"],
        "quantity": 1,
        "expected_received": 0,
        "disposition": "restock",
    }
    owner.commands(f"/returns/{back['id']}/receive", {"units": [unit]}, expected=200)
    quote = owner.posts(f"/returns/{back['id']}/refunds/quote", {})
    refund = owner.commands(f"/returns/{back['id']}/refunds", {"expected_amount": quote["amount"]})

    assert f"/returns/{back['id']}/slip" in letter.text
    assert slip.content.startswith(b"%PDF")
    assert (scanned["kind"], scanned["next"][0]) == ("return", "receive")
    assert quote["amount"] == {"amount": 2500, "currency": "EUR"}
    assert (refund["status"], refund["return_id"]) == ("succeeded", back["id"])
    assert owner.gets(f"/returns/{back['id']}")["status"] == "closed"
    assert owner.level("KETTLE-SENT-BACK")["on_hand"] == level["on_hand"] - 1
    _, given_back = town.till.of_order(order["id"])
    assert [each["amount"] for each in given_back] == [2500]


def test_a_withdrawal_with_its_receipt_and_its_deadline(town: Town) -> None:
    town.owner.sells("TRAY-SENT-BACK", 10, price=1500)
    buyer, owner = town.visitor("buyer-of-trays@example.test"), town.owner
    order = town.a_paid_order("TRAY-SENT-BACK", 1, by=buyer)
    owner.ships(order)
    stranger = town.visitor("receipts@example.test")

    begun = stranger.posts(
        "/withdrawals",
        {
            "order_number": order["number"],
            "name": "Carla Customer",
            "email": "buyer-of-trays@example.test",
        },
        expected=201,
    )
    done = stranger.posts(f"/withdrawals/{begun['id']}/confirm", {"token": begun["token"]})
    receipt = town.letter_to("buyer-of-trays@example.test", about="withdrawal")
    (back,) = owner.gets("/returns", order_id=order["id"])["data"]

    assert done["statement"] in receipt.text.replace("\r", "")
    assert done["confirmed_at"][:10] in receipt.text
    items = owner.gets("/attention", order_id=order["id"])["data"]
    assert [one["kind"] for one in items] == ["withdrawal"]
    assert items[0]["due_at"] == back["refund_due_at"]
    refund = owner.commands(
        f"/returns/{back['id']}/refunds",
        {"lines": [{"order_line_id": order["lines"][0]["id"], "quantity": 1}]},
    )
    assert refund["amount"] == {"amount": 1500 + 490, "currency": "EUR"}
    assert owner.gets("/attention", order_id=order["id"])["data"] == []
