"""Faults: the parts of the one running shop are killed; each must leave it as able as it was."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.town import Town


@pytest.fixture
def town(whole_town: Town) -> Iterator[Town]:
    """The shop; after each fault its books balance with the till's, and no letter came twice.

    `may_come_twice` names the letters of which a fault explains a second copy.
    """
    yield whole_town
    whole_town.settles()
    assert whole_town.differences() == []
    copies = [letter.message_id for letter in whole_town.letters()]
    assert {each for each in copies if copies.count(each) > 1} == whole_town.may_come_twice


@pytest.fixture
def at_once() -> Iterator[ThreadPoolExecutor]:
    """Threads for people who do something while something else happens."""
    with ThreadPoolExecutor(8) as threads:
        yield threads
