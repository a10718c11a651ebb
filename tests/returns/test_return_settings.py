"""What the shop says about returns: conditions, languages, sentences, holidays, lots."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from api.orders.models import Order
from api.platform.db import session, transaction
from api.returns import rules
from tests.support.books import differences
from tests.support.returned import asks, opened, policy, receives, sold
from tests.support.shop import Shop, Staff
from tests.support.stock import counters
from tests.support.work import drain

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("required", "stated", "is_taken"),
    [
        ("sealed", "sealed", True), ("sealed", "unused", False), ("sealed", None, True),
        ("unused", "unused", True), ("unused", "used", False), ("any", "used", True),
    ],
)  # fmt: skip
def test_the_condition_binds_customers_and_advises_staff(
    shop: Shop, required: str, stated: str | None, is_taken: bool
) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    policy(staff, condition=required)
    line = {
        "order_line_id": order["lines"][0]["id"], "quantity": 1, "reason": "other",
        "condition": stated,
    }  # fmt: skip

    asked = asks(buyer, order, {}, lines=[line])
    by_staff = staff.posts(f"/orders/{order['id']}/returns", {"lines": [line]})

    assert asked.status_code == (201 if is_taken else 422), asked.json
    if not is_taken:
        assert asked.json["code"] == "return_refused_by_policy"
        assert asked.json["errors"][0]["detail"] == f"It must be {required}, and is {stated}."
    assert by_staff.status_code == 201
    assert bool(by_staff.json["advice"]) is not is_taken
    assert by_staff.json["lines"][0]["condition"] == stated


def test_a_return_speaks_the_language_of_its_order(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    with transaction():
        row = session.get(Order, order["id"])
        assert row is not None
        row.language = "de"
    changed = staff.client.patch(
        "/api/v1/admin/return-texts/de",
        json={"name": "approved", "text": "schicken Sie diese Waren zu {order} bitte her:"},
        headers={**staff.headers, "If-Match": '"0"'},
    )
    assert changed.status_code == 200, changed.json
    drain()
    shop.mailer.sent.clear()

    opened(staff, order, {0: 1})
    back = asks(buyer, order, {0: 1}).json
    staff.posts(f"/returns/{back['id']}/reject", {"reason": "zu spät"})
    drain()

    approved, rejected = shop.mailer.sent
    assert approved.subject.startswith("Ihre Rücksendung R-")
    assert f"schicken Sie diese Waren zu {order['number']} bitte her:" in approved.text
    assert "Der Rücksendeschein" in approved.text
    assert "können wir nicht zurücknehmen" in rejected.text
    assert "Der Grund: zu spät" in rejected.text


def test_one_sentence_is_written_and_the_others_stay(shop: Shop) -> None:
    staff = shop.staff()

    def writes(name: str, words: str, version: int) -> Any:
        return staff.client.patch(
            "/api/v1/admin/return-texts/en",
            json={"name": name, "text": words},
            headers={**staff.headers, "If-Match": f'"{version}"'},
        )

    assert writes("rejected", "no:", 0).status_code == 200
    assert writes("approved", "yes:", 0).status_code == 412
    assert writes("approved", "yes:", 1).json["texts"]["rejected"] == "no:"
    rows = {
        (one["language"], one["name"]): one for one in staff.gets("/return-texts").json["texts"]
    }
    assert rows["en", "approved"]["text"] == "yes:"
    assert (rows["en", "approved"]["is_own"], rows["de", "approved"]["is_own"]) == (True, False)
    assert writes("nonsense", "x", 2).status_code == 422


def test_a_policy_is_made_for_a_scanned_article(shop: Shop) -> None:
    shop.sells("MUG", 10)
    staff = shop.staff()

    made = policy(staff, sku="mug", window_days=14)
    assert (made["product"], made["market"]) == ("Mug", None)
    (listed,) = staff.gets("/return-policies").json["data"]
    assert listed["product"] == "Mug"
    unknown = staff.posts("/return-policies", {"window_days": 1, "market": "moon"})
    assert (unknown.status_code, unknown.json["code"]) == (422, "return_policy_scope_unknown")


@pytest.mark.parametrize(
    ("arrived", "holidays", "over"),
    [
        # The fourteenth day is Friday 25 December: the period ends with Monday 28 December.
        ("2026-12-11", {date(2026, 12, 25)}, "2026-12-29"),
        ("2026-12-11", set(), "2026-12-26"),
        # New Year's Day is a Friday, too; the Monday after it another one.
        ("2026-12-18", {date(2027, 1, 1), date(2027, 1, 4)}, "2027-01-06"),
        # A holiday inside the period moves nothing (article 3(3) of the regulation).
        ("2026-12-14", {date(2026, 12, 25)}, "2026-12-29"),
        # Easter Monday after a Sunday.
        ("2027-03-14", {date(2027, 3, 29)}, "2027-03-31"),
    ],
)
def test_no_period_ends_on_a_public_holiday(arrived: str, holidays: set[date], over: str) -> None:
    """Regulation (EEC, Euratom) No 1182/71, article 3(4)."""
    arrival = datetime.fromisoformat(f"{arrived}T12:00").replace(tzinfo=BERLIN)

    ends = rules.withdrawal_ends(arrival, BERLIN, holidays)

    assert ends == datetime.fromisoformat(f"{over}T00:00").replace(tzinfo=BERLIN)


def test_public_holidays_are_kept_by_market(shop: Shop) -> None:
    staff = shop.staff()
    day = {"day": "2026-12-25", "name": "Christmas"}

    made = staff.posts("/public-holidays", day)
    assert made.status_code == 201, made.json
    assert staff.posts("/public-holidays", day).json["code"] == "public_holiday_taken"
    unknown = staff.posts("/public-holidays", {**day, "market": "moon"})
    assert unknown.json["code"] == "return_policy_scope_unknown"
    assert [one["name"] for one in staff.gets("/public-holidays").json["data"]] == ["Christmas"]
    gone = staff.posts(f"/public-holidays/{made.json['id']}/remove")
    assert gone.status_code == 204
    assert staff.gets("/public-holidays").json["data"] == []
    again = staff.posts(f"/public-holidays/{made.json['id']}/remove")
    assert again.json["code"] == "public_holiday_not_found"


def test_returned_units_go_back_into_their_lot(shop: Shop) -> None:
    tea = shop.sells("TEA", 5)
    order, staff, _ = sold(shop, TEA=3)
    keeps_in_lots(staff, "TEA", "AB-7")
    back = opened(staff, order, {0: 3})
    assert back["lines"][0]["has_lots"] is True

    unnamed = receives(staff, back, {tea: 1}, disposition="restock")
    assert (unnamed.status_code, unnamed.json["code"]) == (422, "lot_required")
    unit = {"variant_id": str(tea), "quantity": 1, "disposition": "restock"}
    path = f"/returns/{back['id']}/receive"
    strange = staff.posts(path, {"units": [{**unit, "lot": "ZZ"}]})
    assert (strange.status_code, strange.json["code"]) == (404, "lot_not_found")
    done = staff.posts(path, {"units": [{**unit, "lot": "ab-7"}]})
    assert done.status_code == 200, done.json
    assert done.json["lines"][0]["dispositions"][0]["lot_code"] == "AB-7"
    gone = staff.posts(path, {"units": [{**unit, "disposition": "discard", "lot": "AB-7"}]})
    assert gone.status_code == 200, gone.json
    assert counters(tea).on_hand == 3
    in_lot = session.scalar(text("SELECT sum(quantity) FROM lot_stock"))
    assert in_lot == 2
    assert differences() == []


def keeps_in_lots(staff: Staff, sku: str, lot: str) -> None:
    """Keep an article in lots, with one of its units in one."""
    with transaction():
        session.execute(
            text("UPDATE variants SET lot_tracking = 'lot' WHERE sku = :sku"), {"sku": sku}
        )
        level = session.scalar(
            text("SELECT l.id FROM stock_levels l JOIN variants v ON v.id = l.variant_id"
                 " WHERE v.sku = :sku"), {"sku": sku}
        )  # fmt: skip
    answer = staff.posts(f"/stock/{level}/lots", {"lot": lot, "quantity": 1})
    assert answer.status_code < 300, answer.json
