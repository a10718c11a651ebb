"""Goods that come, on the real console against the real API: by scanner alone, undone, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.console.support.station import Station
from tests.console.test_bins import console
from tests.inventory.test_lots import LATER, SOON, kept_in_lots, left
from tests.purchasing.test_receiving import level, placed
from tests.support.people import a_staff_member
from tests.support.shop import Shop
from tests.support.stock import a_location, level_of

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
    await desk.sent_again()
    assert level(house, "RCV-A").on_hand == 1


async def test_a_label_says_the_lot_another_lot_gets_a_line_and_a_missing_one_is_asked_for(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    tea = kept_in_lots(house.sells("RCV-TEA", 0))
    kept_in_lots(house.sells("RCV-OIL", 0))
    owner.posts("/barcodes", {"sku": "RCV-TEA", "code": "09506000134352", "pack_quantity": 1})
    order = placed(owner, ("RCV-TEA", 24, 100), ("RCV-OIL", 6, 100))
    await desk.press("f6")
    await desk.scan(order["number"])
    await desk.rested()

    first, second = (f"]C10109506000134352{day:17%y%m%d}10{lot}"
                     for lot, day in (("a7", LATER), ("b8", SOON)))  # fmt: skip
    for code in (first, first, second, first):
        await desk.scan(code)
        await desk.rested()
    assert "lot A7" in desk.text, (desk.said, desk.text)
    assert "lot B8" in desk.text
    await desk.scan("RCV-OIL")
    await desk.rested()
    assert "which lot?" in desk.text
    await desk.press("f10")
    await desk.rested()
    assert "RCV-OIL is kept in lots" in desk.said
    await desk.press("@")
    await desk.type("x-1 2026-02-31")
    await desk.press("enter")
    assert "no day" in desk.said
    await desk.press("@")
    await desk.type(f"x-1 {LATER.isoformat()}")
    await desk.press("enter")
    await desk.press("f10")
    await desk.rested()

    receipt = owner.gets("/receipts").json["data"][0]
    assert sorted((one["sku"], one["lot"], one["quantity"]) for one in receipt["lines"]) == [
        ("RCV-OIL", "X-1", 1), ("RCV-TEA", "A7", 3), ("RCV-TEA", "B8", 1),
    ]  # fmt: skip
    assert left(tea) == {"A7": 3, "B8": 1}
    assert "20" in desk.text  # of the 24, whichever lot they will be of


async def test_a_lot_is_recalled_and_its_recipients_stand_below_it(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    tea = kept_in_lots(house.sells("RCV-TEA", 0), "lot")
    owner.posts("/receipts", {"lines": [{"code": "RCV-TEA", "quantity": 5, "lot": "L-1"}]})
    order = house.an_order(**{"RCV-TEA": 2})
    owner.posts(f"/orders/{order['id']}/ship", {"carrier": "dhl"})

    await desk.press(":")
    await desk.type("lots")
    await desk.press("enter")
    await desk.rested()
    assert "L-1" in desk.text
    await desk.press("enter")
    await desk.rested()
    assert order["number"] in desk.text
    await desk.press("r")
    await desk.press("f10")
    await desk.rested()

    assert owner.gets("/lots").json["data"][0]["is_recalled"] is True
    assert house.staff().gets(f"/stock/{level_of(tea)}").json["available"] == 0


async def test_a_transfer_is_shipped_and_received_by_scanner_with_a_reason_for_what_is_missing(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    a_location("ANNEX")
    house.sells("JUG", 9)
    lines = [{"code": "MUG", "quantity": 5}, {"code": "JUG", "quantity": 2}]
    body = {"from_location": "MAIN", "to_location": "ANNEX", "lines": lines}
    made = owner.posts("/transfers", body).json

    await desk.scan(made["number"])
    await desk.rested()
    assert (desk.screen, f"Ship ▸ {made['number']}" in desk.text) == ("receive", True)
    await desk.press("4", "*")
    await desk.scan("MUG", "JUG", "JUG")
    await desk.scan("!SEND")
    await desk.rested()
    sent = owner.gets(f"/transfers/{made['id']}").json
    assert (sent["status"], sent["units"]) == ("in_transit", 6)

    assert f"Receive ▸ {made['number']}" in desk.text
    await desk.scan("MUG", "MUG", "MUG", "JUG", "JUG", "JUG")
    await desk.press("f10")
    await desk.rested()
    assert "1 MUG still to come, 1 JUG too many: ; ends it" in desk.text
    await desk.press(";")
    assert "JUG: 1 too many. Why?" in desk.text or "MUG: 1 missing. Why?" in desk.text
    await desk.press("9", "enter")
    assert desk.tone == "wrong"
    await desk.press("1", "enter", "3", "enter")
    assert "because it did not come: 1 unit" in desk.text
    await desk.press("f10")
    await desk.rested()
    ended = owner.gets(f"/transfers/{made['id']}").json
    assert ended["status"] == "received"
    assert {one["sku"]: (one["received"], one["written_off"]) for one in ended["lines"]} == {
        "MUG": (3, 1), "JUG": (3, -1),
    }  # fmt: skip
    assert {one["reason"] for one in ended["lines"]} == {"missing", "miscounted"}
    await desk.press("+")
    assert "is received: nothing more is counted" in desk.said


async def test_what_was_counted_outlives_a_closed_terminal(house: Shop, tmp_path: Path) -> None:
    house.sells("RCV-A", 0)
    order = placed(house.staff(), ("RCV-A", 24, 100))
    mia, jon = a_staff_member("owner", "Mia"), a_staff_member("owner", "Jon")
    async with console(house, tmp_path / "home", mia) as desk:
        await desk.scan(order["number"])
        await desk.rested()
        await desk.type("7*")
        await desk.scan("RCV-A")
    async with console(house, tmp_path / "home", mia) as desk:
        assert f"7 units of {order['number']}" in desk.said
        await desk.scan(order["number"])
        await desk.rested()
        await desk.scan("RCV-A")
        assert "8 of 24" in desk.said
        await desk.press("f10")
        await desk.rested()
        assert level(house, "RCV-A").on_hand == 8
        await desk.press("f2")
        assert "Begun and not sent" not in desk.said
        await desk.press("f6")
        await desk.scan("RCV-A")
    async with console(house, tmp_path / "jon", jon) as desk:
        await desk.press("f6")
        assert "1 unit" not in desk.text, "what one person counted no other one posts"


async def test_low_stock_is_transferred_and_ordered_by_one_key(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    a_location("ANNEX")
    house.sells("LOW", 1, threshold=5)
    line = {"code": "LOW", "quantity": 40}
    assert owner.posts("/receipts", {"location": "ANNEX", "lines": [line]}).status_code == 201
    await desk.press(":", "l", "enter")
    await desk.rested()
    assert "ANNEX" in desk.text
    await desk.press("t", "ctrl+u")
    await desk.type("12")
    await desk.press("enter")
    assert "Draft a transfer of LOW from ANNEX to MAIN?" in desk.text
    await desk.press("f10")
    await desk.rested()
    (made,) = owner.gets("/transfers").json["data"]
    assert (made["from_location"]["code"], made["units"]) == ("ANNEX", 12)
    await desk.press("o")
    assert desk.said == "No supplier sells it: :suppliers, then i"
