"""What the shop's doctor found when it last looked whether goods, orders and money add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DoctorLight:
    """How the books stood: `ok`, `differs`, `failed`, `outdated`, or `unknown` before a look."""

    state: str
    differences: int
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that does not add up."""

    label: str
    recorded: str | None
    expected: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise, how many rows break it, and the first of them."""

    name: str
    promise: str
    state: str
    differences: int
    error: str | None
    shown: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class DoctorRun:
    """One look at everything."""

    differences: int
    finished_at: datetime | None
    findings: tuple[Finding, ...]
