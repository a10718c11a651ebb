"""The slip and the label of a parcel: refused until it is packed, and printed once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from api.documents import parcel_label
from api.documents.parcel_label import ParcelLabel
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.packing.test_packing import PACKING, a_box, does, finishes, scans, starts
from tests.support.shop import Shop, Staff
from tests.support.work import drain


@pytest.fixture
def mia(shop: Shop) -> Staff:
    return shop.staff("warehouse")


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A folder that a printer of the station writes to."""
    before = get_service(Settings)
    register(app, Settings, replace(before, print_folder=str(tmp_path)))
    yield tmp_path
    register(app, Settings, before)


def test_papers_are_refused_until_the_parcel_is_packed(shop: Shop, mia: Staff) -> None:
    a_box(shop)
    shop.sells("MUG", 9, barcodes=["4006381333931"])
    packing = starts(mia, shop.an_order(MUG=1)["number"])
    for paper in ("slip", "label"):
        refused = mia.gets(f"{PACKING}/sessions/{packing['id']}/{paper}")
        assert (refused.status_code, refused.json["code"]) == (422, "parcel_not_ready")
        assert [part["code"] for part in refused.json["errors"]] == [
            "units_not_verified",
            "box_missing",
        ]
    scans(mia, packing, "MUG", "B-M")
    unpacked = mia.gets(f"{PACKING}/sessions/{packing['id']}/label")
    assert [part["code"] for part in unpacked.json["errors"]] == ["not_packed"]
    does(mia, packing, "pack")
    for paper in ("slip", "label"):
        answer = mia.gets(f"{PACKING}/sessions/{packing['id']}/{paper}")
        assert (answer.content_type, answer.data[:5]) == ("application/pdf", b"%PDF-")


def test_each_paper_is_printed_once(shop: Shop, mia: Staff, folder: Path) -> None:
    shop.sells("MUG", 9)
    packing = starts(mia, shop.an_order(MUG=1)["number"])
    scans(mia, packing, "MUG")
    finishes(mia, packing)
    assert does(mia, packing, "print").json["code"] == "station_has_no_printer"
    boss = shop.staff("manager")
    printer = {"name": "Bench", "connection": "folder", "address": "bench", "format": "pdf"}
    assert boss.posts("/printers", printer).status_code == 201
    for use in ("papers", "shipping_labels"):
        body = {"station": "PACK-2", "use": use, "printer": "Bench"}
        assert boss.posts("/station-printers", body).status_code == 200

    first, again = does(mia, packing, "print").json, does(mia, packing, "print").json
    assert (len(first["jobs"]), first) == (2, again)
    drain()
    assert len(list(folder.rglob("*.pdf"))) == 2


@pytest.mark.pure
def test_a_long_address_stays_above_the_bars() -> None:
    lines = ["Zoë Łukaszewska-Brzęczyszczykiewicz", *(f"Abteilung {n}" for n in range(14))]
    label = ParcelLabel(
        shop="Teehaus", code="1001-F1", carrier="DHL", address=lines, country="PL",
        facts="2 units, 0.92 kg",
    )  # fmt: skip
    assert parcel_label.label(label).count(b"/Type /Page\n") == 1
