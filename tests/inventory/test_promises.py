"""What is promised to an order, what it gives back and what leaves with it."""

import pytest
from flask import Flask

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import InsufficientStock, NotAllocated
from api.inventory.service import AllocationRequest
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.support.stock import (
    Counters,
    a_location,
    allocated,
    counters,
    demand,
    goods,
    held,
    journal,
    stocked,
)


def test_an_order_takes_its_goods_and_leaves_the_rest(app: Flask) -> None:
    mug = goods("MUG", 10)

    allocated({mug: 3})

    assert counters(mug) == Counters(on_hand=10, allocated=3)
    assert inventory_queries.availability([mug]) == {mug: 7}
    assert journal(mug) == [("opening", 10, 0, 0, 10), ("allocated", 0, 3, 0, 10)]


def test_an_order_consumes_what_its_cart_holds(app: Flask) -> None:
    mug = goods("MUG", 3)
    cart = held({mug: 3})
    assert counters(mug) == Counters(on_hand=3, reserved=3)

    allocated({mug: 3}, cart_id=cart)

    assert counters(mug) == Counters(on_hand=3, allocated=3)
    assert journal(mug)[-2:] == [("reserved", 0, 0, 3, 3), ("allocated", 0, 3, -3, 3)]


def test_two_lines_that_share_goods_cannot_both_count_on_them(app: Flask) -> None:
    mug = goods("MUG", 3)
    lines = [AllocationRequest(new_id(), mug, 2), AllocationRequest(new_id(), mug, 2)]

    with pytest.raises(InsufficientStock) as refusal, transaction():
        inventory_service.allocate(new_id(), lines, cart_id=None, by=SYSTEM)

    assert refusal.value.facts == {
        "lines": [{"variant_id": mug, "sku": "MUG", "requested": 4, "available": 3}],
        "errors": [
            {
                "pointer": "/lines/0/quantity",
                "code": "insufficient_stock",
                "detail": "4 requested, 3 available.",
            }
        ],
    }
    assert counters(mug) == Counters(on_hand=3)


def test_every_shortage_of_an_order_is_told_at_once(app: Flask) -> None:
    mug, tea, pot = goods("MUG", 1), goods("TEA", 5), goods("POT", 0)

    with pytest.raises(InsufficientStock) as refusal:
        allocated({mug: 2, tea: 5, pot: 1})

    assert [line["sku"] for line in refusal.value.facts["lines"]] == ["MUG", "POT"]  # type: ignore[attr-defined]
    assert counters(tea) == Counters(on_hand=5)


def test_allocating_the_same_order_again_changes_nothing(app: Flask) -> None:
    mug = goods("MUG", 10)
    order_id, lines = new_id(), demand({mug: 4})
    for _ in range(2):
        with transaction():
            inventory_service.allocate(order_id, lines, cart_id=None, by=SYSTEM)

    assert counters(mug) == Counters(on_hand=10, allocated=4)
    assert len(journal(mug)) == 2


def test_one_location_that_has_everything_is_preferred_to_a_split(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug, tea = goods("MUG", 5, at=near), goods("TEA", 1, at=near)
    stocked(mug, 5, at=far)
    stocked(tea, 5, at=far)

    allocated({mug: 2, tea: 2})

    assert counters(mug, at=near) == Counters(on_hand=5)
    assert counters(mug, at=far) == Counters(on_hand=5, allocated=2)
    assert counters(tea, at=far) == Counters(on_hand=5, allocated=2)


def test_goods_are_gathered_from_several_locations_when_none_has_enough(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug = goods("MUG", 2, at=near)
    stocked(mug, 5, at=far)

    allocated({mug: 6})

    assert counters(mug, at=near) == Counters(on_hand=2, allocated=2)
    assert counters(mug, at=far) == Counters(on_hand=5, allocated=4)


def test_goods_at_an_inactive_location_are_not_for_sale(app: Flask) -> None:
    open_, closed = a_location("OPEN"), a_location("CLOSED", is_active=False)
    mug = goods("MUG", 1, at=open_)
    stocked(mug, 9, at=closed)

    assert inventory_queries.availability([mug]) == {mug: 1}
    with pytest.raises(InsufficientStock):
        allocated({mug: 2})


def test_shipping_takes_goods_off_the_shelf_and_off_the_promise(app: Flask) -> None:
    mug = goods("MUG", 3)
    order_id, (line,) = new_id(), demand({mug: 3})
    with transaction():
        inventory_service.allocate(order_id, [line], cart_id=None, by=SYSTEM)
    # Nothing is free, and yet the order's own goods can leave.
    assert inventory_queries.availability([mug]) == {mug: 0}

    with transaction():
        inventory_service.ship(order_id, {line.order_line_id: 2}, fulfilment_id=new_id(), by=SYSTEM)

    assert counters(mug) == Counters(on_hand=1, allocated=1)
    assert journal(mug)[-1] == ("shipped", -2, -2, 0, 1)


def test_the_same_fulfilment_leaves_once(app: Flask) -> None:
    mug = goods("MUG", 3)
    order_id, (line,), fulfilment_id = new_id(), demand({mug: 2}), new_id()
    with transaction():
        inventory_service.allocate(order_id, [line], cart_id=None, by=SYSTEM)
    for _ in range(2):
        with transaction():
            inventory_service.ship(
                order_id, {line.order_line_id: 1}, fulfilment_id=fulfilment_id, by=SYSTEM
            )

    assert counters(mug) == Counters(on_hand=2, allocated=1)


def test_an_order_cannot_ship_more_than_it_has(app: Flask) -> None:
    mug = goods("MUG", 9)
    order_id, (line,) = new_id(), demand({mug: 2})
    with transaction():
        inventory_service.allocate(order_id, [line], cart_id=None, by=SYSTEM)

    with pytest.raises(NotAllocated) as refusal, transaction():
        inventory_service.ship(order_id, {line.order_line_id: 3}, fulfilment_id=new_id(), by=SYSTEM)

    assert refusal.value.facts["lines"] == [
        {"order_line_id": line.order_line_id, "requested": 3, "allocated": 2}
    ]
    assert counters(mug) == Counters(on_hand=9, allocated=2)


def test_releasing_is_the_inverse_of_allocating(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug = goods("MUG", 2, at=near)
    stocked(mug, 5, at=far)
    before = counters(mug, at=near), counters(mug, at=far)
    order_id = allocated({mug: 6})

    with transaction():
        inventory_service.release(order_id, None, by=SYSTEM, reason="cancelled")

    assert (counters(mug, at=near), counters(mug, at=far)) == before


def test_releasing_twice_gives_back_once(app: Flask) -> None:
    mug = goods("MUG", 5)
    order_id, (line,) = new_id(), demand({mug: 4})
    with transaction():
        inventory_service.allocate(order_id, [line], cart_id=None, by=SYSTEM)
    given_back = []
    for _ in range(2):
        with transaction():
            given_back.append(
                inventory_service.release(
                    order_id, {line.order_line_id: 3}, by=SYSTEM, reason="edit"
                )
            )

    assert given_back == [{line.order_line_id: 3}, {line.order_line_id: 1}]
    assert counters(mug) == Counters(on_hand=5)


def test_a_return_goes_back_to_where_the_order_was_served_from(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug = goods("MUG", 0, at=near)
    stocked(mug, 5, at=far)
    order_id, (line,) = new_id(), demand({mug: 2})
    with transaction():
        inventory_service.allocate(order_id, [line], cart_id=None, by=SYSTEM)
        inventory_service.ship(order_id, {line.order_line_id: 2}, fulfilment_id=new_id(), by=SYSTEM)

    refund_id = new_id()
    for _ in range(2):
        with transaction():
            inventory_service.restock({mug: 2}, order_id=order_id, refund_id=refund_id, by=SYSTEM)

    assert counters(mug, at=far) == Counters(on_hand=5)
    assert counters(mug, at=near) == Counters(on_hand=0)
    assert journal(mug)[-1] == ("restocked", 2, 0, 0, 5)


def test_a_return_without_a_shelf_opens_one(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug = goods("MUG", 1, at=near)

    with transaction():
        inventory_service.restock(
            {mug: 2}, order_id=new_id(), refund_id=new_id(), by=SYSTEM, location_id=far
        )

    assert counters(mug, at=far) == Counters(on_hand=2)
