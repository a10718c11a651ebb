"""The tables for people and the JSON for machines."""

import json
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks.background import Background
from tests.benchmarks.backlog import Drained
from tests.benchmarks.rounds import Results, Window
from tests.benchmarks.works import Work

WIDTH = 140
BUSY_PERCENT = 8.0
"""From this share of all cores on, what others did makes the times worth little."""


@dataclass(frozen=True)
class Figure:
    """A median over the rounds, with the smallest and the largest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """Summarise the rounds."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return _short(self.median)

    def with_spread(self) -> str:
        """Write it with its spread, as `1.20 (1.10-1.35)`."""
        return f"{self} ({_short(self.least)}-{_short(self.most)})"


def figures(results: Results, name: str, work: str) -> dict[str, Figure]:
    """Summarise one work on one shop: CPU in ms per unit, multiples of the floors of its round."""
    windows = results.windows[name][work]
    bare = [window.cpu["web"] for window in results.windows["floor"]["bare"]]
    # The floor was measured once before each work of a round; its rounds come in that order.
    per_work = _in_rounds(bare, len(windows))
    found = {part: Figure.of([w.cpu[part] for w in windows]) for part in windows[0].cpu}
    found["web_and_postgres"] = _over(windows, lambda w: w.cpu["web"] + w.cpu["postgres"])
    found["times_bare"] = Figure.of(
        [w.cpu["web"] / floor for w, floor in zip(windows, per_work, strict=True)]
    )
    if results.raw.get(work):
        raw = [each["client"] + each["postgres"] for each in results.raw[work]]
        whole = [w.cpu["web"] + w.cpu["postgres"] for w in windows]
        found["times_raw"] = Figure.of([a / b for a, b in zip(whole, raw, strict=True)])
    for field in ("p50", "p99", "per_second"):
        found[field] = Figure.of([getattr(window, field) for window in windows])
    return found


def _in_rounds(values: Sequence[float], rounds: int) -> list[float]:
    size = len(values) // rounds
    return [statistics.median(values[n * size : (n + 1) * size]) for n in range(rounds)]


def _over(windows: Sequence[Window], read: Callable[[Window], float]) -> Figure:
    return Figure.of([read(window) for window in windows])


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def show(
    results: Results, works: Sequence[Work], names: Sequence[str], console: Console | None = None
) -> None:
    """Print the table of the works, a row for each shop."""
    out = console or Console(width=WIDTH)
    costs = _columns(
        _table("CPU in ms per unit: median of the rounds (least-most)"),
        ("web", "Postgres", "Redis", "worker", "web+PG", "x bare", "x raw"),
    )
    ways = _columns(
        _table("statements and round trips per unit; times in ms, with 8 connections"),
        ("SQL", "trips", "Redis trips", "p50", "p99", "per s"),
    )
    for work in works:
        for place, name in enumerate(names):
            found = figures(results, name, work.name)
            title = f"{work.name} {work.title}" if place == 0 else ""
            parts = [found[part] for part in ("web", "postgres", "redis", "worker")]
            multiples = [
                found.get(each) for each in ("web_and_postgres", "times_bare", "times_raw")
            ]
            spread = ["" if each is None else each.with_spread() for each in multiples]
            costs.add_row(title, name, *map(str, parts), *spread)
            counts = results.counts[name].get(work.name)
            told = ["", "", ""]
            if counts is not None:
                numbers = (counts.statements, counts.round_trips, counts.redis_round_trips)
                told = [f"{number:g}" for number in numbers]
            times = [found[each].with_spread() for each in ("p50", "p99")]
            ways.add_row(title, name, *told, *times, f"{found['per_second'].median:,.0f}")
    out.print(costs)
    show_floors(results, out)
    out.print(ways)


def _columns(table: Table, headings: Sequence[str]) -> Table:
    for heading in ("work", "shop"):
        table.add_column(heading, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def show_floors(results: Results, out: Console) -> None:
    """Print what the floors cost in the same run."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title="floors of the same run: CPU in ms per unit",
        title_justify="left",
    )
    for heading in ("floor", "client or web", "Postgres", "both"):
        table.add_column(heading, justify="left" if heading == "floor" else "right")
    for name, windows in results.windows["floor"].items():
        web = _over(windows, lambda window: window.cpu["web"])
        table.add_row(_FLOORS[name], web.with_spread(), "", str(web))
    for name, found in results.raw.items():
        client = Figure.of([each["client"] for each in found])
        postgres = Figure.of([each["postgres"] for each in found])
        both = Figure.of([each["client"] + each["postgres"] for each in found])
        table.add_row(f"raw SQL of {name}", str(client), str(postgres), both.with_spread())
    out.print(table)


_FLOORS = {"bare": "bare Flask", "checked": "schema check and one Redis round trip"}


def show_backlog(found: Mapping[str, Sequence[Drained]], console: Console | None = None) -> None:
    """Print how long the backlogs took, and beside the first shop how much less than the others."""
    out = console or Console(width=WIDTH)
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title="a backlog, on one core: median (least-most)",
        title_justify="left",
    )
    for heading in ("shop", "deliveries", "e-mails", "all done after s", "ms each"):
        table.add_column(heading)
    for heading in ("the last order's e-mail after s", "worker CPU s", "here / it"):
        table.add_column(heading)
    first = [one.all_after / one.deliveries for one in next(iter(found.values()))]
    for name, rounds in found.items():
        each = [one.all_after / one.deliveries for one in rounds]
        table.add_row(
            name,
            *(str(Figure.of([one.deliveries for one in rounds])),),
            *(str(Figure.of([one.mails for one in rounds])),),
            Figure.of([one.all_after for one in rounds]).with_spread(),
            Figure.of([1000 * one for one in each]).with_spread(),
            Figure.of([one.mail_after for one in rounds]).with_spread(),
            Figure.of([one.worker_cpu for one in rounds]).with_spread(),
            Figure.of([a / b for a, b in zip(first, each, strict=True)]).with_spread(),
        )
    out.print(table)


def show_background(found: Mapping[str, Background], console: Console | None = None) -> None:
    """Print what jobs, e-mails, webhooks and imports cost."""
    out = console or Console(width=WIDTH)
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title="beside the requests: median (least-most)",
        title_justify="left",
    )
    table.add_column("measure")
    for name in found:
        table.add_column(name, justify="right")
    first = next(iter(found.values()))
    for measure in first.values:
        cells = [Figure.of(each.values[measure]).with_spread() for each in found.values()]
        table.add_row(measure.replace("_", " "), *cells)
    out.print(table)


def show_memory(memory: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the memory after the run."""
    out = console or Console(width=WIDTH)
    for name, parts in memory.items():
        for part, sizes in parts.items():
            listed = [
                f"{kind.upper()} {', '.join(f'{size:.0f}' for size in sizes[kind])}"
                for kind in ("rss", "pss")
            ]
            out.print(f"{name}: memory of {part} in MB, by process: {'; '.join(listed)}")


def show_growth(
    sizes: Mapping[int, Results], works: Sequence[Work], console: Console | None = None
) -> None:
    """Print what each work costs at each size, and how much more at the largest."""
    out = console or Console(width=WIDTH)
    title = "growth: web+PG CPU in ms per unit, by products and orders (p50 in ms)"
    table = _table(title)
    table.add_column("work")
    for size in sizes:
        table.add_column(f"{size:,}", justify="right")
    table.add_column("last / first", justify="right")
    for work in works:
        found = [
            figures(results, next(name for name in results.windows if name != "floor"), work.name)
            for results in sizes.values()
        ]
        costs = [each["web_and_postgres"].median for each in found]
        cells = [f"{each['web_and_postgres'].with_spread()}  p50 {each['p50']}" for each in found]
        table.add_row(f"{work.name} {work.title}", *cells, f"{costs[-1] / costs[0]:.2f}")
    out.print(table)


def show_machine(shares: Mapping[str, float], console: Console | None = None) -> None:
    """Say what else the machine did meanwhile."""
    out = console or Console(width=WIDTH)
    text = (
        f"machine: {shares['ours']} % of all cores was ours, {shares['others']} % others',"
        f" {shares['stolen']} % stolen, {shares['idle']} % idle, load {shares['load_1m']}"
    )
    out.print(text)
    if is_busy(shares):
        out.print("[bold red]BUSY MACHINE: others took part; quote no figure of this run.[/]")


def is_busy(shares: Mapping[str, float]) -> bool:
    """Say whether others used more of the machine than a measurement bears."""
    return shares["others"] + shares["stolen"] > BUSY_PERCENT


def as_json(
    results: Results,
    works: Sequence[Work],
    names: Sequence[str],
    background: Mapping[str, Background],
    **more: Any,
) -> dict[str, Any]:
    """Put everything that was measured into one document."""
    return {
        "python": platform.python_version(),
        "works": {
            work.name: {
                "title": work.title,
                "shops": {
                    name: {
                        "figures": {
                            key: asdict(value)
                            for key, value in figures(results, name, work.name).items()
                        },
                        "counts": asdict(results.counts[name][work.name])
                        if work.name in results.counts[name]
                        else None,
                        "rounds": [asdict(each) for each in results.windows[name][work.name]],
                    }
                    for name in names
                },
            }
            for work in works
        },
        "floors": {
            name: [asdict(window) for window in windows]
            for name, windows in results.windows["floor"].items()
        },
        "raw": dict(results.raw),
        "background": {name: dict(each.values) for name, each in background.items()},
        **more,
    }


def write(document: Mapping[str, Any], file: Path) -> None:
    """Write the document for machines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=1) + "\n")


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
