"""What processes spend: CPU time in nanoseconds and memory, from the kernel's own counters."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def family(root: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield root
    try:
        for task in Path(f"/proc/{root}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return  # it ended while we looked


def _used_ns(pid: int) -> int:
    """Return the CPU time of a process with all its threads, also those that have ended.

    This is the clock that clock_getcpuclockid(3) names.
    """
    return time.clock_gettime_ns((~pid << 3) | 2)


def _reaped_ns(pid: int) -> int:
    """Return what the ended children of a process had used, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) * _TICK_NS


@dataclass(frozen=True)
class Reading:
    """The CPU time of a process and its descendants at one moment, by process."""

    by_pid: Mapping[int, tuple[int, int]]

    @classmethod
    def of(cls, root: int) -> "Reading":
        """Read the clocks of a process and its descendants now."""
        found = {}
        for pid in family(root):
            try:
                found[pid] = _used_ns(pid), _reaped_ns(pid)
            except OSError:
                continue
        return cls(found)

    def since(self, before: "Reading") -> int:
        """Return the nanoseconds used since an earlier reading.

        Of a child that ended in between (a gunicorn worker that was replaced, a database backend)
        the parent has the whole life; what was counted before is taken off.
        """
        total = sum(
            used - before.by_pid.get(pid, (0, 0))[0] + reaped - before.by_pid.get(pid, (0, 0))[1]
            for pid, (used, reaped) in self.by_pid.items()
        )
        return total - sum(
            used + reaped for pid, (used, reaped) in before.by_pid.items() if pid not in self.by_pid
        )


def readings(roots: Mapping[str, int]) -> dict[str, Reading]:
    """Read several trees of processes, by name."""
    return {name: Reading.of(pid) for name, pid in roots.items()}


def used_ms(before: Mapping[str, Reading], after: Mapping[str, Reading]) -> dict[str, float]:
    """Return the milliseconds of CPU that each tree used between two readings."""
    return {name: max(0, after[name].since(before[name])) / 1e6 for name in before}


def memory_mb(root: int) -> dict[str, list[float]]:
    """Return the resident (RSS) and proportional (PSS) memory of each process of a tree, in MB."""
    sizes: dict[str, list[float]] = {"rss": [], "pss": []}
    for pid in family(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        for name in sizes:
            sizes[name] += [
                int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name.title()}:")
            ]
    return sizes


@dataclass(frozen=True)
class Machine:
    """What all cores did up to one moment, in nanoseconds; `ours` is this run's own processes."""

    busy: int
    idle: int
    stolen: int
    ours: Reading

    @classmethod
    def now(cls) -> "Machine":
        """Read the machine's own counters."""
        names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
        line = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        ticks = {name: int(value) * _TICK_NS for name, value in zip(names, line, strict=True)}
        busy = sum(ticks[name] for name in ("user", "nice", "system", "irq", "softirq"))
        idle = ticks["idle"] + ticks["iowait"]
        return cls(busy, idle, ticks["steal"], Reading.of(os.getpid()))

    def shares_since(self, before: "Machine") -> dict[str, float]:
        """Return how the machine's time since then was spent, in percent of all cores."""
        busy, idle = self.busy - before.busy, self.idle - before.idle
        stolen = self.stolen - before.stolen
        whole = max(1, busy + idle + stolen) / 100
        ours = self.ours.since(before.ours)
        return {
            "ours": round(min(busy, ours) / whole, 1),
            "others": round(max(0, busy - ours) / whole, 1),
            "stolen": round(stolen / whole, 1),
            "idle": round(idle / whole, 1),
            "load_1m": round(os.getloadavg()[0], 2),
        }
