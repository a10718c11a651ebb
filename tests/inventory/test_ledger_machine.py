"""Whatever happens to the shelves, in whatever order, the books agree with them.

A machine of random verbs runs against the real tables, beside a model that a child could keep: how
many were put there, how many are promised to whom, how many are held by whom.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import BinShort, InsufficientStock, NotAllocated, StateShort
from api.inventory.models import AdjustReason, BinKind, MovementKind, StockLevel, StockState
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.books import stock_differences
from tests.support.stock import a_location, goods, level_of, stocked

STEPS = 20
quantities = st.integers(1, 6)
places = st.integers(0, 3)


class Shelves(RuleBasedStateMachine):
    """Two variants at two places, a few carts and a few orders."""

    shops = count(1)

    @initialize(counts=st.tuples(*[st.integers(0, 8)] * 4))
    def open(self, counts: tuple[int, ...]) -> None:
        shop = next(self.shops)
        near, far = a_location(f"NEAR-{shop}", priority=1), a_location(f"FAR-{shop}", priority=2)
        self.variants = [
            goods(f"MUG-{shop}", counts[0], at=near),
            goods(f"TEA-{shop}", counts[1], at=near),
        ]
        stocked(self.variants[0], counts[2], at=far)
        stocked(self.variants[1], counts[3], at=far)
        self.locations = [near, far]
        self.on_hand = [counts[0] + counts[2], counts[1] + counts[3]]
        self.stopped, self.safety = [0] * 2, [0] * 4
        with transaction():
            self.bins = [
                [
                    inventory_service.create_bin(place, f"{kind}-{shop}-{n}", kind=kind, by=SYSTEM)
                    for kind in (BinKind.PICK, BinKind.BULK, BinKind.QUARANTINE)
                ]
                for n, place in enumerate(self.locations)
            ]
        self.carts: dict[UUID, dict[UUID, int]] = {}
        self.lines: list[tuple[UUID, UUID, UUID]] = []
        self.promised: dict[UUID, int] = {}
        self.now = clock.now()

    @rule(mugs=st.integers(0, 4), teas=st.integers(0, 4), again=st.booleans())
    def hold(self, mugs: int, teas: int, again: bool) -> None:
        cart = next(iter(self.carts)) if again and self.carts else new_id()
        wanted = {v: n for v, n in zip(self.variants, (mugs, teas), strict=True) if n}
        with self.going_on(InsufficientStock) as done:
            inventory_service.reserve(cart, wanted, until=self.now + timedelta(minutes=15))
        if done:
            self.carts[cart] = wanted

    @rule(mugs=st.integers(0, 4), teas=st.integers(1, 4), from_cart=st.booleans())
    def order(self, mugs: int, teas: int, from_cart: bool) -> None:
        cart = next(iter(self.carts)) if from_cart and self.carts else None
        wanted = {v: n for v, n in zip(self.variants, (mugs, teas), strict=True) if n}
        lines = [inventory_service.AllocationRequest(new_id(), v, n) for v, n in wanted.items()]
        order_id = new_id()
        with self.going_on(InsufficientStock) as done:
            inventory_service.allocate(order_id, lines, cart_id=cart, by=SYSTEM)
        if done:
            if cart is not None:
                del self.carts[cart]
            for line in lines:
                self.lines.append((order_id, line.order_line_id, line.variant_id))
                self.promised[line.order_line_id] = line.quantity

    @rule(which=places, quantity=quantities)
    def release(self, which: int, quantity: int) -> None:
        if self.lines:
            order_id, line_id, _ = self.lines[which % len(self.lines)]
            with self.going_on():
                inventory_service.release(order_id, {line_id: quantity}, by=SYSTEM, reason="edit")
            self.promised[line_id] = max(0, self.promised[line_id] - quantity)

    @rule(which=places, quantity=quantities)
    def ship(self, which: int, quantity: int) -> None:
        if self.lines:
            order_id, line_id, variant = self.lines[which % len(self.lines)]
            with self.going_on(NotAllocated) as done:
                inventory_service.ship(
                    order_id, {line_id: quantity}, fulfilment_id=new_id(), by=SYSTEM
                )
            assert bool(done) == (quantity <= self.promised[line_id])
            if done:
                self.promised[line_id] -= quantity
                self.on_hand[self.variants.index(variant)] -= quantity

    @rule(which=places, quantity=quantities)
    def take_back(self, which: int, quantity: int) -> None:
        if self.lines:
            order_id, _, variant = self.lines[which % len(self.lines)]
            with self.going_on():
                inventory_service.restock(
                    {variant: quantity}, order_id=order_id, refund_id=new_id(), by=SYSTEM
                )
            self.on_hand[self.variants.index(variant)] += quantity

    @rule(which=places, change=st.integers(-6, 6).filter(bool), state=st.sampled_from(StockState))
    def adjust(self, which: int, change: int, state: StockState) -> None:
        variant, place = self.variants[which % 2], self.locations[which // 2]
        with self.going_on(InsufficientStock, StateShort) as done:
            inventory_service.adjust(
                level_of(variant, at=place),
                change=change,
                on_hand=None,
                expected_on_hand=None,
                reason=AdjustReason.CORRECTION,
                note=None,
                state=state,
                by=SYSTEM,
            )
        if done:
            self.on_hand[which % 2] += change
            self.stopped[which % 2] += change * (state is not StockState.AVAILABLE)

    @rule(which=places, moved=st.permutations(range(4)), quantity=quantities)
    def move(self, which: int, moved: list[int], quantity: int) -> None:
        variant, bins = which % 2, [None, *self.bins[which // 2]]
        source, target = moved[:2]
        level = level_of(self.variants[variant], at=self.locations[which // 2])
        with self.going_on(BinShort, InsufficientStock) as done:
            inventory_service.move_units(
                level, quantity, source=bins[source], target=bins[target], by=SYSTEM
            )
        if done:
            self.stopped[variant] += quantity * ((target == 3) - (source == 3))

    @rule(
        which=places,
        states=st.permutations(list(StockState)),
        quantity=quantities,
    )
    def change_state(self, which: int, states: list[StockState], quantity: int) -> None:
        source, target = states[:2]
        level = level_of(self.variants[which % 2], at=self.locations[which // 2])
        with self.going_on(StateShort, InsufficientStock) as done:
            inventory_service.change_state(
                level, quantity, source=source, target=target, reason="x", note=None, by=SYSTEM
            )
        if done:
            sound = StockState.AVAILABLE
            self.stopped[which % 2] += quantity * ((source is sound) - (target is sound))

    @rule(which=places, units=st.integers(0, 3))
    def keep_safe(self, which: int, units: int) -> None:
        level = level_of(self.variants[which % 2], at=self.locations[which // 2])
        with self.going_on():
            inventory_service.edit_level(
                level, {"safety_stock": units}, expected_version=None, by=SYSTEM
            )
        self.safety[which] = units

    @rule(which=places, quantity=quantities, place=st.integers(0, 3))
    def receive(self, which: int, quantity: int, place: int) -> None:
        location = which // 2
        with self.going_on():
            inventory_service.change_stock(
                [
                    inventory_service.StockChange(
                        variant_id=self.variants[which % 2],
                        location_id=self.locations[location],
                        quantity=quantity,
                        bin_id=[None, *self.bins[location]][place],
                        unit_cost=quantity * 100,
                    )
                ],
                kind=MovementKind.RECEIVED,
                reason="received",
                by=SYSTEM,
            )
        self.on_hand[which % 2] += quantity
        self.stopped[which % 2] += quantity * (place == 3)

    @rule()
    def let_go(self) -> None:
        if self.carts:
            cart, _ = self.carts.popitem()
            with self.going_on():
                inventory_service.release_reservation(cart)

    @rule(sweep=st.booleans())
    def time_goes_by(self, sweep: bool) -> None:
        self.now += timedelta(minutes=16)
        self.carts.clear()
        if sweep:
            with self.going_on():
                inventory_service.expire_reservations()

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "now"):
            return
        with clock.frozen(self.now):
            available = inventory_queries.availability(self.variants)
        assert stock_differences() == []
        shelves = totals(self.variants)
        for n, variant in enumerate(self.variants):
            promised = sum(self.promised[line] for _, line, v in self.lines if v == variant)
            held = sum(cart.get(variant, 0) for cart in self.carts.values())
            assert shelves[variant] == (self.on_hand[n], promised)
            free = self.on_hand[n] - self.stopped[n] - promised - held
            # Safety stock of one place is no reason to sell less from the other.
            assert max(0, free - self.safety[n] - self.safety[n + 2]) <= available[variant] <= free
            if not any(self.safety):
                assert available[variant] == free

    @contextmanager
    def going_on(self, *refusals: type[Exception]) -> Iterator[list[bool]]:
        """Do something at the machine's time; the list is filled when it was not refused."""
        done: list[bool] = []
        try:
            with clock.frozen(self.now), transaction():
                yield done
        except refusals:
            return
        done.append(True)


def totals(variants: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """Sum what lies there and what is promised, per variant."""
    rows = session.execute(
        select(
            StockLevel.variant_id,
            func.sum(StockLevel.on_hand),
            func.sum(StockLevel.allocated),
        )
        .where(StockLevel.variant_id.in_(variants))
        .group_by(StockLevel.variant_id)
    )
    return {variant: (on_hand, allocated) for variant, on_hand, allocated in rows}


def test_the_books_agree_whatever_happens(app: Flask) -> None:
    run_state_machine_as_test(
        Shelves,
        settings=settings(
            max_examples=10,
            stateful_step_count=STEPS,
            deadline=None,
            # A failure is told at once; to shrink one against real tables takes minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
