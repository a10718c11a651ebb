"""Facts on their way up: told if and only if the change happened, delivered once, never lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from api.kernel import clock
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.platform import attention, deliveries, delivery_claims, jobs, observability, outbox
from api.platform.db import session, transaction
from api.platform.deliveries import MAX_TOGETHER, ClaimedDeliveries, carry_out, carry_out_due
from api.platform.delivery_claims import DueDelivery
from api.platform.jobs import (
    JobRegistry,
    batched,
    manages_own_transactions,
    name_of,
    queue,
    relay_once,
)
from api.platform.outbox import ATTEMPTS, BATCH, Delivery, Lane, OutboxEvent, emit
from api.platform.redis import client, connect
from api.platform.settings import Settings
from tests.support.sql import count_statements
from tests.support.workshop import put_onto, stock_of


@dataclass(frozen=True, kw_only=True)
class BoxArrived(Event):
    """A fact of these tests."""

    box_id: UUID
    shelf: str = "top"


@dataclass(frozen=True, kw_only=True)
class BoxUnpacked(Event):
    """What follows from the first fact."""

    box_id: UUID


@dataclass(frozen=True, kw_only=True)
class NobodyCares(Event):
    """A fact without subscribers."""


class Mood:
    """Lets a job fail, or wait, or notice that it ran."""

    fails = False
    ran: list[Any]


mood = Mood()


def shelve(fact: BoxArrived) -> None:
    """Put the box onto its shelf and say so; or fail after both."""
    put_onto(fact.shelf)
    emit(BoxUnpacked(box_id=fact.box_id))
    mood.ran.append(fact)
    if mood.fails:
        raise LookupError("the ladder is gone")


@manages_own_transactions
def announce(fact: BoxArrived) -> None:
    """Tell someone outside; or fail."""
    assert not session().info.get("in_transaction")
    mood.ran.append(fact)
    if mood.fails:
        raise LookupError("nobody answers")
    with transaction():
        put_onto("announced")


@pytest.fixture
def shop(workshop: Flask, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The shop with these two jobs as all of its work."""
    mood.fails, mood.ran = False, []
    work = JobRegistry(subscribers={BoxArrived: [shelve, announce]}, timetable=())
    monkeypatch.setitem(app.extensions, "stockroom_work", work)
    observability.bind_request_id("press-of-f7")
    yield app
    observability.bind_request_id("-")


def tells(*shelves: str) -> list[UUID]:
    """Have boxes arrive, all in one transaction."""
    boxes = [new_id() for _ in shelves]
    with transaction():
        for box, shelf in zip(boxes, shelves, strict=True):
            emit(BoxArrived(box_id=box, shelf=shelf))
    return boxes


def claimed(limit: int = BATCH) -> list[DueDelivery]:
    """Claim what is due, as a worker does."""
    with transaction():
        return delivery_claims.claim_due(limit)


def works_off() -> int:
    """Carry out what is due, as a worker does; returns how much that was."""
    due = claimed()
    carry_out(due)
    return len(due)


def delivery(job: Any) -> Delivery:
    """Read the only delivery for a job."""
    with transaction():
        return session.scalars(select(Delivery).where(Delivery.subscriber == name_of(job))).one()


def later(seconds: float) -> Any:
    """Stop the clock some seconds from now."""
    return clock.frozen(clock.now() + timedelta(seconds=seconds))


def test_a_fact_reaches_every_subscriber_once(shop: Flask) -> None:
    (box,) = tells("top")

    assert relay_once() == 1
    assert works_off() == 2
    assert [fact.box_id for fact in mood.ran] == [box, box]
    assert (stock_of("top"), stock_of("announced")) == (1, 1)
    assert {delivery(job).done_at is not None for job in (shelve, announce)} == {True}


def test_a_relayed_fact_is_not_relayed_again(shop: Flask) -> None:
    tells("top")
    relay_once()
    works_off()

    assert relay_once() == 1  # what the first job said, which nobody hears
    assert relay_once() == 0
    assert claimed() == []


def test_a_fact_that_nobody_cares_about_is_laid_aside(shop: Flask) -> None:
    with transaction():
        emit(NobodyCares())

    assert relay_once() == 1
    assert relay_once() == 0
    with transaction():
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
        assert outbox.backlog()[0] == 0


def test_two_workers_deliver_each_fact_once(shop: Flask) -> None:
    """Without SKIP LOCKED they would wait for one another; without locks, deliver twice."""
    for _ in range(30):
        tells(*["top"] * 10)
    start = threading.Barrier(2)
    found: list[DueDelivery] = []

    def relays() -> None:
        with shop.app_context():
            start.wait()
            while relay_once():
                found.extend(claimed())
            while more := claimed():
                found.extend(more)

    threads = [threading.Thread(target=relays) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 600
    assert len({(one.fact_id, one.subscriber) for one in found}) == 600


def test_a_delivery_in_two_hands_takes_effect_once(shop: Flask) -> None:
    """As when a worker stood still for so long that its claim ran out."""
    tells("top")
    relay_once()
    due = claimed()
    stood_still = [replace(one, claimed_at=time.monotonic() - 30) for one in due]

    carry_out(due)
    carry_out(stood_still)

    assert (stock_of("top"), stock_of("announced")) == (1, 1)
    assert len(mood.ran) == 2


def test_two_workers_with_the_same_delivery_take_effect_once(shop: Flask) -> None:
    """Without the ledger's lock both would find it undone."""
    tells(*["top"] * 8)
    relay_once()
    mine = [one for one in claimed() if one.subscriber == name_of(shelve)]
    start = threading.Barrier(2)

    def works() -> None:
        with shop.app_context():
            start.wait()
            carry_out(mine)

    threads = [threading.Thread(target=works) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stock_of("top") == 8


def test_a_job_that_fails_leaves_nothing_half_written(shop: Flask) -> None:
    tells("top")
    relay_once()
    mood.fails = True
    works_off()

    assert stock_of("top") == 0
    with transaction():
        names = set(session.scalars(select(OutboxEvent.name)))
    assert names == {"BoxArrived"}
    assert delivery(shelve).done_at is None
    assert delivery(shelve).last_error == "LookupError: the ladder is gone"
    assert delivery(announce).last_error == "LookupError: nobody answers"


def test_a_job_that_failed_comes_due_again_and_waits_twice_as_long_each_time(shop: Flask) -> None:
    tells("top")
    mood.fails = True
    relay_once()
    first = clock.now()
    waits, due_at = [], first
    for _ in range(ATTEMPTS):
        with clock.frozen(due_at - timedelta(seconds=1)):
            assert due_at == first or works_off() == 0
        with clock.frozen(due_at):
            assert works_off() == 2
            before, due_at = due_at, delivery(shelve).due_at
            waits.append((due_at - before).total_seconds())
    with transaction():
        outbox.relay({})  # after a few failures a person is asked, which is a fact of its own
    assert attention.open_count() == 2

    assert waits == [30, 60, 120, 240, 480, 960, 1920, *[3600] * (ATTEMPTS - 7)]
    assert timedelta(days=6.9) < due_at - first < timedelta(days=7.1)
    with later(10**7):
        assert claimed() == []  # it waits for a person
    assert delivery(shelve).attempts == ATTEMPTS
    with transaction():
        assert outbox.backlog()[0] == 0  # and not for a worker


def test_a_job_that_succeeds_at_last_forgets_its_failure(shop: Flask) -> None:
    tells("top")
    relay_once()
    mood.fails = True
    works_off()
    mood.fails = False
    with later(31):
        works_off()

    assert (stock_of("top"), stock_of("announced")) == (1, 1)
    assert (delivery(shelve).last_error, delivery(announce).last_error) == (None, None)


def test_without_redis_everything_is_delivered_all_the_same(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = connect(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    monkeypatch.setitem(shop.extensions, "stockroom_redis", nowhere)
    tells("top")
    relay_once()

    assert works_off() == 2
    assert stock_of("top") == 1


def test_what_is_claimed_is_claimed_by_nobody_else_until_its_worker_is_dead(shop: Flask) -> None:
    """However often it is looked for, and for however long its job runs."""
    tells("top")
    relay_once()
    held = claimed()
    with transaction():
        session.execute(update(Delivery).values(due_at=clock.now()))

    assert claimed() == []
    with later(15), transaction():
        delivery_claims.renew(held)
    with later(30):
        assert claimed() == []
    with later(36):
        again = claimed()
    assert [one.was_claimed for one in held] == [False, False]
    assert [one.was_claimed for one in again] == [True, True]


def test_a_claim_is_no_attempt_and_what_is_handed_back_is_due_at_once(shop: Flask) -> None:
    tells("top")
    relay_once()
    for _ in range(3):
        held = claimed()
        assert len(held) == 2
        with transaction():
            delivery_claims.release(held)

    assert delivery(shelve).attempts == 0
    assert works_off() == 2
    assert delivery(shelve).attempts == 1


class PowerCut(BaseException):
    """The worker dies at this point."""


def test_a_job_that_kills_its_worker_is_counted_and_waits_and_the_others_go_on(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first death tells nobody which job it was: whoever was in hand is tried with care."""

    def kills(fact: BoxArrived) -> None:
        if fact.shelf == "bad":
            raise PowerCut
        put_onto(fact.shelf)

    monkeypatch.setitem(
        shop.extensions,
        "stockroom_work",
        JobRegistry(subscribers={BoxArrived: [kills]}, timetable=()),
    )
    tells("bad", *["good"] * 3)
    relay_once()
    for death in range(1, 4):
        with later(100 * death), suppress(PowerCut):
            works_off()
    with later(500):
        due = claimed()

    assert stock_of("good") == 3
    assert [(one.event.shelf, one.attempts) for one in due] == [("bad", 2)]
    assert due[0].was_claimed


def test_a_subscriber_that_a_release_removed_is_noted_and_holds_up_nobody(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells("top")
    relay_once()
    monkeypatch.setitem(
        shop.extensions,
        "stockroom_work",
        JobRegistry(subscribers={BoxArrived: [announce]}, timetable=()),
    )
    works_off()

    assert stock_of("announced") == 1
    assert delivery(shelve).last_error == f"LookupError: no job is called {name_of(shelve)}"


def test_what_follows_from_a_fact_carries_the_id_of_the_request_that_began_it(shop: Flask) -> None:
    tells("top")
    relay_once()
    observability.bind_request_id("something-else")
    works_off()

    with transaction():
        ids = dict(session.execute(select(OutboxEvent.name, OutboxEvent.request_id)).all())
    assert ids == {"BoxArrived": "press-of-f7", "BoxUnpacked": "press-of-f7"}


def test_a_job_that_opens_a_transaction_of_its_own_must_say_so(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opens(fact: BoxArrived) -> None:
        with transaction():
            put_onto(fact.shelf)

    monkeypatch.setitem(
        shop.extensions,
        "stockroom_work",
        JobRegistry(subscribers={BoxArrived: [opens]}, timetable=()),
    )
    tells("top")
    relay_once()
    works_off()

    assert stock_of("top") == 0
    assert "do not nest" in str(delivery(opens).last_error)


def test_a_delivery_during_which_the_database_goes_away_harms_no_worker(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's process goes on, with a session that can be used again."""
    tells("top")
    relay_once()
    due = [one for one in claimed() if one.subscriber == name_of(shelve)]

    def gone(*_: object) -> None:
        raise OperationalError("UPDATE", {}, ConnectionError("no database"))

    mood.fails = True
    with monkeypatch.context() as away:
        away.setattr(delivery_claims, "note_failure", gone)
        carry_out(due)
    mood.fails = False
    carry_out(due)

    assert stock_of("top") == 1


def test_many_deliveries_are_claimed_in_few_statements(shop: Flask) -> None:
    tells(*["top"] * 50)

    with count_statements() as sent:
        assert relay_once() == 50
        assert len(claimed()) == 100

    assert sent.count <= 5, sent


def test_jobs_are_named_by_their_room(shop: Flask) -> None:
    assert jobs.registry().job(name_of(shelve)) is shelve
    assert name_of(shelve).endswith("test_outbox.shelve")


def test_six_thousand_deliveries_are_in_one_hand_each_and_in_no_queue(shop: Flask) -> None:
    """They were queued again every half minute in which nobody had begun: four times each."""
    for _ in range(10):
        tells(*["top"] * 300)
    with transaction():
        while outbox.relay(jobs.registry().names()):
            continue
    found = 0
    for minute in range(60):
        with later(30 * minute), transaction():
            held = delivery_claims.claim_due(100)
            found += len(held)
            delivery_claims.renew(held)
            session.execute(
                update(Delivery)
                .where(Delivery.claimed_until.is_not(None))
                .values(claimed_until=clock.now() + timedelta(days=1))
            )

    assert found == 6_000
    assert (claimed(), queue().count, client().keys("rq:job:*")) == ([], 0, [])


def test_an_e_mail_does_not_wait_behind_the_catalogue(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = replace(jobs.registry(), lanes={"tests": Lane.DEFAULT, "notifications": Lane.MAIL})
    assert mail.lane_of("notifications.jobs.on_order_paid") is Lane.MAIL
    tells(*["top"] * 300)
    with transaction():
        while outbox.relay({BoxArrived: [name_of(shelve)]}, lambda _: Lane.DEFAULT):
            continue
    tells("top")
    with transaction():
        outbox.relay({BoxArrived: [name_of(announce)]}, lambda _: Lane.MAIL)
        assert delivery_claims.lanes_due() == [Lane.MAIL, Lane.DEFAULT]

    assert carry_out_due(Lane.MAIL, ClaimedDeliveries()) == 1
    assert stock_of("announced") == 1
    with transaction():
        assert delivery_claims.lanes_due() == [Lane.DEFAULT]


def test_what_one_job_does_for_many_facts_it_does_once_for_all(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where that fails, one by one: only what is at fault is late."""
    together: list[int] = []

    @batched
    def shelve_all(facts: list[BoxArrived]) -> None:
        together.append(len(facts))
        for fact in facts:
            put_onto(fact.shelf)
        if any(fact.shelf == "bad" for fact in facts):
            raise LookupError("no such shelf")

    work = JobRegistry(subscribers={BoxArrived: [shelve_all]}, timetable=())
    monkeypatch.setitem(shop.extensions, "stockroom_work", work)
    tells(*["good"] * (MAX_TOGETHER + 3))
    relay_once()
    with count_statements() as sent:
        assert carry_out_due(Lane.DEFAULT, ClaimedDeliveries()) == MAX_TOGETHER + 3
    assert together == [MAX_TOGETHER, 3]
    assert sent.count < 2 * MAX_TOGETHER, sent
    tells("bad", "good", "good")
    relay_once()
    carry_out_due(Lane.DEFAULT, ClaimedDeliveries())

    assert together[2:] == [3, 1, 1, 1]
    assert (stock_of("good"), stock_of("bad")) == (MAX_TOGETHER + 5, 0)
    assert delivery_of("bad") == (1, "LookupError: no such shelf")


def delivery_of(shelf: str) -> tuple[int, str | None]:
    """Read the attempts and the error of what is not done."""
    with transaction():
        row = session.execute(
            select(Delivery.attempts, Delivery.last_error)
            .join(OutboxEvent, OutboxEvent.id == Delivery.fact_id)
            .where(Delivery.done_at.is_(None), OutboxEvent.body["shelf"].astext == shelf)
        ).one()
    return row.attempts, row.last_error


def test_what_waits_behind_a_slow_job_goes_to_other_workers(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells("top", "top")
    relay_once()
    hand = ClaimedDeliveries()
    hand.add(claimed())
    hand.start_next()
    assert deliveries.monitor([hand])
    assert len(hand.deliveries()) == 4
    monkeypatch.setattr(deliveries, "SLOW_SECONDS", 0.0)
    assert deliveries.monitor([hand])

    assert len(hand.deliveries()) == 1
    assert len(claimed()) == 3


def test_a_job_that_takes_too_long_is_told_to_end_and_one_that_hangs_ends_its_worker(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go on, and the delivery comes due again with the reason."""
    monkeypatch.setattr(jobs, "JOB_TIMEOUT_SECONDS", 0.2 + jobs.HARD_AFTER_SECONDS)
    begun = threading.Event()
    hand, heeds = ClaimedDeliveries(), []

    def waits(fact: BoxArrived) -> None:
        begun.set()
        until = time.monotonic() + 10
        while time.monotonic() < until:
            time.sleep(0.01)

    work = JobRegistry(subscribers={BoxArrived: [waits]}, timetable=())
    monkeypatch.setitem(shop.extensions, "stockroom_work", work)
    tells("top")
    relay_once()

    def works() -> None:
        with shop.app_context():
            carry_out_due(Lane.DEFAULT, hand)

    thread = threading.Thread(target=works)
    thread.start()
    assert begun.wait(5)
    while thread.is_alive():
        heeds.append(deliveries.monitor([hand]))
        thread.join(0.05)

    assert all(heeds)
    assert delivery_of("top")[1] == "JobTimeoutException: it took too long"
    hand.add(claimed_later())
    hand.start_next()
    monkeypatch.setattr(hand, "_ends_at", time.monotonic() - jobs.HARD_AFTER_SECONDS - 1)
    monkeypatch.setattr(hand, "_is_interrupted", True)
    assert not deliveries.monitor([hand])


def claimed_later() -> list[DueDelivery]:
    """Claim what waits for its next attempt."""
    with later(3600), transaction():
        return delivery_claims.claim_due()
