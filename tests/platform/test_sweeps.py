"""Sweeps: one thing that fails is noted, waits, and keeps no other thing from being done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import select, update

from api.back_in_stock import jobs as back_in_stock_jobs
from api.catalog import jobs as catalog_jobs
from api.checkout import flows as checkout_flows
from api.inventory import jobs as inventory_jobs
from api.kernel import clock
from api.kernel.errors import Conflict, Unavailable
from api.kernel.ids import new_id
from api.payment_sync.flows import sweeps as payment_sync
from api.platform import sweeps
from api.platform.attention import IS_OPEN, AttentionItem
from api.platform.db import session, transaction
from api.platform.sweeps import Outcome, Sweep, SweepAttempt
from tests.support.sql import count_statements

EVERY_SWEEP = (
    catalog_jobs.DUE_PRODUCTS, catalog_jobs.SCHEDULED_PRICES, catalog_jobs.STALE_COLLECTIONS,
    checkout_flows.EXPIRY,
    inventory_jobs.EXPIRED_RESERVATIONS,
    payment_sync.DISPUTES, payment_sync.FRAUD_WARNINGS, payment_sync.REFUNDS,
    payment_sync.STALE_PAYMENTS, payment_sync.CANCELLATIONS, back_in_stock_jobs.NOTIFY_SWEEP,
)  # fmt: skip


class Poisoned(Conflict):
    """A thing that can never be done."""

    code = "poisoned"
    sentence = "This can never be done."


class Away(Unavailable):
    """Somebody who does not answer."""

    code = "away"
    sentence = "Nobody answers."


class Things:
    """What is due in a sweep, as its query would tell: what waits is left out."""

    def __init__(self, sweep: Sweep, *names: Any) -> None:
        self.waiting, self.done = list(names), list[Any]()
        self.faults: dict[Any, Exception | Outcome] = {}
        self.sweep = replace(sweep, due=self._due, carry_out=self._do, about=lambda _: None)

    def run(self) -> list[Any]:
        """Let the sweep run once; returns what was done in it."""
        before = len(self.done)
        sweeps.run(self.sweep)
        return self.done[before:]

    def _due(self, limit: int) -> Sequence[Any]:
        return sweeps.ready(self.sweep.name, self.waiting)[:limit]

    def _do(self, name: Any) -> Outcome | None:
        fault = self.faults.get(name)
        if isinstance(fault, Exception):
            raise fault
        if fault is None:
            self.waiting.remove(name)
            self.done.append(name)
        return fault


def listed() -> list[str]:
    """Return what is on the attention list."""
    with transaction():
        return list(session.scalars(select(AttentionItem.reason).where(IS_OPEN)))


def attempt(name: Any) -> SweepAttempt:
    """Read what is noted about a thing."""
    with transaction():
        return session.scalars(select(SweepAttempt).where(SweepAttempt.item == str(name))).one()


@pytest.mark.parametrize("sweep", EVERY_SWEEP, ids=lambda sweep: sweep.name)
def test_a_poisoned_first_thing_stops_and_starves_no_other(app: Flask, sweep: Sweep) -> None:
    names = [new_id() for _ in range(4)]
    things = Things(sweep, *names)
    things.faults[names[0]] = Poisoned()

    assert things.run() == names[1:]
    assert things.run() == []
    assert listed() == [f"{sweep.name} cannot do this, tried 1 times: This can never be done."]
    assert (attempt(names[0]).failures, attempt(names[0]).last_error) == (1, Poisoned.sentence)
    del things.faults[names[0]]
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert things.run() == names[:1]
    assert listed() == []


@pytest.mark.parametrize("sweep", EVERY_SWEEP, ids=lambda sweep: sweep.name)
def test_the_query_of_a_sweep_leaves_out_what_waits(app: Flask, sweep: Sweep) -> None:
    """Else the same few would be met first by every run."""
    with count_statements() as sent:
        sweep.due(7)

    (asked,) = [one for one in sent.texts if "LIMIT" in one]
    assert "sweep_attempts" in asked


def test_a_batch_of_things_that_must_wait_starves_no_new_one(app: Flask) -> None:
    """Fifty-one refunds that their bank is at, older than one that nobody has sent yet."""
    things = Things(payment_sync.REFUNDS, *range(sweeps.BATCH + 1), "new")
    things.faults = dict.fromkeys(range(sweeps.BATCH + 1), Outcome.LATER)

    assert things.run() == ["new"]
    assert listed() == []


def test_each_wait_is_longer_up_to_an_hour(app: Flask) -> None:
    things = Things(payment_sync.REFUNDS, "a")
    things.faults["a"] = Outcome.LATER
    waits, now = [], clock.now()
    for _ in range(8):
        with clock.frozen(now):
            things.run()
            waits.append((attempt("a").next_attempt_at - now).total_seconds() / 60)
            now = attempt("a").next_attempt_at

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_who_does_not_answer_is_asked_again_before_a_person_is(app: Flask) -> None:
    """And not once for each thing of a long list."""
    things = Things(payment_sync.REFUNDS, *range(10))
    things.faults = {name: Away() for name in range(10)}

    things.run()
    with transaction():
        tried = session.scalars(select(SweepAttempt.item)).all()
    assert sorted(tried) == ["0", "1", "2"]
    assert listed() == []


def test_a_fault_is_put_before_a_person_after_the_third_time(app: Flask) -> None:
    things = Things(payment_sync.REFUNDS, "a")
    things.faults["a"] = ZeroDivisionError("no ink")
    for _ in range(2):
        things.run()
        come_due()
    assert listed() == []
    things.run()

    assert listed() == ["sweep-refunds cannot do this, tried 3 times: ZeroDivisionError: no ink"]


def test_what_was_done_by_somebody_else_is_forgotten(app: Flask) -> None:
    things = Things(payment_sync.REFUNDS, "a")
    things.faults["a"] = Poisoned()
    things.run()
    with clock.frozen(clock.now() + timedelta(hours=25)):
        sweeps.purge_gone()

    assert listed() == []


def come_due() -> None:
    """Let the time pass until everything is due again."""
    with transaction():
        session.execute(update(SweepAttempt).values(next_attempt_at=clock.now()))


@pytest.mark.parametrize("told", [JobTimeoutException, ZeroDivisionError])
def test_what_is_done_one_by_one_goes_on_after_a_fault_and_ends_when_told_to(
    app: Flask, told: type[Exception]
) -> None:
    seen: list[int] = []

    def fails(number: int) -> None:
        seen.append(number)
        raise told

    with pytest.raises(told):
        sweeps.each([1, 2], fails)

    assert seen == ([1] if told is JobTimeoutException else [1, 2])
