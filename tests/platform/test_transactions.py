"""Transactions belong to the edge: one at a time, all or nothing, facts only with the deed."""

import threading
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine, func, select, text
from sqlalchemy.exc import StatementError

from api.accounts.models import User
from api.kernel import clock
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.platform import db as database
from api.platform import observability, outbox
from api.platform.db import end_read_transaction, require_transaction, session, transaction
from api.platform.outbox import OutboxEvent, emit
from api.platform.prepared import prepared
from api.platform.settings import Settings
from tests.support.events import facts_of
from tests.support.people import a_customer
from tests.support.workshop import PATH, Bench, put_onto, stock_of


@dataclass(frozen=True, kw_only=True)
class ShelfFilled(Event):
    """A fact of these tests."""

    shelf_id: UUID
    place: int = 0


def count_facts() -> int:
    """Count the facts that are written down."""
    with transaction():
        return session.scalar(select(func.count()).select_from(OutboxEvent)) or 0


def fails_after_its_deed(error: type[BaseException]) -> None:
    """Put something onto a shelf, tell of it, and fail."""
    with transaction():
        put_onto("top")
        emit(ShelfFilled(shelf_id=new_id()))
        raise error


def nests() -> None:
    """Open a transaction inside of one that has done something."""
    with transaction():
        put_onto("top")
        with transaction():
            put_onto("top")


def test_what_happens_in_a_transaction_stays(workshop: Flask) -> None:
    with transaction():
        put_onto("top")

    assert stock_of("top") == 1


def test_what_fails_leaves_nothing_behind(workshop: Flask) -> None:
    with pytest.raises(LookupError):
        fails_after_its_deed(LookupError)

    assert stock_of("top") == 0
    assert count_facts() == 0


def test_even_an_interruption_leaves_nothing_behind(workshop: Flask) -> None:
    with pytest.raises(KeyboardInterrupt):
        fails_after_its_deed(KeyboardInterrupt)

    assert stock_of("top") == 0


def test_transactions_do_not_nest_and_the_outer_one_is_undone(workshop: Flask) -> None:
    with pytest.raises(RuntimeError, match="do not nest"):
        nests()

    assert stock_of("top") == 0


def test_a_transaction_can_follow_one_that_failed(workshop: Flask) -> None:
    with pytest.raises(LookupError), transaction():
        raise LookupError
    with transaction():
        put_onto("top")

    assert stock_of("top") == 1


def test_a_service_without_a_transaction_is_a_bug(workshop: Flask) -> None:
    with pytest.raises(RuntimeError, match="outside of a transaction"):
        require_transaction()
    with pytest.raises(RuntimeError, match="outside of a transaction"):
        emit(ShelfFilled(shelf_id=new_id()))


def test_facts_are_written_in_the_order_in_which_they_happened(workshop: Flask) -> None:
    shelf = new_id()
    observability.bind_request_id("press-of-f7")

    with transaction():
        for place in range(5):
            emit(ShelfFilled(shelf_id=shelf, place=place))
        assert session.scalar(select(func.count()).select_from(OutboxEvent)) == 0

    assert facts_of(ShelfFilled) == [ShelfFilled(shelf_id=shelf, place=n) for n in range(5)]
    assert set(session.scalars(select(OutboxEvent.request_id))) == {"press-of-f7"}


def test_a_fact_does_not_leak_into_the_next_transaction(workshop: Flask) -> None:
    with pytest.raises(LookupError):
        fails_after_its_deed(LookupError)
    with transaction():
        put_onto("top")

    assert count_facts() == 0


def test_two_transactions_of_one_flow_do_not_see_old_news(app: Flask) -> None:
    """Without a fresh look, the second step would decide by what the first one had read."""
    carla = a_customer("Carla Customer")
    with transaction():
        kept = session.get_one(User, carla.id)

    def renames() -> None:
        with app.app_context(), transaction():
            session.get_one(User, carla.id).full_name = "Carla Changed"

    elsewhere = threading.Thread(target=renames)
    elsewhere.start()
    elsewhere.join()

    with transaction():
        locked = session.scalars(select(User).where(User.id == carla.id).with_for_update()).one()
        assert locked is kept
        assert locked.full_name == "Carla Changed"


def test_what_was_loaded_can_still_be_read_after_the_transaction(app: Flask) -> None:
    carla = a_customer("Carla Customer")
    with transaction():
        kept = session.get_one(User, carla.id)
    session.remove()

    assert kept.full_name == "Carla Customer"


def test_the_network_is_not_called_inside_a_transaction(workshop: Flask) -> None:
    with pytest.raises(RuntimeError, match="must not be called inside"), transaction():
        end_read_transaction()


def test_forgetting_reads_gives_the_connection_back(workshop: Flask) -> None:
    session.execute(text("SELECT 1"))
    assert session().in_transaction()

    end_read_transaction()

    assert not session().in_transaction()


def test_a_moment_without_a_time_zone_is_not_stored(workshop: Flask) -> None:
    nameless = datetime(2026, 1, 1)  # noqa: DTZ001

    with pytest.raises(StatementError, match="needs its time zone"), transaction():
        session.add(
            OutboxEvent(name="x", body={}, request_id="-", created_at=nameless, relayed_at=None)
        )


def test_moments_come_back_in_utc(workshop: Flask) -> None:
    with transaction():
        session.execute(text("SET LOCAL timezone = 'Asia/Tokyo'"))
        session.add(OutboxEvent(name="x", body={}, request_id="-", created_at=clock.now()))
        session.flush()
        session.expire_all()
        stored = session.scalars(select(OutboxEvent)).one()
        assert stored.created_at.utcoffset() is not None
        assert str(stored.created_at.tzinfo) == "UTC"


def test_the_deed_is_done_even_when_nobody_hears_the_news(
    workshop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows a commit may get lost; the commit may not."""
    told: list[object] = []
    monkeypatch.setattr(database, "_after_commit", [told.append])

    with transaction() as current:
        put_onto("top")
        emit(ShelfFilled(shelf_id=new_id()))

    assert told == [current]
    assert (stock_of("top"), count_facts()) == (1, 1)


def test_history_cannot_be_rewritten(workshop: Flask) -> None:
    with transaction():
        session.execute(
            text(
                "INSERT INTO audit_log (id, created_at, actor, action, request_id, changes)"
                " VALUES (gen_random_uuid(), now(), 'staff:1', 'stock.adjusted', '-', '{}')"
            )
        )

    for change in ("UPDATE audit_log SET actor = 'staff:2'", "DELETE FROM audit_log"):
        with pytest.raises(Exception, match="audit_log is append-only"), transaction():
            session.execute(text(change))


def test_the_oldest_fact_tells_how_far_behind_the_shop_is(workshop: Flask) -> None:
    with transaction():
        assert outbox.backlog() == (0, 0.0)
    with transaction():
        emit(ShelfFilled(shelf_id=new_id()))

    with transaction():
        count, age = outbox.backlog()
    assert (count, 0 <= age < 60) == (1, True)


@pytest.mark.parametrize("begins_a_transaction", [False, True])
def test_a_server_that_goes_before_its_connection_is_given_back_costs_neither_answer_nor_slot(
    client: FlaskClient, bench: Bench, settings: Settings, begins_a_transaction: bool
) -> None:
    def cut_off() -> None:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with create_engine(settings.database_url, poolclass=NullPool).begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        if begins_a_transaction:
            with transaction():
                put_onto("top")

    # The pool gives out the one that waits longest: another than the lost one, if it kept more.
    with client.application.app_context():
        database.db.engine.dispose()
    bench.during = cut_off
    answers = [client.get(f"{PATH}/whatever").status_code for _ in range(3)]

    assert answers[0] == (503 if begins_a_transaction else 200)
    # The first statement on a connection that is gone fails, and is told as such.
    assert set(answers) <= {200, 503}
    with client.application.app_context():
        assert database.db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_page_that_only_reads_says_nothing_else_to_the_server(
    client: FlaskClient, bench: Bench, settings: Settings
) -> None:
    """Neither BEGIN nor ROLLBACK, nor the SET with which psycopg2 leaves autocommit."""
    found: list[int] = []
    bench.during = lambda: found.append(session.scalar(text("SELECT pg_backend_pid()")))
    for _ in range(2):
        client.get(f"{PATH}/whatever")
    with create_engine(settings.database_url, poolclass=NullPool).begin() as other:
        said = text("SELECT query FROM pg_stat_activity WHERE pid = :pid")
        assert other.scalar(said, {"pid": found[-1]}) == "SELECT pg_backend_pid()"


def test_a_transaction_that_somebody_rolled_back_goes_on_with_a_connection(app: Flask) -> None:
    one = prepared(text("SELECT 1"))
    with transaction():
        assert session.scalar(one) == 1
        session.rollback()  # the connection that was asked for is returned to the pool
        assert session.scalar(one) == 1


def test_a_query_starts_no_parallel_workers(app: Flask) -> None:
    assert session.scalar(text("SHOW max_parallel_workers_per_gather")) == "0"
