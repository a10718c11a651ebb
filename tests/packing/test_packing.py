"""Packing over HTTP: each unit verified, a box, a weight, and one parcel however often asked."""

from typing import Any

import pytest

from api.fulfilment.models import Fulfilment
from api.packing.models import PackScan
from api.platform.db import session
from tests.picking.test_picking import Warehouse, picks_all, releases, with_totes
from tests.support.books import differences, stock_differences
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.work import drain

PACKING = "/packing"
BOX = {
    "name": "M", "barcode": "b-m", "length_mm": 300, "width_mm": 200, "height_mm": 150,
    "weight_grams": 120, "materials": {"paper": 118, "plastic": 2},
}  # fmt: skip
LABEL = "00340434161094042557"


@pytest.fixture
def mia(shop: Shop) -> Staff:
    return shop.staff("warehouse")


def a_box(shop: Shop, **more: Any) -> dict[str, Any]:
    answer = shop.staff().posts(f"{PACKING}/box-types", {**BOX, **more})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def starts(staff: Staff, code: str, **more: Any) -> dict[str, Any]:
    answer = staff.posts(f"{PACKING}/sessions", {"code": code, "station": "PACK-2", **more})
    assert answer.status_code == 200, answer.json
    return dict(answer.json["session"])


def does(staff: Staff, packing: dict[str, Any], step: str, **body: Any) -> Any:
    return staff.posts(f"{PACKING}/sessions/{packing['id']}/{step}", body)


def scans(staff: Staff, packing: dict[str, Any], *codes: str) -> list[str]:
    answers = [does(staff, packing, "scans", code=code) for code in codes]
    assert [answer.status_code for answer in answers] == [200] * len(codes), answers[-1].json
    return [answer.json["result"] for answer in answers]


def finishes(staff: Staff, packing: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = does(staff, packing, "finish", carrier="DHL", **body)
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def test_each_unit_is_verified_and_then_the_parcel_leaves(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    shop.sells("TEA", 9, barcodes=["4006381333931"])
    order = shop.an_order(MUG=2, TEA=1)
    packing = starts(mia, order["number"])
    assert [(line["sku"], line["quantity"], line["verified"]) for line in packing["lines"]] == [
        ("MUG", 2, 0),
        ("TEA", 1, 0),
    ]

    refused = does(mia, packing, "finish", carrier="DHL")
    assert (refused.status_code, refused.json["code"]) == (422, "parcel_not_ready")
    assert {part["code"] for part in refused.json["errors"]} == {"units_not_verified"}
    assert scans(mia, packing, "MUG", "4006381333931", "mug") == ["ok"] * 3
    parcel = finishes(mia, packing, tracking_number=LABEL)

    assert (parcel["status"], parcel["carrier"], parcel["tracking_number"]) == (
        "shipped",
        "DHL",
        LABEL,
    )
    assert [line["verified_quantity"] for line in parcel["lines"]] == [2, 1]
    after = mia.gets(f"{PACKING}/sessions/{packing['id']}").json
    assert (after["status"], after["fulfilment_id"]) == ("shipped", parcel["id"])
    assert mia.opens(order)["fulfilment_status"] == "shipped"
    assert differences() == []


def test_a_wrong_scan_changes_nothing_and_blocks_until_it_is_put_right(
    shop: Shop, mia: Staff
) -> None:
    for sku in ("MUG", "JUG"):
        shop.sells(sku, 9)
    packing = starts(mia, shop.an_order(MUG=1)["number"])

    assert scans(mia, packing, "JUG", "NOBODY-KNOWS") == ["wrong_item", "unknown"]
    assert scans(mia, packing, "MUG", "MUG") == ["ok", "too_many"]
    blocked = does(mia, packing, "finish", carrier="DHL")
    assert blocked.status_code == 422
    assert [part["code"] for part in blocked.json["errors"]] == ["wrong_item_scanned"]
    assert does(mia, packing, "put-right").json["blocked_by"] is None
    assert finishes(mia, packing)["status"] == "shipped"
    log = [row.result.value for row in session.query(PackScan).order_by(PackScan.id)]
    assert log == ["wrong_item", "unknown", "ok", "too_many", "put_right"]


def test_a_label_is_refused_until_everything_is_there(shop: Shop, mia: Staff) -> None:
    box = a_box(shop)
    shop.sells("MUG", 9, barcodes=["4006381333931"])
    packing = starts(mia, shop.an_order(MUG=2)["number"])
    scans(mia, packing, "MUG")

    early = does(mia, packing, "pack")
    assert (early.status_code, early.json["code"]) == (422, "parcel_not_ready")
    assert [part["code"] for part in early.json["errors"]] == [
        "units_not_verified",
        "box_missing",
    ]
    assert scans(mia, packing, "MUG", "B-M") == ["ok", "box"]
    packed = does(mia, packing, "pack").json
    assert (packed["status"], packed["missing"], packed["box"]["id"]) == ("packed", [], box["id"])
    # Its units are claimed: nobody else ships them, and it leaves as this very parcel.
    refused = mia.posts(f"/orders/{packing['order_id']}/ship", {"carrier": "DHL"})
    assert refused.status_code == 409
    assert finishes(mia, packing)["id"] == packed["fulfilment_id"]
    assert differences() == []


@pytest.mark.parametrize("step", ["sessions", "reopen", "cancel"])
def test_a_parcel_that_was_cancelled_on_the_order_page_leaves_its_order_packable(
    shop: Shop, mia: Staff, step: str
) -> None:
    shop.sells("MUG", 9)
    order = shop.an_order(MUG=2)
    packing = starts(mia, order["number"])
    scans(mia, packing, "MUG", "MUG")
    parcel = does(mia, packing, "pack").json["fulfilment_id"]
    assert mia.posts(f"/fulfilments/{parcel}/cancel", {}).status_code == 200

    if step != "sessions":
        assert does(mia, packing, step).status_code == 200
    again = starts(mia, order["number"])
    assert again["status"] == "open"
    if step == "cancel":
        scans(mia, again, "MUG", "MUG")
    assert finishes(mia, again)["id"] != parcel
    assert differences() == []


def test_a_case_that_is_scanned_absurdly_often_is_too_many(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    shop.staff().posts("/barcodes", {"sku": "MUG", "code": "CASE", "pack_quantity": 100_000})
    packing = starts(mia, shop.an_order(MUG=2)["number"])
    answer = does(mia, packing, "scans", code="CASE", quantity=1_000_000_000)
    assert (answer.status_code, answer.json["result"]) == (200, "too_many")


def test_a_packed_parcel_is_opened_again_or_given_up(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    order = shop.an_order(MUG=2)
    packing = starts(mia, order["number"])
    scans(mia, packing, "MUG", "MUG")
    does(mia, packing, "pack")

    again = does(mia, packing, "reopen").json
    assert (again["status"], again["lines"][0]["verified"]) == ("open", 2)
    out = does(mia, packing, "take-out", line_id=again["lines"][0]["id"], quantity=2)
    assert out.json["session"]["lines"][0]["verified"] == 0
    assert does(mia, packing, "cancel").json["status"] == "cancelled"
    assert does(mia, packing, "scans", code="MUG").status_code == 409
    assert starts(mia, order["number"])["id"] != packing["id"]
    assert differences() == []


def test_the_rest_goes_into_another_parcel(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    order = shop.an_order(MUG=3)
    first = starts(mia, order["number"])
    scans(mia, first, "MUG", "MUG")
    finishes(mia, first, is_partial=True)

    second = starts(mia, order["number"])
    assert [(line["quantity"], line["verified"]) for line in second["lines"]] == [(1, 0)]
    scans(mia, second, "MUG")
    finishes(mia, second)
    parcels = mia.opens(order)["fulfilments"]
    assert [parcel["lines"][0]["quantity"] for parcel in parcels] == [2, 1]
    assert differences() == []


def test_unscanned_units_need_the_permission_and_leave_a_trace(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9, barcodes=["4006381333931"])
    packing = starts(mia, shop.an_order(MUG=1)["number"])
    line = packing["lines"][0]
    assert line["must_verify"]
    assert does(mia, packing, "confirm", line_id=line["id"]).status_code == 403
    reason = {"override_reason": "compared by eye"}
    assert does(mia, packing, "finish", carrier="DHL", **reason).status_code == 403

    owner, start = shop.staff(), {"code": packing["order_number"], "station": "X"}
    claimed = owner.posts(f"{PACKING}/sessions", start)
    assert (claimed.status_code, claimed.json["code"]) == (409, "packing_session_claimed")
    starts(owner, packing["order_number"], take_over=True)
    assert does(mia, packing, "scans", code="MUG").json["code"] == "packing_claim_needed"
    assert does(owner, packing, "confirm", line_id=line["id"]).json["result"] == "ok"
    assert finishes(owner, packing)["status"] == "shipped"
    assert [row.is_scanned for row in session.query(PackScan)] == [False]


def test_an_override_is_kept_with_the_parcel(shop: Shop) -> None:
    shop.sells("MUG", 9, barcodes=["4006381333931"])
    owner = shop.staff()
    packing = starts(owner, shop.an_order(MUG=1)["number"])
    parcel = finishes(owner, packing, override_reason="label torn")
    assert parcel["override_reason"] == "label torn"
    assert parcel["lines"][0]["verified_quantity"] == 0


def test_a_parcel_off_its_weight_is_looked_into(shop: Shop, mia: Staff) -> None:
    a_box(shop)
    shop.sells("MUG", 50, weight_grams=999)
    for weight in (522, 518, 520):
        packing = starts(mia, shop.an_order(MUG=1)["number"])
        scans(mia, packing, "MUG", "B-M")
        assert does(mia, packing, "weight", weight_grams=weight).json["is_off"] is False
        finishes(mia, packing)
    packing = starts(mia, shop.an_order(MUG=2)["number"])
    scans(mia, packing, "MUG", "MUG", "B-M")
    assert mia.gets(f"{PACKING}/sessions/{packing['id']}").json["expected_grams"] == 920

    # 3 % of 920 g are 28 g.
    assert does(mia, packing, "weight", weight_grams=947).json["is_off"] is False
    off = does(mia, packing, "weight", weight_grams=949).json
    assert (off["is_off"], off["session"]["missing"][0]["code"]) == (True, "weight_off")
    assert does(mia, packing, "finish", carrier="DHL").json["code"] == "parcel_not_ready"
    assert not does(mia, packing, "weight", weight_grams=949, is_rechecked=True).json["is_off"]
    assert finishes(mia, packing)["status"] == "shipped"
    results = [row.result.value for row in session.query(PackScan)]
    assert (results.count("weight_off"), results.count("rechecked")) == (1, 1)


def test_notes_and_wishes_come_first(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9, tags=["Fragile"])
    buyer = shop.guest()
    buyer.adds("MUG", 1)
    order = buyer.checks_out(customer_note="leave at the door", gift_message="Happy birthday")
    buyer.pays(order)
    owner = shop.staff()
    note = owner.posts(f"/orders/{order['id']}/notes", {"text": "no peanuts", "is_pinned": True})
    assert note.status_code == 201, note.json

    packing = starts(mia, order["number"])
    assert packing["customer_note"] == "leave at the door"
    assert packing["gift_message"] == "Happy birthday"
    assert packing["is_fragile"]
    assert [(one["text"], one["is_read"]) for one in packing["pinned_notes"]] == [
        ("no peanuts", False)
    ]
    scans(mia, packing, "MUG")
    assert does(mia, packing, "finish", carrier="DHL").json["code"] == "notes_unread"
    finishes(mia, packing, acknowledged_notes=[packing["pinned_notes"][0]["id"]])


def test_one_parcel_however_often_it_is_asked(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    order = shop.an_order(MUG=1)
    packing = starts(mia, order["number"])
    scans(mia, packing, "MUG")

    def finish() -> str:
        client = shop.app.test_client()
        again = Staff(client, mia.headers)
        return str(does(again, packing, "finish", carrier="DHL").json.get("id"))

    parcels = at_once(shop.app, [finish] * 4).results
    assert (len(parcels), len(set(parcels))) == (4, 1)
    assert session.query(Fulfilment).count() == 1
    assert finishes(mia, packing)["id"] == parcels[0]
    assert differences() == []


def test_a_tote_finds_its_order_and_an_item_finds_one_of_many(shop: Shop, mia: Staff) -> None:
    warehouse = Warehouse(shop)
    warehouse.stocks("MUG", A_01=9)
    warehouse.stocks("TEA", A_02=9)
    both = shop.an_order(MUG=1, TEA=1)
    picks_all(mia, with_totes(mia, releases(mia), "T-01"))
    waiting = mia.gets(f"{PACKING}/waiting").json["orders"]
    assert [(row["number"], row["totes"]) for row in waiting] == [(both["number"], ["T-01"])]
    packing = starts(mia, "T-01")
    assert (packing["order_number"], packing["tote"]) == (both["number"], "T-01")
    scans(mia, packing, "MUG", "TEA")
    finishes(mia, packing)
    drain()
    assert warehouse.contents(mia, "T-01") == {}

    singles = [shop.an_order(TEA=1), shop.an_order(MUG=1), shop.an_order(TEA=1)]
    picks_all(mia, with_totes(mia, releases(mia, kind="single_item"), "T-02"))
    first = mia.posts(f"{PACKING}/sessions", {"code": "T-02", "station": "PACK-2"})
    assert first.json["session"] is None
    for sku, expected in (("TEA", singles[0]), ("MUG", singles[1]), ("TEA", singles[2])):
        packing = starts(mia, sku, tote="T-02")
        assert packing["order_number"] == expected["number"]
        assert packing["missing"] == []
        finishes(mia, packing)
    drain()
    nothing = mia.posts(f"{PACKING}/sessions", {"code": "TEA", "tote": "T-02", "station": "PACK-2"})
    assert (nothing.status_code, nothing.json["code"]) == (422, "nothing_to_pack")
    assert stock_differences() == []


def test_a_cancelled_order_is_no_longer_packed(shop: Shop, mia: Staff) -> None:
    shop.sells("MUG", 9)
    order = shop.an_order(MUG=1)
    packing = starts(mia, order["number"])
    shop.staff().cancels(order)
    drain()
    assert mia.gets(f"{PACKING}/sessions/{packing['id']}").json["status"] == "cancelled"


def test_the_statements_of_a_session_do_not_depend_on_its_lines(shop: Shop, mia: Staff) -> None:
    skus = [f"SKU-{number}" for number in range(8)]
    for sku in skus:
        shop.sells(sku, 9)
    small = starts(mia, shop.an_order(**{skus[0]: 1})["number"])
    large = starts(mia, shop.an_order(**dict.fromkeys(skus, 2))["number"])

    def reads(packing: dict[str, Any]) -> int:
        with count_statements() as statements:
            mia.gets(f"{PACKING}/sessions/{packing['id']}")
        return len(statements)

    reads(small)
    assert reads(small) == reads(large)
