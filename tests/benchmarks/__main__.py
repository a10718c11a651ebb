"""`make bench`: what a request costs, in CPU of the app and of Postgres, against bare Flask.

Ratios of one run are comparable; absolute times are not, because machines differ and are shared.
Nothing here passes or fails.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from redis import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from api.app import create_app
from api.catalog import service as catalog
from api.platform.db import transaction
from api.platform.settings import Settings
from tests.benchmarks import crowd, goods
from tests.benchmarks.load import CONNECTIONS, Load, under_load
from tests.benchmarks.meter import Cost, cpu_ns, memory_mb
from tests.support.shop import ADDRESS
from tests.support.stack import RunningShop, running_shop

BUDGETS = {"W1": (0.5, 2.5), "W2": (0.5, 2.5), "W3": (0.5, 4.0), "W4": 2.0, "W5": 20.0, "W6": 1.5}

MADE_ONE_BY_ONE = 1_000
"""Products that the shop's own verbs make; the others are copied in."""

Request = Callable[[int], Any]


class Bench:
    """A running shop and the meter beside it."""

    def __init__(self, shop: RunningShop, repeats: int) -> None:
        self.shop, self.repeats = shop, repeats
        self.client = httpx.Client(base_url=shop.url, timeout=30)
        self.redis = Redis.from_url(shop.env["REDIS_URL"])
        self.web, self.postgres = shop.pid("web"), shop.pid("postgres")

    def measure(
        self,
        name: str,
        request: Request,
        *,
        repeats: int | None = None,
        before: Callable[[], Any] | None = None,
        web: int | None = None,
    ) -> Cost:
        """Make requests one after another and divide what they cost."""
        count, root = repeats or self.repeats, web or self.web
        for warm_up in range(min(20, count)):
            request(-1 - warm_up)
        app = database = 0
        took: list[float] = []
        for number in track(range(count), description=f"{name:<34}", transient=True):
            if before is not None:
                before()
            marks = (cpu_ns(root), cpu_ns(self.postgres)) if before else None
            if number == 0 and marks is None:
                start = (cpu_ns(root), cpu_ns(self.postgres))
            began = time.perf_counter()
            request(number)
            took.append((time.perf_counter() - began) * 1000)
            if marks is not None:
                app += cpu_ns(root) - marks[0]
                database += cpu_ns(self.postgres) - marks[1]
        if before is None:
            app = cpu_ns(root) - start[0]
            database = cpu_ns(self.postgres) - start[1]
        took.sort()
        return Cost(
            name,
            count,
            app / count / 1e6,
            database / count / 1e6,
            statistics.median(took),
            took[min(len(took) - 1, int(len(took) * 0.99))],
        )

    def gets(self, path: str, headers: dict[str, str] | None = None) -> Any:
        """Read and insist on success."""
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer

    def posts(self, path: str, body: Any, headers: dict[str, str]) -> Any:
        """Write and insist on success."""
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()


def workloads(bench: Bench, variants: Sequence[Any], slugs: Sequence[str]) -> list[Cost]:
    """Run W1 to W6; the catalogue's cold and warm."""
    found = reads(bench, slugs)
    found.append(_adds_to_carts(bench, variants))
    found.append(bench.measure("W5 whole checkout", _checkout(bench, variants), repeats=60))
    found.append(_newest_orders(bench))
    return found


def paths(slugs: Sequence[str]) -> dict[str, Callable[[int], str]]:
    """Return what is read, by name: W1 to W3, and what storefronts ask besides."""
    words = ("mug", "bowl", "lamp", "oak", "copper")
    two = ("oak lamp", "copper mug", "willow basket", "steel kettle", "linen towel")
    products = "/api/v1/products?limit=20"
    return {
        "W1 list 20": lambda n: f"{products}&category=category-{n % 10}",
        "W2 product page": lambda n: f"/api/v1/products/{slugs[n % 50]}",
        "W3 search": lambda n: f"{products}&q={words[n % 5]}",
        "search, two words": lambda n: f"{products}&q={quote(two[n % 5])}",
        "search, one typo": lambda n: f"{products}&q={('kettel', 'copperr')[n % 2]}",
        "list by price": lambda n: f"{products}&category=category-{n % 10}&sort=price",
        "list of a size": lambda n: f"{products}&category=category-{n % 10}&option=size:M",
        "list with facets": lambda n: f"{products}&category=category-{n % 10}&include=facets",
        "suggestions": lambda n: f"/api/v1/search/suggestions?q={words[n % 5][:3]}",
    }


def reads(bench: Bench, slugs: Sequence[str]) -> list[Cost]:
    """Measure what storefronts read: each answer made anew, and W1 to W3 kept as well."""
    found = []
    for name, path in paths(slugs).items():
        is_named = name.startswith("W")

        def request(number: int, path: Callable[[int], str] = path) -> Any:
            return bench.gets(path(number))

        repeats = bench.repeats if is_named else max(20, bench.repeats // 10)
        found.append(
            bench.measure(f"{name}, cold", request, before=bench.redis.flushdb, repeats=repeats)
        )
        if is_named:
            for number in range(50):
                request(number)
            found.append(bench.measure(f"{name}, warm", request))
    return found


def loads(bench: Bench, slugs: Sequence[str]) -> list[Load]:
    """Measure how even the answers come to eight connections at once."""
    found = []
    for name, path in [*paths(slugs).items()][:3]:
        for number in range(50):
            bench.gets(path(number))
        found.append(under_load(f"{name}, warm", bench.shop.url, path))
    return found


def _adds_to_carts(bench: Bench, variants: Sequence[Any]) -> Cost:
    """Spread over several guests: one alone would meet the limit on writes."""
    guests = []
    for number in range(4):
        body = {"variant_id": str(variants[number]), "quantity": 1}
        token = bench.posts("/api/v1/cart/items", body, {})["token"]
        guests.append({"X-Cart-Token": token})

    def add(number: int) -> None:
        body = {"variant_id": str(variants[number % 5]), "quantity": 1}
        bench.posts("/api/v1/cart/items", body, guests[number % 4])

    return bench.measure("W4 add to cart", add)


def _checkout(bench: Bench, variants: Sequence[Any]) -> Request:
    def journey(number: int) -> None:
        body = {"variant_id": str(variants[number % len(variants)]), "quantity": 1}
        token = bench.posts("/api/v1/cart/items", body, {})["token"]
        guest = {"X-Cart-Token": token}
        bench.posts("/api/v1/cart/items", body, guest)
        bench.gets("/api/v1/cart", guest)
        quote = {"country": "DE", "shipping_method": "standard"}
        bench.posts("/api/v1/checkout/quote", quote, guest)
        form = {
            "email": "bench@example.test",
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            "payment_method": "manual",
        }
        order = bench.posts("/api/v1/checkout", form, {**guest, "Idempotency-Key": str(uuid4())})
        bench.gets(f"/api/v1/orders/{order['id']}", guest)

    return journey


def _newest_orders(bench: Bench) -> Cost:
    signed_in = bench.posts(
        "/api/v1/admin/auth/login", {"email": goods.EMAIL, "password": goods.PASSWORD}, {}
    )
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    return bench.measure(
        "W6 newest 50 orders", lambda _: bench.gets("/api/v1/admin/orders?limit=50", headers)
    )


def floors(bench: Bench) -> list[Cost]:
    """Measure bare Flask and a schema-checked route with Redis, under the same gunicorn."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gunicorn = f"gunicorn -k gthread -w 2 --threads 4 -b 127.0.0.1:{port} --log-level error"
    command = [sys.executable, "-m", *gunicorn.split(), "floor:app"]
    # In a folder of its own: gunicorn would read the shop's gunicorn.conf.py from the root.
    floor = subprocess.Popen(
        command,
        env={**os.environ, "REDIS_URL": bench.shop.env["REDIS_URL"]},
        cwd=Path(__file__).parent,
    )
    try:
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
        _wait_for(client)
        return [
            bench.measure(name, lambda _, p=path: client.get(p), web=floor.pid)  # type: ignore[misc]
            for name, path in (
                ("floor: bare Flask", "/bare"),
                ("floor: schema + Redis", "/checked?limit=20&category=x"),
            )
        ]
    finally:
        floor.terminate()
        floor.wait()


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            client.get("/bare")
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def show(costs: Sequence[Cost], bare: Cost) -> None:
    """Print the table."""
    table = Table(title="CPU per request, in milliseconds", title_justify="left")
    for heading in ("work", "n", "app", "Postgres", "sum", "budget", "x bare", "p50", "p99"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for cost in costs:
        budget = BUDGETS.get(cost.name[:2])
        if isinstance(budget, tuple):
            budget = budget[0] if cost.name.endswith("warm") else budget[1]
        total = cost.app_ms + cost.postgres_ms
        table.add_row(
            cost.name,
            str(cost.requests),
            f"{cost.app_ms:.2f}",
            f"{cost.postgres_ms:.2f}",
            f"{total:.2f}",
            "" if budget is None else f"{budget:.1f}",
            f"{cost.app_ms / bare.app_ms:.1f}",
            f"{cost.p50_ms:.2f}",
            f"{cost.p99_ms:.2f}",
        )
    Console(width=110).print(table)


def show_loads(found: Sequence[Load]) -> None:
    """Print how even the answers come."""
    title = f"{CONNECTIONS} connections at once, with the client on the same machine"
    table = Table(title=title, title_justify="left")
    for heading in ("work", "per second", "p50 ms", "p99 ms", "p99 / p50"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for load in found:
        table.add_row(
            load.name,
            f"{load.per_second:,.0f}",
            f"{load.p50_ms:.2f}",
            f"{load.p99_ms:.2f}",
            f"{load.p99_ms / load.p50_ms:.1f}",
        )
    Console(width=110).print(table)


def main() -> None:
    """Fill a shop, measure it, print the table."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=400)
    wanted = parser.parse_args()
    with running_shop(environment={"LOG_LEVEL": "INFO", "STOCKROOM_ENV": "development"}) as shop:
        app = create_app(Settings.from_env({**shop.env, "LOG_LEVEL": "ERROR"}))
        began = time.monotonic()
        few = min(wanted.products, MADE_ONE_BY_ONE)
        variants, slugs = goods.fill(app, products=few, orders=wanted.orders)
        shop.kill("worker")  # letters of the past are not part of any request
        with app.app_context(), transaction():
            catalog.tell_planner()
        if wanted.products > few:
            slugs = crowd.fill(app, products=wanted.products - few)
        print(f"filled in {time.monotonic() - began:.1f} s")
        bench = Bench(shop, wanted.repeats)
        bare, checked = floors(bench)
        show([bare, checked, *workloads(bench, variants, slugs)], bare)
        show_loads(loads(bench, slugs))
        sizes = ", ".join(f"{size:.0f}" for size in memory_mb(bench.web))
        print(f"memory of gunicorn's processes (MB): {sizes}")


if __name__ == "__main__":
    main()
