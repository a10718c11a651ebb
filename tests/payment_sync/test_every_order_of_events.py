"""Whatever happens to an order's money, in whatever order: nothing is payable that must not be.

A settled or cancelled order has no PaymentIntent that somebody could still pay, every cent that
came in is in the books, no more goes back than came in, and a cancellation gives all of it back.
"""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.books import differences
from tests.support.chance import some
from tests.support.money_events import EVENTS, MoneyStory
from tests.support.shop import Shop

ASKS_THE_PROVIDER = (
    "create_intent", "webhook", "mark_paid", "cancel", "refund_line", "expire", "sweep",
)  # fmt: skip
BEFORE: dict[str, tuple[str, ...]] = {
    "create_intent": (),
    "refund_line": ("create_intent", "pay", "webhook"),
}


@pytest.fixture
def begins(shop: Shop) -> Callable[[], MoneyStory]:
    """Begin one story after the other in one shop; each has a customer of its own."""
    shop.sells("MUG", 100_000)
    owner = shop.staff()
    return lambda: MoneyStory(shop, owner)


@pytest.mark.parametrize("first", EVENTS)
def test_each_pair_of_events_twice_and_late(begins: Callable[[], MoneyStory], first: str) -> None:
    wrong = {}
    for second in some(EVENTS, one_in=4):
        story = begins()
        for event in ("create_intent", first, second, first, second, "webhook"):
            story.happens(event)
        if found := story.ends():
            wrong[first, second] = found
    assert wrong == {}
    assert differences() == []


@pytest.mark.parametrize("event", ASKS_THE_PROVIDER)
def test_each_event_inside_each_question_to_the_provider(
    begins: Callable[[], MoneyStory], event: str
) -> None:
    """One happens while the provider answers the other: at each of its questions."""
    chosen = some(EVENTS, one_in=4)
    wrong, met = {}, 0
    for inside in chosen:
        for at_call in (1, 2):
            story = begins()
            for earlier in BEFORE.get(event, ("create_intent",)):
                story.happens(earlier)
            is_met = story.happens(event, inside=inside, at_call=at_call)
            if found := story.ends():
                wrong[event, inside, at_call] = found
            met += is_met
            if not is_met:
                break
    assert wrong == {}
    assert differences() == []
    assert met >= len(chosen), "the provider was hardly asked: this proves nothing"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(EVENTS), min_size=3, max_size=9))
def test_any_road_ends_with_all_money_accounted_for(
    begins: Callable[[], MoneyStory], road: list[str]
) -> None:
    story = begins()
    for event in road:
        story.happens(event)
    assert story.ends() == []
    assert differences() == []
