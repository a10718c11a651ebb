"""What the counter asks all day: how much waits, and what a scanned code is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import BarcodeInput
from api.fulfilment import queries as fulfilment_queries
from api.kernel import clock
from api.kernel.permissions import Permission
from api.kernel.principal import SYSTEM
from api.platform import health
from api.platform.db import session, transaction
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def scan(staff: Staff, code: str) -> Any:
    """Ask what a code is."""
    return staff.gets(f"/scan/{code}")


def test_an_empty_shop_waits_for_nothing(shop: Shop) -> None:
    assert shop.staff().gets("/overview").json == {
        "to_ship": 0,
        "unpaid": 0,
        "low_stock": 0,
        "shipped_today": 0,
        "needs_attention": 0,
        "backups": {"state": "off", "last_backup_at": None, "last_proved_at": None},
        "awaiting_approval": 0,
        "oldest_to_ship_at": None,
        "worker": {"state": "stopped", "last_seen_at": None},
        "doctor": {"state": "unknown", "differences": 0, "checked_at": None},
        "currency": "EUR",
    }


def test_the_overview_tells_whether_a_worker_is_at_work_and_when_it_last_was(shop: Shop) -> None:
    staff = shop.staff()
    with clock.frozen(NOON):
        health.report_worker()

    def worker_after(**since: int) -> object:
        with clock.frozen(NOON + timedelta(**since)):
            return fulfilment_queries.overview(SYSTEM)["worker"]

    assert worker_after(seconds=59) == {"state": "running", "last_seen_at": NOON}
    assert worker_after(seconds=60) == {"state": "stopped", "last_seen_at": NOON}
    assert worker_after(days=2) == {"state": "stopped", "last_seen_at": NOON}
    told = staff.gets("/overview").json["worker"]["last_seen_at"]
    assert told == "2026-03-05T12:00:00Z"


def test_the_overview_counts_what_waits(shop: Shop) -> None:
    shop.sells("MUG", 20, threshold=12)
    with clock.frozen(NOON - timedelta(days=1)):
        sent_yesterday = shop.an_order(MUG=1)
        oldest = shop.an_order(MUG=1)
    with clock.frozen(NOON):
        partly = shop.an_order(MUG=5)
        shop.an_order(paid=False, MUG=1)
    staff = shop.staff()
    line = {"order_line_id": partly["lines"][0]["id"], "quantity": 1}
    with clock.frozen(NOON - timedelta(hours=12, seconds=1)):
        staff.posts(f"/orders/{sent_yesterday['id']}/ship", {"carrier": "DHL"})
    with clock.frozen(NOON):
        for _ in range(2):
            staff.posts(f"/orders/{partly['id']}/ship", {"carrier": "DHL", "lines": [line]})
        found = staff.gets("/overview").json

    assert found == {
        "to_ship": 2,
        "unpaid": 1,
        "low_stock": 1,
        "shipped_today": 2,
        "needs_attention": 0,
        "backups": {"state": "off", "last_backup_at": None, "last_proved_at": None},
        "awaiting_approval": 0,
        "oldest_to_ship_at": oldest["placed_at"],
        "worker": {"state": "stopped", "last_seen_at": None},
        "doctor": {"state": "unknown", "differences": 0, "checked_at": None},
        "currency": "EUR",
    }


def test_the_overview_goes_along_partial_indexes_in_few_statements(shop: Shop) -> None:
    owner = replace(SYSTEM, permissions=frozenset(Permission))
    with count_statements() as statements:
        fulfilment_queries.overview(owner)

    assert statements.count == 3, statements
    values = {
        "shipped_at_1": "'2026-03-05'",
        "status_1": "'completed'",
        "expires_at_1": "'2026-03-05'",
        "waiting_1": "0",
        "quantity_1": "0",
        **{f"param_{n}": "100" for n in range(1, 9)},
    }
    with transaction():
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = "\n".join(
            line
            for statement in statements.texts
            for line in session.scalars(text(f"EXPLAIN {statement % values}"))
        )
    for index in (
        "ix_orders_to_ship",
        "ix_orders_awaiting_payment",
        "ix_stock_levels_low",
        "ix_fulfilments_shipped_at",
        "attention_items_open",
        "ix_doctor_runs_completed",
        "ix_waiting_commands_open",
    ):
        assert index in plan, plan


def test_a_scanned_order_number_finds_the_order(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()

    answers = [scan(staff, code).json for code in (order["number"], f"O-{order['number']}",
                                                  f"o-{order['number']}")]  # fmt: skip

    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["kind"], answers[0]["id"]) == ("order", order["id"])
    assert answers[0]["label"] == f"Order {order['number']}, Carla Customer"
    card = staff.gets("/orders").json["data"][0]
    assert answers[0]["order"] == card
    assert "variant" not in answers[0]


@pytest.mark.parametrize("code", ["BLUE-MUG", "blue-mug", " BLUE-MUG ", "4006381333931"])
def test_scanned_goods_are_found_by_sku_and_barcode(shop: Shop, code: str) -> None:
    mug = shop.sells("BLUE-MUG", 10, barcodes=["4006381333931"], title="Blue mug")
    shop.an_order(**{"BLUE-MUG": 3})

    found = scan(shop.staff(), code).json

    assert (found["kind"], found["id"]) == ("variant", str(mug))
    assert found["label"] == "BLUE-MUG: Blue mug"
    variant = found["variant"]
    assert (variant["sku"], variant["barcode"]) == ("BLUE-MUG", "4006381333931")
    (level,) = variant["levels"]
    assert (level["on_hand"], level["allocated"], level["available"]) == (10, 3, 7)
    assert level["location"]["code"] == "MAIN"


def test_a_case_label_tells_how_many_units_it_means(shop: Shop) -> None:
    """And a UPC is the EAN that begins with a zero, whichever of the two is on file."""
    mug = shop.sells("BLUE-MUG", 10, title="Blue mug")
    with transaction():
        codes = (BarcodeInput("012345678905"), BarcodeInput("14006381333938", 12))
        variant_service.edit_variant(mug, {"barcodes": codes}, expected_version=None, by=SYSTEM)
    staff = shop.staff()

    case = scan(staff, "14006381333938").json
    upc, ean = scan(staff, "012345678905").json, scan(staff, "0012345678905").json

    assert (case["variant"]["pack_quantity"], case["label"]) == (
        12,
        "BLUE-MUG: Blue mug, 12 in a case",
    )
    assert case["variant"]["barcode"] == "012345678905"
    assert upc == ean
    assert (upc["variant"]["pack_quantity"], upc["label"]) == (1, "BLUE-MUG: Blue mug")


def test_goods_come_before_an_order_of_the_same_number(shop: Shop) -> None:
    """The maker's code cannot be changed; the order is still found with its prefix."""
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()
    shop.sells("CUP", 1, barcodes=[order["number"]])
    shop.sells("O-RING", 1)

    assert scan(staff, order["number"]).json["kind"] == "variant"
    assert scan(staff, f"O-{order['number']}").json["kind"] == "order"
    assert scan(staff, "O-RING").json["variant"]["sku"] == "O-RING"


@pytest.mark.parametrize("code", ["NOBODY", "O-999999", "40/06", "a%01b", "x" * 400])
def test_an_unknown_code_is_told_with_the_code(shop: Shop, code: str) -> None:
    answer = scan(shop.staff(), code)

    assert (answer.status_code, answer.json["code"]) == (404, "code_unknown")
    assert answer.json["scanned"] == code.replace("%01", "")  # what no scanner prints


def test_a_scan_takes_few_statements(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=1), shop.staff()

    for code, most in (("MUG", 3), (f"O-{order['number']}", 2), (order["number"], 3)):
        with count_statements() as statements:
            assert scan(staff, code).status_code == 200
        assert statements.count == most, statements


def test_strangers_see_no_figures(shop: Shop) -> None:
    anonymous = shop.app.test_client()

    assert anonymous.get("/api/v1/admin/overview").status_code == 401
    assert anonymous.get("/api/v1/admin/scan/MUG").status_code == 401
    customer = shop.customer()
    assert (
        customer.client.get("/api/v1/admin/overview", headers=customer.headers).status_code == 403
    )
