"""Orders that must not ship yet: several holds at once, each released by itself."""

from typing import Any

import pytest
from sqlalchemy import select, text

from api.platform.audit import AuditEntry
from api.platform.db import session
from tests.support.books import differences
from tests.support.shop import Shop, Staff


def holds(staff: Staff, order: dict[str, Any], reason: str, **more: Any) -> Any:
    return staff.posts(f"/orders/{order['id']}/holds", {"reason": reason, **more})


def releases(staff: Staff, hold_id: str) -> Any:
    return staff.posts(f"/order-holds/{hold_id}/release", {})


def waiting(staff: Staff) -> list[str]:
    return [one["number"] for one in staff.gets("/orders", queue="to_ship").json["data"]]


def test_an_order_ships_when_the_last_of_its_holds_is_released(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    assert waiting(owner) == [order["number"]]

    first = holds(owner, order, "address", note="the street has no such number")
    second = holds(owner, order, "risk")

    assert (first.status_code, first.json["created_by"]) == (201, "Anna Owner")
    assert waiting(owner) == []
    refused = owner.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    assert (refused.status_code, refused.json["code"]) == (409, "order_on_hold")
    assert [(one["reason"], one["note"]) for one in refused.json["holds"]] == [
        ("address", "the street has no such number"),
        ("risk", None),
    ]
    assert releases(owner, first.json["id"]).status_code == 200
    assert waiting(owner) == []
    assert releases(owner, second.json["id"]).json["released_at"] is not None
    assert waiting(owner) == [order["number"]]
    assert owner.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"}).status_code == 201
    case = owner.gets(f"/orders/{order['id']}").json
    assert [e["kind"] for e in case["timeline"]].count("held") == 2
    assert session.scalars(
        select(AuditEntry.action).where(AuditEntry.action.like("order.h%")).order_by(AuditEntry.id)
    ).all() == ["order.held", "order.held", "order.hold_released", "order.hold_released"]
    assert differences() == []


def test_a_packed_parcel_does_not_leave_while_its_order_is_on_hold(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    parcel = owner.posts(f"/orders/{order['id']}/fulfilments", {}).json
    holds(owner, order, "customer_request")

    refused = owner.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})

    assert (refused.status_code, refused.json["code"]) == (409, "order_on_hold")


def test_a_hold_is_released_once(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    hold = holds(owner, order, "other").json
    releases(owner, hold["id"])

    again = releases(owner, hold["id"])

    assert (again.status_code, again.json["code"]) == (409, "hold_released")
    assert releases(owner, order["id"]).json["code"] == "hold_not_found"


def test_what_is_cancelled_is_neither_held_nor_on_hold(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    holds(owner, order, "stock")

    owner.posts(f"/orders/{order['id']}/cancel", {"reason": "out_of_stock"})

    case = owner.gets(f"/orders/{order['id']}").json
    assert (case["on_hold"], case["holds"][0]["released_by"]) == (False, "Stockroom")
    refused = holds(owner, order, "stock")
    assert (refused.status_code, refused.json["code"]) == (409, "invalid_state")


@pytest.mark.parametrize("reason", ["dispute", "fraud_warning", "foreign_refund", "because"])
def test_staff_give_reasons_of_their_own(shop: Shop, reason: str) -> None:
    shop.sells("MUG", 10)

    assert holds(shop.staff(), shop.an_order(MUG=1), reason).status_code == 422


def test_the_warehouse_may_not_release(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=1)
    hold = holds(shop.staff("support"), order, "risk").json

    assert releases(shop.staff("warehouse"), hold["id"]).status_code == 403


def test_the_list_of_held_orders_goes_along_its_index(shop: Shop) -> None:
    session.execute(text("SET enable_seqscan = off"))
    plan = session.scalars(
        text("EXPLAIN SELECT id FROM orders WHERE on_hold ORDER BY placed_at DESC, id DESC LIMIT 9")
    ).all()
    session.execute(text("SET enable_seqscan = on"))

    assert any("ix_orders_on_hold" in line for line in plan), plan
