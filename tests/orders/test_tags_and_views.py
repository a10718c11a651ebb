"""Tags, saved views and actions on many orders."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from api.orders import service
from api.orders.states import HoldReason
from api.platform.db import session, transaction
from api.platform.external_references import ExternalReference
from tests.support.plans import copied, plans_of, refresh_statistics, tables_read_whole
from tests.support.shop import Shop, Staff, key
from tests.support.sql import count_statements


def tags(staff: Staff, order: dict[str, Any], **change: list[str]) -> Any:
    return staff.posts(f"/orders/{order['id']}/tags", change)


def numbers(staff: Staff, **query: Any) -> list[str]:
    return [one["number"] for one in staff.gets("/orders", **query).json["data"]]


def bulk(staff: Staff, orders: list[dict[str, Any]], action: str, **more: Any) -> Any:
    body = {"order_ids": [one["id"] for one in orders], "action": action, **more}
    return staff.posts("/orders/batch", body)


def test_orders_are_found_by_their_tags(shop: Shop) -> None:
    shop.sells("MUG", 10)
    first, second, owner = shop.an_order(MUG=1), shop.an_order(MUG=1), shop.staff()

    answer = tags(owner, first, add=["express", "gift"])

    assert answer.json["tags"] == ["express", "gift"]
    assert numbers(owner, tag="express") == [first["number"]]
    assert owner.gets("/orders", tag="gift").json["data"][0]["tags"] == ["express", "gift"]
    assert tags(owner, first, remove=["gift"], add=["express"]).json["tags"] == ["express"]
    assert numbers(owner, tag="gift") == []
    kinds = [one["text"] for one in owner.opens(first)["timeline"] if one["kind"] == "tagged"]
    assert kinds == ["Tags: +express, +gift.", "Tags: -gift."]
    assert numbers(owner) == [second["number"], first["number"]]


def test_an_order_has_at_most_25_tags(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    tags(owner, order, add=[f"tag {number}" for number in range(20)])

    refused = tags(owner, order, add=[f"more {number}" for number in range(6)])

    assert (refused.status_code, refused.json["code"]) == (409, "too_many_tags")
    assert len(owner.opens(order)["tags"]) == 20
    assert tags(owner, order, add=["x" * 41]).status_code == 422


def test_a_bulk_action_tells_of_each_order_what_came_of_it(shop: Shop) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()
    open_one, other, gone = (shop.an_order(MUG=1) for _ in range(3))
    assert owner.cancels(gone).status_code == 200
    stranger = {"id": str(uuid4())}

    held = bulk(owner, [gone, open_one, stranger, other], "hold", reason="stock", note="recount")

    assert held.status_code == 200, held.json
    assert [(one["number"], one["status"]) for one in held.json["data"]] == [
        (gone["number"], "refused"),
        (open_one["number"], "done"),
        (None, "refused"),
        (other["number"], "done"),
    ]
    codes = [one["problem"] and one["problem"]["code"] for one in held.json["data"]]
    assert codes == ["invalid_state", None, "order_not_found", None]
    assert (held.json["done"], held.json["refused"]) == (2, 2)
    assert numbers(owner, queue="on_hold") == [other["number"], open_one["number"]]
    assert numbers(owner, hold_reason="stock") == [other["number"], open_one["number"]]
    assert numbers(owner, hold_reason="risk") == []

    assert bulk(owner, [open_one, other, gone], "release").json["unchanged"] == 1
    assert numbers(owner, queue="on_hold") == []
    assert bulk(owner, [open_one, open_one], "tag", tags=["b"]).json["done"] == 1
    assert bulk(owner, [open_one, other], "tag", tags=["b"]).json["unchanged"] == 1
    assert bulk(owner, [open_one], "untag", tags=["b"]).json["done"] == 1
    assert bulk(owner, [open_one], "note", note="looked at").json["done"] == 1


def test_a_bulk_action_that_is_sent_twice_is_done_once(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner, once = shop.an_order(MUG=1), shop.staff(), key()
    body = {"order_ids": [order["id"]], "action": "hold", "reason": "other"}

    first = owner.posts("/orders/batch", body, idempotency_key=once)
    second = owner.posts("/orders/batch", body, idempotency_key=once)

    assert first.json == second.json
    assert len(owner.opens(order)["holds"]) == 1


def test_a_bulk_release_leaves_what_a_bank_holds(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=1, buyer=buyer)
    owner.posts(f"/orders/{order['id']}/holds", {"reason": "stock"})
    with transaction():
        service.hold_for(
            service.lock(UUID(order["id"])), HoldReason.DISPUTE, note="disputed", reference=uuid4()
        )

    assert bulk(owner, [order], "release").json["done"] == 1

    left = [one["reason"] for one in owner.opens(order)["holds"] if one["released_at"] is None]
    assert left == ["dispute"]


def test_a_bulk_action_is_refused_without_what_it_needs(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()

    assert bulk(owner, [order], "hold").status_code == 422
    assert bulk(owner, [order], "tag").status_code == 422
    assert bulk(owner, [order], "note").status_code == 422
    assert bulk(owner, [], "release").status_code == 422
    assert bulk(owner, [order] * 101, "release").status_code == 422
    assert bulk(shop.staff("warehouse"), [order], "release").status_code == 403


def test_a_view_belongs_to_whoever_saved_it(shop: Shop) -> None:
    owner, colleague = shop.staff(), shop.staff("support")
    saved = owner.posts("/order-views", {"name": "express", "filters": {"tag": "express"}})

    assert saved.status_code == 201, saved.json
    assert saved.json["filters"] == {"tag": "express"}
    assert [one["name"] for one in owner.gets("/order-views").json["data"]] == ["express"]
    assert colleague.gets("/order-views").json["data"] == []
    assert colleague.gets(f"/order-views/{saved.json['id']}").status_code == 404
    taken = owner.posts("/order-views", {"name": "Express", "filters": {}})
    assert (taken.status_code, taken.json["code"]) == (409, "view_name_taken")
    assert colleague.posts("/order-views", {"name": "express", "filters": {}}).status_code == 201
    unknown = owner.posts("/order-views", {"name": "odd", "filters": {"colour": "red"}})
    assert unknown.status_code == 422


def test_a_view_is_changed_from_its_version_and_deleted(shop: Shop) -> None:
    owner = shop.staff()
    view = owner.posts("/order-views", {"name": "held", "filters": {"queue": "on_hold"}}).json
    path = f"/api/v1/admin/order-views/{view['id']}"

    def asks(method: str, version: int, **body: Any) -> Any:
        headers = {**owner.headers, "If-Match": f'"{version}"'}
        return owner.client.open(path, method=method, json=body, headers=headers)

    changed = asks(
        "PATCH", 1, filters={"queue": "to_ship", "placed_at_gte": "2026-01-02T03:04:05Z"}
    )
    assert changed.json["filters"]["placed_at_gte"].startswith("2026-01-02T03:04:05")
    assert owner.gets("/orders", **changed.json["filters"]).status_code == 200
    assert asks("PATCH", 1, name="late").status_code == 412
    assert asks("DELETE", 2).status_code == 204
    assert owner.gets("/order-views").json["data"] == []


def test_a_person_saves_at_most_20_views(shop: Shop) -> None:
    owner = shop.staff()
    for number in range(20):
        assert owner.posts("/order-views", {"name": f"v{number}", "filters": {}}).status_code == 201

    refused = owner.posts("/order-views", {"name": "one more", "filters": {}})

    assert (refused.status_code, refused.json["code"]) == (409, "too_many_views")


def test_tags_references_and_holds_are_found_by_indexes(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    copied("orders", order["id"], 20_000, number="'C' || n", cart_id="NULL",
           placed_at="placed_at - n * interval '1 minute'")  # fmt: skip
    tags(owner, order, add=["rare"])
    owner.posts(f"/orders/{order['id']}/holds", {"reason": "risk"})
    owner.posts(
        f"/orders/{order['id']}/references",
        {"system": "datev", "value": "4711", "metadata": {"cost_center": "42"}},
    )
    (known,) = session.scalars(select(ExternalReference.id))
    copied("external_references", known, 20_000, subject_id="gen_random_uuid()",
           value="'C' || n", metadata="jsonb_build_object('cost_center', 'c' || n)")  # fmt: skip
    refresh_statistics()

    for query, index in (
        ({"tag": "rare"}, "ix_orders_tags"),
        ({"hold_reason": "risk"}, "ix_orders_on_hold"),
        ({"reference": "datev:4711"}, "uq_external_references_value"),
        ({"metadata": "cost_center:42"}, "ix_external_references_metadata"),
    ):
        plan = plans_of(lambda query=query: owner.gets("/orders", **query))
        assert index in plan, (query, plan)
        assert "orders" not in tables_read_whole(plan), (query, plan)


def test_the_list_of_orders_costs_the_same_with_tags_as_without(shop: Shop) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()
    orders = [shop.an_order(MUG=1) for _ in range(3)]
    with count_statements() as before:
        owner.gets("/orders")
    bulk(owner, orders, "tag", tags=["a", "b"])

    with count_statements() as after:
        owner.gets("/orders")

    assert after.count == before.count, after
