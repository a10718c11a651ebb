"""Waves: previewed, released in batches with short walks, and raced for."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.picking import queries
from api.picking.states import BatchKind
from api.picking.walk import group, walk_length
from api.platform.db import session
from tests.picking.test_picking import PICKING, Warehouse, mia, picks, warehouse, with_totes
from tests.support.plans import copied, plans_of
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.threads import at_once

__all__ = ["mia", "warehouse"]

WAVES = f"{PICKING}/waves"


def released(staff: Staff, **body: Any) -> dict[str, Any]:
    answer = staff.posts(WAVES, body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_a_wave_is_previewed_then_released_in_batches_with_short_walks(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("NEAR", A_01=9)
    warehouse.stocks("FAR", B_01=9)
    far = [shop.an_order(FAR=1)["number"] for _ in range(2)]
    near = [shop.an_order(NEAR=2)["number"] for _ in range(2)]

    seen = mia.gets(f"{WAVES}/preview", orders_per_batch=2).json

    # In bins passed: BULK is first, then and B-01; alone, each order comes back.
    assert [(one["order_count"], one["walk_length"]) for one in seen["batches"]] == [(2, 8), (2, 4)]
    assert (seen["walk_length"], seen["walk_length_alone"]) == (12, 24)
    assert (seen["order_count"], seen["line_count"], seen["unit_count"]) == (4, 4, 6)
    assert (seen["stops"], seen["seconds"], seen["is_measured"]) == (2, 120, False)
    assert mia.gets(f"{PICKING}/queue").json["order_count"] == 4, "a preview claims nothing"

    wave = released(mia, orders_per_batch=2)

    assert {name: wave[name] for name in ("order_count", "walk_length", "walk_length_alone")} == {
        "order_count": 4, "walk_length": 12, "walk_length_alone": 24,
    }  # fmt: skip
    first, second = (mia.gets(f"{PICKING}/batches/{one['id']}").json for one in wave["batches"])
    assert [one["number"] for one in first["orders"]] == far
    assert [one["number"] for one in second["orders"]] == near
    assert mia.gets(f"{PICKING}/queue").json["order_count"] == 0
    assert mia.gets(WAVES).json["data"][0]["number"] == wave["number"]


def test_the_batches_of_a_wave_are_begun_one_by_one_and_its_end_is_told(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=9)
    for _ in range(2):
        shop.an_order(TEA=1)
    wave = released(mia, orders_per_batch=1, kind="order")
    jon = shop.staff("warehouse")

    begun = [who.posts(f"{PICKING}/batches/claim-next", {}).json for who in (mia, jon)]
    none_left = jon.posts(f"{PICKING}/batches/claim-next", {})

    assert [one["id"] for one in begun] == [one["id"] for one in wave["batches"]]
    assert [one["wave"] for one in begun] == [wave["number"]] * 2
    assert (none_left.status_code, none_left.json["code"]) == (409, "nothing_released")
    for who, batch in zip((mia, jon), begun, strict=True):
        assert picks(who, batch["lines"][0], item="TEA").json["result"] == "ok"
        assert who.posts(f"{PICKING}/batches/{batch['id']}/finish").status_code == 200
    ended = mia.gets(f"{WAVES}/{wave['id']}").json
    assert (ended["status"], ended["open_count"], ended["picked_count"]) == ("done", 0, 2)


def test_a_cancelled_wave_gives_back_what_nobody_began(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=9)
    for _ in range(3):
        shop.an_order(TEA=1)
    wave = released(mia, orders_per_batch=1)
    mia.posts(f"{PICKING}/batches/claim-next", {})

    answer = mia.posts(f"{WAVES}/{wave['id']}/cancel")

    assert (answer.status_code, answer.json["open_count"]) == (200, 1)
    assert mia.gets(f"{PICKING}/queue").json["order_count"] == 2
    assert mia.posts(f"{WAVES}/{uuid4()}/cancel").status_code == 404


def test_eight_who_release_waves_at_once_share_the_orders(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    """Without the locks and the index, see `test_picking`, two waves would have the same order."""
    warehouse.stocks("TEA", A_01=40)
    numbers = {shop.an_order(TEA=1)["number"] for _ in range(8)}
    people = [shop.staff("warehouse") for _ in range(8)]

    def one(who: Staff) -> list[str]:
        answer = who.posts(WAVES, {"limit": 3, "orders_per_batch": 2})
        assert answer.status_code in (201, 409), answer.json
        return [
            row["number"]
            for batch in answer.json.get("batches", [])
            for row in who.gets(f"{PICKING}/batches/{batch['id']}").json["orders"]
        ]

    outcome = at_once(shop.app, [partial(one, who) for who in people])

    assert outcome.errors == []
    got = [number for numbers_of in outcome.results for number in numbers_of]
    assert len(got) == len(set(got))
    assert set(got) <= numbers
    assert len(got) + mia.gets(f"{PICKING}/queue").json["order_count"] == 8


def test_what_was_held_since_the_preview_is_not_released(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=9)
    held, kept = shop.an_order(TEA=1), shop.an_order(TEA=1)
    assert mia.gets(f"{WAVES}/preview").json["order_count"] == 2
    shop.staff("owner").posts(f"/orders/{held['id']}/holds", {"reason": "address"})

    wave = released(mia)

    assert wave["order_count"] == 1
    [batch] = wave["batches"]
    [row] = mia.gets(f"{PICKING}/batches/{batch['id']}").json["orders"]
    assert row["number"] == kept["number"]
    empty = mia.posts(WAVES, {})
    assert (empty.status_code, empty.json["code"]) == (409, "nothing_to_pick")


def test_more_orders_than_a_batch_takes_are_refused_in_words(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=9)
    ids = [shop.an_order(TEA=1)["id"] for _ in range(3)]

    refused = mia.posts(f"{PICKING}/batches", {"order_ids": ids, "limit": 2})

    assert (refused.status_code, refused.json["code"]) == (422, "too_many_orders")
    assert refused.json["detail"].startswith("3 orders are named and the batch takes 2.")
    assert mia.gets(f"{PICKING}/queue").json["order_count"] == 3


def test_a_finished_batch_tells_how_far_was_walked(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    warehouse.stocks("MUG", B_01=5)
    shop.an_order(TEA=1, MUG=1)
    shop.an_order(TEA=1)
    released(mia)
    batch = with_totes(mia, mia.posts(f"{PICKING}/batches/claim-next", {}).json, "T-01", "T-02")
    first, second, last = batch["lines"]

    for line in (first, last, second):  # back for the second
        assert picks(mia, line, item=line["sku"]).json["result"] == "ok"
    mia.posts(f"{PICKING}/batches/{batch['id']}/finish")

    day = mia.gets(f"{PICKING}/batches/{batch['id']}").json["finished_at"][:10]
    [row] = mia.gets(f"{PICKING}/figures", first=day, last=day).json["rows"]
    assert batch["walk_length"] == 8
    # To A-01 (2), B-01 (4), A-01 again (2) and back; one by one: 8 for two bins, 4 for one.
    assert (row["walked"], row["walk_length_alone"]) == (8, 12)


@pytest.mark.parametrize(
    ("places", "length"), [((), 0), ((3,), 6), ((1, 4), 8), ((4, 1, 4), 14), ((2, 2), 4)]
)
def test_a_walk_goes_there_and_back(places: tuple[int, ...], length: int) -> None:
    assert walk_length(places) == length


def test_orders_that_go_equally_far_are_walked_together() -> None:
    one, two, three, four = (UUID(int=n) for n in range(1, 5))
    reach = {
        one: frozenset({9}), two: frozenset({1}), three: frozenset({1, 2}), four: frozenset({1, 9})
    }  # fmt: skip

    assert group(reach, 2) == [[one, four], [two, three]]
    assert group({}, 2) == []


def test_a_preview_costs_the_same_for_many_orders(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.stocks("TEA", A_01=9)
    order = UUID(shop.an_order(TEA=1)["id"])
    request = queries.BatchRequest(kind=BatchKind.TOTES, location_id=warehouse.place, limit=300)
    with count_statements() as few:
        queries.preview_wave(request, 12)
    copied("orders", order, 3000, number="'X' || n", cart_id="NULL", to_ship="false")
    for _ in range(3):
        shop.an_order(TEA=1)

    with count_statements() as many:
        queries.preview_wave(request, 1)
    plan = plans_of(lambda: session.execute(queries.next_orders(request, is_locked=False)))

    assert len(many) == len(few)
    assert "ix_orders_to_pick" in plan, plan
