"""Slips, photos, bins, store credit, gift cards, reasons, links and the plans of lists."""

import io
import json
from uuid import UUID

from PIL import Image
from sqlalchemy import text

from api.documents import slips
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.platform.db import session, transaction
from api.returns.queries import cases
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.plans import copied, plans_of
from tests.support.returned import (
    asks,
    delivered,
    lines_of,
    opened,
    policy,
    quotes,
    receives,
    refunds,
    sold,
    withdraws,
)
from tests.support.shop import Shop, key
from tests.support.sql import count_statements
from tests.support.stored_value import a_gift_card


def picture(size: int = 40) -> bytes:
    """Make a small JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), "red").save(file, "JPEG")
    return file.getvalue()


def test_the_slip_is_a_pdf_that_a_scan_knows(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    back = asks(buyer, order, {0: 1}).json
    path = f"/api/v1/returns/{back['id']}/slip"

    early = buyer.client.get(path, headers=buyer.headers)
    assert staff.posts(f"/returns/{back['id']}/approve").status_code == 200
    slip = buyer.client.get(path, headers=buyer.headers)
    scanned = staff.gets("/scan", code=back["number"]).json

    assert (early.status_code, early.json["code"]) == (409, "slip_not_valid")
    assert (slip.status_code, slip.content_type) == (200, "application/pdf")
    assert slip.data.startswith(b"%PDF")
    assert (scanned["kind"], scanned["id"]) == ("return", back["id"])
    assert scanned["return"]["number"] == back["number"]


def test_a_slip_wraps_long_names_and_prints_other_alphabets() -> None:
    def printed(title: str) -> bytes:
        return slips.slip(
            slips.Slip(
                title="Rücksendeschein", code="R-1", shop="Księgarnia Łódź", address=["Ελλάδα"],
                heads=("Units", "Goods", "Reason"), rows=[("2", title, "Чашка")] * 20, text="",
                facts=[("Order", "1042")], address_head="Send to",
            )
        )  # fmt: skip

    assert b"/FontFile2" in printed("A bowl")
    assert printed("A bowl").count(b"/Type /Page\n") == 1
    assert printed("A bowl of blue stoneware " * 8).count(b"/Type /Page\n") > 1


def test_photos_are_bounded_and_taken_by_one_return(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    path = f"/api/v1/orders/{order['id']}/return-photos"
    headers = {**buyer.headers, "Content-Type": "image/jpeg"}

    photo = buyer.client.post(path, data=picture(), headers=headers)
    assert photo.status_code == 201, photo.json
    broken = buyer.client.post(path, data=b"no picture", headers=headers)
    large = buyer.client.post(path, data=b"x" * (6 * 1024 * 1024), headers=headers)
    other = shop.guest()
    other.adds("MUG", 1)
    foreign = other.client.post(
        path, data=picture(), headers={**other.headers, "Content-Type": "image/jpeg"}
    )
    back = asks(buyer, order, {0: 1}, photos=[photo.json["id"]])
    again = asks(buyer, order, {0: 1}, photos=[photo.json["id"]])

    assert (broken.status_code, large.status_code, foreign.status_code) == (422, 413, 404)
    assert back.json["photos"] == [photo.json]
    assert again.json["code"] == "photo_unknown"
    assert staff.gets(f"/returns/{back.json['id']}").json["photos"][0]["url"] == photo.json["url"]


def test_quarantined_and_returned_units_have_bins_of_their_own(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    (place,) = staff.gets("/locations").json["data"]
    for code, kind in (("Q-01", "quarantine"), ("RET-01", "receiving")):
        body = {"location_id": place["id"], "code": code, "kind": kind}
        assert staff.posts("/bins", body).status_code == 201
    back = opened(staff, order, {0: 2})

    receives(staff, back, {mug: 1}, disposition="quarantine")
    receives(staff, back, {mug: 1}, disposition="restock")

    done = staff.gets(f"/returns/{back['id']}").json["lines"][0]["dispositions"]
    assert [(one["disposition"], one["bin_code"]) for one in done] == [
        ("quarantine", "Q-01"),
        ("restock", "RET-01"),
    ]
    assert differences() == []


def test_customers_do_not_see_what_staff_noted_and_who_they_are(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    unit = {"variant_id": str(mug), "quantity": 2, "disposition": "damaged", "note": "worn, I bet"}
    staff.posts(f"/returns/{back['id']}/receive", {"units": [unit]})
    assert refunds(staff, back, note="do not argue").status_code == 201

    seen = buyer.client.get(f"/api/v1/returns/{back['id']}", headers=buyer.headers)
    again = asks(buyer, order, {0: 1}).json
    told = staff.posts(
        f"/orders/{order['id']}/returns", {"lines": lines_of(order, {0: 1}, reason="other")}
    )
    for_staff = staff.gets(f"/returns/{back['id']}").json

    (line,), (refund,) = seen.json["lines"], seen.json["refunds"]
    assert (line["received_quantity"], refund["amount"]["amount"]) == (2, 1998)
    assert [one["disposition"] for one in line["dispositions"]] == ["damaged"]
    assert again["code"] == told.json["code"] == "quantity_exceeds_returnable"
    assert ("last_change" in again, "last_change" in told.json) == (False, True)
    for hidden in ("actor", "worn, I bet", "do not argue", "location_code", "transactions"):
        assert hidden not in seen.text
        assert hidden in json.dumps(for_staff)


def test_store_credit_comes_with_the_bonus_of_the_policy(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    buyer, staff = shop.customer(a_customer()), shop.staff()
    order = shop.an_order(buyer=buyer, MUG=2)
    delivered(staff, order)
    policy(staff, credit_bonus=1000)
    back = asks(buyer, order, {0: 1}, to_store_credit=True).json
    receives(staff, back, {mug: 1}, disposition="restock")

    quote = quotes(staff, back)
    done = refunds(staff, back)

    assert (quote["amount"]["amount"], quote["bonus"]["amount"]) == (999, 100)
    assert quote["transactions"][0]["to_store_credit"] is True
    assert done.json["bonus"] == {"amount": 100, "currency": "EUR"}
    credit = session.scalar(
        text("SELECT sum(balance) FROM stored_value_accounts WHERE kind = 'store_credit'")
    )
    assert credit == 1099
    assert differences() == []


def test_a_gift_card_gets_back_what_it_paid_after_the_money(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    card = a_gift_card(1000)
    buyer, staff = shop.guest(), shop.staff()
    buyer.adds("MUG", 2)
    order = buyer.checks_out(gift_cards=[card.code])
    buyer.pays(order)
    delivered(staff, order)
    withdraws(buyer, order)
    (back,) = staff.gets("/returns").json["data"]
    receives(staff, back, {mug: 2}, disposition="restock")

    quote = quotes(staff, back)

    assert quote["amount"]["amount"] == 2488
    parts = [(one["provider"], one["amount"]["amount"]) for one in quote["transactions"]]
    assert parts == [("stripe", 1488), ("gift_card", 1000)]
    assert refunds(staff, back).status_code == 201
    assert differences() == []


def test_an_amount_that_has_changed_is_not_sent(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    receives(staff, back, {mug: 1}, disposition="restock")
    shown = quotes(staff, back)["amount"]
    receives(staff, back, {mug: 1}, disposition="restock")

    answer = refunds(staff, back, expected_amount=shown)

    assert (answer.status_code, answer.json["code"]) == (409, "refund_changed")


def test_a_refund_above_a_limit_waits_and_then_belongs_to_its_return(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    receives(staff, back, {mug: 1}, disposition="restock")
    with transaction():
        session.execute(
            text("UPDATE staff_roles SET limits = '{\"refund_max\": 1}' WHERE name = 'support'")
        )

    waits = refunds(shop.staff("support"), back)
    assert waits.status_code == 202, waits.json
    (held,) = staff.gets("/approvals").json["data"]
    approved = staff.posts(f"/approvals/{held['id']}/approve")

    assert approved.status_code == 200, approved.json
    seen = staff.gets(f"/returns/{back['id']}").json
    assert (seen["status"], seen["refunds"][0]["return_id"]) == ("closed", back["id"])
    assert differences() == []


def test_reasons_are_written_over_and_hidden(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    path = "/api/v1/admin/return-reasons/late"
    body = {"labels": {"en": "Too late", "de": "Zu spät"}, "is_active": False}

    written = staff.client.put(path, json=body, headers={**staff.headers, "If-Match": '"0"'})
    assert (written.status_code, written.json["version"]) == (200, 1)
    shown = buyer.client.get("/api/v1/return-reasons").json["reasons"]
    assert "late" not in {one["code"] for one in shown}
    assert asks(buyer, order, {0: 1}, reason="late").json["code"] == "reason_unknown"
    assert asks(buyer, order, {0: 1}, reason="nothing").json["code"] == "reason_unknown"


def test_one_policy_for_each_scope(shop: Shop) -> None:
    staff = shop.staff()
    first = policy(staff, window_days=14)

    again = staff.posts("/return-policies", {"window_days": 20})
    nobody = staff.posts("/return-policies", {"window_days": 20, "product_id": key()})
    path = f"/api/v1/admin/return-policies/{first['id']}"
    headers = {**staff.headers, "If-Match": '"1"'}
    changed = staff.client.patch(path, json={"restocking_fee": 500}, headers=headers)
    stale = staff.client.patch(path, json={"restocking_fee": 600}, headers=headers)
    gone = staff.client.delete(path, headers={**staff.headers, "If-Match": '"2"'})

    assert (again.status_code, again.json["code"]) == (409, "return_policy_taken")
    assert (nobody.status_code, nobody.json["code"]) == (422, "return_policy_scope_unknown")
    assert (changed.json["restocking_fee"], stale.status_code, gone.status_code) == (500, 412, 204)


def test_a_return_costs_the_same_statements_however_long_it_is(shop: Shop) -> None:
    for sku in ("A", "B", "C", "D"):
        shop.sells(sku, 10)
    order, staff, _ = sold(shop, A=1, B=1, C=1, D=1)
    short = opened(staff, order, {0: 1})
    long = opened(staff, order, {1: 1, 2: 1, 3: 1})

    counts = []
    for back in (short, long):
        session.rollback()
        with count_statements() as statements:
            cases.a_return(UUID(back["id"]))
        counts.append(statements.count)

    assert counts[0] == counts[1]


def test_lists_of_returns_read_their_indexes(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    copied("returns", back["id"], 5000, number="'R-X-' || n", status="'closed'")
    page = {
        "kind": None, "order_id": None, "variant_id": None, "created_before": None, "limit": 25,
        "cursor": None, "with_total": False,
    }  # fmt: skip

    by_status = plans_of(lambda: cases.returns_page(state="requested", **page))
    are_open = plans_of(lambda: cases.returns_page(state="open", **page))
    number = plans_of(lambda: cases.by_number("R-X-77"))

    assert "ix_returns_open" in by_status or "ix_returns_status" in by_status, by_status
    assert "ix_returns_open" in are_open or "ix_returns_status" in are_open
    assert "uq_returns_number" in number


def test_an_order_that_was_partly_delivered_stays_in_the_queue(shop: Shop) -> None:
    shop.sells("MUG", 10)
    staff = shop.staff()
    order = shop.an_order(MUG=2)
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    body = {"carrier": "dhl", "lines": [line]}
    parcel = staff.posts(f"/orders/{order['id']}/ship", body).json
    staff.posts(f"/fulfilments/{parcel['id']}/deliver")

    assert orders_queries.get_order(UUID(order["id"])).to_ship is True
    with transaction():
        orders_service.recompute_status(orders_service.lock(UUID(order["id"])))
    assert orders_queries.get_order(UUID(order["id"])).to_ship is True
