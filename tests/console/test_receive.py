"""Goods that come, on the real console against the real API: by scanner alone, undone, offline."""

from __future__ import annotations

from typing import Any

from tests.console.support.station import Station
from tests.purchasing.test_receiving import level, placed
from tests.support.shop import Shop

CASE = "14006381333938"


async def test_an_order_is_received_by_scanner_and_six_keys(
    real_desk: Station, house: Shop
) -> None:
    desk, skus = real_desk, ("RCV-A", "RCV-B", "RCV-C", "RCV-D")
    owner = house.staff()
    for sku in skus:
        house.sells(sku, 0)
    order = placed(owner, *((sku, 24, 100) for sku in skus))
    await desk.press("f2")
    desk.keys_pressed = desk.scans = 0

    await desk.press("f6")
    await desk.scan(order["number"])
    await desk.rested()
    assert desk.screen == "receive"
    for sku in skus:
        await desk.scan(sku)
        assert "1 of 24" in desk.said
        await desk.press("enter")
        assert "24 of 24" in desk.said
    assert "96 units" in desk.text
    await desk.press("f10")
    await desk.rested()

    assert (desk.keys_pressed, desk.scans) == (6, 5)
    seen = owner.gets(f"/purchase-orders/{order['id']}").json
    assert (seen["status"], seen["received_units"]) == ("received", 96)

    await desk.press("f9")
    await desk.rested()
    assert owner.gets(f"/purchase-orders/{order['id']}").json["received_units"] == 0
    assert level(house, "RCV-A").on_hand == 0


async def test_cases_damaged_units_bins_and_unknown_codes(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("RCV-A", 0)
    (place,) = owner.gets("/locations").json["data"]
    owner.posts("/bins", {"location_id": place["id"], "code": "A-01"})
    order = placed(owner, ("RCV-A", 24, 100))
    await desk.press("f6")
    await desk.scan(order["number"])
    await desk.rested()

    await desk.scan(CASE)
    await desk.rested()
    assert desk.tone == "wrong"
    assert "UNKNOWN CODE" in desk.said
    await desk.press("#")
    await desk.type("rcv-a 12")
    await desk.press("enter")
    await desk.rested()
    assert "12 of 24" in desk.said
    await desk.press("2", "*")
    await desk.scan(CASE)
    await desk.rested()
    assert "36 of 24: 12 TOO MANY" in desk.said
    await desk.press("f9")
    assert "Undone" in desk.said
    await desk.press("!")
    await desk.type("13")
    await desk.press("enter")
    assert desk.tone == "wrong"
    await desk.press("!")
    await desk.type("2")
    await desk.press("enter")
    await desk.scan("L-A-01")
    await desk.pilot.resize_terminal(80, 24)
    await desk.settled()
    lines = desk.text.splitlines()
    assert (len(lines), all("12" in one and "2" in one for one in lines if "RCV-A" in one)) == (
        24, True,
    )  # fmt: skip
    await desk.press("f10")
    await desk.rested()

    kept = level(house, "RCV-A")
    assert (kept.on_hand, kept.damaged, kept.in_bins) == (12, 2, 12)


async def test_goods_are_counted_and_kept_while_the_shop_cannot_be_asked(
    real_desk: Station, house: Shop
) -> None:
    desk: Any = real_desk
    house.sells("RCV-A", 0)
    order = placed(house.staff(), ("RCV-A", 5, 100))
    await desk.press("f6")
    await desk.scan(order["number"])
    await desk.rested()

    desk.shop.moods.is_down = True
    await desk.scan("RCV-A")
    assert "1 of 5" in desk.said
    await desk.scan("4012345678901")
    await desk.settled()
    assert "the shop cannot be asked" in desk.said
    await desk.press("f10")
    assert "received" in desk.said
    assert level(house, "RCV-A").on_hand == 0

    desk.shop.moods.is_down = False
    desk.app.shop.caller.circuit.answered()
    desk.app.shop.outbox._db.execute("UPDATE commands SET next_at = 0")
    desk.app.shop.sender.nudge()
    await desk.rested()
    assert level(house, "RCV-A").on_hand == 1
