"""Goods kept for a cart while somebody checks out."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from api.inventory import jobs as inventory_jobs
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import InsufficientStock
from api.inventory.models import StockReservation
from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.db import session, transaction
from tests.support.books import stock_differences
from tests.support.stock import (
    A_WHILE,
    Counters,
    a_location,
    allocated,
    counters,
    goods,
    held,
    journal,
    stocked,
)


def test_what_a_cart_holds_nobody_else_can_have(app: Flask) -> None:
    mug = goods("MUG", 3)

    held({mug: 2})

    assert inventory_queries.availability([mug]) == {mug: 1}
    with pytest.raises(InsufficientStock) as refusal:
        allocated({mug: 2})
    assert refusal.value.facts["lines"] == [
        {"variant_id": mug, "sku": "MUG", "requested": 2, "available": 1}
    ]


def test_a_cart_sees_what_it_holds_as_available(app: Flask) -> None:
    mug = goods("MUG", 3)
    cart = held({mug: 2})

    assert inventory_queries.availability([mug], cart_id=cart) == {mug: 3}


def test_holding_again_replaces_the_hold(app: Flask) -> None:
    mug, tea = goods("MUG", 3), goods("TEA", 3)
    cart = held({mug: 3})

    held({mug: 1, tea: 2}, owner_id=cart)

    assert counters(mug) == Counters(on_hand=3, reserved=1)
    assert counters(tea) == Counters(on_hand=3, reserved=2)
    assert journal(mug)[-1] == ("released_hold", 0, 0, -2, 3)


def test_holding_the_same_again_only_extends_the_time(app: Flask) -> None:
    mug = goods("MUG", 3)
    cart = held({mug: 3})
    entries = len(journal(mug))

    later = clock.now() + timedelta(hours=1)
    with transaction():
        inventory_service.reserve(cart, {mug: 3}, until=later)

    assert session.scalar(select(StockReservation.expires_at)) == later
    assert len(journal(mug)) == entries


def test_a_hold_that_is_refused_leaves_the_earlier_one_standing(app: Flask) -> None:
    mug = goods("MUG", 3)
    cart = held({mug: 2})

    with pytest.raises(InsufficientStock):
        held({mug: 4}, owner_id=cart)

    assert counters(mug) == Counters(on_hand=3, reserved=2)


def test_letting_go_is_the_inverse_of_holding(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug = goods("MUG", 2, at=near)
    stocked(mug, 5, at=far)
    before = counters(mug, at=near), counters(mug, at=far)
    cart = held({mug: 7})

    for _ in range(2):
        with transaction():
            inventory_service.release_reservation(cart)

    assert (counters(mug, at=near), counters(mug, at=far)) == before
    assert session.scalar(select(func.count()).select_from(StockReservation)) == 0


def test_a_hold_that_ran_out_does_not_count_even_before_the_sweep(app: Flask) -> None:
    mug = goods("MUG", 3)
    held({mug: 3})

    with clock.frozen(clock.now() + A_WHILE):
        assert inventory_queries.availability([mug]) == {mug: 3}
        allocated({mug: 3})

    assert counters(mug) == Counters(on_hand=3, allocated=3)
    assert journal(mug)[-2:] == [("released_hold", 0, 0, -3, 3), ("allocated", 0, 3, 0, 3)]


def test_an_order_is_placed_though_its_hold_ran_out(app: Flask) -> None:
    mug = goods("MUG", 3)
    cart = held({mug: 3})

    with clock.frozen(clock.now() + A_WHILE):
        allocated({mug: 3}, cart_id=cart)

    assert counters(mug) == Counters(on_hand=3, allocated=3)


def test_what_the_cart_held_beyond_its_order_is_free_again(app: Flask) -> None:
    mug, tea = goods("MUG", 3), goods("TEA", 3)
    cart = held({mug: 3, tea: 2})

    allocated({mug: 1}, cart_id=cart)

    assert counters(mug) == Counters(on_hand=3, allocated=1)
    assert counters(tea) == Counters(on_hand=3)


def test_the_sweep_gives_back_what_ran_out_and_nothing_else(app: Flask) -> None:
    mug = goods("MUG", 5)
    held({mug: 2})
    with transaction():
        inventory_service.reserve(new_id(), {mug: 1}, until=clock.now() + 4 * A_WHILE)

    with clock.frozen(clock.now() + 2 * A_WHILE):
        inventory_jobs.expire_reservations()

    assert counters(mug) == Counters(on_hand=5, reserved=1)
    assert journal(mug)[-1] == ("released_hold", 0, 0, -2, 5)
    assert stock_differences() == []


def test_a_hold_for_nothing_is_no_hold(app: Flask) -> None:
    mug = goods("MUG", 5)

    with pytest.raises(ValueError, match="at least one"):
        held({mug: 0})
