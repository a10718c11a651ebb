"""State machines as data: a typing error is found at import, an illegal move is refused."""

import pytest

from api.kernel.errors import Conflict, InvalidState
from api.kernel.states import StateMachine

PARCEL = StateMachine(
    "The parcel",
    initial="packed",
    commands={
        "ship": {"packed": "shipped"},
        "deliver": {"shipped": "delivered"},
        "cancel": {"packed": "cancelled"},
    },
)


def test_a_command_leads_to_the_next_state() -> None:
    assert PARCEL.next("packed", "ship") == "shipped"
    assert PARCEL.next("shipped", "deliver") == "delivered"
    assert PARCEL.states == {"packed", "shipped", "delivered", "cancelled"}


def test_an_illegal_command_says_where_it_stands_and_what_is_allowed() -> None:
    with pytest.raises(InvalidState) as refused:
        PARCEL.next("delivered", "cancel")

    assert refused.value.facts == {
        "machine": "The parcel",
        "current": "delivered",
        "command": "cancel",
        "allowed": [],
    }
    assert str(refused.value) == "The parcel is delivered: you cannot cancel it now."
    assert isinstance(refused.value, Conflict)


def test_a_refusal_has_words_for_people() -> None:
    transfer = StateMachine(
        "The transfer",
        initial="in_transit",
        commands={
            "receive": {"in_transit": "received"},
            "undo_receipt": {"received": "in_transit"},
            "close": {"received": "in_transit"},
        },
        phrases={"undo_receipt": "undo its receipt"},
    )

    said = []
    for command in ("undo_receipt", "close"):
        with pytest.raises(InvalidState) as refused:
            transfer.next("in_transit", command)
        said.append(str(refused.value))

    assert said == [
        "The transfer is in transit: you cannot undo its receipt now.",
        "The transfer is in transit: you cannot close it now.",
    ]


def test_a_state_lists_its_commands_in_alphabetical_order() -> None:
    assert PARCEL.allowed("packed") == ["cancel", "ship"]


def test_a_command_that_was_never_declared_is_a_bug_and_not_a_refusal() -> None:
    with pytest.raises(KeyError):
        PARCEL.next("packed", "explode")


def test_a_state_that_nothing_leads_to_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ValueError, match="Parcel: unreachable states: delivred"):
        StateMachine(
            "Parcel",
            initial="packed",
            commands={"ship": {"packed": "shipped"}, "return": {"delivred": "packed"}},
        )


def test_two_states_that_lead_only_to_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="unreachable states: lost, missing"):
        StateMachine(
            "Parcel",
            initial="packed",
            commands={
                "ship": {"packed": "shipped"},
                "lose": {"missing": "lost"},
                "miss": {"lost": "missing"},
            },
        )


def test_the_table_that_was_given_may_change_without_changing_the_machine() -> None:
    moves = {"packed": "shipped"}
    machine = StateMachine("Parcel", initial="packed", commands={"ship": moves})

    moves["shipped"] = "packed"

    assert machine.allowed("shipped") == []
