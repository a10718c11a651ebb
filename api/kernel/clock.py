"""The shop's clock: always aware UTC, and one place where tests may stop it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_frozen: datetime | None = None


def now() -> datetime:
    """Return the present moment as aware UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stop the clock at a moment for as long as the block lasts; for tests."""
    global _frozen
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    before, _frozen = _frozen, at.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
