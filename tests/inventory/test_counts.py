"""What people change by hand, and what the shelf does not let them change."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import (
    InsufficientStock,
    LevelNotFound,
    QuantityTooLarge,
    StockCountOutdated,
)
from api.inventory.models import AdjustReason
from api.kernel import clock
from api.kernel.errors import Stale
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.platform.outbox import OutboxEvent
from tests.support.books import stock_differences
from tests.support.people import a_customer, a_staff_member
from tests.support.stock import (
    A_WHILE,
    Counters,
    allocated,
    counters,
    goods,
    held,
    journal,
    level_of,
)


def adjust(variant_id: UUID, reason: AdjustReason = AdjustReason.CORRECTION, **given: Any) -> None:
    values = {"change": None, "on_hand": None, "expected_on_hand": None, "note": None, "by": SYSTEM}
    with transaction():
        inventory_service.adjust(level_of(variant_id), reason=reason, **{**values, **given})


def facts(name: str) -> list[dict[str, Any]]:
    return list(
        session.scalars(
            select(OutboxEvent.body).where(OutboxEvent.name == name).order_by(OutboxEvent.id)
        )
    )


def test_a_shelf_is_corrected_by_a_difference_with_a_reason(app: Flask) -> None:
    mug, anna = goods("MUG", 5), a_staff_member(name="Anna Owner")

    adjust(mug, AdjustReason.DAMAGED, change=-2, note="fell down", by=anna.principal)

    assert counters(mug) == Counters(on_hand=3)
    (entry, _) = inventory_queries.movements(level_of(mug), limit=25, cursor=None)["data"]
    assert (entry["kind"], entry["reason"], entry["note"], entry["actor"]) == (
        "adjusted",
        "damaged",
        "fell down",
        "Anna Owner",
    )
    assert session.scalar(
        select(AuditEntry.changes).where(AuditEntry.action == "stock.adjusted")
    ) == {
        "on_hand": [5, 3],
        "reason": "damaged",
        "note": "fell down",
    }


def test_a_count_replaces_the_number_that_was_expected(app: Flask) -> None:
    mug = goods("MUG", 5)

    adjust(mug, AdjustReason.COUNT, on_hand=7, expected_on_hand=5)

    assert counters(mug) == Counters(on_hand=7)
    assert journal(mug)[-1] == ("counted", 2, 0, 0, 7)
    level = inventory_queries.level(level_of(mug))
    assert (level["last_counted_by"], level["last_moved_by"]) == ("Stockroom", "Stockroom")
    assert level["last_counted_at"] is not None


def test_a_count_that_finds_what_was_expected_is_written_down(app: Flask) -> None:
    mug = goods("MUG", 5)

    adjust(mug, AdjustReason.COUNT, on_hand=5, expected_on_hand=5)

    assert journal(mug)[-1] == ("counted", 0, 0, 0, 5)


def test_a_count_on_the_ground_of_an_old_number_is_refused(app: Flask) -> None:
    mug = goods("MUG", 5)

    with pytest.raises(StockCountOutdated) as refusal:
        adjust(mug, AdjustReason.COUNT, on_hand=9, expected_on_hand=6)

    assert refusal.value.facts == {"current_on_hand": 5, "expected_on_hand": 6}
    assert counters(mug) == Counters(on_hand=5)


def test_goods_that_are_promised_or_held_cannot_be_counted_away(app: Flask) -> None:
    mug = goods("MUG", 5)
    allocated({mug: 2})
    held({mug: 1})

    with pytest.raises(InsufficientStock) as refusal:
        adjust(mug, change=-3)

    assert refusal.value.facts == {
        "on_hand": 5,
        "allocated": 2,
        "reserved": 1,
        "requested": 3,
        "available": 2,
    }
    adjust(mug, change=-2)
    assert counters(mug) == Counters(on_hand=3, allocated=2, reserved=1)


def test_a_hold_that_ran_out_does_not_stop_a_count(app: Flask) -> None:
    mug = goods("MUG", 5)
    held({mug: 5})

    with clock.frozen(clock.now() + A_WHILE):
        adjust(mug, AdjustReason.COUNT, on_hand=1, expected_on_hand=5)

    assert counters(mug) == Counters(on_hand=1)
    assert stock_differences() == []


def test_adjusting_back_is_the_inverse_of_adjusting(app: Flask) -> None:
    mug = goods("MUG", 5)

    adjust(mug, change=-5)
    adjust(mug, change=5)

    assert counters(mug) == Counters(on_hand=5)


def test_received_goods_are_in_the_journal(app: Flask) -> None:
    mug = goods("MUG", 5)

    adjust(mug, AdjustReason.RECEIVED, change=20)
    adjust(mug, AdjustReason.DAMAGED, change=-1)

    assert journal(mug)[-2] == ("received", 20, 0, 0, 25)
    assert counters(mug) == Counters(on_hand=24)


def test_no_shelf_holds_more_than_a_great_deal(app: Flask) -> None:
    mug = goods("MUG", 5)

    with pytest.raises(QuantityTooLarge):
        adjust(mug, AdjustReason.RECEIVED, change=1_000_000_000)

    assert counters(mug) == Counters(on_hand=5)


def test_an_unknown_level_cannot_be_adjusted(app: Flask) -> None:
    with pytest.raises(LevelNotFound), transaction():
        inventory_service.adjust(
            new_id(),
            change=1,
            on_hand=None,
            expected_on_hand=None,
            reason=AdjustReason.FOUND,
            note=None,
            by=SYSTEM,
        )


@pytest.mark.parametrize("given", [{}, {"change": 1, "on_hand": 1}])
def test_a_change_is_either_a_difference_or_a_number(app: Flask, given: dict[str, int]) -> None:
    mug = goods("MUG", 5)
    with pytest.raises(ValueError, match="either"):
        adjust(mug, **given)


def test_the_journal_names_staff_and_keeps_quiet_about_customers(app: Flask) -> None:
    mug, carla = goods("MUG", 5), a_customer(name="Carla Customer")
    with transaction():
        inventory_service.allocate(
            new_id(),
            [inventory_service.AllocationRequest(new_id(), mug, 1)],
            cart_id=None,
            by=carla.principal,
            reference="1000412",
        )

    entry = inventory_queries.movements(level_of(mug), limit=1, cursor=None)["data"][0]
    assert (entry["actor"], entry["reference"]) == ("Customer", "1000412")


def test_low_stock_is_told_once_and_again_after_it_recovered(app: Flask) -> None:
    mug = goods("MUG", 10, threshold=5)

    allocated({mug: 4})
    assert facts("StockRanLow") == []
    allocated({mug: 1})
    allocated({mug: 1})
    assert [fact["available"] for fact in facts("StockRanLow")] == [5]
    assert inventory_queries.low_stock_count() == 1

    adjust(mug, AdjustReason.RECEIVED, change=10)
    assert inventory_queries.low_stock_count() == 0
    allocated({mug: 11})

    assert [(fact["available"], fact["threshold"]) for fact in facts("StockRanLow")] == [
        (5, 5),
        (3, 5),
    ]
    assert stock_differences() == []


def test_baskets_that_come_and_go_do_not_ring_the_bell(app: Flask) -> None:
    mug = goods("MUG", 6, threshold=5)

    cart = held({mug: 6})
    with transaction():
        inventory_service.release_reservation(cart)

    assert facts("StockRanLow") == []


def test_shipping_does_not_tell_again_what_the_order_told(app: Flask) -> None:
    mug = goods("MUG", 6, threshold=5)
    order_id, line = new_id(), inventory_service.AllocationRequest(new_id(), mug, 2)
    with transaction():
        inventory_service.allocate(order_id, [line], cart_id=None, by=SYSTEM)
        inventory_service.ship(order_id, {line.order_line_id: 2}, fulfilment_id=new_id(), by=SYSTEM)

    assert len(facts("StockRanLow")) == 1


def test_a_threshold_that_makes_a_level_low_tells_so(app: Flask) -> None:
    mug = goods("MUG", 5)
    level_id = level_of(mug)

    with transaction():
        inventory_service.set_threshold(level_id, 5, expected_version=1, by=SYSTEM)
    assert len(facts("StockRanLow")) == 1
    with transaction():
        inventory_service.set_threshold(level_id, None, expected_version=2, by=SYSTEM)

    level = inventory_queries.level(level_id)
    assert (level["low_stock_threshold"], level["is_low"], level["version"]) == (None, False, 3)
    with pytest.raises(Stale), transaction():
        inventory_service.set_threshold(level_id, 9, expected_version=2, by=SYSTEM)
