"""Eight people and a saboteur, for a while; then everything comes to an end and is looked at."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

import psutil

from tests.faults.chaos import plan
from tests.faults.chaos.actors import BARCODED, SKUS, Actor
from tests.faults.chaos.plan import Fault
from tests.faults.chaos.purchasing import opens_purchasing
from tests.faults.chaos.story import Chaos
from tests.support.town import Town
from tests.support.waiting import soon

PEOPLE = 8
LONG = 600.0
"""Within so many seconds each operation must have succeeded at least once."""
PAYABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
LET_LEASES_RUN_OUT = "UPDATE idempotency_keys SET claimed_until = now() WHERE status IS NULL"
LONG_AGO = (
    "UPDATE payments SET checked_at = now() - interval '1 hour' WHERE provider = 'stripe'",
    "UPDATE refunds SET created_at = now() - interval '1 hour'"
    " WHERE status IN ('requested', 'submitted')",
    "UPDATE sweep_attempts SET next_attempt_at = now() - interval '1 minute'",
)
SILENT = """
    UPDATE imports SET heartbeat_at = now() - interval '1 hour',
        created_at = now() - interval '1 hour'
    WHERE status IN ('pending', 'running', 'undoing')"""
ABANDONED = """
    UPDATE letters SET created_at = now() - interval '1 hour',
        claimed_until = CASE WHEN status = 'sending' THEN now() - interval '1 hour' END
    WHERE status IN ('pending', 'sending')"""
UNREAD = """
    SELECT i.id, i.status, i.heartbeat_at, a.tries, a.last_error FROM imports i
    LEFT JOIN sweep_attempts a ON a.item = i.id::text
    WHERE i.status IN ('pending', 'running', 'undoing')"""
EXPIRE = """
    UPDATE orders SET expires_at = now() - interval '1 minute'
    WHERE expires_at IS NOT NULL AND id IN (
        SELECT id FROM orders WHERE expires_at IS NOT NULL ORDER BY random() LIMIT 3)"""
PATIENCE = 10.0
"""How long the queue may take before a job counts as lost and is queued again, in seconds."""
SWEEPS = ("sweep-payments", "sweep-refunds", "sweep-disputes", "expire-unpaid-orders")
BEYOND = "SELECT id FROM orders WHERE refunded + refund_pending > captured"


@dataclass
class Outcome:
    """What came of it."""

    chaos: Chaos
    faults: list[Fault] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What does not add up in the end, or was not explained on the way; should be empty."""

    def in_words(self) -> str:
        """Say how much happened, and what was wrong with it."""
        told = sorted(self.chaos.counted().items())
        succeeded = self.chaos.succeeded
        lines = [
            f"{len(self.chaos.orders)} orders, {len(self.chaos.told)} answers,"
            f" {len(self.faults)} faults",
            *(f"  {times:6,}  {what}" for what, times in told),
            "succeeded: " + ", ".join(f"{name} {succeeded[name]:,}" for name in plan.OPERATIONS),
            *(f"WRONG  {one}" for one in self.wrong),
        ]
        return "\n".join(lines)


def run(town: Town, seed: int, seconds: float, log: TextIO | None = None) -> Outcome:
    """Let everybody carry out their plans while parts break, and look at what is left."""
    chaos = Chaos(town, 0.0, log)
    for place, sku in enumerate(SKUS):
        chaos.levels[sku] = (
            town.owner.level(sku)
            if town.shop.sql("SELECT 1 FROM variants WHERE sku = :sku", sku=sku)
            else town.owner.sells(
                *(sku, (5_000, 2_000, 25)[place]),
                price=(999, 1499, 3100)[place],
                barcode="4006381333931" if sku == BARCODED else None,
            )
        )
    chaos.bins = [*_bins(town), None]
    opens_purchasing(chaos)
    actors = [Actor(chaos, number, plan.steps(seed, number)) for number in range(PEOPLE)]
    chaos.ends_at = time.monotonic() + seconds
    outcome = Outcome(chaos)
    with ThreadPoolExecutor(PEOPLE + 1) as threads:
        lives = [threads.submit(actor.lives) for actor in actors]
        _break_things(outcome, seed)
        for life in lives:
            life.result(180)
    _come_to_an_end(town)
    outcome.wrong += _what_is_wrong(town, chaos)
    if seconds >= LONG:
        outcome.wrong += chaos.never_succeeded()
    return outcome


def _bins(town: Town) -> list[str]:
    """Have a bin to pick from, one for bulk and one that stops what is in it."""
    (place, *_) = town.owner.sends("GET", "/locations").json()["data"]
    for kind in ("pick", "bulk", "quarantine"):
        body = {"location_id": place["id"], "code": f"CHAOS-{kind}", "kind": kind}
        town.owner.sends("POST", "/bins", body)
    found = town.owner.sends("GET", "/bins?q=CHAOS").json()["data"]
    return [one["id"] for one in found]


def _break_things(outcome: Outcome, seed: int) -> None:
    """Break one thing after another, and mend it; returns when the time is over."""
    chaos = outcome.chaos
    ended = threading.Event()
    for fault in plan.faults(seed):
        left = chaos.ends_at - time.monotonic()
        if left <= 0:
            return
        ended.wait(min(fault.pause, left))
        began = time.monotonic()
        with _broken(chaos.town, fault.name):
            ended.wait(fault.lasts)
        with chaos.lock:
            chaos.outages.append((fault.name, began, time.monotonic()))
        outcome.faults.append(fault)


@contextmanager
def _broken(town: Town, name: str) -> Iterator[None]:
    """Have something broken for the length of a block."""
    shop = town.shop
    match name:
        case "kill_web" | "kill_worker" | "kill_postgres" | "kill_redis":
            part = name.removeprefix("kill_")
            shop.kill(part)
            try:
                yield
            finally:
                shop.start(part)
        case "kill_web_process":
            children = psutil.Process(shop.pid("web")).children(recursive=True)
            for child in children[:1]:
                os.kill(child.pid, signal.SIGKILL)  # gunicorn starts another one
            yield
        case "stripe_fails":
            with town.to_stripe.refusing("POST", ".*"), town.to_stripe.refusing("GET", ".*"):
                yield
        case "stripe_answers_lost":
            with town.to_stripe.losing_answers("POST", ".*"):
                yield
        case "webhooks_lost":
            with town.from_stripe.refusing("POST", ".*", 503):
                yield
        case "orders_expire":
            shop.sql(EXPIRE)
            shop.sql(
                "UPDATE timetable SET next_run_at = now()"
                " WHERE name IN ('expire-unpaid-orders', 'expire-reservations')"
            )
            yield


def _come_to_an_end(town: Town) -> None:
    """Let every lease, claim and pause run out, and the timetable look after what is left."""
    town.shop.sql(LET_LEASES_RUN_OUT)
    for _ in range(2):
        town.ends_claims()
        town.settles(PATIENCE)
        for statement in LONG_AGO:
            town.shop.sql(statement)
        for sweep in SWEEPS:
            town.wakes(sweep)
    town.shop.sql(ABANDONED)
    town.wakes("cancel-outdated-emails")
    for _ in range(3):  # one that fails once waits for its next attempt
        town.shop.sql(LONG_AGO[-1])
        town.shop.sql(SILENT)
        town.wakes("resume-stalled-imports")
        if soon(lambda: not town.shop.sql(UNREAD), within=30):
            break
    town.settles(PATIENCE)


def _what_is_wrong(town: Town, chaos: Chaos) -> list[str]:
    copies = [letter.message_id for letter in town.letters()]
    # A worker that is killed between sending a letter and noting it sends it again.
    town.may_come_twice |= {each for each in copies if copies.count(each) > 1}
    found = [f"not explained: {one}" for one in chaos.unexplained()]
    found += [f"an import is not read: {row}" for row in town.shop.sql(UNREAD)]
    found += still_payable(town)
    found += town.differences()
    found += [f"more goes back than came in: {row.id}" for row in town.shop.sql(BEYOND)]
    try:
        town.shop.flask("doctor")
    except AssertionError as told:
        found.append(str(told))
    return found


def still_payable(town: Town) -> list[str]:
    """List PaymentIntents that somebody could still pay for an ended or fully paid order."""
    orders = {
        str(row.id): row
        for row in town.shop.sql(
            "SELECT id, number, status, total, captured - charged_back AS kept FROM orders"
        )
    }
    found = []
    for intent in town.till.intents():
        order = orders.get(intent["metadata"].get("order_id", ""))
        if (
            order is not None
            and intent["status"] in PAYABLE
            and (order.status != "placed" or order.kept >= order.total)
        ):
            found.append(f"payable: {intent['id']} of order {order.number} ({order.status})")
    return found
