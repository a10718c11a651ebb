"""What waits while no worker runs: money and letters waited for go first, and all of it is cheap.

STOCKROOM_BACKLOG says how many deliveries wait. Time is the worker's own CPU time, which a busy
machine hardly changes.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, select, text

from api import worker
from api.back_in_stock.events import BackInStockDue
from api.back_in_stock.models import BackInStockSubscription
from api.catalog.events import CatalogChanged
from api.catalog.models.products import Product
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.notifications.models import EmailMessage
from api.notifications.states import EmailKind
from api.orders.events import OrderPaid
from api.payments.events import ProviderEventReceived
from api.payments.models import ProviderEvent
from api.platform import deliveries, delivery_claims, jobs
from api.platform.db import session, transaction
from api.platform.outbox import Delivery, Lane
from api.platform.settings import Settings
from tests.support.plans import copied
from tests.support.shop import Shop
from tests.support.work import drain

WAITING = int(os.environ.get("STOCKROOM_BACKLOG", "700"))
CPU_SECONDS_FOR_EACH = 60 / 3_400
"""3,400 deliveries are done within a minute by one worker on a core of its own."""
CPU_SECONDS_TO_A_LETTER = 5.0 * max(1.0, WAITING / 700)
"""Within so long an order's letter is sent behind a seventh of its like and as many of Stripe's."""
COPY = "md5('{kind}' || n)::uuid"
TELL = """
    INSERT INTO facts (id, name, body, request_id, created_at)
    SELECT ('00000000' || substr(md5(:name || n), 9))::uuid, :name,
        replace(:body, :known, md5(:kind || n)::uuid::text)::jsonb, 'waits', now()
    FROM generate_series(1, :times) n"""
"""Facts from before all others, each of another copy, the kinds in no order."""


def tell(event: Event, times: int, *, known: UUID | None = None, kind: str = "") -> None:
    """Tell a fact so often, each time of another copy of the thing that it names."""
    with transaction():
        session.execute(
            text(TELL),
            {
                "name": event.name,
                "body": orjson.dumps(event.to_json()).decode(),
                "known": str(known or new_id()),
                "kind": kind,
                "times": times,
            },
        )


def let_wait(shop: Shop, total: int) -> None:
    """Let so many deliveries wait: a seventh each for paid orders, Stripe and goods that are back.

    The rest is of changed products.
    """
    each = total // 7
    mug = shop.sells("MUG", 10)
    order_id = UUID(shop.an_order(MUG=1)["id"])
    (intent,) = shop.gateway.intents
    shop.app.test_client().post(
        "/api/v1/webhooks/stripe",
        data=f"evt_1 payment_intent.succeeded {intent}",
        headers={"Stripe-Signature": "good"},
    )
    request_id = new_id()
    with transaction():
        session.add(
            BackInStockSubscription(id=request_id, variant_id=mug, email="first@example.test")
        )
    drain()
    event = session.execute(select(ProviderEvent.id, ProviderEvent.kind)).one()
    slug, line_id = session.execute(
        select(Product.slug, text("(SELECT id FROM order_lines)"))
    ).one()
    session.rollback()

    order_copy = COPY.format(kind="order")
    copied("orders", order_id, each, id=order_copy, number="'W-' || n", cart_id="NULL")
    copied("order_lines", line_id, each, order_id=order_copy)
    tell(OrderPaid(order_id=order_id), each, known=order_id, kind="order")
    copied(
        "provider_events", event.id, each, id=COPY.format(kind="event"),
        provider_event_id="'evt_w' || n", applied_at="NULL", outcome="NULL",
    )  # fmt: skip
    told = ProviderEventReceived(event_id=event.id, kind=event.kind, object_id=intent)
    tell(told, each, known=event.id, kind="event")
    copied(
        "stock_requests", request_id, each, id=COPY.format(kind="request"),
        email="'w' || n || '@example.test'",
    )  # fmt: skip
    tell(BackInStockDue(request_id=request_id), each, known=request_id, kind="request")
    of_a_change = len(jobs.registry().subscribers[CatalogChanged])
    tell(CatalogChanged(slugs=(slug,)), (total - 3 * each) // of_a_change)


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What tells the threads of a worker in this process to end."""
    event = threading.Event()
    monkeypatch.setattr(jobs, "STOPPING", event)
    yield event
    event.set()


def used_by(threads: Sequence[threading.Thread]) -> float:
    """Return the CPU seconds of threads that run."""
    clocks = [time.pthread_getcpuclockid(thread.ident or 0) for thread in threads]
    return sum(time.clock_gettime(each) for each in clocks)


def done() -> int:
    """Count the deliveries that are done."""
    session.rollback()
    found = session.scalar(select(func.count()).where(Delivery.done_at.is_not(None)))
    return int(found or 0)


def waiting() -> int:
    """Count what is still to be told or done."""
    session.rollback()
    facts = "(SELECT count(*) FROM facts WHERE relayed_at IS NULL)"
    undone = select(func.count(), text(facts)).where(Delivery.done_at.is_(None))
    return sum(session.execute(undone).one())


def test_an_orders_letter_is_claimed_first_however_much_else_waits(shop: Shop) -> None:
    shop.sells("MUG", 10)
    tell(CatalogChanged(slugs=("mug",)), 1_000)
    tell(BackInStockDue(request_id=new_id()), 1_000)
    shop.an_order(MUG=1)
    while jobs.relay_once():
        continue

    with transaction():
        first = delivery_claims.claim_due(deliveries.BATCH_SIZES[Lane.MAIL], Lane.MAIL)

    assert waiting() > 5_000
    assert [one.subscriber for one in first] == [
        "notifications.jobs.on_order_placed",
        "notifications.jobs.on_order_paid",
    ]


def test_one_worker_drains_what_waits_cheaply_and_sends_an_orders_letter_soon(
    shop: Shop, settings: Settings, stopping: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "YIELD_SECONDS", 60.0)  # a busy machine is slow
    let_wait(shop, WAITING)
    last, done_before = shop.an_order(MUG=1), done()
    sent_after, sent = 0.0, Counter[EmailKind]()
    lanes = worker.lane_threads(shop.app)
    threads = [*lanes.values(), worker.Relay(shop.app, settings, lanes)]

    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 600
    while waiting():
        assert time.monotonic() < deadline, "it is not drained"
        if not sent and any(last["number"] in one.subject for one in shop.mailer.sent):
            sent_after = used_by(threads)
            sent = Counter(session.scalars(select(EmailMessage.kind)))
        time.sleep(0.2)
    spent, count = used_by(threads), done() - done_before
    stopping.set()
    for thread in threads:
        thread.join(20)

    print(f"{count} done, {spent / count * 1000:.1f} ms each, a letter after {sent_after:.1f} s")
    print(dict(sent))
    assert count >= WAITING
    assert spent / count < CPU_SECONDS_FOR_EACH
    assert sent_after < CPU_SECONDS_TO_A_LETTER
    assert sent[EmailKind.BACK_IN_STOCK] <= 2 * deliveries.BATCH_SIZES[Lane.BULK_MAIL]
