"""Reads what processes spend: CPU time in nanoseconds and resident memory, from /proc."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


def family(root: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield root
    for task in Path(f"/proc/{root}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def cpu_ns(root: int) -> int:
    """Return the CPU time that a process and its descendants have used so far."""
    total = 0
    for pid in family(root):
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def memory_mb(root: int) -> list[float]:
    """Return the resident memory of a process and of each descendant, in megabytes."""
    sizes = []
    for pid in family(root):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                sizes.append(int(line.split()[1]) / 1024)
    return sizes


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU per request, in the app and in Postgres."""

    name: str
    requests: int
    app_ms: float
    postgres_ms: float
    p50_ms: float
    p99_ms: float
