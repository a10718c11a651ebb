"""One shop for all journeys: real processes, spoken to over HTTP as a storefront does."""

from collections.abc import Iterator

import pytest

from tests.support.town import Town, open_town


@pytest.fixture(scope="session")
def whole_town() -> Iterator[Town]:
    """The shop that all journeys share; each brings its own goods and people."""
    with open_town(with_post_office=False) as town:
        yield town


@pytest.fixture
def town(whole_town: Town) -> Iterator[Town]:
    """The shop; when a journey is over, its books balance with the till's and the mail's."""
    yield whole_town
    whole_town.settles()
    assert whole_town.differences() == []
