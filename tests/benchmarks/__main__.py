"""`make bench`: what the shop's works cost, beside floors of the same run and beside other commits.

CPU per unit and multiples of a floor can be compared between runs; times in milliseconds belong to
one machine and one hour. A single bad reply, a wrong total or a process that ended stops the run
with exit status 1. See docs/benchmarks.md.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from api.dev import stack
from tests.benchmarks import against, background, backlog, report, rounds, rules, seeding
from tests.benchmarks.background import Background
from tests.benchmarks.meter import Machine
from tests.benchmarks.replies import Broken
from tests.benchmarks.rounds import Results
from tests.benchmarks.seeding import Seeded
from tests.benchmarks.works import GROWING, WORKS, Work

SIZES = (1_000, 100_000, 1_000_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill shops, measure them, print the tables; 1 when something was wrong, 130 on Ctrl-C."""
    wanted = _parser().parse_args(arguments)
    # Whatever asks it to end, it cleans up; a shell lets what runs behind its back ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    # Lines for people go to standard output; how far it is goes to the terminal alone.
    progress = Progress(
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    try:
        with progress:
            if wanted.backlog:
                document = _drain(wanted, progress)
            else:
                document = _grow(wanted, progress) if wanted.growth else _measure(wanted, progress)
    except Broken as broken:
        print(f"make bench: {broken}\nNothing of this run counts.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("make bench: interrupted; everything was ended.", file=sys.stderr)
        return 130
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    file = wanted.json or against.BUILT / name
    report.write(document, file)
    print(f"all figures, round by round: {stack.short(file)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--products", type=_count, default=1_000)
    parser.add_argument("--orders", type=_count, default=1_000)
    parser.add_argument("--rounds", type=_count, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one window")
    parser.add_argument("--works", default="", help="only these, as W1,W4")
    parser.add_argument("--against", metavar="COMMIT", help="measure that commit beside this one")
    parser.add_argument("--growth", action="store_true", help="measure at several sizes instead")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="those of --growth")
    parser.add_argument("--rules", action="store_true", help="beside one with zones and discounts")
    parser.add_argument("--backlog", type=_count, help="measure how so many deliveries drain")
    parser.add_argument("--json", type=Path, metavar="FILE", help="default: var/bench/TIME.json")
    return parser


def _count(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _drain(wanted: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Measure how a worker drains a backlog, here and at another commit when one is named."""
    with ExitStack() as stacked:
        shops = [(f"here {against.here()}", stack.ROOT)]
        if wanted.against:
            shops.append(against.build(wanted.against))
        seeded = [_seeded(wanted, progress, stacked, *shop) for shop in shops]
        machine = Machine.now()
        found = backlog.run(seeded, wanted.rounds, wanted.backlog, progress)
        shares = Machine.now().shares_since(machine)
    report.show_backlog(found)
    report.show_machine(shares)
    return {
        "backlog": {name: [vars(one) for one in drained] for name, drained in found.items()},
        "machine": shares,
        "is_busy": report.is_busy(shares),
    }


def _chosen(wanted: argparse.Namespace, works: Sequence[Work]) -> list[Work]:
    names = [name for name in wanted.works.split(",") if name]
    unknown = set(names) - {work.name for work in works}
    if unknown:
        known = ", ".join(work.name for work in works)
        raise SystemExit(f"make bench: there is no work {', '.join(unknown)}, only {known}")
    return [work for work in works if not names or work.name in names]


def _measure(wanted: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Measure this checkout, and another commit beside it when one is named."""
    works = _chosen(wanted, GROWING) if wanted.works else list(WORKS)
    with ExitStack() as stacked:
        shops = [(f"here {against.here()}", stack.ROOT)]
        if wanted.against:
            task = progress.add_task(f"building {wanted.against}", total=None)
            shops.append(against.build(wanted.against))
            progress.remove_task(task)
        seeded = [_seeded(wanted, progress, stacked, *shop) for shop in shops]
        if wanted.rules:
            seeded.append(_seeded(wanted, progress, stacked, "with rules", stack.ROOT))
            rules.fill(seeded[-1].shop)
        machine, began = Machine.now(), time.monotonic()
        plan = rounds.Plan(works, wanted.rounds, wanted.seconds)
        results = rounds.run(seeded, plan, progress)
        beside = background.run(seeded, wanted.rounds, wanted.seconds, progress)
        shares = Machine.now().shares_since(machine)
        memory = {each.shop.name: each.shop.memory() for each in seeded}
    names = [each.shop.name for each in seeded]
    report.show(results, works, names)
    report.show_background(beside)
    report.show_memory(memory)
    _tell_seeding(wanted, seeded)
    report.show_machine(shares)
    return report.as_json(
        results,
        works,
        names,
        beside,
        memory=memory,
        machine=shares,
        is_busy=report.is_busy(shares),
        products=wanted.products,
        orders=wanted.orders,
        measured_seconds=round(time.monotonic() - began, 1),
        seeded_seconds={each.shop.name: round(each.seconds, 1) for each in seeded},
    )


def _seeded(
    wanted: argparse.Namespace, progress: Progress, stacked: ExitStack, name: str, checkout: Path
) -> Seeded:
    if not progress.console.is_terminal:
        size = f"{wanted.products:,} products, {wanted.orders:,} orders"
        progress.console.print(f"seeding {name}: {size}")
    seeded = seeding.seed(name, wanted.products, wanted.orders, progress, checkout)
    stacked.callback(seeded.shop.stop)
    return seeded


def _tell_seeding(wanted: argparse.Namespace, seeded: Sequence[Seeded]) -> None:
    for each in seeded:
        print(
            f"{each.shop.name}: {wanted.products:,} products and {wanted.orders:,} orders"
            f" seeded in {each.seconds:.0f} s"
        )


def _grow(wanted: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Measure this checkout at several sizes, one after another."""
    works = _chosen(wanted, GROWING)
    sizes: dict[int, Results] = {}
    machine = Machine.now()
    took = {}
    for size in [_count(text) for text in wanted.sizes.split(",")]:
        wanted.products = wanted.orders = size
        with ExitStack() as stacked:
            seeded = _seeded(wanted, progress, stacked, f"{size:,}", stack.ROOT)
            took[size] = round(seeded.seconds, 1)
            plan = rounds.Plan(works, wanted.rounds, wanted.seconds, with_counts=False)
            sizes[size] = rounds.run([seeded], plan, progress)
        _tell_seeding(wanted, [seeded])
    shares = Machine.now().shares_since(machine)
    report.show_growth(sizes, works)
    report.show_machine(shares)
    none: dict[str, Background] = {}
    return {
        "growth": {
            size: report.as_json(results, works, [f"{size:,}"], none)
            for size, results in sizes.items()
        },
        "seeded_seconds": took,
        "machine": shares,
        "is_busy": report.is_busy(shares),
    }


if __name__ == "__main__":
    sys.exit(main())
