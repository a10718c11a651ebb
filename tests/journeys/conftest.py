"""Journeys: each brings its own goods and people to the one running shop."""

from collections.abc import Iterator

import pytest

from tests.support.town import Town


@pytest.fixture
def town(whole_town: Town) -> Iterator[Town]:
    """The shop; when a journey is over, its books balance with the till's and the mail's."""
    yield whole_town
    whole_town.settles()
    assert whole_town.differences() == []
