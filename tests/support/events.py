"""The facts that were written down, as the outbox holds them."""

from typing import TypeVar

from sqlalchemy import select

from api.kernel.events import Event
from api.platform.db import session
from api.platform.outbox import OutboxEvent

Kind = TypeVar("Kind", bound=Event)


def facts_of(kind: type[Kind]) -> list[Kind]:
    """Return the facts of one kind, in the order in which they happened."""
    bodies = session.scalars(
        select(OutboxEvent.body).where(OutboxEvent.name == kind.name).order_by(OutboxEvent.id)
    )
    return [kind.from_json(body) for body in bodies]
