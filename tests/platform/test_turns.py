"""Whoever loses a deadlock begins again; everything else that fails fails at once."""

from collections.abc import Callable, Sequence
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from api.platform.db import ATTEMPTS, retry_on_deadlock, session, transaction
from tests.support.threads import at_once


def _taking(locks: Sequence[int], meeting: Barrier, tried: list[int]) -> Callable[[], Any]:
    """Return a view that takes locks in this order; the first time it waits for the other one."""

    @retry_on_deadlock
    def take() -> str:
        tried.append(locks[0])
        is_first = tried.count(locks[0]) == 1
        with transaction():
            session.execute(select(func.pg_advisory_xact_lock(locks[0])))
            if is_first:
                meeting.wait(10)
            session.execute(select(func.pg_advisory_xact_lock(locks[1])))
        return "done"

    return take


def test_who_loses_a_deadlock_begins_again(app: Flask) -> None:
    tried: list[int] = []
    meeting = Barrier(2)

    outcomes = at_once(
        app, [_taking((901, 902), meeting, tried), _taking((902, 901), meeting, tried)]
    )

    assert (outcomes.results, outcomes.errors) == (["done", "done"], [])
    assert len(tried) == 3, "one of the two, and that one once more"


def test_what_is_no_deadlock_is_not_tried_again(app: Flask) -> None:
    tried = []

    @retry_on_deadlock
    def waits_too_long() -> None:
        tried.append(1)
        with transaction():
            session.execute(select(func.set_config("statement_timeout", "10", True)))
            session.execute(select(func.pg_sleep(1)))

    with pytest.raises(OperationalError):
        waits_too_long()
    assert tried == [1]


def test_a_deadlock_that_comes_every_time_is_told_in_the_end() -> None:
    tried = []

    @retry_on_deadlock
    def loses() -> None:
        tried.append(1)
        lost = type("DeadlockDetected", (Exception,), {"pgcode": "40P01"})("deadlock detected")
        raise OperationalError("UPDATE", {}, lost)

    with pytest.raises(OperationalError):
        loses()
    assert len(tried) == ATTEMPTS
