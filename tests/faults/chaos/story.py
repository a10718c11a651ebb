"""What was done and told while everything happened, and what of it nothing explains."""

import json
import threading
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

from tests.faults.chaos.plan import OPERATIONS, Step
from tests.support.town import Town

ON_THE_WAY = {"see", "see_order", "parcels"}
"""Calls that only find out what the operation needs to know."""
PATIENCE = 4.0
"""What broke is mended, and still felt for so many seconds."""


@dataclass(frozen=True)
class Told:
    """An answer, or none (status 0), and when it was waited for."""

    step: Step
    call: str
    status: int
    code: str
    began: float
    ended: float


@dataclass
class Chaos:
    """Everything that was done and told; shared by all who take part."""

    town: Town
    ends_at: float
    log: TextIO | None = None
    orders: list[dict[str, Any]] = field(default_factory=list)
    levels: dict[str, dict[str, Any]] = field(default_factory=dict)
    bins: list[str | None] = field(default_factory=list)
    """The bins of the shop's location; the last is none."""
    place: str = ""
    """The code of the location at which goods come."""
    after: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """By command: the orders of which it was carried out."""
    told: list[Told] = field(default_factory=list)
    succeeded: Counter[str] = field(default_factory=Counter)
    """By operation: how often it did what it is for."""
    outages: list[tuple[str, float, float]] = field(default_factory=list)
    """What was broken, from when until when."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, told: Told) -> None:
        """Remember an answer."""
        is_first_part = told.call == "cart" and told.step.name == "checkout"
        if 200 <= told.status < 300 and told.call not in ON_THE_WAY and not is_first_part:
            self.note_success(told.step)
        with self.lock:
            self.told.append(told)
            if self.log is not None:
                line = {**asdict(told.step), "call": told.call, "status": told.status,
                        "code": told.code, "at": round(told.ended, 3)}  # fmt: skip
                self.log.write(json.dumps(line) + "\n")

    def note_success(self, step: Step) -> None:
        """Remember that an operation did what it is for."""
        with self.lock:
            self.succeeded[step.name] += 1

    def never_succeeded(self) -> list[str]:
        """List the operations that were of no use, and the outage that nobody noticed."""
        found = [f"never succeeded: {name}" for name in OPERATIONS if not self.succeeded[name]]
        if not any(one.code == "gateway_unavailable" for one in self.told):
            found.append("never told: gateway_unavailable")
        return found

    def counted(self) -> Counter[str]:
        """Count the answers by call, status and code."""
        return Counter(f"{one.call} {one.status} {one.code}".strip() for one in self.told)

    def unexplained(self) -> list[Told]:
        """List the failures that no outage explains.

        A connection breaks when the web is killed. 503 means that the database or Stripe was away.
        Anything else beyond 499 is a bug, and so is either of these without an outage.
        """
        explains = {0: ("kill_web", "kill_web_process"),
                    503: ("kill_postgres", "stripe_fails", "stripe_answers_lost")}  # fmt: skip
        return [
            one
            for one in self.told
            if (one.status == 0 or one.status >= 500)
            and not any(
                name in explains.get(one.status, ())
                and began <= one.ended
                and one.began <= ended + PATIENCE
                for name, began, ended in self.outages
            )
        ]
