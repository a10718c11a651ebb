"""Packing at the real API: a scanner alone packs, wrong items block, the label is proved."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from api.packing.models import PackScan
from api.platform.db import session
from console.settings import Settings
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import URL, Station, at_work
from tests.packing.test_packing import a_box
from tests.shipping_labels.test_labels import prepare
from tests.support.books import differences
from tests.support.carriers import at_carriers
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop

MUG, JUG, LABEL = "4006381333931", "4006381333948", "00340434161094042557"
Opens = Callable[..., AbstractAsyncContextManager[Station]]


@pytest.fixture
def house(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> Shop:
    """The real shop, with mugs and jugs, and one type of box."""
    house = Shop(app, gateway, mailer).opens()
    house.sells("MUG", 60, barcodes=[MUG], title="Harbour mug")
    house.sells("JUG", 60, barcodes=[JUG], title="Jug")
    a_box(house)
    return house


@pytest.fixture
def open_desk(tmp_path: Path, house: Shop) -> Opens:
    """Open a console at a packing station."""

    def open_it(
        size: tuple[int, int] = (80, 24), **settings: Any
    ) -> AbstractAsyncContextManager[Station]:
        of = Settings(URL, tmp_path / "home", station="PACK-2", **settings)
        return at_work(tmp_path / "home", shop=RealShop(house), settings=of, size=size)

    return open_it


async def test_five_verified_units_leave_with_one_key(open_desk: Opens, house: Shop) -> None:
    order = house.an_order(MUG=3, JUG=2)
    async with open_desk() as desk:
        await desk.press("f5")
        await desk.rested()
        desk.keys_pressed = desk.scans = 0
        await desk.scan(order["number"], MUG, MUG, JUG, MUG, JUG, "B-M", LABEL)
        assert "5/5" in desk.text
        await desk.press("enter")
        await desk.rested()
        assert (desk.keys_pressed, desk.scans) == (1, 8)
    case = house.staff().opens(order)
    assert case["fulfilment_status"] == "shipped"
    assert case["fulfilments"][0]["tracking_number"] == LABEL
    assert [line["verified_quantity"] for line in case["fulfilments"][0]["lines"]] == [3, 2]
    assert differences() == []


async def test_a_station_that_ships_by_itself_needs_no_key(open_desk: Opens, house: Shop) -> None:
    order = house.an_order(MUG=3, JUG=2)
    async with open_desk(auto_ship=True) as desk:
        await desk.press("f5")
        await desk.rested()
        desk.keys_pressed = 0
        await desk.scan(order["number"])
        await desk.type("3*")
        desk.keys_pressed = 0  # counted below: a quantity is typed where a person wants it
        await desk.scan(MUG, JUG, JUG, "B-M", LABEL)
        await desk.rested()
        assert desk.keys_pressed == 0
    assert house.staff().opens(order)["fulfilment_status"] == "shipped"


async def test_a_label_is_bought_and_printed_with_the_key_that_ships(
    app: Flask, open_desk: Opens, house: Shop
) -> None:
    prepare(house)
    order, other = house.an_order(MUG=1), house.an_order(MUG=1)
    with at_carriers(app) as carriers:
        carriers.says = 400, {"errors": [{"code": "ZIP", "message": "ZIP code is wrong"}]}
        async with open_desk(size=(80, 24)) as desk:
            await desk.press("f5")
            await desk.scan(order["number"], MUG, "B-M")
            assert "Enter buys its label" in desk.text
            await desk.press("=")
            await desk.type("400")
            await desk.press("enter")
            await desk.press("enter")
            await desk.rested()
            assert (desk.tone, "ZIP code is wrong" in desk.said) == ("wrong", True), desk.said
            await desk.scan(other["number"])
            await desk.rested()
            assert other["number"] in desk.text, "packing goes on"
            carriers.says = None
            await desk.scan(MUG, "B-M")
            await desk.press("=")
            await desk.type("400")
            await desk.press("enter", "enter")
            await desk.rested()
            await desk.scan(order["number"])
            await desk.press("enter")
            await desk.rested()
            await desk.scan("ZFK10002")
            await desk.rested()
            assert "the right label" in desk.said, desk.said
    numbers = [house.staff().opens(one)["fulfilments"][0]["tracking_number"]
               for one in (other, order)]  # fmt: skip
    assert numbers == ["ZFK10001", "ZFK10002"]


async def test_a_station_that_ships_by_itself_buys_the_label_once_it_is_weighed(
    app: Flask, open_desk: Opens, house: Shop
) -> None:
    prepare(house)
    order = house.an_order(MUG=2)
    with at_carriers(app) as carriers:
        async with open_desk(auto_ship=True) as desk:
            await desk.press("f5")
            await desk.scan(order["number"], MUG, "B-M")
            await desk.press("=")
            await desk.type("900")
            await desk.press("enter")
            await desk.rested()
            assert carriers.bought == [], "a unit is missing"
            desk.keys_pressed = 0
            await desk.scan(MUG)
            await desk.rested()
            assert desk.keys_pressed == 0
        assert len(carriers.bought) == 1
    assert house.staff().opens(order)["fulfilment_status"] == "shipped"


async def test_a_wrong_item_blocks_in_red_until_it_is_put_right(
    open_desk: Opens, house: Shop
) -> None:
    order = house.an_order(MUG=1)
    async with open_desk() as desk:
        await desk.press("f5")
        await desk.scan(order["number"], MUG, JUG)
        await desk.rested()
        assert (desk.tone, "WRONG ITEM" in desk.said) == ("wrong", True)
        assert "STOP" not in desk.said
        await desk.scan("B-M")
        await desk.scan(MUG)
        assert "too many" in desk.said
        await desk.press("enter")
        assert not any(path.endswith("/finish") for _, path in desk.shop.writes)
        await desk.press("escape")
        await desk.scan(LABEL)
        await desk.press("enter")
        await desk.rested()
        # Scanned back from the parcel, its label is proved; the label of another one is not.
        await desk.scan("00340434161094042564")
        await desk.rested()
        assert "WRONG LABEL" in desk.said
        await desk.scan(LABEL)
        await desk.rested()
        assert "the right label" in desk.said
    assert house.staff().opens(order)["fulfilment_status"] == "shipped"
    results = [row.result.value for row in session.query(PackScan).order_by(PackScan.id)]
    assert results == ["ok", "wrong_item", "box", "too_many", "put_right"]


async def test_the_window_is_used_and_everything_fits_80_by_24(
    open_desk: Opens, house: Shop
) -> None:
    buyer = house.guest()
    buyer.adds("MUG", 2)
    order = buyer.checks_out(customer_note="leave at the door", gift_message="Happy birthday")
    buyer.pays(order)
    async with open_desk() as desk:
        await desk.press("f5")
        await desk.scan(order["number"])
        await desk.rested()
        for words in ("leave at the door", "Happy birthday", "0/2", "Harbour mug", "█"):
            assert words in desk.text
        small = desk.text.count("█") + desk.text.count("▀") + desk.text.count("▄")
        await desk.pilot.resize_terminal(160, 50)
        await desk.rested()
        wide = desk.text.count("█") + desk.text.count("▀") + desk.text.count("▄")
        assert wide > 3 * small


async def test_the_rest_goes_into_the_next_parcel(open_desk: Opens, house: Shop) -> None:
    order = house.an_order(MUG=3)
    async with open_desk() as desk:
        await desk.press("f5")
        await desk.scan(order["number"], MUG, MUG, "B-M")
        await desk.press("/")
        assert desk.said.startswith("By whom?")
        await desk.press("@")
        await desk.type("DHL")
        await desk.press("enter", "/")
        await desk.rested()
        await desk.scan(order["number"], MUG)
        await desk.press("f9")
        assert "Undone" in desk.said
        await desk.scan(MUG, "B-M", LABEL)
        await desk.press("enter")
        await desk.rested()
    parcels = house.staff().opens(order)["fulfilments"]
    assert [one["lines"][0]["quantity"] for one in parcels] == [2, 1]
