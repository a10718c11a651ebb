"""Codes exactly as scanners send them: whatever is printed on it, the same thing is found."""

from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import text

from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import BarcodeInput
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements

EAN = "5901234123457"
GS = "\x1d"


def scan(staff: Staff, code: str) -> Any:
    """Ask what a code is, as it came."""
    return staff.gets("/scan", code=code)


@pytest.mark.parametrize(
    "code",
    [
        EAN,
        f" {EAN} ",
        f"{EAN}\n",
        f"{EAN}\r\n",
        "5 901234 123457",
        f"0{EAN}",
        f"010{EAN}",
        f"(01)0{EAN}(10)A1",
        f"(01) 0{EAN} (17) 261130",
        f"(01)0{EAN}(8888)X",
        f"]E0{EAN}",
        f"]C1010{EAN}",
        f"]C1{GS}010{EAN}10LOT",
        f"]d2010{EAN}10LOT{GS}17261130",
        f"]Q3010{EAN}21SERIAL",
        f"]e0010{EAN}",
        f"010{EAN}10ABC{GS}17261130",
        f"010{EAN}9A12",
        f"010{EAN}172611307099",
        f"]C110LOT{GS}8888X{GS}010{EAN}",
        f"020{EAN}3712",
        f"https://id.gs1.org/01/0{EAN}/10/A1",
        f"HTTPS://SHOP.EXAMPLE/SOME/PATH/01/{EAN}?17=261130",
        f"]Q1https://shop.example/gtin/{EAN}#x",
        f"{EAN}\u200b",
    ],
)
def test_every_way_to_print_an_article_means_the_stored_barcode(shop: Shop, code: str) -> None:
    mug = shop.sells("MUG", 10, barcodes=[EAN])

    answer = scan(shop.staff(), code)

    assert answer.status_code == 200, answer.json
    assert (answer.json["kind"], answer.json["id"]) == ("variant", str(mug))


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ("200154381738", "0200154381738"),
        ("0200154381738", "200154381738"),
        ("00200154381738", "200154381738"),
        ("96385074", "00000096385074"),
        ("012345000065", "01234565"),
        ("0012345000065", "]E00012345000065"),
        ("01234565", "01234565"),
        ("14006381333938", "0114006381333938"),
        ("BOX 12/4", " BOX 12/4\t"),
        ("5901234123458", "5901234123458"),
    ],
)
def test_codes_are_compared_as_numbers_of_fourteen_digits(
    shop: Shop, stored: str, code: str
) -> None:
    """UPC-E is spelled out; and a code with a wrong check digit is what it was stored as."""
    mug = shop.sells("MUG", 10, barcodes=[stored])

    assert scan(shop.staff(), code).json["id"] == str(mug)


@pytest.mark.parametrize(
    "code",
    [
        "15901234123454",
        f"010{EAN[:-1]}8",
        "5901234123458",
        f"21{EAN}",
        "https://shop.example/products/mug",
        "http://[x/01/05901234123457",
        "]C1",
        "(",
    ],
)
def test_what_only_looks_alike_finds_nothing(shop: Shop, code: str) -> None:
    """A case of the goods has a number of its own, and a wrong check digit is a misread."""
    shop.sells("MUG", 10, barcodes=[EAN])

    answer = scan(shop.staff(), code)

    assert (answer.status_code, answer.json["code"]) == (404, "code_unknown")


def test_one_number_cannot_belong_to_two_variants_in_two_ways(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 1, barcodes=[EAN]), shop.sells("CUP", 1)

    with pytest.raises(Exception, match=EAN), transaction():
        variant_service.edit_variant(
            cup, {"barcodes": (BarcodeInput(f"0{EAN}"),)}, expected_version=None, by=SYSTEM
        )
    assert scan(shop.staff(), f"0{EAN}").json["id"] == str(mug)


def test_a_number_of_an_order_is_read_with_its_sign(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()

    found = [scan(staff, f"{sign}{order['number']}").json for sign in ("#", "O-", "o-", "")]

    assert [one["id"] for one in found] == [order["id"]] * 4


SHIPPED = {"carrier": "DHL", "tracking_number": "JD0001"}


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ("JD0001", "JD0001"),
        ("JD0001", "jd 00 01"),
        ("1Z999AA10123456784", "1Z 999 AA1 01 2345 6784"),
        ("00340434161094000170", "(00)340434161094000170"),
        ("00340434161094000170", "]C100340434161094000170"),
        ("340434161094000170", "00340434161094000170"),
        ("9205590100000000000001", "420100109205590100000000000001"),
        ("794612345678", "9622001900000000000000794612345678"),
        ("05212345678901", "%007123405212345678901101276"),
        ("AB/12.3", "AB/12.3"),
    ],
)
def test_a_tracking_number_opens_its_parcel(shop: Shop, stored: str, code: str) -> None:
    """As carriers print it: in groups, with what leads to the door around it, as an SSCC."""
    shop.sells("MUG", 10)
    other, order, staff = shop.an_order(MUG=1), shop.an_order(MUG=2), shop.staff()
    staff.posts(f"/orders/{other['id']}/ship", {"carrier": "DHL", "tracking_number": "JD0002"})
    sent = staff.posts(
        f"/orders/{order['id']}/ship", {"carrier": "DHL", "tracking_number": stored}
    ).json

    found = scan(staff, code).json

    assert (found["kind"], found["id"]) == ("fulfilment", sent["id"])
    assert found["order"]["id"] == order["id"]
    assert found["fulfilment"] == {
        "id": sent["id"],
        "number": sent["number"],
        "status": "shipped",
        "carrier": "DHL",
        "tracking_number": stored,
    }
    assert found["label"] == (f"Parcel {sent['number']} of order {order['number']}, Carla Customer")


def test_a_parcel_is_found_by_its_own_number(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()
    sent = staff.posts(f"/orders/{order['id']}/ship", SHIPPED).json

    assert scan(staff, sent["number"].lower()).json["id"] == sent["id"]


def test_goods_and_orders_come_before_parcels(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()
    staff.posts(f"/orders/{order['id']}/ship", {**SHIPPED, "tracking_number": "COLLIDES-1"})
    shop.sells("COLLIDES-1", 1)

    assert scan(staff, "COLLIDES-1").json["kind"] == "variant"


def test_a_parcel_is_found_along_its_index_in_few_statements(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()
    staff.posts(f"/orders/{order['id']}/ship", SHIPPED)

    with count_statements() as statements:
        assert scan(staff, "JD0001").status_code == 200

    assert statements.count == 3, statements
    (asked,) = [one for one in statements.texts if "FROM fulfilments" in one]
    values = defaultdict(lambda: "1")
    values |= dict.fromkeys(("text", "order_number", "number", "barcode"), "'JD0001'")
    values |= dict.fromkeys(("keys", "tracking_keys", "numbers"), "ARRAY['JD0001']")
    with transaction():
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text(f"EXPLAIN {asked % values}")))
    assert "ix_fulfilments_tracking" in plan, plan


def test_staff_lists_are_searched_with_the_scanner(shop: Shop) -> None:
    shop.sells("MUG", 10, barcodes=[EAN], title="Mug")
    shop.sells("CUP", 10, title="Cup")
    staff = shop.staff()

    for code in (f"]C1010{EAN}10LOT", f"0{EAN}", f"(01)0{EAN}"):
        products = staff.gets("/products", q=code).json["data"]
        levels = staff.gets("/stock", q=code).json["data"]
        assert [one["title"] for one in products] == ["Mug"], code
        assert [one["sku"] for one in levels] == ["MUG"], code
    shown = shop.app.test_client().get("/api/v1/products", query_string={"q": f"0{EAN}"})
    assert [one["title"] for one in shown.json["data"]] == ["Mug"]


def test_a_scan_says_what_is_missing(shop: Shop) -> None:
    staff = shop.staff()

    assert staff.gets("/scan").status_code == 422
    assert scan(staff, "").status_code == 422
    assert scan(staff, "x" * 501).status_code == 422
    anonymous = shop.app.test_client()
    assert anonymous.get("/api/v1/admin/scan?code=MUG").status_code == 401
