"""Suppliers, and purchase orders from the draft to the end."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.documents import font
from api.documents import purchase_order as purchase_order_paper
from api.documents.purchase_order import OrderedLine, OrderPaper
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.platform.db import session
from api.purchasing import queries
from api.purchasing.calculation import LineCost, converted, landed_costs
from tests.support.shop import Shop, Staff, key
from tests.support.work import drain

DOLLAR = {"amount": 1, "currency": "USD"}


def eur(amount: int) -> dict[str, Any]:
    """Write an amount in EUR."""
    return {"amount": amount, "currency": "EUR"}


def a_supplier(staff: Staff, name: str = "Azure Interior", **more: Any) -> dict[str, Any]:
    """Create a supplier."""
    answer = staff.posts("/suppliers", {"name": name, "currency": "EUR", **more})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def a_draft(staff: Staff, supplier: dict[str, Any], *lines: tuple[str, int, int | None],
            **more: Any) -> Any:  # fmt: skip
    """Draft an order of lines: SKU, units and unit cost in cents."""
    wanted = [
        {"code": sku, "quantity": units, **({} if cost is None else {"unit_cost": eur(cost)})}
        for sku, units, cost in lines
    ]
    (place,) = staff.gets("/locations").json["data"][:1]
    body = {"supplier_id": supplier["id"], "location_id": place["id"], "lines": wanted, **more}
    return staff.posts("/purchase-orders", body)


def test_a_draft_is_ordered_and_its_units_are_incoming(shop: Shop) -> None:
    mug, jug = shop.sells("MUG", 0), shop.sells("JUG", 0)
    owner = shop.staff()
    supplier = a_supplier(owner, lead_time_days=10)
    item = {"code": "MUG", "supplier_sku": "AZ-1", "pack_quantity": 6, "unit_cost": eur(450)}
    assert owner.posts(f"/suppliers/{supplier['id']}/items", item).json["sku"] == "MUG"

    draft = a_draft(owner, supplier, ("MUG", 12, None), ("JUG", 1, 1000), freight=eur(640)).json

    assert draft["number"].startswith("P-")
    assert (draft["status"], draft["units"]) == ("draft", 13)
    assert [
        (one["sku"], one["supplier_sku"], one["unit_cost"]["amount"],
         one["landed_unit_cost"]["amount"])
        for one in draft["lines"]
    ] == [("MUG", "AZ-1", 450, 495), ("JUG", None, 1000, 1100)]  # fmt: skip
    assert draft["total"] == eur(12 * 450 + 1000 + 640)
    assert queries.incoming([mug, jug]) == {}

    placed = owner.posts(f"/purchase-orders/{draft['id']}/order").json

    assert (placed["status"], placed["expected_on"] is not None) == ("ordered", True)
    session.rollback()
    assert sorted(units for units, _ in queries.incoming([mug, jug]).values()) == [1, 12]
    listed = owner.gets("/purchase-orders", awaited="true", include="total").json
    assert [one["number"] for one in listed["data"]] == [draft["number"]]

    gone = owner.posts(f"/purchase-orders/{draft['id']}/cancel", {"reason": "too late"}).json
    assert gone["status"] == "cancelled"
    assert queries.incoming([mug, jug]) == {}
    again = owner.posts(f"/purchase-orders/{draft['id']}/order")
    assert (again.status_code, again.json["code"], again.json["allowed"]) == (
        409, "invalid_state", [],
    )  # fmt: skip


def test_the_lines_of_a_draft_change_and_those_of_a_placed_order_do_not(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    draft = a_draft(owner, a_supplier(owner), ("MUG", 12, 450)).json
    path = f"/purchase-orders/{draft['id']}"

    more = owner.posts(f"{path}/lines", {"code": "mug", "quantity": 20}).json
    assert [(one["quantity"], one["unit_cost"]["amount"]) for one in more["lines"]] == [(20, 450)]
    assert more["version"] == draft["version"] + 1
    assert owner.posts(f"{path}/lines", {"code": "MUG", "quantity": 0}).json["lines"] == []
    assert owner.posts(f"{path}/order").json["code"] == "purchase_order_empty"
    owner.posts(f"{path}/lines", {"code": "MUG", "quantity": 2, "unit_cost": eur(400)})
    assert owner.posts(f"{path}/order").status_code == 200
    late = owner.posts(f"{path}/lines", {"code": "MUG", "quantity": 3})
    assert (late.status_code, late.json["code"]) == (409, "invalid_state")
    assert owner.gets(path).json["units"] == 2


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"lines": [{"code": "NOBODY", "quantity": 1}]}, "variant_unknown", "NOBODY"),
        ({"lines": [{"code": "MUG", "quantity": 1}]}, "cost_missing", "Say what one MUG costs"),
        ({"lines": [{"code": "MUG", "quantity": 0, "unit_cost": eur(1)}]}, "invalid", ""),
        (
            {"lines": [{"code": "MUG", "quantity": 1, "unit_cost": DOLLAR}]},
            "currency_mixed", "Amounts here are in EUR",
        ),
        ({"freight": DOLLAR}, "currency_mixed", ""),
        ({"exchange_rate": "0"}, "invalid", ""),
        ({"location_id": "018f2f5e-0000-7000-8000-000000000000"}, "location_not_found", ""),
        ({"supplier_id": "018f2f5e-0000-7000-8000-000000000000"}, "supplier_not_found", ""),
    ],
)  # fmt: skip
def test_a_faulty_draft_is_refused_and_nothing_is_written(
    shop: Shop, change: dict[str, Any], code: str, says: str
) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    supplier = a_supplier(owner)

    answer = a_draft(owner, supplier, **change)

    assert (answer.status_code in (404, 422), answer.json["code"]) == (True, code), answer.json
    assert says in answer.json["detail"]
    assert owner.gets("/purchase-orders").json["data"] == []


def test_an_order_in_another_currency_needs_its_rate(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    supplier = a_supplier(owner, currency="USD")
    dollars = {"amount": 500, "currency": "USD"}
    draft = a_draft(owner, supplier).json
    path = f"/purchase-orders/{draft['id']}"
    owner.posts(f"{path}/lines", {"code": "MUG", "quantity": 1, "unit_cost": dollars})

    refused = owner.posts(f"{path}/order")
    assert (refused.status_code, refused.json["code"]) == (409, "exchange_rate_missing")
    version = owner.gets(path).json["version"]
    changed = owner.client.patch(
        f"/api/v1/admin{path}", json={"exchange_rate": "0.92"},
        headers={**owner.headers, "If-Match": f'"{version}"'},
    )  # fmt: skip
    assert (changed.status_code, changed.json["exchange_rate"]) == (200, "0.92")
    assert owner.posts(f"{path}/order").status_code == 200


def test_names_and_skus_of_suppliers_are_used_once_and_one_supplier_is_preferred(
    shop: Shop,
) -> None:
    shop.sells("MUG", 0)
    shop.sells("JUG", 0)
    owner = shop.staff()
    first, second = a_supplier(owner), a_supplier(owner, "Other")
    item = {"code": "MUG", "supplier_sku": "A1", "is_preferred": True}
    assert owner.posts("/suppliers", {"name": "Other", "currency": "EUR"}).json["code"] == (
        "supplier_name_taken"
    )
    assert owner.posts(f"/suppliers/{first['id']}/items", item).status_code == 200
    taken = owner.posts(f"/suppliers/{first['id']}/items", {**item, "code": "JUG"})
    assert (taken.status_code, taken.json["code"]) == (409, "supplier_sku_taken")

    assert owner.posts(f"/suppliers/{second['id']}/items", item).json["is_preferred"] is True
    (kept,) = owner.gets(f"/suppliers/{first['id']}/items").json["data"]
    assert (kept["is_preferred"], kept["lead_time_days"]) == (False, 7)
    removed = owner.client.delete(
        f"/api/v1/admin/supplier-items/{kept['id']}", headers=owner.headers
    )
    assert removed.status_code == 204
    assert owner.gets(f"/suppliers/{first['id']}/items").json["data"] == []


def test_warehouse_staff_read_purchase_orders_and_write_none(shop: Shop) -> None:
    picker = shop.staff("warehouse")

    assert picker.gets("/purchase-orders").status_code == 200
    assert picker.posts("/suppliers", {"name": "X", "currency": "EUR"}).status_code == 403
    assert shop.staff("support").gets("/suppliers").status_code == 403


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 10_000)), min_size=1, max_size=8),
    st.integers(0, 100_000),
)
def test_freight_is_spread_by_value_and_none_of_it_is_lost(
    lines: list[tuple[int, int]], freight: int
) -> None:
    landed = landed_costs([LineCost(*line) for line in lines], freight)

    assert sum(landed) == sum(units * cost for units, cost in lines) + freight
    assert all(after >= units * cost for after, (units, cost) in zip(landed, lines, strict=True))


@pytest.mark.parametrize(
    ("amount", "currency", "into", "rate", "expected"),
    [
        (500, "USD", "EUR", "0.925", 463),
        (1000, "JPY", "EUR", "0.0061", 610),
        (199, "EUR", "JPY", "163.4", 325),
        (1250, "KWD", "EUR", "3", 375),
        (7, "EUR", "EUR", None, 7),
    ],
)
def test_costs_are_converted_by_the_digits_of_both_currencies(
    amount: int, currency: str, into: str, rate: str | None, expected: int
) -> None:
    assert converted(amount, currency, into, rate and Decimal(rate)) == expected


def test_the_paper_of_an_order_embeds_its_font_and_prints_what_it_can(shop: Shop) -> None:
    shop.sells("MUG", 0, title="Κούπα Größe Чашка 茶")
    owner = shop.staff()
    supplier = a_supplier(owner, "Töpferei Łódź")
    order = a_draft(owner, supplier, ("MUG", 12, 450), freight=eur(640)).json

    answer = owner.gets(f"/purchase-orders/{order['id']}/file")

    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert f'filename="{order["number"]}.pdf"' in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"%PDF")
    assert b"/FontFile2" in answer.data
    assert shop.staff("support").gets(f"/purchase-orders/{order['id']}/file").status_code == 403
    assert owner.gets(f"/purchase-orders/{new_id()}/file").status_code == 404


def test_signs_that_the_font_has_not_become_question_marks() -> None:
    known = {*map(ord, "Größe Чашка")}

    assert font.printable("Größe Чашка\n茶", known) == "Größe Чашка\n?"


def test_an_order_of_many_lines_goes_on_on_the_next_page() -> None:
    line = OrderedLine("S-1", "MUG", "A mug " * 20, 1000, Money(1, "EUR"), Money(1000, "EUR"))
    paper = OrderPaper(
        "P-1", "Shop", "Potter", "Street 1\nTown", "C-7", "Main shelf", None, None, "Ring twice",
        [line] * 80, Money(0, "EUR"), Money(80_000, "EUR"), is_draft=True,
    )  # fmt: skip

    assert purchase_order_paper.pdf(paper).count(b"/Type /Page\n") > 3


def test_an_order_goes_to_its_supplier_as_pdf_in_their_language(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner, mailer = shop.staff(), shop.mailer
    mute = a_supplier(owner, "Mute")
    heard = a_supplier(owner, "Töpferei", email="order@potter.test", language="de")
    path = f"/purchase-orders/{a_draft(owner, mute, ('MUG', 2, 450)).json['id']}"
    assert owner.posts(f"{path}/email").json["code"] == "invalid_state"
    owner.posts(f"{path}/order")
    without = owner.posts(f"{path}/email")
    assert (without.status_code, without.json["code"]) == (409, "supplier_without_email")

    path = f"/purchase-orders/{a_draft(owner, heard, ('MUG', 3, 450)).json['id']}"
    number = owner.posts(f"{path}/order").json["number"]
    wish = key()
    for _ in range(2):
        assert owner.posts(f"{path}/email", idempotency_key=wish).status_code == 202
    drain()

    (sent,) = [one for one in mailer.sent if one.to == "order@potter.test"]
    assert number in sent.subject
    assert sent.text.startswith("Guten Tag Töpferei,")
    (file,) = sent.attachments
    assert (file.name, file.content[:5]) == (f"{number}.pdf", b"%PDF-")
    (email,) = [
        one for one in owner.gets("/emails").json["data"] if one["kind"] == "purchase_order"
    ]
    assert owner.posts(f"/emails/{email['id']}/resend").status_code in (200, 202)
    drain()
    files = [one.name for mail in mailer.sent for one in mail.attachments]
    assert files == [f"{number}.pdf"] * 2
