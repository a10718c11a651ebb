"""Whatever the provider does beside the shop, in whatever order the news comes: the books agree."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.books import differences
from tests.support.chance import some
from tests.support.foreign_events import EVENTS, ForeignStory
from tests.support.shop import Shop


@pytest.fixture
def begins(shop: Shop) -> Callable[[], ForeignStory]:
    """Begin one story after the other in one shop."""
    shop.sells("MUG", 100_000)
    owner = shop.staff()
    return lambda: ForeignStory(shop, owner)


@pytest.mark.parametrize("first", EVENTS)
def test_each_pair_with_its_news_twice_at_once_and_again_late(
    begins: Callable[[], ForeignStory], first: str
) -> None:
    wrong = {}
    for second in some(EVENTS, one_in=4):
        story = begins()
        for event in (first, second):
            getattr(story, event)()
            story.tells(story.sent[-2:])
        story.tells(story.sent[::-1], times=1)
        if found := story.wrong():
            wrong[first, second] = found
    assert wrong == {}
    assert differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("first", EVENTS)
def test_each_pair_with_its_news_only_afterwards_and_backwards(
    begins: Callable[[], ForeignStory], first: str
) -> None:
    wrong = {}
    for second in some(EVENTS, one_in=4):
        story = begins()
        for event in (first, second):
            getattr(story, event)()
        story.tells(story.sent[::-1], times=1)
        if found := story.wrong():
            wrong[first, second] = found
    assert wrong == {}
    assert differences() == []


@pytest.mark.parametrize("first", EVENTS)
def test_each_pair_without_any_news_is_found_by_the_sweep(
    begins: Callable[[], ForeignStory], first: str
) -> None:
    stories = {}
    for second in some(EVENTS, one_in=4):
        story = stories[first, second] = begins()
        getattr(story, first)()
        getattr(story, second)()
    for _ in range(2):
        story.sweep()
    assert {pair: found for pair, one in stories.items() if (found := one.wrong())} == {}
    assert differences() == []


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from((*EVENTS, "tells", "sweep")), min_size=3, max_size=9))
def test_any_road_ends_with_the_books_of_both_alike(
    begins: Callable[[], ForeignStory], road: list[str]
) -> None:
    story = begins()
    for event in road:
        if event == "tells":
            story.tells(story.sent[::-1], times=1)
        else:
            getattr(story, event)()
    story.tells(story.sent)
    assert story.wrong() == []
    assert differences() == []
