"""Goods that come: by scan, by the case, too many, damaged, and undone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from api.inventory.models import StockLevel, StockMovement
from api.kernel import clock
from api.platform.db import session
from api.purchasing import queries
from tests.purchasing.test_purchase_orders import a_draft, a_supplier, eur
from tests.support.books import differences
from tests.support.shop import Shop, Staff, key
from tests.support.threads import at_once

CASE = "14006381333938"
"""A case of what has the EAN 4006381333931."""


def placed(staff: Staff, *lines: tuple[str, int, int | None], **more: Any) -> dict[str, Any]:
    """Place an order with a supplier."""
    draft = a_draft(staff, a_supplier(staff, f"Supplier {key()}"), *lines, **more)
    assert draft.status_code == 201, draft.json
    answer = staff.posts(f"/purchase-orders/{draft.json['id']}/order")
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def receives(staff: Staff, *lines: dict[str, Any], order: dict[str, Any] | None = None,
             idempotency_key: str | None = None, **more: Any) -> Any:  # fmt: skip
    """Receive goods and return the answer, whatever it is."""
    of = {} if order is None else {"purchase_order_id": order["id"]}
    body = {**of, "lines": list(lines), **more}
    return staff.posts("/receipts", body, idempotency_key=idempotency_key)


def level(shop: Shop, sku: str) -> StockLevel:
    """Return the level of a SKU as it is now."""
    session.rollback()
    return session.scalars(
        select(StockLevel)
        .where(StockLevel.variant_id == shop.variants[sku])
        .execution_options(populate_existing=True)
    ).one()


def test_an_order_comes_in_two_parts_and_each_unit_knows_its_cost(shop: Shop) -> None:
    shop.sells("MUG", 0)
    shop.sells("JUG", 4)
    owner, hands = shop.staff(), shop.staff("warehouse")
    order = placed(owner, ("MUG", 12, 450), ("JUG", 1, 1000), freight=eur(640))

    first = receives(hands, {"code": "mug", "quantity": 8, "damaged": 1}, order=order)

    assert first.status_code == 201, first.json
    assert (first.json["number"], first.json["units"], first.json["damaged_units"]) == (
        order["number"], 8, 1,
    )  # fmt: skip
    mug = level(shop, "MUG")
    assert (mug.on_hand, mug.damaged, mug.average_cost) == (8, 1, Decimal(495))
    entry = session.scalars(select(StockMovement).where(StockMovement.level_id == mug.id)).one()
    assert (entry.kind, entry.unit_cost, entry.reference) == ("received", 495, order["number"])
    seen = owner.gets(f"/purchase-orders/{order['id']}").json
    assert (seen["status"], [one["received"] for one in seen["lines"]]) == (
        "partially_received", [8, 0],
    )  # fmt: skip
    coming = queries.incoming(list(shop.variants.values())).values()
    assert sorted(units for units, _ in coming) == [1, 4]

    rest = receives(
        hands, {"code": "MUG", "quantity": 6}, {"code": "JUG", "quantity": 1}, order=order
    ).json
    assert [(one["sku"], one["over_quantity"]) for one in rest["lines"]] == [("MUG", 2), ("JUG", 0)]
    seen = owner.gets(f"/purchase-orders/{order['id']}").json
    assert (seen["status"], seen["over_units"]) == ("received", 2)
    assert queries.incoming(list(shop.variants.values())) == {}
    assert differences() == []


def test_a_case_is_as_many_units_as_it_holds_and_an_unknown_one_is_learnt(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner, hands = shop.staff(), shop.staff("warehouse")
    owner.posts("/barcodes", {"sku": "MUG", "code": "4006381333931", "pack_quantity": 1})

    unknown = receives(hands, {"code": CASE, "quantity": 2})
    assert (unknown.status_code, unknown.json["code"], unknown.json["sku"]) == (
        422, "case_quantity_unknown", "MUG",
    )  # fmt: skip
    stranger = receives(hands, {"code": "4012345678901", "quantity": 1})
    assert (stranger.status_code, stranger.json["code"]) == (404, "received_code_unknown")
    lesson = {"sku": "mug", "code": f"]C101{CASE}10ABC", "pack_quantity": 12}
    assert hands.posts("/barcodes", lesson).status_code == 403
    assert owner.posts("/barcodes", lesson).status_code == 200
    assert owner.posts("/barcodes", {**lesson, "sku": "NOBODY"}).json["code"] == "variant_not_found"

    got = receives(hands, {"code": CASE, "quantity": 2}, {"code": "4006381333931", "quantity": 1})

    assert [one["quantity"] for one in got.json["lines"]] == [24, 1]
    assert level(shop, "MUG").on_hand == 25
    shop.sells("JUG", 0)
    taken = owner.posts("/barcodes", {"sku": "JUG", "code": CASE, "pack_quantity": 6})
    assert (taken.status_code, taken.json["code"]) == (409, "barcode_taken")


def test_the_label_of_a_purchase_order_says_what_can_be_done_with_it(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    order = placed(owner, ("MUG", 5, 100))

    seen = shop.staff("warehouse").gets(f"/scan/{order['number'].lower()}").json

    assert (seen["kind"], seen["id"], seen["next"]) == (
        "purchase_order", order["id"], ["receive"],
    )  # fmt: skip
    assert "0 of 5 units came" in seen["label"]
    assert owner.gets(f"/scan/{order['number'][2:]}").json["code"] == "code_unknown"
    assert shop.staff("support").gets(f"/scan/{order['number']}").status_code == 404
    owner.posts(f"/purchase-orders/{order['id']}/cancel", {"reason": "late"})
    assert owner.gets(f"/scan/{order['number']}").json["next"] == []


def test_goods_without_an_order_go_to_a_bin_and_what_was_not_ordered_is_flagged(
    shop: Shop,
) -> None:
    shop.sells("MUG", 0)
    shop.sells("JUG", 0)
    owner = shop.staff()
    (place,) = owner.gets("/locations").json["data"]
    made = owner.posts("/bins", {"location_id": place["id"], "code": "A-01"})
    assert made.status_code == 201, made.json

    got = receives(owner, {"code": "MUG", "quantity": 3, "bin": "l-a-01", "unit_cost": eur(200)},
                   reference="DN 7").json  # fmt: skip
    assert (got["lines"][0]["bin_code"], got["over_units"], got["reference"]) == ("A-01", 0, "DN 7")
    mug = level(shop, "MUG")
    assert (mug.in_bins, mug.average_cost) == (3, Decimal(200))

    order = placed(owner, ("MUG", 1, 100))
    stray = receives(owner, {"code": "JUG", "quantity": 2}, order=order).json
    assert (stray["over_units"], stray["lines"][0]["unit_cost"]) == (2, None)
    assert owner.gets(f"/purchase-orders/{order['id']}").json["status"] == "ordered"
    listed = owner.gets("/receipts", purchase_order_id=order["id"], include="total").json
    assert [one["id"] for one in listed["data"]] == [stray["id"]]
    assert differences() == []


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ({"code": "MUG", "quantity": 2, "damaged": 3}, "damaged_exceeds_quantity", "3 of MUG"),
        ({"code": "MUG", "quantity": 1, "bin": "L-NOWHERE"}, "bin_not_found", "L-NOWHERE"),
        ({"code": "MUG", "quantity": 0}, "invalid", ""),
        ({"code": "MUG", "variant_id": key(), "quantity": 1}, "invalid", ""),
        ({"variant_id": key(), "quantity": 1}, "received_code_unknown", ""),
        ({"code": CASE, "quantity": 1_000_000}, "too_many_units", "12000000"),
        (
            {"code": "MUG", "quantity": 1, "unit_cost": {"amount": 1, "currency": "USD"}},
            "currency_mixed", "EUR",
        ),
    ],
)  # fmt: skip
def test_a_receipt_that_cannot_be_is_refused_whole(
    shop: Shop, line: dict[str, Any], code: str, says: str
) -> None:
    shop.sells("MUG", 5)
    owner = shop.staff()
    owner.posts("/barcodes", {"sku": "MUG", "code": CASE, "pack_quantity": 12})

    answer = receives(owner, {"code": "MUG", "quantity": 1}, line)

    assert (answer.json["code"], says in answer.json["detail"]) == (code, True), answer.json
    assert level(shop, "MUG").on_hand == 5
    assert owner.gets("/receipts").json["data"] == []


@pytest.mark.parametrize(("command", "says"), [("", "Order it first"), ("cancel", "send")])
def test_nothing_is_received_for_an_order_that_is_not_placed(
    shop: Shop, command: str, says: str
) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    order = a_draft(owner, a_supplier(owner), ("MUG", 1, 100)).json
    if command:
        owner.posts(f"/purchase-orders/{order['id']}/{command}", {"reason": "no"})

    answer = receives(owner, {"code": "MUG", "quantity": 1}, order=order)

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")
    assert says in answer.json["detail"]
    assert level(shop, "MUG").on_hand == 0


def test_a_receipt_is_sent_twice_and_counts_once(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    order = placed(owner, ("MUG", 5, 100))
    once = key()

    def send() -> Any:
        line = {"code": "MUG", "quantity": 5}
        hands = Staff(shop.app.test_client(), owner.headers)
        return receives(hands, line, order=order, idempotency_key=once).status_code

    outcomes = at_once(shop.app, [send] * 2)
    assert outcomes.errors == []
    assert set(outcomes.results) <= {201, 409}
    assert level(shop, "MUG").on_hand == 5
    assert owner.gets(f"/purchase-orders/{order['id']}").json["received_units"] == 5


def test_two_people_receive_the_same_order_and_neither_is_lost(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    order = placed(owner, ("MUG", 8, 100))

    def send() -> Any:
        hands = Staff(shop.app.test_client(), owner.headers)
        return receives(hands, {"code": "MUG", "quantity": 3}, order=order).status_code

    outcomes = at_once(shop.app, [send] * 3)
    assert (outcomes.errors, outcomes.results) == ([], [201, 201, 201])
    seen = owner.gets(f"/purchase-orders/{order['id']}").json
    assert (seen["status"], seen["received_units"], seen["over_units"]) == ("received", 9, 1)
    assert sum(one["over_units"] for one in owner.gets("/receipts").json["data"]) == 1
    assert differences() == []


def test_a_receipt_is_undone_within_ten_minutes_with_its_cost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    first = placed(owner, ("MUG", 4, 100))
    second = placed(owner, ("MUG", 4, 300))
    receives(owner, {"code": "MUG", "quantity": 4}, order=first)
    wrong = receives(owner, {"code": "MUG", "quantity": 4, "damaged": 1}, order=second).json
    assert level(shop, "MUG").average_cost == Decimal(200)

    undone = owner.posts(f"/receipts/{wrong['id']}/undo")

    assert (undone.status_code, undone.json["undone_by"] is not None) == (200, True)
    mug = level(shop, "MUG")
    assert (mug.on_hand, mug.damaged, mug.average_cost) == (4, 0, Decimal(100))
    assert owner.gets(f"/purchase-orders/{second['id']}").json["status"] == "ordered"
    assert owner.posts(f"/receipts/{wrong['id']}/undo").json["code"] == "receipt_undone"
    assert differences() == []

    late = receives(owner, {"code": "MUG", "quantity": 1}, order=second).json
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    refused = owner.posts(f"/receipts/{late['id']}/undo")
    assert (refused.status_code, refused.json["code"]) == (409, "receipt_too_old")


def test_sold_units_keep_a_receipt_from_being_undone(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    got = receives(owner, {"code": "MUG", "quantity": 2}).json
    shop.an_order(MUG=1)

    refused = owner.posts(f"/receipts/{got['id']}/undo")

    assert (refused.status_code, refused.json["code"]) == (409, "insufficient_stock")
    assert level(shop, "MUG").on_hand == 2
    assert owner.gets(f"/receipts/{got['id']}").json["undone_at"] is None
    assert differences() == []


def test_what_was_closed_stays_closed_although_more_comes_and_is_undone(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    order = placed(owner, ("MUG", 5, 100))
    receives(owner, {"code": "MUG", "quantity": 2}, order=order)
    path = f"/purchase-orders/{order['id']}"
    assert owner.posts(f"{path}/close", {"reason": "sold out"}).json["status"] == "received"

    more = receives(owner, {"code": "MUG", "quantity": 1}, order=order).json
    assert owner.gets(path).json["status"] == "received"
    owner.posts(f"/receipts/{more['id']}/undo")
    assert owner.gets(path).json["status"] == "received"
    assert queries.incoming([shop.variants["MUG"]]) == {}


def test_what_comes_in_parts_costs_together_what_the_invoice_says(shop: Shop) -> None:
    shop.sells("MUG", 0)
    shop.sells("JUG", 0)
    owner = shop.staff()
    order = placed(owner, ("MUG", 7, 100), ("JUG", 3, 33), freight=eur(101))
    assert sum(line["landed_cost"]["amount"] for line in order["lines"]) == 900

    parts = [
        receives(owner, {"code": sku, "quantity": units}, order=order).json
        for sku, units in (("MUG", 2), ("JUG", 1), ("MUG", 3), ("MUG", 1), ("JUG", 2))
    ]
    undone = parts.pop(2)
    assert owner.posts(f"/receipts/{undone['id']}/undo").status_code == 200
    parts.append(receives(owner, {"code": "MUG", "quantity": 6}, order=order).json)

    costs = [(one["lines"][0]["over_quantity"], one["lines"][0]["cost"]["amount"]) for one in parts]
    over = next(cost for beyond, cost in costs if beyond)
    unit = parts[-1]["lines"][0]["unit_cost"]["amount"]
    assert sum(cost for _, cost in costs) == 900 + 2 * unit
    assert over > 2 * unit
    mug, jug = level(shop, "MUG"), level(shop, "JUG")
    worth = mug.average_cost * mug.on_hand + jug.average_cost * jug.on_hand
    assert abs(worth - (900 + 2 * unit)) < Decimal("0.01")
    assert differences() == []


def test_freight_that_is_corrected_later_is_borne_by_what_comes_last(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    order = placed(owner, ("MUG", 4, 100))
    first = receives(owner, {"code": "MUG", "quantity": 2}, order=order).json
    seen = owner.gets(f"/purchase-orders/{order['id']}").json
    headers = {**owner.headers, "If-Match": f'"{seen["version"]}"'}
    path = f"/api/v1/admin/purchase-orders/{order['id']}"
    assert owner.client.patch(path, json={"freight": eur(10)}, headers=headers).status_code == 200

    last = receives(owner, {"code": "MUG", "quantity": 2}, order=order).json

    assert [one["lines"][0]["cost"]["amount"] for one in (first, last)] == [200, 210]


def test_two_receipts_at_once_count_every_unit_of_an_order_once(shop: Shop) -> None:
    shop.sells("MUG", 0)
    owner = shop.staff()
    order = placed(owner, ("MUG", 10, 99), freight=eur(7))

    done = at_once(
        shop.app,
        [lambda: receives(owner, {"code": "MUG", "quantity": 3}, order=order) for _ in range(8)],
    )

    assert done.of_status(201) == 8
    seen = owner.gets(f"/purchase-orders/{order['id']}").json
    assert (seen["received_units"], seen["over_units"], seen["status"]) == (24, 14, "received")
    lines = [one.json["lines"][0] for one in done.results]
    assert sum(line["over_quantity"] for line in lines) == 14
    unit = lines[0]["unit_cost"]["amount"]
    assert sum(line["cost"]["amount"] for line in lines) == 997 + 14 * unit
    assert level(shop, "MUG").on_hand == 24
    assert differences() == []
