"""The doctor needs no more memory for many orders, even when each of them is wrong."""

import tracemalloc
from uuid import UUID

from api.doctor import flows as doctor_flows
from tests.support.plans import copied
from tests.support.shop import Shop

FEW, GROWTH = 1_000, 100_000
"""So many orders at first and four times as many then; so many bytes more it may need."""


def looked_at() -> tuple[int, int]:
    """Let the doctor look; returns how many differences it found and its memory at the most."""
    tracemalloc.start()
    try:
        report = doctor_flows.examine(doctor_flows.chosen())
        return report.differences, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_its_memory_does_not_grow_with_the_orders(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order_id = UUID(shop.an_order(MUG=1)["id"])
    copied("orders", order_id, FEW, number="'A-' || n", cart_id="NULL")  # without lines and money
    looked_at()

    few, needed = looked_at()
    copied("orders", order_id, 3 * FEW, number="'B-' || n", cart_id="NULL")
    many, needed_then = looked_at()

    assert many >= 4 * few - 20
    assert few >= FEW
    assert needed_then < needed + GROWTH, (needed, needed_then)
