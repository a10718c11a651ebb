"""Which passwords are good enough, and how they are kept."""

import time
from collections.abc import Callable

import hypothesis
import pytest
from flask import Flask
from hypothesis import strategies

from api.accounts import passwords
from api.accounts import service as accounts_service
from api.accounts.errors import PasswordRefused
from api.platform.db import transaction
from tests.support.people import PASSWORD, PASSWORD_HASH


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("ninechars", "too_short"),
        ("x1" * 101, "too_long"),
        ("ada@example.com", "is_the_email"),
        ("ADA@Example.com", "is_the_email"),
        ("password123", "too_common"),
        ("PassWord123", "too_common"),
        ("qwertyuiop", "too_common"),
        ("aaaaaaaaaaaa", "too_common"),
        ("abababababab", "too_common"),
        ("ten chars!", None),
        ("correct horse battery staple", None),
        ("пароль-длинный", None),
        ("Welcome2026!", "too_common"),
        ("stockroom2026", "too_common"),
        ("1qaz2wsx3edc", "too_common"),
        ("mug-and-kettle-42", None),
        ("ab" * 99 + "cd", "too_common"),
        ("a lantern over the harbour " + "x" * 150, None),
    ],
)
def test_a_password_is_judged_by_length_and_by_what_is_guessed_first(
    password: str, reason: str | None
) -> None:
    assert passwords.weakness(password, email="ada@example.com") == reason


@hypothesis.given(strategies.text(max_size=250))
def test_any_text_is_judged(password: str) -> None:
    told = passwords.weakness(password, email="ada@example.com")

    assert told in {None, "too_short", "too_long", "is_the_email", "too_common"}


def test_no_password_takes_much_longer_to_judge_than_to_hash() -> None:
    """Every letter may stand for another one: all of it would be tried for seconds."""
    crafted = "4@8({[</369&#!1/|0$5+7%2" * 8

    def seconds(work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    judging = min(seconds(lambda: passwords.weakness(crafted, email="a@b.c")) for _ in range(3))
    hashing = min(seconds(lambda: passwords.hashed(PASSWORD)) for _ in range(3))
    assert judging < 8 * hashing


def test_a_hash_matches_its_password_and_no_other() -> None:
    stored = passwords.hashed(PASSWORD)

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(stored, PASSWORD) is True
    assert passwords.matches(stored, PASSWORD + " ") is False


def test_two_ways_to_type_an_accent_are_one_password() -> None:
    """Without it a password set on a Mac would not open the shop on Windows."""
    assert passwords.matches(passwords.hashed("caf\u00e9 au lait"), "cafe\u0301 au lait") is True


def test_the_decoy_costs_what_a_real_hash_costs() -> None:
    """Otherwise the time of a refusal would tell whether an account exists."""
    assert passwords.needs_rehash(passwords.DECOY) is False
    assert passwords.needs_rehash(PASSWORD_HASH) is False
    assert passwords.needs_rehash("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA") is True


def test_a_refusal_names_the_reason(app: Flask) -> None:
    with pytest.raises(PasswordRefused) as refused:
        accounts_service.hash_password("password123", email="ada@example.com")

    assert refused.value.facts["errors"] == [
        {
            "pointer": "/password",
            "in": "body",
            "code": "too_common",
            "detail": "It is easy to guess. Take a few words that do not belong together.",
        }
    ]


def test_nobody_hashes_inside_a_transaction(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"), transaction():
        accounts_service.hash_password(PASSWORD, email="ada@example.com")
