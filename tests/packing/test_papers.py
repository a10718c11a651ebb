"""The slip and the label of a parcel: refused until it is packed, and printed once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from api.documents import parcel_label
from api.documents.parcel_label import ParcelLabel
from api.orders.models import Order
from api.platform.db import session
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.packing.test_packing import PACKING, a_box, does, finishes, scans, starts
from tests.picking.test_picking import Warehouse, releases
from tests.support.paper_readers import read_escpos, read_zpl
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


def a_printer(shop: Shop, kind: str, *uses: str) -> None:
    """A printer of the station."""
    boss = shop.staff("manager")
    body = {"name": kind, "connection": "folder", "address": kind, "format": kind}
    assert boss.posts("/printers", body).status_code == 201
    for use in uses:
        chosen = {"station": "PACK-2", "use": use, "printer": kind}
        assert boss.posts("/station-printers", chosen).status_code == 200


def printed(staff: Staff, path: str, **body: object) -> bytes:
    """Print something at the station, and return what its printer gets."""
    answer = staff.posts(path, {"station": "PACK-2", **body})
    assert answer.status_code == 200, answer.json
    (job,) = answer.json["jobs"]
    return bytes(staff.gets(f"/print-jobs/{job}/file").data)


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
    a_printer(shop, "pdf", "papers", "shipping_labels")

    first, again = does(mia, packing, "print").json, does(mia, packing, "print").json
    assert (len(first["jobs"]), first) == (2, again)
    drain()
    assert len(list(folder.rglob("*.pdf"))) == 2


def test_a_receipt_printer_prints_each_slip_in_the_language_of_its_order(
    shop: Shop, mia: Staff, folder: Path
) -> None:
    shop.sells("MUG", 9)
    buyer = shop.guest()
    buyer.adds("MUG", 3)
    order = buyer.pays(buyer.checks_out(gift_message="Alles Gute\nOma"))
    session.execute(update(Order).values(language="de-AT"))
    session.commit()
    a_printer(shop, "escpos", "papers")
    packing = starts(mia, order["number"])
    scans(mia, packing, "MUG", "MUG")
    finishes(mia, packing, is_partial=True)
    papers = ["packing_slip", "priced_slip", "return_slip"]
    jobs = does(mia, packing, "print", papers=papers).json["jobs"]
    gift, priced, back = (
        read_escpos(mia.gets(f"/print-jobs/{job}/file").data) for job in jobs
    )  # fmt: skip

    for each in (gift, priced, back):
        assert each.barcodes == [("CODE128", f"{order['number']}-F1")]
    assert gift.lines[1:4] == ["Ein Geschenk für Sie", "Bestellung: 1001", gift.lines[3]]
    assert "Alles Gute\nOma" in gift.text
    assert "EUR" not in gift.text + back.text
    assert "Nummer MUG   Betrag 19,98 EUR" in priced.text
    assert "Summe der ganzen Bestellung: 34,87 EUR" in priced.text
    assert "Alles Gute" not in priced.text
    assert ("__ / 2  Mug (MUG)" in back.text, "5  Defekt" in back.text) == (True, True)
    assert mia.gets(f"{PACKING}/sessions/{packing['id']}/slip", paper="priced_slip").data[:5] == (
        b"%PDF-"
    )


def test_pick_lists_labels_manifests_and_return_slips_reach_a_printer(
    shop: Shop, mia: Staff, folder: Path
) -> None:
    warehouse = Warehouse(shop)
    warehouse.stocks("MUG", A_02=9)
    order = shop.an_order(MUG=2)
    batch = releases(mia)
    refused = mia.posts(f"/picking/batches/{batch['id']}/print", {"station": "PACK-2"})
    assert refused.json["code"] == "station_has_no_printer"
    a_printer(shop, "escpos", "papers")
    a_printer(shop, "zpl", "labels", "shipping_labels")

    walk = read_escpos(printed(mia, f"/picking/batches/{batch['id']}/print"))
    assert walk.lines[1] == f"Pick list {batch['number']}"
    assert f"Slot 1: {order['number']} · Carla Customer" in walk.text
    assert walk.bold[1:] == ["A-02  Mug"]
    assert "SKU MUG   Units 2   Slot 1" in walk.text
    assert mia.gets(f"/picking/batches/{batch['id']}/paper").data[:5] == b"%PDF-"

    path = f"/warehouse/labels/print?kind=bins&ids={warehouse.bins['A-02']}"
    shelf = read_zpl(printed(mia, path, copies=2).decode())
    assert [one.barcodes[0][2] for one in shelf] == ["L-A-02"] * 2

    packing = starts(mia, order["number"])
    scans(mia, packing, "MUG", "MUG")
    parcel = finishes(mia, packing)
    print_path = f"{PACKING}/sessions/{packing['id']}/print"
    (label,) = read_zpl(printed(mia, print_path, papers=["shipping_label"]).decode())
    assert (label.barcodes[0][0], label.barcodes[0][2]) == ("CODE128", parcel["number"])
    assert [text for *_, text in label.texts][2:5] == [
        "Carla Customer", "Marktplatz 3", "28195 Bremen",
    ]  # fmt: skip

    manifest = mia.posts(f"{PACKING}/manifests", {"carrier": "DHL"}).json
    wrong = mia.posts(f"{PACKING}/manifests/{manifest['id']}/print", {"station": "PACK-2"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "printer_format_wrong")


@pytest.mark.pure
def test_a_long_address_stays_above_the_bars() -> None:
    lines = ["Zoë Łukaszewska-Brzęczyszczykiewicz", *(f"Abteilung {n}" for n in range(14))]
    label = ParcelLabel(
        shop="Teehaus", code="1001-F1", carrier="DHL", address=lines, country="PL",
        facts="2 units, 0.92 kg",
    )  # fmt: skip
    assert parcel_label.label(label).count(b"/Type /Page\n") == 1
