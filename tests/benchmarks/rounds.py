"""The run itself: round by round each work on each shop, with the floors in between."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.progress import Progress

from tests.benchmarks import client, floor, meter, raw
from tests.benchmarks.asker import Connection, wire
from tests.benchmarks.checkout import journey
from tests.benchmarks.counting import Counts, cache_keys, count
from tests.benchmarks.meter import Reading
from tests.benchmarks.replies import Broken, Request
from tests.benchmarks.seeding import Seeded, world_of
from tests.benchmarks.shop import BenchShop
from tests.benchmarks.works import Work, World, check_sample

RAW = ("W4", "W5", "W6")
_HANG_UPS_PER_WORKER = client.CONNECTIONS


@dataclass(frozen=True)
class Window:
    """One measured stretch of one work. CPU in milliseconds per unit, times in milliseconds."""

    count: int
    per_second: float
    p50: float
    p99: float
    cpu: Mapping[str, float]
    """By part: web, worker, postgres and redis; of the floor, web alone."""
    hung_up: int = 0


@dataclass
class Results:
    """Everything that was measured, by shop and work."""

    windows: dict[str, dict[str, list[Window]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    counts: dict[str, dict[str, Counts]] = field(default_factory=lambda: defaultdict(dict))
    raw: dict[str, list[dict[str, float]]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class Plan:
    """How long and how often, and what is done between two rounds (for tests of the bench)."""

    works: Sequence[Work]
    rounds: int
    seconds: float
    with_counts: bool = True
    between: Callable[[int], None] = lambda _: None


def run(seeded: Sequence[Seeded], plan: Plan, progress: Progress) -> Results:
    """Measure all works on all shops, interleaved. Raises `Broken` for the first thing wrong."""
    results = Results()
    first = seeded[0].shop
    with floor.running_floor(first.folder, first.env["REDIS_URL"]) as (url, pid):
        task = progress.add_task("measuring", total=plan.rounds * len(plan.works))
        for number in range(plan.rounds):
            plan.between(number)
            worlds = [world_of(each.shop, seed=number) for each in seeded]
            for work in plan.works:
                told = f"round {number + 1} of {plan.rounds}: {work.name} {work.title}"
                progress.update(task, description=told)
                if not (progress.console.is_terminal or progress.disable):
                    progress.console.print(told)
                for bare in (floor.BARE, floor.CHECKED)[: 1 if number or work.name != "W1" else 2]:
                    _floor(results, bare, url, pid, plan.seconds, number)
                # Whoever comes second finds a warmer machine: they take turns.
                for world in worlds if number % 2 == 0 else reversed(worlds):
                    window = _one(world, work, plan, number, results)
                    results.windows[world.shop.name][work.name].append(window)
                if work.name in RAW:
                    results.raw[work.name].append(_raw(worlds[0], work.name, plan, number))
                progress.advance(task)
        progress.remove_task(task)
    return results


def _floor(results: Results, work: Work, url: str, pid: int, seconds: float, number: int) -> None:
    requests = work.make(None)  # type: ignore[arg-type]
    spent: list[float] = []

    def around(go: client.Go) -> None:
        before = Reading.of(pid)
        go()
        spent.append(Reading.of(pid).since(before) / 1e6)

    half = max(0.2, seconds / 2)
    ask(work, requests, url, half / 2, number, 1, None, simply)
    seen = ask(work, requests, url, half, number, 1, None, around)
    window = Window(
        seen.count, seen.count / seen.seconds, seen.p50, seen.p99, {"web": spent[0] / seen.count}
    )
    results.windows["floor"][work.name].append(window)


def _one(world: World, work: Work, plan: Plan, number: int, results: Results) -> Window:
    """Measure one work on one shop: a sample is read in full, then the window, then a sample."""
    shop = world.shop
    requests = work.make(world)
    least = 1
    if not work.is_checkout:
        least = check_sample(work, requests, shop.url, world.chance)
    if plan.with_counts and work.name not in results.counts[shop.name]:
        results.counts[shop.name][work.name] = count(shop, work, requests)
    shop.wait_until_settled()
    cold = _cold(shop, requests) if work.before_each else None
    ask(work, requests, shop.url, max(0.3, plan.seconds / 4), number, least, cold, simply)
    shop.wait_until_settled()
    cpu: dict[str, float] = {}

    def around(go: client.Go) -> None:
        before = meter.readings(shop.pids())
        go()
        if work.is_checkout:
            shop.wait_until_settled()  # the worker's part belongs to the orders
        cpu.update(meter.used_ms(before, meter.readings(shop.pids())))

    seen = ask(work, requests, shop.url, plan.seconds, number + 1, least, cold, around)
    if not work.is_checkout:
        check_sample(work, requests, shop.url, world.chance)
    shop.refuse_faults()
    if seen.count == 0:
        raise Broken(f"{shop.name} {work.name}: no reply at all")
    per_unit = {name: spent / seen.count for name, spent in cpu.items()}
    rate = seen.count / seen.seconds
    return Window(seen.count, rate, seen.p50, seen.p99, per_unit, seen.hung_up)


def _cold(shop: BenchShop, requests: Sequence[Request]) -> client.Cold:
    """Find the keys whose loss makes every answer to these requests old.

    Only they are deleted: the queue of jobs and the counts of the limits are in the same Redis.
    """
    with _connected(shop) as connection:
        for request in requests:
            connection.ask(wire(vars(request)))
    keys = cache_keys(shop)
    if not keys:
        raise Broken(f"{shop.name}: no cache was found, so that nothing can be cold")
    return client.Cold(shop.env["REDIS_URL"], keys)


def simply(go: client.Go) -> None:
    """Do the measured part and measure nothing."""
    go()


def ask(
    work: Work,
    requests: Sequence[Request],
    url: str,
    seconds: float,
    seed: int,
    least: int,
    cold: client.Cold | None,
    around: client.Around,
) -> client.Seen:
    """Make requests for some seconds. Raises `Broken` for a single bad reply."""
    seen = client.run(
        url,
        work,
        requests,
        seconds=seconds,
        seed=seed,
        least_bytes=least,
        cold=cold,
        around=around,
    )
    if seen.bad:
        raise Broken(f"{work.name}: {seen.bad} of {seen.count} replies were bad: {seen.first_bad}")
    if seen.hung_up > 2 * _HANG_UPS_PER_WORKER:
        raise Broken(f"{work.name}: the server hung up {seen.hung_up} times")
    return seen


def _raw(world: World, name: str, plan: Plan, number: int) -> dict[str, float]:
    """Measure the raw SQL of a work on the shop's own database."""
    shop = world.shop
    spec: dict[str, Any] = {
        "work": name,
        "dsn": shop.env["DATABASE_URL"],
        "seconds": max(0.3, plan.seconds / 2),
        "seed": number,
        "variants": list(world.variants.values()),
    }
    if name == "W4":
        spec["tokens"] = _filled_carts(shop)
    elif name == "W5":
        spec["order"] = _an_order(world)
    else:
        ((spec["orders"],),) = shop.sql("SELECT count(*) FROM orders")
    return raw.measure(spec)


def _filled_carts(shop: BenchShop) -> list[Any]:
    rows = shop.sql(
        "SELECT c.token_hash, array_agg(i.variant_id::text) FROM carts c JOIN cart_items i"
        " ON i.cart_id = c.id WHERE c.status = 'active' AND c.token_hash IS NOT NULL"
        " GROUP BY c.id ORDER BY c.id DESC LIMIT 40"
    )
    return [list(row) for row in rows]


def _an_order(world: World) -> str:
    with _connected(world.shop) as connection:
        first, second = world.skus(2)
        pair = [[sku, world.variants[sku]] for sku in (first, second)]
        order = journey(connection.ask, wire, {"headers": {}, "expects": pair})
    world.shop.wait_until_settled()
    return order


@contextmanager
def _connected(shop: BenchShop) -> Iterator[Connection]:
    host, _, port = shop.url.removeprefix("http://").partition(":")
    connection = Connection(host, int(port))
    try:
        yield connection
    finally:
        connection.close()
