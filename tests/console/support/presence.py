"""The made-up shop's change feed and claims."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tests.console.support.warehouse import Refusal

ME = "Mia Winter"
LONG_AGO = "too old"
"""A cursor that the shop no longer knows."""


class Presence:
    """What changed, and who has which order open."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str | None]] = []
        self.claims: dict[str, dict[str, object]] = {}
        self.claimed: list[str] = []
        """Whether the console claimed an order or gave it back, each time."""

        self.looks: list[float] = []
        """When somebody asked what changed."""

        self.forgets = False
        """The next look is told to read everything again."""

    def tell(self, kind: str, object_id: str | None) -> None:
        """Something changed."""
        self.told.append((kind, object_id))

    def look(self, query: dict[str, str]) -> dict[str, object]:
        """What changed since a cursor."""
        self.looks.append(time.monotonic())
        at = len(self.told)
        after = int(query.get("after", str(at)))
        forgets, self.forgets = self.forgets, False
        return {
            "cursor": str(at),
            "must_reload": forgets,
            "changes": [{"kind": k, "id": i} for k, i in dict.fromkeys(self.told[after:])],
            "claims": list(self.claims.values()),
        }

    def has_open(self, order_id: str, who: str) -> dict[str, object]:
        """Somebody opens an order."""
        now = datetime.now(UTC)
        self.claims[order_id] = {
            "order_id": order_id, "claimed_by": who, "claimed_at": now.isoformat(),
            "claimed_until": (now + timedelta(minutes=5)).isoformat(), "is_mine": who == ME,
        }  # fmt: skip
        return self.claims[order_id]

    def claim(self, order_id: str, body: dict[str, bool]) -> dict[str, object]:
        """The console's person opens an order."""
        self.claimed.append("claim")
        held = self.claims.get(order_id)
        if held is not None and not held["is_mine"] and not body["take_over"]:
            raise Refusal(409, "order_claimed", f"{held['claimed_by']} has it open.", **held)
        return self.has_open(order_id, ME)

    def release(self, order_id: str) -> None:
        """The console's person leaves an order."""
        self.claimed.append("release")
        if self.claims.get(order_id, {}).get("is_mine"):
            del self.claims[order_id]
