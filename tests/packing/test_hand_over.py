"""The hand-over: the right label on the parcel, manifests by carrier, and the packaging book."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.documents import manifest as manifest_paper
from api.documents.manifest import ManifestPaper, ManifestRow
from api.inventory.models import Location
from api.kernel.principal import SYSTEM
from api.packing import queries
from api.platform.audit import AuditEntry
from api.platform.db import session
from tests.packing.test_packing import LABEL, PACKING, a_box, finishes, scans, starts
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.time_zones import DAY_IN_UTC, DAY_THERE, late_in_berlin

OTHER = "00340434161094042564"


@pytest.fixture
def mia(shop: Shop) -> Staff:
    return shop.staff("warehouse")


def packed(shop: Shop, staff: Staff, *codes: str, label: str = LABEL) -> dict[str, Any]:
    """Have a parcel with one mug leave."""
    packing = starts(staff, shop.an_order(MUG=1)["number"])
    scans(staff, packing, "MUG", *codes)
    return finishes(staff, packing, tracking_number=label)


def opens_manifest(staff: Staff, carrier: str = "DHL") -> str:
    answer = staff.posts(f"{PACKING}/manifests", {"carrier": carrier})
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def hands_over(staff: Staff, manifest: str, code: str) -> str:
    answer = staff.posts(f"{PACKING}/manifests/{manifest}/scans", {"code": code})
    assert answer.status_code == 200, answer.json
    return str(answer.json["result"])


def test_the_label_on_a_parcel_is_scanned_back(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    first, second = packed(shop, mia), packed(shop, mia, label=OTHER)

    def checks(parcel: dict[str, Any], code: str) -> Any:
        return mia.posts(f"{PACKING}/parcels/{parcel['id']}/check-label", {"code": code}).json

    wrong = checks(first, OTHER)
    assert (wrong["result"], second["number"] in wrong["message"]) == ("wrong_label", True)
    assert checks(first, LABEL)["result"] == "ok"
    # Labels of GS1 carry an application identifier, which scanners send too.
    assert checks(second, f"]C1{OTHER}")["result"] == "ok"
    (told,) = session.query(AuditEntry).filter(AuditEntry.action == "parcel.wrong_label")
    assert told.changes["code"] == OTHER
    listed = mia.gets(f"{PACKING}/not-handed-over").json["parcels"]
    assert [row["is_label_checked"] for row in listed] == [True, True]


def test_a_parcel_is_handed_over_once_and_what_is_left_is_listed(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    first, second = packed(shop, mia), packed(shop, mia, label=OTHER)
    manifest = opens_manifest(mia)
    assert mia.posts(f"{PACKING}/manifests", {"carrier": "dhl"}).json["code"] == "manifest_open"

    assert hands_over(mia, manifest, LABEL) == "ok"
    assert hands_over(mia, manifest, first["number"]) == "already"
    assert hands_over(mia, manifest, "no such label") == "unknown"
    assert hands_over(mia, opens_manifest(mia, "GLS"), OTHER) == "wrong_carrier"
    left = mia.gets(f"{PACKING}/not-handed-over", carrier="DHL").json["parcels"]
    assert [row["number"] for row in left] == [second["number"]]

    closed = mia.posts(f"{PACKING}/manifests/{manifest}/close").json
    assert (closed["status"], closed["parcel_count"]) == ("closed", 1)
    late = mia.posts(f"{PACKING}/manifests/{manifest}/scans", {"code": OTHER})
    assert (late.status_code, late.json["code"]) == (409, "invalid_state")
    assert hands_over(mia, opens_manifest(mia), LABEL) == "elsewhere"
    paper = mia.gets(f"{PACKING}/manifests/{manifest}/paper")
    assert (paper.content_type, paper.data[:5]) == ("application/pdf", b"%PDF-")


def test_a_voided_parcel_leaves_the_manifest(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    first, second = packed(shop, mia), packed(shop, mia, label=OTHER)
    manifest = opens_manifest(mia)
    assert mia.posts(f"{PACKING}/manifests/{manifest}/close").json["code"] == "manifest_empty"
    for code in (LABEL, OTHER):
        hands_over(mia, manifest, code)
    shop.staff().posts(f"/fulfilments/{first['id']}/void", {"reason": "wrong box"})
    assert hands_over(mia, manifest, first["number"]) == "not_shipped"

    closed = mia.posts(f"{PACKING}/manifests/{manifest}/close").json
    assert [row["number"] for row in closed["parcels"]] == [second["number"]]


def test_a_parcel_is_on_one_manifest_even_when_two_scan_at_once(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    parcel = packed(shop, mia)
    manifest = opens_manifest(mia)

    def scan() -> str:
        return hands_over(Staff(shop.app.test_client(), mia.headers), manifest, LABEL)

    results = at_once(shop.app, [scan] * 4).results
    assert sorted(results) == ["already", "already", "already", "ok"]
    off = mia.posts(f"{PACKING}/manifests/{manifest}/take-off", {"fulfilment_id": parcel["id"]})
    assert off.json["parcels"] == []


def test_the_packaging_book_adds_up_boxes_as_they_were(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    box = a_box(shop)
    packed(shop, mia, "B-M")
    voided = packed(shop, mia, "B-M", label=OTHER)
    owner = shop.staff()
    owner.posts(f"/fulfilments/{voided['id']}/void", {"reason": "wrong box"})
    changed = owner.client.patch(
        f"/api/v1/admin{PACKING}/box-types/{box['id']}",
        json={"materials": {"paper": 50}},
        headers={**owner.headers, "If-Match": '"1"'},
    )
    assert changed.status_code == 200, changed.json
    packed(shop, mia, "B-M", label="00340434161094042571")

    day = f"{datetime.now(UTC):%Y-%m-%d}"
    book = mia.gets(f"{PACKING}/packaging-book", first=day, last=day).json["rows"]
    assert [(row["country"], row["material"], row["parcels"], row["grams"]) for row in book] == [
        ("DE", "paper", 2, 168),
        ("DE", "plastic", 1, 2),
    ]
    all_time = mia.gets(f"{PACKING}/packaging-book", first="0001-01-01", last="9999-12-31")
    assert all_time.json["rows"] == book
    with late_in_berlin(shop.app, "packed_parcels", "created_at"):
        for day in (DAY_THERE, DAY_IN_UTC, "9999-12-31", "0001-01-01"):
            answer = mia.gets(f"{PACKING}/packaging-book", first=day, last=day)
            assert answer.json["rows"] == (book if day == DAY_THERE else []), day
        day = DAY_THERE
        file = mia.gets(f"{PACKING}/packaging-book/file", first=day, last=day).text
    assert file.splitlines()[:2] == ["country,material,parcels,grams", "DE,paper,2,168"]


def test_staff_limited_to_locations_list_their_parcels_by_one_statement(
    shop: Shop, mia: Staff
) -> None:
    shop.sells("MUG", 9)
    packed(shop, mia)
    packed(shop, mia, label=OTHER)
    here = replace(SYSTEM, locations=frozenset(session.scalars(select(Location.id))))
    with count_statements() as statements:
        assert len(queries.not_handed_over(None, here)) == 2
    assert statements.count == 1, statements
    assert queries.not_handed_over(None, replace(here, locations=frozenset({UUID(int=1)}))) == []


def test_box_types_have_names_and_barcodes_of_their_own(shop: Shop, mia: Staff) -> None:
    box = a_box(shop)
    assert (box["barcode"], box["materials"]) == ("B-M", {"paper": 118, "plastic": 2})
    again = shop.staff().posts(f"{PACKING}/box-types", {**input_of(box), "name": "Other"})
    assert (again.status_code, again.json["code"]) == (409, "box_type_taken")
    assert mia.posts(f"{PACKING}/box-types", input_of(box)).status_code == 403
    listed = mia.gets(f"{PACKING}/box-types", is_active="true").json["data"]
    assert [row["name"] for row in listed] == ["M"]


def input_of(box: dict[str, Any]) -> dict[str, Any]:
    left_out = {"id", "created_at", "version", "is_active"}
    return {name: value for name, value in box.items() if name not in left_out}


@pytest.mark.pure
def test_a_manifest_has_as_many_pages_as_it_needs() -> None:
    rows = [ManifestRow(f"10{n:03}-F1", LABEL, "DE", 2, 900 if n % 2 else None) for n in range(90)]
    paper = manifest_paper.paper(
        ManifestPaper(
            shop="Teehaus Łódź", number="M-7", carrier="DHL", day="2026-11-30", is_closed=False,
            closed_by="", rows=rows,
        )
    )  # fmt: skip
    assert paper.count(b"/Type /Page\n") >= 3
