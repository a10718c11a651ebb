"""Everything that can happen to money, at random, by many people at once, while parts are killed.

The seed is printed: run it again with STOCKROOM_SEED to see the same choices, though not the same
moments.
"""

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.support.live import Visitor, key
from tests.support.town import Town

pytestmark = pytest.mark.serial

SECONDS = float(os.environ.get("STOCKROOM_CHAOS_SECONDS", "30"))
PEOPLE = 6
PAYABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
LET_LEASES_RUN_OUT = "UPDATE idempotency_keys SET claimed_until = now() WHERE status IS NULL"
LONG_AGO = (
    "UPDATE payments SET checked_at = now() - interval '1 hour' WHERE provider = 'stripe'",
    "UPDATE refunds SET created_at = now() - interval '1 hour'"
    " WHERE status IN ('requested', 'submitted')",
    "UPDATE sweep_attempts SET next_attempt_at = now() - interval '1 minute'",
)
PATIENCE = 10.0
"""How long the queue may take before a job counts as lost and is queued again, in seconds."""

SWEEPS = ("sweep-payments", "sweep-refunds", "sweep-disputes")
UNSETTLED = """
    SELECT id, number, status, payment_status, captured FROM orders WHERE id = :id"""


@dataclass
class Chaos:
    """What everybody did and what they were told."""

    town: Town
    ends_at: float
    orders: list[dict[str, Any]] = field(default_factory=list)
    told: dict[tuple[str, int, str], int] = field(default_factory=dict)
    cut_off: int = 0

    def hears(self, call: str, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        """Ask for something; None when the line was cut."""
        try:
            answer = ask()
        except httpx.TransportError:
            self.cut_off += 1
            return None
        code = answer.json().get("code", "") if answer.status_code >= 400 else ""
        told = (call, answer.status_code, code)
        self.told[told] = self.told.get(told, 0) + 1
        return answer

    def faults(self) -> dict[tuple[str, int, str], int]:
        """List what nobody may be told: any failure but a refusal or "come again"."""
        return {told: times for told, times in self.told.items() if told[1] >= 500 != 503}


class Person:
    """Buys, pays, changes their mind; and the staff and the bank do what they do with the order."""

    def __init__(self, chaos: Chaos, seed: int) -> None:
        self.chaos, self.town = chaos, chaos.town
        self.chance = random.Random(seed)

    def lives(self) -> None:
        """Make order after order until the time is over."""
        while time.monotonic() < self.chaos.ends_at:
            visitor = Visitor(self.town.shop.url, f"chaos-{self.chance.random()}@example.test")
            try:
                self._a_story(visitor)
            finally:
                visitor.close()

    def _a_story(self, visitor: Visitor) -> None:
        try:
            visitor.adds("DICE", 2)
        except httpx.TransportError:
            time.sleep(0.2)
            return
        except AssertionError:
            return  # asked to come again: the next story tries
        named = {"Idempotency-Key": key()}
        order = None
        for _ in range(20):
            placed = self.chaos.hears(
                "checkout",
                lambda: visitor.sends("POST", "/checkout", visitor.form(), headers=named),
            )
            if placed is not None and placed.status_code == 201:
                order = placed.json()
                break
            time.sleep(0.3)
        if order is None:
            return
        self.chaos.orders.append(order)
        steps = [
            self._intent, self._pay, self._confirm, self._mark_paid, self._mark_part, self._cancel,
            self._refund_line, self._refund_amount, self._refund_elsewhere, self._dispute,
        ]  # fmt: skip
        weights = (6, 6, 3, 3, 1, 2, 3, 2, 2, 1)
        for step in self.chance.choices(steps, weights, k=self.chance.randint(3, 8)):
            step(visitor, order)

    def _intent(self, visitor: Visitor, order: dict[str, Any]) -> None:
        wanted = {"order_id": order["id"]}
        path = "/payments/create-payment-intent"
        answer = self.chaos.hears("intent", lambda: visitor.sends("POST", path, wanted))
        if answer is not None and answer.status_code == 200:
            order["intent"] = answer.json()

    def _pay(self, visitor: Visitor, order: dict[str, Any]) -> None:
        if "intent" in order:
            self.town.till.pay(order["intent"])

    def _confirm(self, visitor: Visitor, order: dict[str, Any]) -> None:
        path = f"/payments/confirm-payment/{order['id']}"
        self.chaos.hears("confirm", lambda: visitor.sends("POST", path))

    def _commands(self, order: dict[str, Any], name: str, body: dict[str, Any]) -> None:
        """Command something, and repeat it now and then as a console does."""
        named = {"Idempotency-Key": key()}
        for _ in range(self.chance.choice((1, 1, 2))):
            self.chaos.hears(
                name,
                lambda: self.town.owner.sends(
                    "POST", f"/orders/{order['id']}/{name}", body, headers=named
                ),
            )

    def _mark_paid(self, visitor: Visitor, order: dict[str, Any]) -> None:
        self._commands(order, "mark-paid", {"reference": "bank"})

    def _mark_part(self, visitor: Visitor, order: dict[str, Any]) -> None:
        part = {"amount": 700, "currency": "EUR"}
        self._commands(order, "mark-paid", {"reference": "part", "amount": part})

    def _cancel(self, visitor: Visitor, order: dict[str, Any]) -> None:
        self._commands(order, "cancel", {"reason": "customer"})

    def _refund_line(self, visitor: Visitor, order: dict[str, Any]) -> None:
        line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
        self._commands(order, "refunds", {"lines": [line], "reason": "damaged"})

    def _refund_amount(self, visitor: Visitor, order: dict[str, Any]) -> None:
        amount = {"amount": self.chance.randint(1, 600), "currency": "EUR"}
        self._commands(order, "refunds", {"amount": amount, "reason": "goodwill"})

    def _refund_elsewhere(self, visitor: Visitor, order: dict[str, Any]) -> None:
        self._simulates("refund", order, amount=str(self.chance.randint(1, 900)))

    def _dispute(self, visitor: Visitor, order: dict[str, Any]) -> None:
        for status in self.chance.choice((("needs_response",), ("needs_response", "won"),
                                          ("needs_response", "under_review", "lost"))):  # fmt: skip
            self._simulates("dispute", order, status=status)

    def _simulates(self, what: str, order: dict[str, Any], **wanted: str) -> None:
        """Let something happen at the provider; it refuses what cannot happen there."""
        lost = {"lost": "true"} if self.chance.random() < 0.2 else {}
        till = self.town.till
        done = httpx.post(
            f"{till.url}/simulate/{what}",
            data={"target": order["id"], **wanted, **lost},
            auth=(till.secret_key, ""),
        )
        assert done.status_code < 500, done.text


def kills_at_random(town: Town, chance: random.Random, ends_at: float) -> int:
    """Kill the web server or the worker, start it again, and so on; returns how often."""
    kills = 0
    while time.monotonic() < ends_at:
        time.sleep(chance.uniform(1.0, 3.5))
        part = chance.choice(("web", "worker"))
        town.shop.kill(part)
        time.sleep(chance.uniform(0.0, 0.4))
        town.shop.start(part)
        kills += 1
    return kills


def comes_to_an_end(town: Town) -> None:
    """Let every lease, claim and pause run out, and the timetable look after what is left."""
    town.shop.sql(LET_LEASES_RUN_OUT)
    for _ in range(2):
        town.ends_claims()
        town.settles(PATIENCE)
        for statement in LONG_AGO:
            town.shop.sql(statement)
        for sweep in SWEEPS:
            town.wakes(sweep)
    town.settles(PATIENCE)


def still_payable(town: Town) -> list[str]:
    """List PaymentIntents that somebody could still pay for a cancelled or fully paid order."""
    orders = {
        str(row.id): row
        for row in town.shop.sql("SELECT id, number, status, total, captured FROM orders")
    }
    found = []
    for intent in town.till.intents():
        order = orders.get(intent["metadata"].get("order_id", ""))
        if (
            order is not None
            and intent["status"] in PAYABLE
            and (order.status == "cancelled" or order.captured >= order.total)
        ):
            found.append(f"{intent['id']} of order {order.number} ({order.status})")
    return found


def test_the_books_balance_after_everything_happened_at_random(town: Town) -> None:
    seed = int(os.environ.get("STOCKROOM_SEED") or time.time_ns() % 10**6)
    print(f"STOCKROOM_SEED={seed}")
    town.owner.sells("DICE", 100_000, price=999)
    chaos = Chaos(town, time.monotonic() + SECONDS)
    with ThreadPoolExecutor(PEOPLE) as threads:
        lives = [threads.submit(Person(chaos, seed + n).lives) for n in range(PEOPLE)]
        kills = kills_at_random(town, random.Random(seed), chaos.ends_at)
        for life in lives:
            life.result(120)
    comes_to_an_end(town)
    copies = [letter.message_id for letter in town.letters()]
    # A worker that is killed between sending a letter and noting it sends it again.
    town.may_come_twice = {each for each in copies if copies.count(each) > 1}

    print(f"{len(chaos.orders)} orders, {kills} kills, {chaos.cut_off} cut off", chaos.told)
    assert len(chaos.orders) > PEOPLE, "hardly anything happened"
    assert chaos.faults() == {}
    assert still_payable(town) == []
    assert town.differences() == []
    beyond = "SELECT id FROM orders WHERE refunded + refund_pending > captured"
    assert town.shop.sql(beyond) == []
