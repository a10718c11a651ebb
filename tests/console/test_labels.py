"""Labels of carriers by keys: the account, the way of shipping, buying, printing, voiding."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.console.support.real import opens
from tests.console.support.station import Station
from tests.console.test_operations import goes
from tests.shipping_labels.test_labels import changes, labels, prepare
from tests.support.carriers import CREDENTIALS, LABEL, at_carriers
from tests.support.shop import Shop


async def answers(desk: Station, key: str, *typed: str) -> None:
    """Fill a form in and send it."""
    await desk.press(key)
    await desk.rested()
    for text in typed:
        if text:
            await desk.press("ctrl+u")
            await desk.type(text)
        await desk.press("enter")
    await desk.press("f10")
    await desk.rested()


async def test_an_account_is_added_by_keys_and_asked_only_for_what_its_carrier_needs(
    real_desk: Station, house: Shop
) -> None:
    staff = house.staff()
    given = CREDENTIALS["postnl"]
    await goes(real_desk, "carriers")
    named = ("postnl", "nl", "PostNL Utrecht", "test", "PDF")
    await answers(real_desk, "n", *named, *given.values(), "")
    assert real_desk.tone == "done", real_desk.said
    (account,) = staff.gets("/carrier-accounts").json["data"]
    assert (account["code"], account["carrier"], account["mode"]) == ("nl", "postnl", "test")
    await answers(real_desk, "e", "", "", "", "no")
    assert not staff.gets("/carrier-accounts").json["data"][0]["is_active"], real_desk.said
    await answers(real_desk, "k", "another key", "DEVC", "11223344", "1000")
    assert real_desk.tone == "done", real_desk.said
    await answers(real_desk, "w")
    assert "/api/v1/webhooks/carriers/" in real_desk.text
    await real_desk.press("escape")
    await goes(real_desk, "shipping")
    await answers(real_desk, "a", "nl", "3085", "")
    method = staff.gets("/shipping-methods").json["data"][0]
    assert (method["carrier_account"], method["carrier_service"]) == ("nl", "3085"), real_desk.said
    await answers(real_desk, "a", "off", "off", "")
    assert staff.gets("/shipping-methods").json["data"][0]["carrier_account"] is None
    await goes(real_desk, "carriers")
    await answers(real_desk, "d")
    assert staff.gets("/carrier-accounts").json["data"] == [], real_desk.said


async def test_a_label_is_bought_printed_and_voided_from_the_parcels_of_an_order(
    app: Flask, real_desk: Station, house: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, staff = real_desk, prepare(house)
    monkeypatch.chdir(tmp_path)
    events = tmp_path / "events.csv"
    events.write_text("tracking_number,status,occurred_at\nZFK10001,transit,2026-01-02T10:00:00Z\n")
    order = house.an_order(MUG=2)
    parcel = staff.posts(f"/orders/{order['id']}/fulfilments", {}).json
    with at_carriers(app) as carriers:
        await opens(desk, order)
        await desk.press("k")
        await desk.rested()
        carriers.says = 400, {"errors": [{"code": "ZIP", "message": "ZIP code is wrong"}]}
        await answers(desk, "l", "1250", "", "")
        assert (desk.tone, "ZIP code is wrong" in desk.said) == ("wrong", True)
        carriers.says = None
        await answers(desk, "l", "1250", "", "")
        assert desk.tone == "done", desk.said
        assert "ZFK10001" in desk.text
        await desk.press("e")
        await desk.rested()
        assert f"{parcel['number']}-L2" in desk.text
        await answers(desk, "f")
        assert (tmp_path / f"label-{parcel['number']}-L2.PDF").read_bytes() == LABEL
        await answers(desk, "p", "PACK-9")
        assert "PACK-9" in desk.said, "it has no printer, which is said"
        await answers(desk, "v", "")
        assert desk.tone == "done", desk.said
        assert [one["state"] for one in labels(staff, parcel)] == ["failed", "voided"]
        assert len(carriers.voided) == 1
    await goes(desk, "manifests")
    await answers(desk, "t", "events.csv")
    assert desk.tone == "wrong", "its number was taken off with the label"


@pytest.mark.parametrize("real_desk", [(80, 24)], indirect=True)
async def test_where_a_parcel_is_and_what_customs_reads_of_it_are_pages_of_their_own(
    real_desk: Station, house: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, staff = real_desk, prepare(house)
    monkeypatch.chdir(tmp_path)
    order = house.an_order(MUG=2)
    staff.posts(f"/orders/{order['id']}/ship", {"carrier": "GLS", "tracking_number": "ZFK10001"})
    csv = (
        "tracking_number,status,occurred_at,description\r\n"
        "ZFK10001,pre_transit,2026-01-02T08:00:00Z,Announced\r\n"
        "ZFK10001,in_transit,2026-01-02T08:00:00Z,Depot of Bremen\r\n"
    )
    assert staff.posts("/tracking/import", {"csv": csv}).json["new_events"] == 2
    await opens(desk, order)
    await desk.press("k", "w")
    await desk.rested()
    assert desk.screen == "tracking_events"
    rows = [row for row in desk.text.splitlines() if "transit" in row]
    assert len(rows) == 2, "both are there, though they came at the same second"
    assert {"Depot of Bremen" in row for row in rows} == {True, False}
    await desk.press("escape", "u")
    await desk.rested()
    assert desk.screen == "customs_form"
    for told in ("2 × MUG", "Wanda Warehouse", "MUG has no HS code.", "sale of goods"):
        assert told in desk.text, desk.text
    await answers(desk, "p")
    assert (desk.tone, "HS code" in desk.said) == ("wrong", True)
    known = {"hs_code": "691200", "origin_country": "PT", "weight_grams": 350}
    changes(staff, f"/variants/{house.variants['MUG']}", known)
    again = house.an_order(MUG=1)
    staff.posts(f"/orders/{again['id']}/ship", {"carrier": "GLS", "tracking_number": "ZFK10002"})
    await opens(desk, again)
    await desk.press("k", "u")
    await desk.rested()
    await answers(desk, "p")
    assert desk.tone == "done", desk.said
    assert (tmp_path / f"customs-{again['number']}-F1.pdf").read_bytes().startswith(b"%PDF")
    await answers(desk, "o", "PACK-9")
    assert "PACK-9" in desk.said, "it has no printer, which is said"
    await desk.press("escape")
    assert desk.screen == "parcels", desk.text
