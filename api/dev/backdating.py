"""Doing something as if it had been done before: at another time, and nobody is told of it now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from api.kernel import clock
from api.platform import observability
from api.platform.db import before_commit
from api.platform.outbox import OutboxEvent

_ASIDE: Final = "demo-history"


@contextmanager
def backdated(moment: datetime) -> Iterator[None]:
    """Let it be another time, so that the past has days."""
    with clock.frozen(moment):
        yield


@contextmanager
def aside() -> Iterator[None]:
    """Let what happens be known already: no e-mail is sent and no job is begun for it.

    Its events are marked as relayed in the transaction that writes them.
    """
    before = observability.request_id()
    observability.bind_request_id(_ASIDE)
    try:
        yield
    finally:
        observability.bind_request_id(before)


@before_commit
def _let_rest(current: Session) -> None:
    """Mark this transaction's facts as relayed, if they belong to the past."""
    if observability.request_id() == _ASIDE:
        current.execute(
            update(OutboxEvent)
            .where(OutboxEvent.relayed_at.is_(None), OutboxEvent.request_id == _ASIDE)
            .values(relayed_at=clock.now())
        )
