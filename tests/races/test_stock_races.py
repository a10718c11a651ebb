"""Everyone wants the last one. Threads on a real PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import InsufficientStock, StockCountOutdated
from api.inventory.models import AdjustReason, Location, StockLevel
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.outbox import OutboxEvent
from tests.support.books import stock_differences
from tests.support.catalogue import a_product
from tests.support.stock import (
    Counters,
    allocated,
    counters,
    demand,
    goods,
    held,
    journal,
    level_of,
)
from tests.support.threads import at_once

ROUNDS = 12


def buying(quantities: dict[UUID, int], **options: Any) -> Callable[[], Any]:
    return lambda: allocated(quantities, **options)


def adjusting(level_id: UUID, **change: Any) -> Callable[[], Any]:
    def adjust() -> None:
        with transaction():
            inventory_service.adjust(
                level_id,
                **{"change": None, "on_hand": None, "expected_on_hand": None, **change},
                reason=AdjustReason.COUNT,
                note=None,
                by=SYSTEM,
            )

    return adjust


def in_transaction(call: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        with transaction():
            return call()

    return run


def low_facts() -> int:
    counted = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.name == "StockRanLow")
    return session.scalar(counted) or 0


def test_forty_buyers_of_ten_units_get_exactly_ten_orders(app: Flask) -> None:
    """Without the lock, forty see ten free; without guard and CHECK as well, forty get an order."""
    mug = goods("MUG", 10)

    outcomes = at_once(app, [buying({mug: 1})] * 40)

    assert len(outcomes.results) == 10
    assert outcomes.refused_by(InsufficientStock) == 30
    assert counters(mug) == Counters(on_hand=10, allocated=10)
    assert inventory_queries.availability([mug]) == {mug: 0}
    assert stock_differences() == []


def test_two_baskets_that_share_goods_in_opposite_order_queue(app: Flask) -> None:
    """Without the order of ids, each basket waits for what the other one has: a deadlock."""
    mug, tea, pot = goods("MUG", 100), goods("TEA", 100), goods("POT", 100)
    there, back = {mug: 1, tea: 1, pot: 1}, {pot: 1, tea: 1, mug: 1}

    outcomes = at_once(app, [buying(there), buying(back)] * 15)

    assert outcomes.errors == []
    assert counters(tea) == Counters(on_hand=100, allocated=30)
    assert stock_differences() == []


def test_the_last_unit_is_either_held_or_sold(app: Flask) -> None:
    """Without the lock, the loser meets the guard of the update and sees a failure, not a no."""
    for number in range(ROUNDS):
        mug = goods(f"MUG-{number}", 1)

        outcomes = at_once(app, [lambda v=mug: held({v: 1}), buying({mug: 1})] * 2)

        assert len(outcomes.results) == 1
        assert outcomes.refused_by(InsufficientStock) == 3
        now = counters(mug)
        assert (now.on_hand, now.allocated + now.reserved) == (1, 1)
    assert stock_differences() == []


def test_a_hold_that_ran_out_never_costs_a_buyer_the_goods(app: Flask) -> None:
    """Without the lock, the sweep takes the hold away between a buyer's look and the buyer's no."""
    for number in range(ROUNDS):
        mug = goods(f"MUG-{number}", 1)
        with transaction():
            inventory_service.reserve(new_id(), {mug: 1}, until=clock.now() - timedelta(seconds=1))

        outcomes = at_once(
            app, [in_transaction(inventory_service.expire_reservations), buying({mug: 1})] * 2
        )

        # One buyer gets it; the other is refused for the right reason.
        assert outcomes.refused_by(InsufficientStock) == 1
        assert counters(mug) == Counters(on_hand=1, allocated=1)
    assert stock_differences() == []


def test_goods_that_an_order_has_cannot_be_counted_away(app: Flask) -> None:
    """Without the lock, both see ten: the one who comes second fails instead of being refused."""
    for number in range(ROUNDS):
        mug = goods(f"MUG-{number}", 10)

        outcomes = at_once(app, [adjusting(level_of(mug), change=-6), buying({mug: 5})])

        assert len(outcomes.results) == 1
        assert outcomes.refused_by(InsufficientStock) == 1
        assert counters(mug) in (Counters(4), Counters(10, allocated=5))
    assert stock_differences() == []


def test_two_who_count_the_same_shelf_do_not_overwrite_each_other(app: Flask) -> None:
    """Without the comparison under the lock, the second count overwrites the first unseen."""
    for number in range(ROUNDS):
        mug = goods(f"MUG-{number}", 10)
        level_id = level_of(mug)

        outcomes = at_once(
            app,
            [
                adjusting(level_id, on_hand=7, expected_on_hand=10),
                adjusting(level_id, on_hand=8, expected_on_hand=10),
            ],
        )

        assert outcomes.refused_by(StockCountOutdated) == 1
        assert counters(mug).on_hand in (7, 8)


def test_low_stock_is_told_exactly_once(app: Flask) -> None:
    """Without the lock, several buyers see the flag down and each of them rings the bell."""
    mug = goods("MUG", 20, threshold=10)

    outcomes = at_once(app, [buying({mug: 1})] * 20)

    assert outcomes.errors == []
    assert low_facts() == 1
    assert stock_differences() == []


def test_an_order_that_is_placed_twice_at_once_takes_its_goods_once(app: Flask) -> None:
    """Without the look after the lock, all but the first break on the unique line and level."""
    mug = goods("MUG", 10)
    order_id, lines = new_id(), demand({mug: 2})

    outcomes = at_once(
        app,
        [
            in_transaction(
                lambda: inventory_service.allocate(order_id, lines, cart_id=None, by=SYSTEM)
            )
        ]
        * 6,
    )

    assert outcomes.errors == []
    assert counters(mug) == Counters(on_hand=10, allocated=2)
    assert stock_differences() == []


def test_an_order_that_is_cancelled_twice_at_once_gives_back_once(app: Flask) -> None:
    """Without the lock, both read what is left, and the second breaks on what is gone."""
    mug = goods("MUG", 10)
    order_id = allocated({mug: 4})

    outcomes = at_once(
        app,
        [
            in_transaction(
                lambda: inventory_service.release(order_id, None, by=SYSTEM, reason="cancelled")
            )
        ]
        * 6,
    )

    assert outcomes.errors == []
    assert counters(mug) == Counters(on_hand=10)
    assert stock_differences() == []


def test_a_parcel_that_is_sent_twice_at_once_leaves_once(app: Flask) -> None:
    """Without the look after the lock, all but the first break on the unique fulfilment."""
    mug = goods("MUG", 10)
    order_id, (line,), fulfilment_id = new_id(), demand({mug: 6}), new_id()
    with transaction():
        inventory_service.allocate(order_id, [line], cart_id=None, by=SYSTEM)

    outcomes = at_once(
        app,
        [
            in_transaction(
                lambda: inventory_service.ship(
                    order_id, {line.order_line_id: 2}, fulfilment_id=fulfilment_id, by=SYSTEM
                )
            )
        ]
        * 4,
    )

    assert outcomes.errors == []
    assert counters(mug) == Counters(on_hand=8, allocated=4)
    assert [kind for kind, *_ in journal(mug)].count("shipped") == 1


def test_the_catalogue_agrees_with_the_shelf_after_a_rush(app: Flask) -> None:
    """Without all levels of a variant under the lock, the mark is decided on half of the truth."""
    mug = goods("MUG", 2)

    def buy_and_give_back() -> None:
        order_id = allocated({mug: 1})
        with transaction():
            inventory_service.release(order_id, None, by=SYSTEM, reason="changed their mind")

    outcomes = at_once(app, [buy_and_give_back] * 12)

    assert all(isinstance(error, InsufficientStock) for error in outcomes.errors)
    assert counters(mug) == Counters(on_hand=2)
    assert stock_differences() == []


def test_a_shop_gets_one_first_location_however_many_ask(app: Flask) -> None:
    """Without the unique code, each of them would open a place of its own."""
    variants = a_product("A", "B", "C", "D", "E", "F")

    outcomes = at_once(
        app,
        [
            in_transaction(lambda v=v: inventory_service.set_opening_stock([(v, 5)], by=SYSTEM))
            for v in variants
        ],
    )

    assert outcomes.results == [1] * 6
    assert session.scalar(select(func.count()).select_from(Location)) == 1
    assert session.scalar(select(func.sum(StockLevel.on_hand))) == 30
