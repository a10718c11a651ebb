"""What an earlier release left undone is done by this one, whatever its jobs are called now."""

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from api.event_handlers import WORK
from api.kernel.ids import new_id
from api.platform.db import session, transaction
from api.platform.settings import Settings
from tests.architecture.test_migrations import MIGRATIONS, shop_on
from tests.support.stack import Postgres
from tests.support.work import drain

BEFORE = "0026"
EVENT = text(
    "INSERT INTO facts (id, name, body, request_id, created_at, relayed_at)"
    " VALUES (:id, :name, '{\"variant_ids\": []}', '-', now(), :relayed_at)"
)
DELIVERY = text(
    "INSERT INTO fact_deliveries (fact_id, subscriber, due_at, attempts)"
    " VALUES (:id, :subscriber, now(), 0)"
)
TIMETABLE = text(
    "INSERT INTO timetable (name, next_run_at, failures) VALUES (:name, now(), :failures)"
)
ATTENTION = text(
    "INSERT INTO attention_items (id, kind, reference, reason, created_at)"
    " VALUES (:id, 'failing_job', :reference, 'it failed', now())"
)


def test_undelivered_events_of_the_release_before_are_delivered(
    postgres: Postgres, settings: Settings
) -> None:
    url = postgres.fresh_database()
    with shop_on(url, settings):
        upgrade(directory=str(MIGRATIONS), revision=BEFORE)
        waiting, relayed = new_id(), new_id()
        with transaction():
            session.execute(EVENT, {"id": waiting, "name": "StockReturned", "relayed_at": None})
            session.execute(
                EVENT, {"id": relayed, "name": "StockReturned", "relayed_at": "2026-05-04"}
            )
            session.execute(
                DELIVERY, {"id": relayed, "subscriber": "waitlist.jobs.on_stock_returned"}
            )
        upgrade(directory=str(MIGRATIONS))

        ran = drain()

        assert sorted(ran) == [
            "back_in_stock.jobs.on_back_in_stock",
            "waitlist.jobs.on_stock_returned",
        ]
        session.remove()
    postgres.drop_database(url)


def test_the_timetable_and_what_fails_keep_their_past(
    postgres: Postgres, settings: Settings
) -> None:
    url = postgres.fresh_database()
    with shop_on(url, settings):
        upgrade(directory=str(MIGRATIONS), revision=BEFORE)
        with transaction():
            session.execute(TIMETABLE, {"name": "expire-holds", "failures": 4})
            for reference in ("sweep:expire-holds:7", "expire-holds@2026-05-04", "expire-holdsome"):
                session.execute(ATTENTION, {"id": new_id(), "reference": reference})
        upgrade(directory=str(MIGRATIONS))

        row = session.execute(text("SELECT name, failures FROM timetable")).one()
        assert tuple(row) == ("expire-reservations", 4)
        references = session.scalars(text("SELECT reference FROM attention_items ORDER BY 1"))
        assert list(references) == [
            "expire-holdsome",
            "expire-reservations@2026-05-04",
            "sweep:expire-reservations:7",
        ]
        session.remove()
    postgres.drop_database(url)


@pytest.mark.parametrize("name", WORK.renamed)
def test_each_earlier_name_is_one_of_a_job_that_still_is(name: str) -> None:
    assert WORK.job(name) in [job for jobs in WORK.subscribers.values() for job in jobs]
    assert name not in {one for names in WORK.names().values() for one in names}


def test_catalog_events_that_were_stored_under_older_names_are_delivered(
    postgres: Postgres, settings: Settings
) -> None:
    url = postgres.fresh_database()
    older = (
        "catalog.jobs.gather_into_collections",
        "catalog.jobs.learn_search_words",
        "catalog.jobs.on_catalogue_changed",
        "inventory.jobs.on_catalogue_changed",
    )
    with shop_on(url, settings):
        upgrade(directory=str(MIGRATIONS))
        relayed = new_id()
        with transaction():
            session.execute(
                text(
                    "INSERT INTO facts (id, name, body, request_id, created_at, relayed_at) VALUES"
                    " (:id, 'CatalogueChanged', CAST(:body AS jsonb), '-', now(), now())"
                ),
                {"id": relayed, "body": '{"slugs": ["mug"], "shelves": ["category:mugs"]}'},
            )
            for subscriber in older:
                session.execute(DELIVERY, {"id": relayed, "subscriber": subscriber})

        assert sorted(drain()) == sorted(older)
        session.remove()
    postgres.drop_database(url)
