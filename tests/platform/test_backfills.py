"""Back-fills: batch by batch, each once, and on from where a killed worker was."""

import pytest
from sqlalchemy import text

from api.event_handlers import BACKFILLS
from api.platform import backfills
from api.platform.backfills import Backfill, BackfillProgress
from api.platform.db import session
from tests.support.shop import Shop

pytestmark = pytest.mark.usefixtures("app")


class Rows:
    """Three batches of rows; the second one dies as often as it is told."""

    def __init__(self, deaths: int = 0) -> None:
        self.places: list[str | None] = []
        self.deaths = deaths

    def step(self, place: str | None) -> str | None:
        """Fill in the next ones."""
        if place == "1" and self.deaths:
            self.deaths -= 1
            raise RuntimeError("killed")
        self.places.append(place)
        return {None: "1", "1": "2", "2": None}[place]


def test_each_batch_is_filled_in_once_and_a_second_run_does_nothing() -> None:
    rows = Rows()

    backfills.run([Backfill("rows-1", rows.step)])
    backfills.run([Backfill("rows-1", rows.step)])

    assert rows.places == [None, "1", "2"]
    progress = session.get_one(BackfillProgress, "rows-1")
    assert (progress.batches, progress.done_at is not None) == (3, True)


def test_a_killed_one_goes_on_where_it_was() -> None:
    rows = Rows(deaths=1)
    with pytest.raises(RuntimeError):
        backfills.run([Backfill("rows-1", rows.step)])

    backfills.run([Backfill("rows-1", rows.step)])

    assert rows.places == [None, "1", "2"]


def test_the_catalogue_is_found_anew_after_an_upgrade(shop: Shop) -> None:
    shop.sells("MUG", 7)
    session.execute(text("UPDATE products SET search_title = '', search_words = ''"))

    backfills.run(BACKFILLS)

    assert session.scalar(text("SELECT search_title FROM products")) != ""
