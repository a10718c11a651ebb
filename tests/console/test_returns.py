"""Returns on the real console against the real API: unpacked by scanner, refunded, listed."""

from __future__ import annotations

from tests.console.support.station import Station
from tests.support.books import differences
from tests.support.returned import asks, delivered, opened, withdraws
from tests.support.shop import Shop
from tests.support.stock import counters


async def test_one_unit_is_received_and_refunded_by_two_scans_and_three_keys(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    cup = house.sells("RTN-CUP", 10)
    order = house.an_order(**{"RTN-CUP": 2})
    delivered(owner, order)
    back = opened(owner, order, {0: 1})
    await desk.press("f2")
    desk.keys_pressed = desk.scans = 0

    await desk.scan(back["number"])
    await desk.rested()
    assert desk.screen == "return_case"
    await desk.scan("RTN-CUP")
    await desk.rested()
    assert "1 of 1, restock" in desk.said
    await desk.press("f10")
    await desk.rested()
    await desk.press("f10")
    await desk.rested()
    assert "9.99" in next(row for row in desk.text.splitlines() if "   Refund " in row)
    assert "1 of 2 units bought" in desk.text
    await desk.press("f10")
    await desk.rested()

    assert (desk.keys_pressed, desk.scans) == (3, 2)
    seen = owner.gets(f"/returns/{back['id']}").json
    assert (seen["status"], seen["lines"][0]["refunded_quantity"]) == ("closed", 1)
    assert counters(cup).on_hand == 9
    assert differences() == []


async def test_damaged_missing_and_unannounced_units(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("RTN-CUP", 10)
    house.sells("RTN-BOWL", 10)
    order = house.an_order(**{"RTN-CUP": 3})
    delivered(owner, order)
    back = opened(owner, order, {0: 3})

    await desk.scan(back["number"])
    await desk.rested()
    await desk.scan("RTN-CUP")
    await desk.press(">")
    assert "damaged" in desk.said
    await desk.scan("RTN-BOWL")
    await desk.rested()
    assert "NOT ANNOUNCED" in desk.said
    await desk.press("f10")
    await desk.rested()
    await desk.press("home")
    await desk.press("*")
    await desk.rested()

    lines = owner.gets(f"/returns/{back['id']}").json["lines"]
    cup, bowl = lines
    assert [(one["disposition"], one["quantity"]) for one in cup["dispositions"]] == [
        ("damaged", 1),
        ("missing", 2),
    ]
    assert (bowl["sku"], bowl["is_unexpected"]) == ("RTN-BOWL", True)
    assert differences() == []


async def test_what_somebody_else_received_meanwhile_is_not_received_twice(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    cup = house.sells("RTN-CUP", 10)
    order = house.an_order(**{"RTN-CUP": 1})
    delivered(owner, order)
    back = opened(owner, order, {0: 1})
    await desk.scan(back["number"])
    await desk.rested()
    await desk.scan("RTN-CUP")

    owner.posts(
        f"/returns/{back['id']}/receive", {"units": [{"variant_id": str(cup), "quantity": 1}]}
    )
    await desk.press("f10")
    await desk.rested()

    line = owner.gets(f"/returns/{back['id']}").json["lines"][0]
    assert line["received_quantity"] == 1
    assert desk.tone == "wrong"


async def test_the_list_shows_states_and_decides(real_desk: Station, house: Shop) -> None:
    desk, owner, buyer = real_desk, house.staff(), house.guest()
    house.sells("RTN-CUP", 10)
    order = house.an_order(buyer=buyer, **{"RTN-CUP": 2})
    delivered(owner, order)
    back = asks(buyer, order, {0: 1}).json

    await desk.type(":n")
    await desk.press("enter")
    await desk.rested()
    assert desk.screen == "returns"
    assert back["number"] in desk.text
    await desk.press("a")
    await desk.press("f10")
    await desk.rested()
    assert owner.gets(f"/returns/{back['id']}").json["status"] == "approved"

    # An article opens the one return that expects it.
    await desk.scan("RTN-CUP")
    await desk.rested()
    assert desk.screen == "return_case"
    await desk.press("escape")
    await desk.press("o")
    await desk.rested()
    assert desk.screen == "return_case"


async def test_an_unannounced_parcel_opens_its_return_at_the_order(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("RTN-CUP", 10)
    order = house.an_order(**{"RTN-CUP": 2})
    delivered(owner, order)

    await desk.scan(f"O-{order['number']}")
    await desk.rested()
    await desk.press("b")
    await desk.rested()
    assert owner.gets("/returns", order_id=order["id"]).json["data"] == []
    await desk.press("f10")
    await desk.rested()

    assert desk.screen == "return_case"
    (made,) = owner.gets("/returns", order_id=order["id"]).json["data"]
    assert (made["status"], made["units"]) == ("approved", 2)


async def test_the_deadline_of_a_withdrawal_is_shown(real_desk: Station, house: Shop) -> None:
    desk, owner, buyer = real_desk, house.staff(), house.guest()
    house.sells("RTN-CUP", 10)
    order = house.an_order(buyer=buyer, **{"RTN-CUP": 1})
    delivered(owner, order)
    withdraws(buyer, order)
    (back,) = owner.gets("/returns").json["data"]

    await desk.scan(back["number"])
    await desk.rested()

    assert "refund due" in desk.text
    assert "may wait for the goods" in desk.text


async def test_an_exchange_is_made_by_scanner(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("RTN-CUP", 10)
    house.sells("RTN-JUG", 10, price="12.99 EUR")
    order = house.an_order(**{"RTN-CUP": 1})
    delivered(owner, order)
    back = opened(owner, order, {0: 1})
    await desk.type(":n")
    await desk.press("enter")
    await desk.rested()

    await desk.press("q")
    await desk.type("RTN-CUP")
    await desk.press("enter")
    await desk.type("RTN-JUG")
    await desk.press("enter", "f10")
    await desk.rested()
    assert "owes 3.00 EUR" in " ".join(desk.text.split())
    await desk.press("escape", "e")
    await desk.type("RTN-CUP")
    await desk.press("enter")
    await desk.type("RTN-JUG")
    await desk.press("enter", "f10")
    await desk.rested()

    made = owner.gets(f"/returns/{back['id']}").json
    assert made["lines"][0]["exchange"]["sku"] == "RTN-JUG"
    assert owner.opens(order)["due"]["amount"] == 300
    await desk.scan(back["number"])
    await desk.rested()
    assert "RTN-CUP for RTN-JUG" in desk.text
    await desk.press("escape")
    await desk.rested()
    await desk.press("u", "f10")
    await desk.rested()
    assert owner.gets(f"/returns/{back['id']}").json["lines"][0]["exchange"] is None
    assert differences() == []


async def test_a_claim_is_opened_at_the_order_and_replaced(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    cup = house.sells("RTN-CUP", 10)
    order = house.an_order(**{"RTN-CUP": 2})
    delivered(owner, order)
    await desk.scan(f"O-{order['number']}")
    await desk.rested()
    await desk.press("q")
    await desk.rested()
    assert desk.screen == "claims"

    await desk.press("n")
    await desk.type("broken")
    await desk.press("enter")
    await desk.type("RTN-CUP")
    await desk.press("enter")
    await desk.type("in shards")
    await desk.press("enter")
    await desk.type("https://photos.test/1.jpg")
    await desk.press("enter", "f10")
    await desk.rested()
    (made,) = owner.gets("/claims", order_id=order["id"]).json["data"]
    assert (made["kind"], made["note"], made["status"]) == ("broken", "in shards", "open")
    await desk.press("enter")
    await desk.rested()
    assert "https://photos.test/1.jpg" in desk.text
    assert "1 × RTN-CUP" in desk.text
    await desk.press("a", "f10")
    await desk.rested()
    assert "There is no claim here." in desk.text, "it is among those that are approved"
    await desk.press("tab")
    await desk.rested()
    await desk.press("r", "f10")
    await desk.rested()
    await desk.press("escape")
    await desk.rested()

    assert "paid by goods" in desk.text
    assert owner.gets(f"/claims/{made['id']}").json["status"] == "resolved"
    assert counters(cup).allocated == 1
    assert differences() == []


async def test_what_the_shop_says_about_returns_is_written_by_key(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("RTN-CUP", 10)
    await desk.type(":returnpolicies")
    await desk.press("enter")
    await desk.rested()
    await desk.press("n")
    for answer in ("RTN-CUP", "", "14", "sealed", "", "10", "", "", ""):
        await desk.type(answer)
        await desk.press("enter")
    await desk.press("f10")
    await desk.rested()
    (policy,) = owner.gets("/return-policies").json["data"]
    assert (policy["window_days"], policy["condition"], policy["restocking_fee"]) == (
        14, "sealed", 1000,
    )  # fmt: skip

    await desk.type(":returntexts")
    await desk.press("enter")
    await desk.rested()
    assert "Rücksendeschein" in desk.text or "withdraw_label" in desk.text
    await desk.type(":returnreasons")
    await desk.press("enter")
    await desk.rested()
    assert "changed_mind" in desk.text
    await desk.press("e", "enter", "enter", "enter", "enter")
    await desk.press("ctrl+u")
    await desk.type("no")
    await desk.press("enter", "f10")
    await desk.rested()
    first = owner.gets("/return-reasons").json["reasons"]
    assert next(one for one in first if one["code"] == "changed_mind")["is_active"] is False
