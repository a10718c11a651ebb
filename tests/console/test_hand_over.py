"""The hand-over at the real API: parcels are scanned out, the rest is listed; lists of packing."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from console.flows.records.table import KINDS
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import at_work
from tests.packing.test_hand_over import LABEL, OTHER, packed
from tests.packing.test_packing import PACKING, a_box
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop


@pytest.fixture
def house(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> Shop:
    """The real shop, with mugs and one type of box."""
    house = Shop(app, gateway, mailer).opens()
    house.sells("MUG", 60)
    a_box(house)
    return house


async def test_a_scanner_hands_parcels_over_and_f10_closes(house: Shop, tmp_path: Path) -> None:
    mia = house.staff()
    first, second = packed(house, mia, "B-M"), packed(house, mia, "B-M", label=OTHER)
    async with at_work(tmp_path / "home", shop=RealShop(house)) as desk:
        await desk.press(":")
        await desk.type("handover")
        await desk.press("enter")
        await desk.rested()
        for words in ("DHL", first["number"], second["number"]):
            assert words in desk.text
        await desk.press("f10")
        assert "Nothing was scanned" in desk.said
        await desk.scan(LABEL)
        await desk.rested()
        assert desk.said == f"{first['number']} is handed over."
        assert "1 left here" in desk.text
        await desk.scan(LABEL)
        await desk.rested()
        assert "is on this manifest" in desk.said
        await desk.scan("NO-LABEL")
        await desk.rested()
        assert desk.tone == "wrong"
        await desk.scan(OTHER)
        await desk.rested()
        await desk.press("down", "-")
        await desk.rested()
        assert desk.said == f"{second['number']} stays here"
        await desk.press("f10")
        await desk.rested()
        assert "DHL has 1 parcel" in desk.said
        assert second["number"] in desk.text
        lines = desk.text.splitlines()
        assert (len(lines), max(map(len, lines)) <= 80) == (24, True)
    (manifest,) = mia.gets(f"{PACKING}/manifests").json["data"]
    assert (manifest["status"], manifest["parcel_count"]) == ("closed", 1)


@pytest.mark.parametrize("name", ["box_types", "manifests", "packaging_book"])
async def test_each_list_of_packing_opens_at_80_by_24(
    house: Shop, tmp_path: Path, name: str
) -> None:
    mia = house.staff()
    packed(house, mia, "B-M")
    mia.posts(f"{PACKING}/manifests", {"carrier": "DHL"})
    async with at_work(tmp_path / "home", shop=RealShop(house)) as desk:
        await desk.press(":")
        await desk.type(KINDS[name].alias)
        await desk.press("enter")
        await desk.rested()
        shown = {"box_types": "B-M", "manifests": "M-", "packaging_book": "paper"}[name]
        lines = desk.text.splitlines()
        assert (desk.screen, shown in desk.text) == (name, True), desk.text
        assert (len(lines), max(map(len, lines)) <= 80) == (24, True)
        assert not desk.app.frame.problem.display, desk.text
