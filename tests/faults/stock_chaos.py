"""Eight processes that move stock at random while they are killed, one after another.

Each operation is one transaction of the shop's own services. A process that is killed is followed
by another one, which knows nothing of it: whatever was half done must have left nothing.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from api.inventory import service as inventory_service
from api.inventory.errors import InsufficientStock
from api.inventory.models import Bin, StockAllocation, StockLevel, StockState
from api.inventory.models.lots import Lot
from api.inventory.service import AdjustReason, AllocationRequest
from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import db, session, transaction
from api.purchasing import service as purchasing_service
from api.purchasing.models import PurchaseOrder, Transfer
from api.purchasing.states import PurchaseOrderStatus, RestOfTransfer, TransferStatus
from api.warehouse import service as warehouse_service
from api.warehouse.models import Place

OPERATIONS = {
    "receive": 10, "receive_order": 6, "undo": 1, "move": 14, "reserve": 6, "allocate": 22,
    "cancel": 6, "ship": 16, "void": 3, "count": 6, "adjust": 4, "state": 3, "transfer": 6,
    "go_on_with_transfer": 12, "recall": 2,
}  # fmt: skip
"""By name: how often it is chosen, beside the others."""
NAMES = tuple(OPERATIONS)
SEEN, DONE = range(2)


@dataclass(frozen=True)
class Goods:
    """What is moved: variants by SKU, the places, and the bins of each."""

    variants: dict[str, UUID]
    tracked: frozenset[str]
    locations: Sequence[UUID]
    bins: dict[UUID, Sequence[UUID]]


@dataclass
class Outcome:
    """How often each operation was tried and carried out, how many were killed, and what failed."""

    seen: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    failures: list[str] = field(default_factory=list)

    def in_words(self) -> str:
        """Say how much happened."""
        each = ", ".join(f"{name} {self.done[name]:,}/{self.seen[name]:,}" for name in NAMES)
        return f"{self.seen.total():,} operations, {self.kills} killed: {each}"


class Hand:
    """One process: it picks an operation by its dice, and carries it out or is refused."""

    def __init__(self, goods: Goods, dice: random.Random) -> None:
        self.goods, self.dice = goods, dice
        self.parcels: list[tuple[UUID, dict[UUID, int], UUID]] = []
        self.receipts: list[UUID] = []

    def receive(self) -> None:
        self.receipts += [self._receives(location_id=self.dice.choice(self.goods.locations))]

    def receive_order(self) -> None:
        open_order = self._any(
            PurchaseOrder.id,
            PurchaseOrder.status.in_(
                (PurchaseOrderStatus.ORDERED, PurchaseOrderStatus.PARTIALLY_RECEIVED)
            ),
        )
        if open_order is None:
            open_order = purchasing_service.create_purchase_order(
                supplier="Potter", location_id=self.dice.choice(self.goods.locations), by=SYSTEM,
                lines=[{"code": sku, "quantity": self.dice.randint(3, 12)}
                       for sku in self.goods.variants],
            )  # fmt: skip
            purchasing_service.order_purchase_order(open_order, by=SYSTEM)
        self.receipts += [self._receives(purchase_order_id=open_order)]

    def undo(self) -> None:
        if self.receipts:
            purchasing_service.undo_receipt(self.receipts.pop(), by=SYSTEM)

    def move(self) -> None:
        level_id, places = self._level()
        source, target = self.dice.choice(places), self.dice.choice(places)
        if source != target:
            units = self.dice.randint(1, 6)
            inventory_service.move_units(level_id, units, source=source, target=target, by=SYSTEM)

    def reserve(self) -> None:
        until = clock.now() + timedelta(seconds=self.dice.choice((-1, 5, 60)))
        inventory_service.reserve(new_id(), self._demand(), until=until)
        if self.dice.random() < 0.3:
            inventory_service.expire_reservations()

    def allocate(self) -> None:
        lines = [AllocationRequest(new_id(), one, units) for one, units in self._demand().items()]
        inventory_service.allocate(new_id(), lines, cart_id=None, by=SYSTEM)

    def cancel(self) -> None:
        for order_id, line_id, units in self._allocated():
            released = None if self.dice.random() < 0.5 else {line_id: units}
            inventory_service.release(order_id, released, by=SYSTEM, reason="cancelled")

    def ship(self) -> None:
        for order_id, line_id, units in self._allocated():
            parcel, lines = new_id(), {line_id: self.dice.randint(1, units)}
            inventory_service.ship(order_id, lines, fulfilment_id=parcel, by=SYSTEM)
            self.parcels.append((order_id, lines, parcel))

    def void(self) -> None:
        if self.parcels:
            order_id, lines, parcel = self.parcels.pop()
            inventory_service.void_shipment(order_id, lines, fulfilment_id=parcel, by=SYSTEM)

    def count(self) -> None:
        level_id, places = self._level()
        location_id = self._location_of(level_id)
        place = Place(level_id, self.dice.choice(places))
        count_id = warehouse_service.start_count(
            location_id, [place], scope="random", is_blind=True, by=SYSTEM
        )
        now = clock.now()
        expected, _ = inventory_service.expected_at(level_id, place.bin_id, now,
                                                    location_id=location_id)  # fmt: skip
        counted = max(0, expected + self.dice.choice((-1, 0, 0, 1)))
        warehouse_service.enter(count_id, place, counted, counted_at=now, by=SYSTEM)

    def adjust(self) -> None:
        level_id, places = self._level()
        inventory_service.adjust(
            level_id, change=self.dice.choice((-3, -1, 2)), on_hand=None, expected_on_hand=None,
            reason=AdjustReason.CORRECTION, note=None, bin_id=self.dice.choice(places), by=SYSTEM,
        )  # fmt: skip

    def state(self) -> None:
        level_id, _ = self._level()
        way = [StockState.AVAILABLE, self.dice.choice((StockState.DAMAGED, StockState.QUARANTINE))]
        self.dice.shuffle(way)
        inventory_service.change_state(
            level_id, 1, source=way[0], target=way[1], reason="other", note=None, by=SYSTEM
        )

    def transfer(self) -> None:
        source, target = self.dice.sample(list(self.goods.locations), 2)
        transfer_id = purchasing_service.create_transfer(
            from_location_id=source, to_location_id=target, by=SYSTEM,
            lines=[{"code": self._sku(), "quantity": self.dice.randint(1, 5)}],
        )  # fmt: skip
        purchasing_service.mark_ready(transfer_id, by=SYSTEM)

    def go_on_with_transfer(self) -> None:
        chosen = self._any(Transfer.id, Transfer.ended_at.is_(None))
        if chosen is None:
            return
        transfer = session.get_one(Transfer, chosen)
        if transfer.status is TransferStatus.READY:
            purchasing_service.ship_transfer(chosen, by=SYSTEM)
        elif self.dice.random() < 0.2:
            rest = self.dice.choice(list(RestOfTransfer))
            purchasing_service.cancel_transfer(chosen, reason="other", rest=rest, by=SYSTEM)
        else:
            lines = [{"code": self._sku(), "quantity": self.dice.randint(1, 3), "damaged": 0}]
            purchasing_service.receive_transfer(chosen, lines, by=SYSTEM)

    def recall(self) -> None:
        lot_id = self._any(Lot.id, Lot.version > 0)
        if lot_id is not None:
            version = session.get_one(Lot, lot_id).version
            changes = {"is_recalled": self.dice.random() < 0.4}
            inventory_service.edit_lot(lot_id, changes, expected_version=version, by=SYSTEM)

    # Inside

    def _receives(self, **of: Any) -> UUID:
        sku = self._sku()
        line: dict[str, Any] = {"code": sku, "quantity": self.dice.randint(1, 8)}
        if sku in self.goods.tracked:
            # Of a lot the date is known: it follows from its number.
            number = self.dice.randint(1, 30)
            expires = date.today() + timedelta(days=number * 9 - 30)  # noqa: DTZ011
            line |= {"lot": f"L{number}", "expires_on": expires}
        receipt_id = purchasing_service.receive([line], by=SYSTEM, **of)
        assert receipt_id is not None
        return receipt_id

    def _sku(self) -> str:
        return self.dice.choice(list(self.goods.variants))

    def _demand(self) -> dict[UUID, int]:
        chosen = self.dice.sample(list(self.goods.variants.values()), self.dice.randint(1, 2))
        return {variant_id: self.dice.randint(1, 3) for variant_id in chosen}

    def _level(self) -> tuple[UUID, Sequence[UUID | None]]:
        variant_id = self.goods.variants[self._sku()]
        location_id = self.dice.choice(self.goods.locations)
        level_id = session.scalars(
            select(StockLevel.id).where(
                StockLevel.variant_id == variant_id, StockLevel.location_id == location_id
            )
        ).one()
        return level_id, (None, *self.goods.bins[location_id])

    def _location_of(self, level_id: UUID) -> UUID:
        return session.scalars(
            select(StockLevel.location_id).where(StockLevel.id == level_id)
        ).one()

    def _allocated(self) -> Iterator[tuple[UUID, UUID, int]]:
        found = session.execute(
            select(
                StockAllocation.order_id, StockAllocation.order_line_id, StockAllocation.quantity
            )
            .where(StockAllocation.quantity > 0)
            .order_by(StockAllocation.id)
            .offset(self.dice.randrange(20))
            .limit(1)
        ).first()
        if found is not None:
            yield found[0], found[1], found[2]

    def _any(self, column: Any, condition: Any) -> UUID | None:
        rows = session.scalars(select(column).where(condition).order_by(column).limit(20)).all()
        return self.dice.choice(rows) if rows else None


def run(app: Flask, goods: Goods, *, seed: int, operations: int, people: int = 8,
        pause: float = 1.0, patience: float = 300.0) -> Outcome:  # fmt: skip
    """Let `people` processes move stock until so many operations were tried; kill one at a time.

    Ends after `patience` seconds in any case. Each operation is done here first: a process inherits
    the statements that were built, and does not spend its short life on building them.
    """
    _warm_up(app, goods, random.Random(f"{seed}/first"))
    counts = get_context("fork").Array("q", 2 * len(NAMES), lock=False)
    failures = get_context("fork").SimpleQueue()
    dice, outcome, number = random.Random(f"{seed}/kills"), Outcome(), 0
    session.remove()
    db.engine.dispose()
    running: dict[int, int] = {}
    ends_at = time.monotonic() + patience

    def begins() -> None:
        nonlocal number
        number += 1
        pid = os.fork()
        if pid == 0:
            own_dice = random.Random(f"{seed}/{number}")
            _lives(app, goods, own_dice, counts, failures, operations, ends_at)
        running[pid] = number

    for _ in range(people):
        begins()
    while sum(counts[: len(NAMES)]) < operations and time.monotonic() < ends_at:
        time.sleep(pause)
        victim = dice.choice(list(running))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        del running[victim]
        outcome.kills += 1
        begins()
    for pid in running:
        os.waitpid(pid, 0)
    while not failures.empty():
        outcome.failures.append(failures.get())
    for place, name in enumerate(NAMES):
        outcome.seen[name] = counts[place]
        outcome.done[name] = counts[len(NAMES) + place]
    return outcome


def _warm_up(app: Flask, goods: Goods, dice: random.Random) -> None:
    """Do every operation some times, in the order of the table."""
    with app.app_context():
        hand = Hand(goods, dice)
        for name in NAMES * 3:
            with suppress(DomainError), transaction():
                getattr(hand, name)()


def _lives(
    app: Flask,
    goods: Goods,
    dice: random.Random,
    counts: Any,
    failures: Any,
    operations: int,
    ends_at: float,
) -> None:
    """Work until enough was tried or the time is over; never returns.

    The counters may lose a step when two processes write at once.
    """
    code, name = 1, ""
    try:
        with app.app_context(), _own_connections():
            hand = Hand(goods, dice)
            names, weights = list(OPERATIONS), list(OPERATIONS.values())
            while sum(counts[: len(NAMES)]) < operations and time.monotonic() < ends_at:
                (name,) = dice.choices(names, weights)
                place = NAMES.index(name)
                counts[place] += 1
                carry_out: Callable[[], None] = getattr(hand, name)
                try:
                    with transaction():
                        carry_out()
                except DomainError as refusal:
                    if type(refusal) is InsufficientStock and name == "receive":
                        raise
                else:
                    counts[len(NAMES) + place] += 1
        code = 0
    except BaseException as failure:  # noqa: BLE001 - told to the test
        failures.put(f"{name}: {type(failure).__name__}: {failure}"[:2000])
    finally:
        os._exit(code)


@contextmanager
def _own_connections() -> Iterator[None]:
    """Leave the connections of the process that was forked alone."""
    db.engine.dispose(close=False)
    session.remove()
    yield
    session.remove()


def open_shop(skus: Sequence[str], tracked: Sequence[str], variants: dict[str, UUID],
              locations: Sequence[UUID]) -> Goods:  # fmt: skip
    """Have bins and levels at each place, and a supplier who sells all of it."""
    bins: dict[UUID, list[UUID]] = {place: [] for place in locations}
    with transaction():
        for n, place in enumerate(locations):
            for kind in ("pick", "bulk", "quarantine"):
                bins[place].append(
                    inventory_service.create_bin(
                        place, f"CH-{kind}-{n}", kind=inventory_service.BinKind(kind), by=SYSTEM
                    )
                )
            for variant_id in variants.values():
                inventory_service.open_level(variant_id, place, by=SYSTEM)
    assert session.scalar(select(Bin.id).limit(1))
    return Goods({sku: variants[sku] for sku in skus}, frozenset(tracked), locations, bins)
