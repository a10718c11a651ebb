"""The last word of the database: what the tables refuse, whoever writes to them."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from api.inventory.models import (
    MovementKind,
    StockAllocation,
    StockLevel,
    StockMovement,
    StockReservation,
)
from api.inventory.service import journal, locks
from api.inventory.service.journal import LevelMoved
from api.inventory.service.journal_entries import JournalEntry
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.stock import Counters, a_location, counters, goods, level_of, stocked


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"on_hand": -1}, "ck_stock_levels_on_hand_not_negative"),
        ({"allocated": -1}, "ck_stock_levels_allocated_not_negative"),
        ({"reserved": -1}, "ck_stock_levels_reserved_not_negative"),
        ({"allocated": 3, "reserved": 3}, "ck_stock_levels_promises_are_covered"),
        ({"low_stock_threshold": -1}, "ck_stock_levels_threshold_not_negative"),
    ],
)
def test_a_level_cannot_hold_numbers_that_cannot_be(
    app: Flask, values: dict[str, int], constraint: str
) -> None:
    goods("MUG", 5)

    with pytest.raises(IntegrityError, match=constraint), transaction() as current:
        current.execute(update(StockLevel).values(values))


def test_a_variant_has_one_level_per_location(app: Flask) -> None:
    mug = goods("MUG", 5)
    place = session.scalars(select(StockLevel.location_id)).one()
    twice = insert(StockLevel).values(variant_id=mug, location_id=place)

    with pytest.raises(IntegrityError, match="uq_stock_levels_variant_location"), transaction():
        session.execute(twice)


@pytest.mark.parametrize(
    ("table", "values", "constraint"),
    [
        (StockReservation, {"quantity": 0}, "ck_stock_holds_quantity_positive"),
        (StockAllocation, {"quantity": -1}, "ck_stock_allocations_quantity_not_negative"),
        (
            StockMovement,
            {"kind": MovementKind.ADJUSTED, "on_hand_after": 5},
            "ck_stock_movements_something_changed",
        ),
        (
            StockMovement,
            {"kind": MovementKind.ADJUSTED, "on_hand_change": -6, "on_hand_after": -1},
            "ck_stock_movements_on_hand_after_not_negative",
        ),
    ],
)
def test_rows_of_nothing_are_refused(
    app: Flask, table: Any, values: dict[str, Any], constraint: str
) -> None:
    level_id = level_of(goods("MUG", 5))
    common: dict[type, dict[str, Any]] = {
        StockReservation: {"owner_id": new_id(), "expires_at": clock.now()},
        StockAllocation: {"order_id": new_id(), "order_line_id": new_id()},
        StockMovement: {"actor": "Stockroom", "request_id": "-"},
    }
    with pytest.raises(IntegrityError, match=constraint), transaction() as current:
        current.execute(insert(table).values(level_id=level_id, **common[table], **values))


@pytest.mark.parametrize(
    "change", [update(StockMovement).values(on_hand_change=9), delete(StockMovement)]
)
def test_the_journal_is_only_added_to(app: Flask, change: Any) -> None:
    mug = goods("MUG", 5)

    with pytest.raises(DatabaseError, match="append-only"), transaction() as current:
        current.execute(change)

    assert counters(mug) == Counters(on_hand=5)


@pytest.mark.parametrize("reference", ["fulfilment_id", "refund_id"])
def test_goods_move_once_per_fulfilment_and_once_per_refund(app: Flask, reference: str) -> None:
    level_id, cause = level_of(goods("MUG", 5)), new_id()
    row = {
        "level_id": level_id,
        "kind": MovementKind.ADJUSTED,
        "on_hand_change": 1,
        "on_hand_after": 6,
        "actor": "Stockroom",
        "request_id": "-",
        reference: cause,
    }
    with transaction():
        session.execute(insert(StockMovement).values(row))
    with pytest.raises(IntegrityError, match="uq_stock_movements"), transaction():
        session.execute(insert(StockMovement).values(row))


def test_the_guard_of_the_update_refuses_what_is_not_there(app: Flask) -> None:
    """The lock is the first guard and the CHECK the last; this is the one between them."""
    near, far = a_location("NEAR"), a_location("FAR")
    mug = goods("MUG", 5, at=near)
    stocked(mug, 5, at=far)
    entries = [
        JournalEntry(level_id=level_of(mug, at=near), kind=MovementKind.ALLOCATED, allocated=6),
        JournalEntry(level_id=level_of(mug, at=far), kind=MovementKind.ALLOCATED, allocated=5),
    ]

    with pytest.raises(LevelMoved, match="1 levels"), transaction():
        journal.write_entries(locks.lock([mug]), entries, by=SYSTEM)

    assert counters(mug, at=far) == Counters(on_hand=5)
