"""Sold without stock: what orders wait for, and who gets the units that come."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from api.inventory import jobs as inventory_jobs
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import InsufficientStock
from api.inventory.models import StockAllocation, StockLevel
from api.inventory.service import AdjustReason
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.books import differences, stock_differences
from tests.support.shop import Shop, Staff
from tests.support.stock import (
    Counters,
    a_location,
    allocated,
    counters,
    demand,
    goods,
    held,
    level_of,
    stocked,
)
from tests.support.threads import at_once
from tests.support.work import drain


def allow(variant_id: UUID, limit: int = 0, note: str = "") -> None:
    """Let a variant be sold without stock; opens its own transaction."""
    with transaction():
        session.execute(
            text(
                "UPDATE variants SET back_orders = 'allow', back_order_limit = :limit,"
                " back_order_note = :note WHERE id = :id"
            ),
            {"id": variant_id, "limit": limit, "note": note},
        )


def comes(variant_id: UUID, units: int, *, at: UUID | None = None) -> None:
    """Find units of a variant."""
    with transaction():
        inventory_service.adjust(
            level_of(variant_id, at=at), change=units, on_hand=None, expected_on_hand=None,
            reason=AdjustReason.FOUND, note=None, by=SYSTEM,
        )  # fmt: skip


def waiting(variant_id: UUID) -> int:
    """Read what orders wait for, over all levels."""
    summed = select(func.sum(StockLevel.back_ordered)).where(StockLevel.variant_id == variant_id)
    return int(session.scalar(summed) or 0)


def shares(order_id: UUID) -> tuple[int, int]:
    """Read how many units of an order are allocated, and how many wait."""
    row = session.execute(
        select(func.sum(StockAllocation.quantity), func.sum(StockAllocation.waiting)).where(
            StockAllocation.order_id == order_id
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def test_what_is_not_there_waits_and_the_oldest_promise_is_kept_first(app: Flask) -> None:
    mug = goods("MUG", 2)
    allow(mug)

    first, second = allocated({mug: 3}), allocated({mug: 2})
    assert (shares(first), shares(second), waiting(mug)) == ((2, 1), (0, 2), 3)
    assert counters(mug) == Counters(on_hand=2, allocated=2)
    assert inventory_queries.availability([mug]) == {mug: 0}

    comes(mug, 2)
    assert (shares(first), shares(second), waiting(mug)) == ((3, 0), (1, 1), 1)
    comes(mug, 5)
    assert (shares(second), waiting(mug)) == ((2, 0), 0)
    assert inventory_queries.availability([mug]) == {mug: 4}
    assert stock_differences() == []


def test_a_variant_that_denies_is_not_oversold_and_a_limit_is_a_limit(app: Flask) -> None:
    mug, tea = goods("MUG", 1), goods("TEA", 1)
    allow(tea, limit=3)

    with pytest.raises(InsufficientStock):
        allocated({mug: 2})
    allocated({tea: 3})
    with pytest.raises(InsufficientStock) as refusal:
        allocated({tea: 2})

    assert refusal.value.facts["lines"][0]["available"] == 1  # type: ignore[index]
    allocated({tea: 1})
    assert waiting(tea) == 3
    assert stock_differences() == []


def test_the_limit_is_not_exceeded_however_many_buy_at_once(app: Flask) -> None:
    """Without the locks of all levels before the limit is read, all of them get in."""
    mug = goods("MUG", 2)
    allow(mug, limit=5)

    outcomes = at_once(app, [lambda: allocated({mug: 1})] * 20)

    assert len(outcomes.results) == 7
    assert outcomes.refused_by(InsufficientStock) == 13
    assert (waiting(mug), counters(mug)) == (5, Counters(on_hand=2, allocated=2))
    assert stock_differences() == []


def test_units_that_come_while_orders_are_placed_and_given_up_are_allocated_once(
    app: Flask,
) -> None:
    """Without the levels locked before the rows are read, two arrivals serve the same line."""
    mug = goods("MUG", 0)
    allow(mug)
    orders = [allocated({mug: 2}) for _ in range(6)]

    def gives_up(order_id: UUID) -> Any:
        def act() -> None:
            with transaction():
                inventory_service.release(order_id, None, by=SYSTEM, reason="cancelled")

        return act

    outcomes = at_once(
        app,
        [
            *[lambda: comes(mug, 1)] * 6,
            *map(gives_up, orders[:2]),
            *[lambda: allocated({mug: 1})] * 4,
        ],
    )  # fmt: skip

    assert outcomes.errors == []
    assert counters(mug) == Counters(on_hand=6, allocated=6)
    assert waiting(mug) == 6 * 2 + 4 - 2 * 2 - 6
    assert sum(shares(one)[0] for one in orders[2:]) <= 6
    assert stock_differences() == []


def test_units_at_another_location_serve_those_who_wait(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug = goods("MUG", 0, at=near)
    allow(mug)
    stocked(mug, 0, at=far)
    order = allocated({mug: 3})

    comes(mug, 2, at=far)

    assert shares(order) == (2, 1)
    assert counters(mug, at=far) == Counters(on_hand=2, allocated=2)
    assert stock_differences() == []


def test_lines_of_one_variant_keep_no_units_from_those_of_another(app: Flask) -> None:
    """With one limit over both variants, the two older lines for a mug leave none for the tea's."""
    mug, tea = goods("MUG", 1), goods("TEA", 1)
    allow(mug)
    allow(tea)
    given_up = allocated({mug: 1, tea: 1})
    first, second, third = allocated({mug: 1}), allocated({mug: 1}), allocated({tea: 1})

    with transaction():
        inventory_service.release(given_up, None, by=SYSTEM, reason="cancelled")

    assert [shares(one) for one in (first, second, third)] == [(1, 0), (0, 1), (1, 0)]
    assert stock_differences() == []


def test_giving_up_units_drops_those_that_wait_first(app: Flask) -> None:
    mug = goods("MUG", 2)
    allow(mug)
    order_id, lines = new_id(), demand({mug: 5})
    with transaction():
        inventory_service.allocate(order_id, lines, cart_id=None, by=SYSTEM)

    with transaction():
        gone = inventory_service.release(
            order_id, {lines[0].order_line_id: 4}, by=SYSTEM, reason="refunded"
        )

    assert gone == {lines[0].order_line_id: 4}
    assert (shares(order_id), waiting(mug)) == ((1, 0), 0)
    assert stock_differences() == []


def test_units_that_are_given_up_go_to_those_who_wait(app: Flask) -> None:
    mug = goods("MUG", 2)
    allow(mug)
    first, second = allocated({mug: 2}), allocated({mug: 2})

    with transaction():
        inventory_service.release(first, None, by=SYSTEM, reason="cancelled")

    assert (shares(first), shares(second), waiting(mug)) == ((0, 0), (2, 0), 0)
    assert stock_differences() == []


def test_an_expired_reservation_serves_those_who_wait_before_somebody_new(app: Flask) -> None:
    """Without the claim of those who wait, the new order gets the unit."""
    mug = goods("MUG", 1)
    allow(mug)
    held({mug: 1})
    waits = allocated({mug: 1})
    with transaction():
        session.execute(text("UPDATE stock_holds SET expires_at = now() - interval '1 minute'"))

    new = allocated({mug: 1})

    assert (shares(waits), shares(new)) == ((1, 0), (0, 1))
    assert stock_differences() == []


def test_the_sweep_of_reservations_serves_those_who_wait(app: Flask) -> None:
    mug = goods("MUG", 1)
    allow(mug)
    held({mug: 1})
    waits = allocated({mug: 1})
    with transaction():
        session.execute(text("UPDATE stock_holds SET expires_at = now() - interval '1 minute'"))

    inventory_jobs.expire_reservations()

    assert (shares(waits), waiting(mug)) == ((1, 0), 0)
    assert stock_differences() == []


def test_a_cart_reserves_what_is_there_and_its_order_waits_for_the_rest(app: Flask) -> None:
    mug = goods("MUG", 2)
    allow(mug)
    cart = held({mug: 3})
    assert counters(mug) == Counters(on_hand=2, reserved=2)

    order = allocated({mug: 3}, cart_id=cart)

    assert shares(order) == (2, 1)
    assert counters(mug) == Counters(on_hand=2, allocated=2)
    assert stock_differences() == []


# Over HTTP


def sold_out(shop: Shop, units: int = 1, **settings: Any) -> Staff:
    """Have mugs on sale that may be back-ordered."""
    shop.sells("MUG", units)
    staff = shop.staff()
    path = f"/variants/{shop.variants['MUG']}"
    version = staff.gets(path).headers["ETag"]
    body = {"back_orders": "allow", "back_order_note": "Ships from 14 March", **settings}
    answer = staff.client.patch(
        f"/api/v1/admin{path}", json=body, headers={**staff.headers, "If-Match": version}
    )
    assert answer.status_code == 200, answer.json
    drain()
    return staff


def shown(shop: Shop) -> Any:
    """Read the variant on the storefront's page."""
    product = shop.app.test_client().get("/api/v1/products?expand=variants").json["data"][0]
    page = shop.app.test_client().get(f"/api/v1/products/{product['slug']}").json
    return page["variants"][0]


def test_a_storefront_sells_what_is_not_there_and_says_so(shop: Shop) -> None:
    sold_out(shop, units=1, back_order_limit=2)
    assert shown(shop)["availability"] == "in_stock"
    buyer = shop.guest()

    cart = buyer.adds("MUG", 3)
    (item,) = cart["items"]
    assert (item["back_ordered_quantity"], item["back_order_note"]) == (2, "Ships from 14 March")
    (warning,) = cart["warnings"]
    assert (warning["code"], "Ships from 14 March" in warning["detail"]) == ("back_ordered", True)
    assert cart["requirements"] == []
    too_many = shop.guest().client.post("/api/v1/cart/items", json={"sku": "MUG", "quantity": 4})
    assert (too_many.status_code, too_many.json["available"]) == (409, 3)

    order = buyer.checks_out()
    drain()
    page = shown(shop)
    assert (page["availability"], page["in_stock"]) == ("out_of_stock", False)
    buyer.cancels(order)
    allocated({shop.variants["MUG"]: 1})
    drain()
    assert shown(shop)["availability"] == "backorder"
    assert shown(shop)["back_order_note"] == "Ships from 14 March"


def test_the_buyer_is_told_which_units_wait_and_until_when(shop: Shop) -> None:
    staff = sold_out(shop, units=1)
    shop.sells("TEA", 5, title="Tea")
    buyer = shop.guest()
    order = shop.an_order(buyer=buyer, MUG=3, TEA=1)

    def told() -> list[tuple[int, str]]:
        lines = buyer.sees(order)["lines"]
        return [(line["back_ordered_quantity"], line["back_order_note"]) for line in lines]

    assert told() == [(2, "Ships from 14 March"), (0, "")]
    drain()
    (confirmed,) = [one for one in shop.mailer.sent if "is confirmed" in one.subject]
    assert "    2 of them are not in stock and will follow. Ships from 14 March\n" in confirmed.text
    assert confirmed.text.count("will follow") == 1
    staff.posts("/receipts", {"lines": [{"code": "MUG", "quantity": 1}]})
    assert told() == [(1, "Ships from 14 March"), (0, "")]


def test_staff_ship_what_is_there_and_never_what_waits(shop: Shop) -> None:
    staff = sold_out(shop, units=1)
    part, whole = shop.an_order(MUG=3), shop.an_order(MUG=1)
    assert [line["back_ordered_quantity"] for line in staff.opens(part)["lines"]] == [2]
    assert staff.opens(whole)["lines"][0]["back_ordered_quantity"] == 1

    queue = staff.gets("/orders", queue="to_ship").json["data"]
    assert [one["number"] for one in queue] == [part["number"]]
    assert staff.gets("/overview").json["to_ship"] == 1
    no_unit = staff.posts(f"/orders/{whole['id']}/ship", {"carrier": "DHL"})
    assert (no_unit.status_code, no_unit.json["code"]) == (409, "nothing_to_ship")
    assert "back-ordered" in no_unit.json["detail"]
    line = {"order_line_id": part["lines"][0]["id"], "quantity": 2}
    too_many = staff.posts(f"/orders/{part['id']}/ship", {"carrier": "DHL", "lines": [line]})
    assert (too_many.status_code, too_many.json["code"]) == (422, "quantity_exceeds_open")
    verified = {"verified_lines": [{**line, "quantity": 1}]}
    sent = staff.posts(f"/orders/{part['id']}/ship", {"carrier": "DHL", **verified})
    assert sent.status_code == 201, sent.json
    assert staff.gets("/orders", queue="to_ship").json["data"] == []
    assert differences() == []

    receipt = {"lines": [{"code": "MUG", "quantity": 3}]}
    assert staff.posts("/receipts", receipt).status_code == 201
    drain()
    numbers = [one["number"] for one in staff.gets("/orders", queue="to_ship").json["data"]]
    assert sorted(numbers) == sorted([part["number"], whole["number"]])
    assert staff.opens(part)["timeline"][-1]["kind"] == "back_order_allocated"
    assert differences() == []


def test_a_refund_or_a_cancellation_lowers_what_is_waited_for(shop: Shop) -> None:
    staff = sold_out(shop, units=1)
    first, second = shop.an_order(MUG=3), shop.an_order(MUG=2)
    mug = shop.variants["MUG"]
    assert waiting(mug) == 4

    assert staff.refunds(first, lines={0: 1}).status_code == 201
    assert waiting(mug) == 3
    assert staff.cancels(second).status_code == 200
    assert waiting(mug) == 1
    change = {"order_line_id": first["lines"][0]["id"], "quantity": 4}
    edited = staff.edits(first, lines=[change])
    assert edited.status_code == 200, edited.json
    assert waiting(mug) == 2
    assert differences() == []


def test_low_stock_and_suggestions_count_what_is_waited_for(shop: Shop) -> None:
    staff = sold_out(shop, units=1)
    level = staff.gets("/stock", q="MUG").json["data"][0]
    assert level["back_ordered"] == 0
    shop.an_order(MUG=4)

    level = staff.gets("/stock", q="MUG").json["data"][0]
    assert (level["back_ordered"], level["is_low"], level["available"]) == (3, True, 0)
    (wanted,) = staff.gets("/reorder-suggestions").json["data"]
    assert (wanted["available"], wanted["order_quantity"]) == (-3, 4)
    assert (wanted["back_ordered"], sum(wanted["sales"]), len(wanted["sales"])) == (3, 0, 28)
    moved = staff.gets(f"/stock/{level['id']}/movements").json["data"]
    assert {one["kind"]: one["back_ordered_change"] for one in moved}["back_ordered"] == 3
