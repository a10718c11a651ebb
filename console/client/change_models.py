"""Wire models of the change feed and of claims."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is another than it was; without an id, many of the kind."""

    kind: str
    id: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """An order that somebody has open."""

    order_id: str
    claimed_by: str
    claimed_at: datetime
    claimed_until: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Worker:
    """Whether a worker is at work (`running`, `stopped`, `unknown`), and when one last said so."""

    state: str
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """What one look gave."""

    cursor: str
    must_reload: bool
    changes: tuple[Change, ...]
    claims: tuple[Claim, ...]

    def has(self, kinds: Iterable[str]) -> bool:
        """Whether anything of these kinds may be another than it was."""
        return self.must_reload or any(one.kind in kinds for one in self.changes)

    def about(self, kind: str, object_id: str) -> bool:
        """Whether this one thing may be another than it was."""
        return self.must_reload or any(
            one.kind == kind and one.id in (None, object_id) for one in self.changes
        )
