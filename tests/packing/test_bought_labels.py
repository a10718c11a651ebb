"""A parcel that leaves has its label bought once, and printed at its station."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.packing.test_packing import PACKING, a_box, does, scans, starts
from tests.shipping_labels.test_labels import labels, prepare
from tests.support.carriers import LABEL, ScriptedCarriers, at_carriers
from tests.support.shop import Shop
from tests.support.threads import at_once
from tests.support.work import drain


@pytest.fixture
def carriers(app: Flask) -> Iterator[ScriptedCarriers]:
    with at_carriers(app) as server:
        yield server


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A folder that a printer writes to."""
    before = get_service(Settings)
    register(app, Settings, replace(before, print_folder=str(tmp_path)))
    yield tmp_path
    register(app, Settings, before)


def test_a_parcel_leaves_with_the_label_that_was_bought_for_it(
    shop: Shop, carriers: ScriptedCarriers, folder: Path
) -> None:
    a_box(shop)
    shop.sells("MUG", 9)
    boss = prepare(shop)
    printer = {"name": "Bench", "connection": "folder", "address": "bench", "format": "pdf"}
    assert boss.posts("/printers", printer).status_code == 201
    use = {"station": "PACK-2", "use": "shipping_labels", "printer": "Bench"}
    assert boss.posts("/station-printers", use).status_code == 200
    mia = shop.staff("warehouse")
    packing = starts(mia, shop.an_order(MUG=2)["number"])
    assert packing["buys_label"]
    scans(mia, packing, "MUG", "MUG", "B-M")
    does(mia, packing, "weight", weight_grams=1250)

    # The shipping method proposes another carrier: what the label says counts.
    parcel = does(mia, packing, "finish", carrier="DHL").json
    assert does(mia, packing, "finish").json["id"] == parcel["id"]

    assert (parcel["status"], parcel["carrier"]) == ("shipped", "GLS")
    assert parcel["tracking_number"] == "ZFK10001"
    ((_, sent),) = carriers.bought
    assert sent["Shipment"]["ShipmentUnit"][0]["Weight"] in (1.25, "1.25")
    for _ in range(2):
        does(mia, packing, "print", papers=["shipping_label"])
    drain()
    (printed,) = folder.rglob("*.pdf")
    assert printed.read_bytes() == LABEL
    assert mia.gets(f"{PACKING}/sessions/{packing['id']}/label").data == LABEL


def test_a_carrier_that_fails_leaves_the_parcel_packed_and_may_be_asked_again(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 9)
    prepare(shop)
    mia = shop.staff("warehouse")
    packing = starts(mia, shop.an_order(MUG=1)["number"])
    scans(mia, packing, "MUG")
    (unweighed,) = does(mia, packing, "finish").json["errors"]
    assert unweighed["code"] == "weight_missing"
    does(mia, packing, "weight", weight_grams=400)
    carriers.says = 400, {"errors": [{"code": "ZIP", "message": "ZIP code is wrong"}]}

    refused = does(mia, packing, "finish")
    told = (refused.status_code, refused.json["code"], refused.json["reason"])
    assert told == (409, "label_not_bought", "label_refused")
    assert "ZIP code is wrong" in refused.json["detail"]
    after = mia.gets(f"{PACKING}/sessions/{packing['id']}").json
    assert after["status"] == "packed"
    other = starts(mia, shop.an_order(MUG=1)["number"])
    assert other["status"] == "open", "packing goes on"
    carriers.says = None
    assert does(mia, packing, "finish").json["tracking_number"] == "ZFK10001"

    carriers.says = 400, {}
    scans(mia, other, "MUG")
    does(mia, other, "weight", weight_grams=400)
    assert does(mia, other, "finish").json["code"] == "label_not_bought"
    elsewhere = does(mia, other, "finish", carrier="DHL", tracking_number="00340434161094042557")
    assert elsewhere.json["carrier"] == "DHL"
    assert len(carriers.bought) == 1


def test_a_label_after_a_voided_one_is_printed_too(
    shop: Shop, carriers: ScriptedCarriers, folder: Path
) -> None:
    shop.sells("MUG", 9)
    boss = prepare(shop)
    boss.posts("/printers", {"name": "B", "connection": "folder", "address": "b", "format": "pdf"})
    boss.posts("/station-printers", {"station": "PACK-2", "use": "shipping_labels", "printer": "B"})
    packing = starts(boss, shop.an_order(MUG=1)["number"])
    scans(boss, packing, "MUG")
    parcel = {"id": does(boss, packing, "pack").json["fulfilment_id"]}
    for _ in range(2):
        label = boss.posts(f"/fulfilments/{parcel['id']}/label", {"weight_grams": 400}).json
        does(boss, packing, "print", papers=["shipping_label"])
        boss.posts(f"/labels/{label['id']}/void", {})
    drain()
    assert len(list(folder.rglob("*.pdf"))) == 2
    voided = boss.posts(f"/labels/{label['id']}/print", {"station": "PACK-2"})
    assert voided.json["code"] == "invalid_state"
    assert [one["state"] for one in labels(boss, parcel)] == ["voided", "voided"]


def test_two_who_close_a_parcel_at_once_buy_one_label(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 9)
    prepare(shop)
    mia = shop.staff("warehouse")
    packing = starts(mia, shop.an_order(MUG=1)["number"])
    scans(mia, packing, "MUG")
    does(mia, packing, "weight", weight_grams=400)

    outcomes = at_once(shop.app, [lambda: does(mia, packing, "finish").status_code] * 3)

    assert set(outcomes.results) <= {200, 409}
    assert 200 in outcomes.results
    assert len(carriers.bought) == 1
