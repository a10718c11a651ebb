"""Corrections of stock: signs, odd figures, reasons, and the way back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client import stock
from console.client.outbox import Outbox, State
from console.flows import quantity_input, stock_adjustment, undo_command
from console.flows.transition import Tone
from tests.console.support.making import a_level


def typed(text: str, on_hand: int = 20) -> stock_adjustment.AdjustStep:
    return stock_adjustment.step(None, stock_adjustment.Typed(a_level(on_hand), text))


@pytest.mark.parametrize(
    ("text", "change", "usual"),
    [("+5", 5, "received"), ("-2", -2, "damaged"), ("=7", -13, "count")],
)
def test_signs_mean_what_they_say(text: str, change: int, usual: str) -> None:
    state = typed(text).state
    given_ = stock_adjustment.step(state, stock_adjustment.ReasonChosen(""))

    assert state.change == change
    assert given_.commands == (stock_adjustment.Give(state, usual),)
    assert given_.state is None


def test_a_digit_is_the_reason() -> None:
    given_ = stock_adjustment.step(typed("-2").state, stock_adjustment.ReasonChosen("4"))

    assert given_.commands[0].reason == "lost"


@pytest.mark.parametrize("digit", ["0", "9", "x"])
def test_an_unknown_reason_asks_again(digit: str) -> None:
    again = stock_adjustment.step(typed("-2").state, stock_adjustment.ReasonChosen(digit))

    assert again.state is not None
    assert again.commands == ()
    assert again.feedback.tone is Tone.WRONG


@pytest.mark.parametrize("text", ["=5012345678917", "+", "-x", "=", "+ 1 2"])
def test_what_is_no_quantity_changes_nothing(text: str) -> None:
    taken = typed(text)

    assert taken.state is None
    assert taken.commands == ()
    assert taken.feedback.tone is Tone.WRONG


def test_more_than_three_times_what_stands_there_is_asked_about_once() -> None:
    odd = typed("=61")
    confirmed = stock_adjustment.step(odd.state, stock_adjustment.ReasonChosen(""))
    refused = stock_adjustment.step(odd.state, stock_adjustment.ReasonChosen("7"))

    assert not odd.state.is_sure
    assert confirmed.state.is_sure
    assert confirmed.commands == ()
    assert refused.state is None
    assert typed("=60").state.is_sure


def test_a_level_cannot_fall_below_nothing() -> None:
    assert typed("-21").state is None
    assert typed("-20").state.change == -20


def test_what_is_there_already_needs_no_correction() -> None:
    assert typed("=20").state is None
    assert typed("+0").state is None


def test_esc_gives_up() -> None:
    given_up = stock_adjustment.step(typed("+5").state, stock_adjustment.Cancelled())

    assert given_up.state is None
    assert given_up.feedback.text == "Nothing changed"


@settings(max_examples=40)
@given(st.text(max_size=8))
def test_a_quantity_is_at_most_four_plain_digits(text: str) -> None:
    try:
        quantity = quantity_input.parse(text)
    except quantity_input.NotAQuantity:
        return
    assert 0 <= quantity <= 9999


@settings(max_examples=40)
@given(st.integers(0, 500), st.sampled_from("+-="), st.integers(0, 9999))
def test_what_is_taken_back_leaves_the_level_as_it_was(
    on_hand: int, sign: str, figure: int
) -> None:
    state = typed(f"{sign}{figure}", on_hand).state
    if state is None:
        return
    level = state.level
    draft = (
        stock.set_to(level, state.quantity, expected=level.on_hand, reason="count")
        if sign == "="
        else stock.adjust(level, state.change, reason="found")
    )
    outbox = Outbox(":memory:")
    command = outbox.put(draft, operator="mia")
    outbox.mark_sending(command)
    outbox.done(command, status=200)
    planned = undo_command.plan(outbox.latest_by("mia"), 0.0)
    assert isinstance(planned, undo_command.SendInverse)
    opposite = stock.inverse(planned.command)

    assert state.change + opposite.body["change"] == 0
    assert opposite.undoes == command.key
    outbox.put(opposite, operator="mia")
    assert outbox.latest_by("mia") == []
    outbox.close()


@pytest.mark.parametrize(
    ("kind", "words"),
    [("ship", "k on the order, then v"), ("note", "history"), ("refund", "Money")],
)
def test_what_cannot_be_taken_back_says_why_and_what_to_do(kind: str, words: str) -> None:
    outbox = Outbox(":memory:")
    command = outbox.put(
        stock.adjust(a_level(), 1, reason="x")._replace(kind=kind, inverse=None), operator="mia"
    )
    outbox.mark_sending(command)
    outbox.done(command, status=201)
    planned = undo_command.plan(outbox.latest_by("mia"), 0.0)

    assert isinstance(planned, undo_command.Cannot)
    assert words in planned.why
    outbox.close()


def test_an_unsent_command_is_simply_dropped_but_one_under_way_is_not() -> None:
    outbox = Outbox(":memory:")
    command = outbox.put(stock.adjust(a_level(), 1, reason="x"), operator="mia")
    assert isinstance(undo_command.plan(outbox.latest_by("mia"), 0.0), undo_command.Drop)

    outbox.mark_sending(command)
    assert isinstance(undo_command.plan(outbox.latest_by("mia"), 0.0), undo_command.Cannot)

    outbox.drop(outbox.get(command.key))
    assert outbox.get(command.key).state is State.DROPPED
    assert isinstance(undo_command.plan(outbox.latest_by("mia"), 0.0), undo_command.Nothing)
    outbox.close()
