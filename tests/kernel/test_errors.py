"""The ways in which the shop says no: a stable code, a sentence for people, facts for programs."""

from typing import ClassVar

import pytest

from api.kernel.errors import Conflict, DomainError, Stale, Unprocessable


class ShelfTooFull(Unprocessable):
    """A refusal of these tests."""

    code: ClassVar[str] = "shelf_too_full"
    sentence: ClassVar[str] = "{shelf} holds {limit} boxes and not {wanted}."


def test_a_refusal_says_its_sentence_with_its_facts() -> None:
    refused = ShelfTooFull(shelf="A-1", limit=4, wanted=5)

    assert str(refused) == "A-1 holds 4 boxes and not 5."
    assert refused.detail == str(refused)
    assert refused.facts == {"shelf": "A-1", "limit": 4, "wanted": 5}
    assert refused.code == "shelf_too_full"


def test_a_fact_that_was_not_given_does_not_hinder_the_refusal() -> None:
    assert str(ShelfTooFull(shelf="A-1", limit=4)) == (
        "A-1 holds 4 boxes and not (wanted unknown)."
    )


def test_a_sentence_of_its_own_is_taken_word_for_word() -> None:
    assert str(ShelfTooFull("No {shelf} today.", shelf="A-1")) == "No {shelf} today."


def test_a_stale_version_is_a_kind_of_conflict() -> None:
    assert issubclass(Stale, Conflict)
    with pytest.raises(Conflict, match="changed since you read it"):
        raise Stale(current_version=4)


def test_the_plainest_refusal_still_says_something() -> None:
    assert str(DomainError()) == "The shop refused this."
