"""What happens beside the customers' requests: jobs, e-mails, webhooks, imports."""

import hashlib
import hmac
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.progress import Progress

from tests.benchmarks import client, goods, meter
from tests.benchmarks.replies import Broken, Request
from tests.benchmarks.rounds import ask, simply
from tests.benchmarks.seeding import Seeded, world_of
from tests.benchmarks.shop import BenchShop
from tests.benchmarks.works import WORKS, Work, address

IMPORTED = 200
_MOST_EVENTS_PER_SECOND = 1_500
_FIRST_OF_BACKLOG = 100_000_000
_FIRST_IMPORTED = 1_000_000
"""From this number on products are imported in the run, so that they are new ones."""


@dataclass
class Background:
    """By measure, what each round showed."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def run(
    seeded: Sequence[Seeded], rounds: int, seconds: float, progress: Progress
) -> dict[str, Background]:
    """Measure round by round, the shops in turns. Raises `Broken` for the first thing wrong."""
    found = {each.shop.name: Background() for each in seeded}
    task = progress.add_task("jobs, webhooks, imports", total=rounds * len(seeded))
    for number in range(rounds):
        for each in seeded if number % 2 == 0 else reversed(seeded):
            values = found[each.shop.name].values
            for name, value in {
                **_backlog(each.shop, number, seconds),
                **_webhooks(each.shop, number, seconds),
                **_import(each.shop, number),
            }.items():
                values[name].append(value)
            each.shop.wait_until_settled()
            each.shop.refuse_faults()
            progress.advance(task)
    progress.remove_task(task)
    return found


def _backlog(shop: BenchShop, number: int, seconds: float) -> dict[str, float]:
    """Let orders wait while the worker stands still, then meter it until all is done."""
    work = next(work for work in WORKS if work.is_checkout)
    shop.wait_until_settled()
    done, mails = deliveries(shop), shop.mails()
    with shop.hanging("worker"):
        requests = work.make(world_of(shop, number))
        seen = ask(work, requests, shop.url, seconds, number, 1, None, simply)
        before, began = meter.Reading.of(shop.pid("worker")), time.monotonic()
    shop.wait_until_settled()
    spent = time.monotonic() - began
    used = meter.Reading.of(shop.pid("worker")).since(before) / 1e6
    done, mails = deliveries(shop) - done, shop.mails() - mails
    if mails < seen.count:
        raise Broken(f"{shop.name}: {seen.count} orders, and only {mails} e-mails arrived")
    return {
        "jobs_per_second": done / spent,
        "emails_per_second": mails / spent,
        "worker_ms_per_job": used / done,
        "worker_ms_per_email": used / mails,
    }


def deliveries(shop: BenchShop) -> int:
    """Count the deliveries that are done."""
    ((count,),) = shop.sql("SELECT count(*) FROM fact_deliveries WHERE done_at IS NOT NULL")
    return int(count)


def _webhooks(shop: BenchShop, number: int, seconds: float) -> dict[str, float]:
    """Send signed events, each once, as fast as they are taken; the worker takes part."""
    secret = shop.env["STRIPE_WEBHOOK_SECRET"]
    most = max(100, int(seconds * _MOST_EVENTS_PER_SECOND))
    requests = [_event(secret, number * most + place) for place in range(most)]
    work = Work("webhook", "signed event", lambda _: requests, lambda *_: None, "received",
                each_once=True)  # fmt: skip
    spent: dict[str, float] = {}

    def around(go: client.Go) -> None:
        before = meter.readings(shop.pids())
        go()
        shop.wait_until_settled()
        spent.update(meter.used_ms(before, meter.readings(shop.pids())))

    seen = ask(work, requests, shop.url, seconds, number, 1, None, around)
    ((stored,),) = shop.sql(
        "SELECT count(*) FROM provider_events WHERE provider_event_id BETWEEN %s AND %s",
        (_event_id(number * most), _event_id(number * most + most - 1)),
    )
    if stored != seen.count:
        raise Broken(f"{shop.name}: {seen.count} events were taken and {stored} are stored")
    return {
        "webhooks_per_second": seen.count / seen.seconds,
        "webhook_web_ms": spent["web"] / seen.count,
        "webhook_postgres_ms": spent["postgres"] / seen.count,
        "webhook_worker_ms": spent["worker"] / seen.count,
    }


def send_events(shop: BenchShop, number: int, wanted: int) -> int:
    """Send signed events, each once, until so many were taken; returns how many were."""
    made, turn = 0, 0
    while made < wanted:
        first = _FIRST_OF_BACKLOG + (number * 100 + turn) * wanted
        requests = [
            _event(shop.env["STRIPE_WEBHOOK_SECRET"], first + place) for place in range(wanted)
        ]
        work = Work("webhook", "signed event", lambda _, r=requests: r, lambda *_: None, "received",
                    each_once=True)  # fmt: skip
        made += ask(work, requests, shop.url, 2.0, number, 1, None, simply).count
        turn += 1
    return made


def _event_id(place: int) -> str:
    return f"evt_bench_{place:012}"


def _event(secret: str, place: int) -> Request:
    """Write a Stripe event about a payment that is not ours, signed as Stripe does."""
    held = {"id": f"pi_{place:012}", "object": "payment_intent", "amount": 1299, "currency": "eur"}
    body = json.dumps(
        {
            "id": _event_id(place),
            "object": "event",
            "type": "payment_intent.processing",
            "created": int(time.time()),
            "api_version": "2024-06-20",
            "data": {"object": held},
        }
    )
    now = int(time.time())
    signed = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {**address(place), "Content-Type": "application/json"}
    headers["Stripe-Signature"] = f"t={now},v1={signed}"
    return Request("/api/v1/webhooks/stripe", "POST", headers, body)


def _import(shop: BenchShop, number: int) -> dict[str, float]:
    shop.wait_until_settled()
    read = goods.read_in(shop, _FIRST_IMPORTED + number * IMPORTED, IMPORTED)
    return {"import_rows_per_cpu_second": read.rows_per_cpu_second}
