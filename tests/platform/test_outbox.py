"""Facts on their way up: told if and only if the change happened, delivered once, never lost."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from api.kernel import clock
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.platform import attention, jobs, observability, outbox
from api.platform.db import session, transaction
from api.platform.jobs import Work, name_of, queue, relay_once, run_delivery, spans_transactions
from api.platform.outbox import ATTEMPTS, Delivery, Fact, emit
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


@spans_transactions
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
    work = Work(subscribers={BoxArrived: [shelve, announce]}, timetable=())
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


def entries() -> list[tuple[str, str, str]]:
    """Return what stands in the queue."""
    return [tuple(job.args) for job in queue().get_jobs()]


def works_off() -> int:
    """Carry out what stands in the queue, as a worker does; returns how much that was."""
    found = entries()
    queue().empty()
    for entry in found:
        run_delivery(*entry)
    return len(found)


def delivery(job: Any) -> Delivery:
    """Read the only delivery for a job."""
    with transaction():
        return session.scalars(select(Delivery).where(Delivery.subscriber == name_of(job))).one()


def later(seconds: float) -> Any:
    """Stop the clock some seconds from now."""
    return clock.frozen(clock.now() + timedelta(seconds=seconds))


def test_a_fact_reaches_every_subscriber_once(shop: Flask) -> None:
    (box,) = tells("top")

    assert relay_once() == 3  # one fact, two deliveries
    assert sorted(subscriber for _, subscriber, _ in entries()) == sorted(
        [name_of(shelve), name_of(announce)]
    )
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
    assert entries() == []


def test_a_fact_that_nobody_cares_about_is_laid_aside(shop: Flask) -> None:
    with transaction():
        emit(NobodyCares())

    assert relay_once() == 1
    assert relay_once() == 0
    with transaction():
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
        assert outbox.backlog()[0] == 0


def test_two_relays_deliver_each_fact_once(shop: Flask) -> None:
    """Without SKIP LOCKED they would wait for one another; without locks, deliver twice."""
    for _ in range(30):
        tells(*["top"] * 10)
    start = threading.Barrier(2)

    def relays() -> None:
        with shop.app_context():
            start.wait()
            while relay_once():
                continue

    threads = [threading.Thread(target=relays) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = entries()
    assert len(found) == 600
    assert len(set(found)) == 600


def test_an_entry_that_stands_in_the_queue_twice_takes_effect_once(shop: Flask) -> None:
    tells("top")
    relay_once()
    twice = entries() * 2

    for entry in twice:
        run_delivery(*entry)

    assert (stock_of("top"), stock_of("announced")) == (1, 1)
    assert len(mood.ran) == 2


def test_two_workers_with_the_same_entry_take_effect_once(shop: Flask) -> None:
    """Without the ledger's lock both would find it undone."""
    tells(*["top"] * 8)
    relay_once()
    mine = [entry for entry in entries() if entry[1] == name_of(shelve)]
    start = threading.Barrier(2)

    def works() -> None:
        with shop.app_context():
            start.wait()
            for entry in mine:
                run_delivery(*entry)

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
        names = set(session.scalars(select(Fact.name)))
    assert names == {"BoxArrived"}
    assert delivery(shelve).done_at is None
    assert delivery(shelve).last_error == "LookupError: the ladder is gone"
    assert delivery(announce).last_error == "LookupError: nobody answers"


def test_a_job_that_failed_comes_due_again_and_waits_twice_as_long_each_time(shop: Flask) -> None:
    tells("top")
    mood.fails = True
    waits = []
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        relay_once()
    for _ in range(ATTEMPTS - 1):
        works_off()
        with transaction():
            outbox.relay({})  # after a few failures a person is asked, which is a fact of its own
        due_at = delivery(shelve).due_at
        with clock.frozen(due_at - timedelta(seconds=1)):
            assert relay_once() == 0
        with clock.frozen(due_at):
            assert relay_once() == 2
            waits.append((delivery(shelve).due_at - due_at).total_seconds())
    works_off()
    assert attention.open_count() == 2

    assert waits == [60, 120, 240, 480, 960, 1920, *[3600] * 8]
    with later(10**7):
        assert relay_once() == 0  # it waits for a person
    assert delivery(shelve).attempts == ATTEMPTS
    with transaction():
        assert outbox.backlog()[0] == 2


def test_a_job_that_succeeds_at_last_forgets_its_failure(shop: Flask) -> None:
    tells("top")
    relay_once()
    mood.fails = True
    works_off()
    mood.fails = False
    with later(31):
        relay_once()
    works_off()

    assert (stock_of("top"), stock_of("announced")) == (1, 1)
    assert (delivery(shelve).last_error, delivery(announce).last_error) == (None, None)


def test_what_the_queue_forgets_is_delivered_later(shop: Flask) -> None:
    tells("top")
    relay_once()

    client().flushdb()

    assert (entries(), relay_once()) == ([], 0)
    with later(31):
        assert relay_once() == 2
    assert works_off() == 2
    assert stock_of("top") == 1


def test_what_cannot_be_enqueued_is_delivered_later(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells("top")
    nowhere = connect(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    with monkeypatch.context() as away:
        away.setitem(shop.extensions, "stockroom_redis", nowhere)
        with pytest.raises(RedisError):
            relay_once()

    with later(31):
        assert relay_once() == 2
    assert works_off() == 2
    assert stock_of("top") == 1


def test_a_subscriber_that_a_release_removed_is_noted_and_holds_up_nobody(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells("top")
    relay_once()
    monkeypatch.setitem(
        shop.extensions, "stockroom_work", Work(subscribers={BoxArrived: [announce]}, timetable=())
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
        ids = dict(session.execute(select(Fact.name, Fact.request_id)).all())
    assert ids == {"BoxArrived": "press-of-f7", "BoxUnpacked": "press-of-f7"}


def test_a_job_that_opens_a_transaction_of_its_own_must_say_so(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opens(fact: BoxArrived) -> None:
        with transaction():
            put_onto(fact.shelf)

    monkeypatch.setitem(
        shop.extensions, "stockroom_work", Work(subscribers={BoxArrived: [opens]}, timetable=())
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
    (entry,) = [entry for entry in entries() if entry[1] == name_of(shelve)]

    def gone(*_: object) -> None:
        raise OperationalError("UPDATE", {}, ConnectionError("no database"))

    mood.fails = True
    with monkeypatch.context() as away:
        away.setattr(outbox, "note_failure", gone)
        run_delivery(*entry)
    mood.fails = False
    run_delivery(*entry)

    assert stock_of("top") == 1


def test_many_deliveries_are_claimed_in_few_statements(shop: Flask) -> None:
    tells(*["top"] * 50)

    with count_statements() as sent:
        assert relay_once() == 150

    assert sent.count <= 5, sent


def test_a_claimed_delivery_counts_its_attempts(shop: Flask) -> None:
    tells("top")
    relay_once()
    assert delivery(shelve).attempts == 1
    with transaction():
        session.execute(update(Delivery).values(due_at=clock.now()))
    relay_once()
    assert delivery(shelve).attempts == 2


def test_jobs_are_named_by_their_room(shop: Flask) -> None:
    assert jobs.work().job(name_of(shelve)) is shelve
    assert name_of(shelve).endswith("test_outbox.shelve")
