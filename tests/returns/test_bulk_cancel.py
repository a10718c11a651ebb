"""Many orders are cancelled at once: each with its own result, after one look at the totals."""

from typing import Any
from uuid import uuid4

from sqlalchemy import text

from api.platform.db import session, transaction
from tests.support.books import differences
from tests.support.shop import Shop, Staff, key
from tests.support.stock import counters
from tests.support.threads import at_once

BATCH = "/orders/batch-cancel"


def eur(amount: int) -> dict[str, Any]:
    """Return so many cents as the API writes them."""
    return {"amount": amount, "currency": "EUR"}


def named(*orders: dict[str, Any]) -> list[str]:
    """Return the ids of orders."""
    return [order["id"] for order in orders]


def some_orders(shop: Shop) -> tuple[dict[str, Any], ...]:
    """Have a paid order, an unpaid one, and one that has left."""
    shop.sells("MUG", 9, price="10.00 EUR")
    paid, unpaid, gone = (
        shop.an_order(MUG=1),
        shop.an_order(MUG=2, paid=False),
        shop.an_order(MUG=1),
    )
    assert shop.staff().posts(f"/orders/{gone['id']}/ship", {"carrier": "DHL"}).status_code == 201
    return paid, unpaid, gone


def cancels(staff: Staff, body: dict[str, Any], **more: Any) -> Any:
    """Cancel many orders."""
    return staff.posts(BATCH, {"reason": "out_of_stock", **body}, **more)


def test_the_preview_sums_up_and_each_order_has_a_result(shop: Shop) -> None:
    paid, unpaid, gone = some_orders(shop)
    staff = shop.staff()
    ids = [*named(paid, unpaid, gone), str(uuid4())]
    preview = staff.posts(f"{BATCH}/preview", {"order_ids": ids}).json
    assert (preview["orders"], preview["refused"], preview["units"]) == (2, 2, 3)
    assert preview["refunds"] == [eur(1490)]

    wrong = cancels(staff, {"order_ids": ids, "expected_refunds": [eur(1480)]})
    assert wrong.json["code"] == "cancellation_changed"
    assert staff.opens(paid)["status"] == "placed"
    same = key()
    done = cancels(staff, {"order_ids": ids, "expected_refunds": preview["refunds"]},
                   idempotency_key=same)  # fmt: skip
    assert done.status_code == 200, done.json
    assert [row["status"] for row in done.json["data"]] == ["done", "done", "refused", "refused"]
    assert done.json["data"][2]["problem"]["code"] == "invalid_state"
    assert staff.opens(paid)["refunded"] == eur(1490)
    assert staff.opens(gone)["status"] == "completed"
    with transaction():
        session.execute(text("DELETE FROM idempotency_keys"))
    again = cancels(staff, {"order_ids": ids[:2], "expected_refunds": preview["refunds"]},
                    idempotency_key=same)  # fmt: skip
    assert [row["status"] for row in again.json["data"]] == ["unchanged", "unchanged"]
    assert staff.opens(paid)["refunded"] == eur(1490)
    assert counters(shop.variants["MUG"]).allocated == 0
    assert differences() == []


def test_a_large_refund_waits_and_others_are_cancelled(shop: Shop) -> None:
    paid, unpaid, _ = some_orders(shop)
    owner, manager = shop.staff(), shop.staff("manager")
    with transaction():
        session.execute(
            text("UPDATE staff_roles SET limits = '{\"refund_max\": 500}' WHERE name = 'manager'")
        )
    results = cancels(manager, {"order_ids": named(paid, unpaid)}).json
    assert (results["done"], results["waiting"]) == (1, 1)
    assert owner.opens(paid)["status"] == "placed"
    (waiting,) = owner.gets("/approvals").json["data"]
    assert owner.posts(f"/approvals/{waiting['id']}/approve").status_code == 200
    assert owner.opens(paid)["status"] == "cancelled"


def test_of_two_who_cancel_the_same_orders_at_once_each_is_refunded_once(shop: Shop) -> None:
    """Without the order's lock: money of one order goes back twice."""
    shop.sells("MUG", 9, price="10.00 EUR")
    orders = [shop.an_order(MUG=1) for _ in range(3)]
    people = [shop.staff(), shop.staff()]
    outcomes = at_once(
        shop.app,
        [lambda who=who: cancels(who, {"order_ids": named(*orders)}).json for who in people],
    )
    assert outcomes.errors == []
    assert sum(answer["done"] for answer in outcomes.results) == 3
    for order in orders:
        now = people[0].opens(order)
        assert (now["status"], now["refunded"]) == ("cancelled", eur(1490))
    assert differences() == []
