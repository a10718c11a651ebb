"""`--backlog`: how long one worker, on one core, takes for what waits, and for an e-mail behind it.

The worker stands still while orders are placed, products change and webhooks come in. Then one more
order is placed, and the worker goes on: everything of the shop on one core, as on a small VPS.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from tests.benchmarks import background, client, meter
from tests.benchmarks.replies import Broken
from tests.benchmarks.rounds import ask, simply
from tests.benchmarks.seeding import Seeded, world_of
from tests.benchmarks.shop import MEASURED, WAITING, BenchShop
from tests.benchmarks.works import WORKS, Work

_WEBHOOK_SHARE, _ORDER_SHARE = 0.14, 0.14
_OF_ONE_CHANGE = """
    SELECT f.name, f.body::text FROM facts f WHERE f.name = 'CatalogChanged'
    ORDER BY f.id DESC LIMIT 1"""
_CHANGES = """
    INSERT INTO facts (id, name, body, request_id, created_at)
    SELECT gen_random_uuid(), %(name)s, replace(%(body)s, %(slug)s, p.slug)::jsonb, 'bench', now()
    FROM (SELECT slug FROM products ORDER BY id LIMIT %(some)s) p
    CROSS JOIN generate_series(1, %(times)s) LIMIT %(count)s"""
_JOBS_OF_A_CHANGE = 4  # at 9797a72, and here
_SENT = """
    SELECT count(*) FROM letters WHERE status = 'sent' AND subject_id = %s"""


@dataclass(frozen=True)
class Drained:
    """What one round on one shop showed; seconds."""

    deliveries: int
    mails: int
    all_after: float
    mail_after: float
    worker_cpu: float


def run(
    seeded: Sequence[Seeded], rounds: int, deliveries: int, progress: Progress
) -> dict[str, list[Drained]]:
    """Measure round by round, the shops in turns. Raises `Broken` for the first thing wrong."""
    found: dict[str, list[Drained]] = {each.shop.name: [] for each in seeded}
    task = progress.add_task("backlogs", total=rounds * len(seeded))
    for number in range(rounds):
        for each in seeded if number % 2 == 0 else reversed(seeded):
            found[each.shop.name].append(_drain(each.shop, number, deliveries))
            each.shop.refuse_faults()
            progress.advance(task)
    progress.remove_task(task)
    return found


def _drain(shop: BenchShop, number: int, deliveries: int) -> Drained:
    shop.wait_until_settled()
    name, body, slug = _a_change(shop)
    for part in MEASURED:
        _bind(shop.pid(part), {min(os.sched_getaffinity(0))})
    done, mails = background.deliveries(shop), shop.mails()
    checkout = next(work for work in WORKS if work.is_checkout)
    with shop.hanging("worker"):
        orders = _ask_for(shop, checkout, number, round(deliveries * _ORDER_SHARE))
        hooks = background.send_events(shop, number, round(deliveries * _WEBHOOK_SHARE))
        changes = max(0, (deliveries - orders - hooks) // _JOBS_OF_A_CHANGE)
        ((products,),) = shop.sql("SELECT count(*) FROM products")
        times = changes // products + 1
        shop.sql(
            _CHANGES,
            {"name": name, "body": body, "slug": slug, "some": products, "times": times,
             "count": changes},
        )  # fmt: skip
        _ask_for(shop, checkout, number + 1_000, 1, connections=1)
        ((last,),) = shop.sql("SELECT id::text FROM orders ORDER BY placed_at DESC LIMIT 1")
        before = meter.Reading.of(shop.pid("worker"))
    began, mail_after = time.monotonic(), 0.0
    while shop.sql(WAITING) != [(0,)]:
        if not mail_after and shop.sql(_SENT, (last,)) == [(1,)]:
            mail_after = time.monotonic() - began
        if time.monotonic() - began > 600:
            raise Broken(f"{shop.name}: the worker was not done after ten minutes")
        time.sleep(0.1)
    all_after = time.monotonic() - began
    if shop.sql(_SENT, (last,)) != [(1,)]:
        raise Broken(f"{shop.name}: the last order has no e-mail")
    used = meter.Reading.of(shop.pid("worker")).since(before) / 1e9
    for part in MEASURED:
        _bind(shop.pid(part), os.sched_getaffinity(0))
    return Drained(
        background.deliveries(shop) - done,
        shop.mails() - mails,
        all_after,
        mail_after or all_after,
        used,
    )


def _a_change(shop: BenchShop) -> tuple[str, str, str]:
    """Change a product as staff do, and return the fact that this version tells of it."""
    ((product_id, slug, version),) = shop.sql(
        "SELECT id::text, slug, version FROM products ORDER BY id LIMIT 1"
    )
    with shop.owner() as owner:
        owner.sends(
            "PATCH", f"/admin/products/{product_id}", {"title": f"Changed {time.time()}"},
            {"If-Match": f'"{version}"'},
        )  # fmt: skip
    ((name, body),) = shop.sql(_OF_ONE_CHANGE)
    if slug not in body:
        raise Broken(f"{shop.name}: a change tells nothing of its product: {body}")
    shop.wait_until_settled()
    return name, body, slug


def _ask_for(
    shop: BenchShop, work: Work, seed: int, wanted: int, connections: int = client.CONNECTIONS
) -> int:
    """Have at least so many requests carried out; returns how many were."""
    made, turn = 0, 0
    while made < wanted:
        requests = work.make(world_of(shop, seed * 100 + turn))
        seconds = 0.2 if connections == 1 else 2.0
        made += ask(work, requests, shop.url, seconds, seed * 100 + turn, 1, None, simply).count
        turn += 1
    return made


def _bind(pid: int, cores: set[int]) -> None:
    """Bind a process, with its threads and children, to some cores."""
    for each in meter.family(pid):
        for thread in Path(f"/proc/{each}/task").glob("*"):
            try:
                os.sched_setaffinity(int(thread.name), cores)
            except ProcessLookupError:
                continue  # it ended in the meantime
