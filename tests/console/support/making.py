"""Wire objects for tests of the flows, with only what the test is about spelled out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from console.client.models import Money, OrderDetail, OrderLine, Payment, StockLevel
from console.client.parsing import read
from tests.console.support.warehouse import Warehouse

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def eur(amount: int) -> Money:
    """Cents as money."""
    return Money(amount, "EUR")


def a_line(name: str = "MUG", *, quantity: int = 2, shipped: int = 0, **other: object) -> OrderLine:
    """A line of which nothing was cancelled or refunded."""
    line = OrderLine(
        id=f"line-{name}", sku=name, title=name.title(), variant_title=None,
        barcode=str(4_000_000_000_000 + sum(map(ord, name))), quantity=quantity,
        shipped_quantity=shipped, cancelled_quantity=0, refunded_quantity=0,
        open_quantity=quantity - shipped, refundable_quantity=quantity, unit_price=eur(999),
        discount=eur(0), total=eur(999 * quantity), tax=eur(0), barcodes=(), must_verify=False,
        note=None, properties={},
    )  # fmt: skip
    return replace(line, **other)


def an_order(*lines: OrderLine, **other: object) -> OrderDetail:
    """A paid order with these lines."""
    card = {**Warehouse(3, 3).case(1)}
    order = read(OrderDetail, card)
    payment = Payment(
        "p",
        "stripe",
        "captured",
        eur(9000),
        eur(9000),
        eur(0),
        eur(0),
        "card …4242",
        NOON,
        None,
        (),
    )
    given = {
        "lines": lines or order.lines, "payments": (payment,), "refundable": eur(9000),
        "refundable_shipping": eur(490), "due": eur(0), "number": "O-1000412",
        "id": "order-1", **other,
    }  # fmt: skip
    return replace(order, **given)


def a_level(on_hand: int = 20, **other: object) -> StockLevel:
    """A level with nothing taken."""
    level = next(iter(Warehouse(1, 1).levels.values()))
    made = read(StockLevel, level.as_wire())
    given = {"on_hand": on_hand, "allocated": 0, "reserved": 0, "available": on_hand,
             "low_stock_threshold": 5, "sku": "MUG-BL", **other}  # fmt: skip
    return replace(made, **given)
