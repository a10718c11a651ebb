"""Redis is killed for a while. It holds nothing that Postgres does not know."""

import time

import httpx
from redis import Redis

from tests.support.town import Town
from tests.support.waiting import eventually

UNTOLD = "SELECT count(*) FROM facts WHERE relayed_at IS NULL"
DONE = """
    SELECT fact_id, subscriber, done_at, attempts FROM fact_deliveries WHERE done_at IS NOT NULL
"""


def listeners(town: Town) -> int:
    """Count who listens for news: the relay, and RQ's own worker."""
    with Redis.from_url(town.shop.env["REDIS_URL"]) as redis:
        return sum(client["sub"] != "0" for client in redis.client_list())


def loses_and_finds_redis(town: Town) -> None:
    """Kill Redis until the worker has noticed, and start it again until that is noticed too."""
    before = town.shop.log("worker").count("relay_waits")
    town.shop.kill("redis")
    eventually(lambda: town.shop.log("worker").count("relay_waits") > before, what="a loss")
    town.shop.start("redis")
    eventually(lambda: listeners(town) >= 2, what="the worker to be back")


def test_the_shop_sells_and_writes_letters_without_redis(town: Town) -> None:
    """Redis comes back empty: cached answers, rate limits and the queue are all forgotten."""
    town.owner.sells("GLOBE", 5, price=2500)
    town.settles()
    town.shop.kill("redis")
    buyer = town.visitor("buyer-of-globes@example.test")
    shown = buyer.gets("/products", q="globe")["data"]
    order = town.a_paid_order("GLOBE", by=buyer)
    parcel = town.owner.ships(order)
    health = httpx.get(f"{town.shop.url}/health/ready")
    letters = eventually(
        lambda: len(found := town.letters_to("buyer-of-globes@example.test")) == 2 and found,
        what="both letters",
    )
    town.shop.start("redis")

    assert [product["title"] for product in shown] == ["Globe"]
    assert order["payment_status"] == "paid"
    assert parcel["status"] == "shipped"
    assert (health.status_code, health.json()["parts"]["redis"]) == (
        200, "unavailable (ConnectionError)",
    )  # fmt: skip
    assert {letter.subject for letter in letters} == {
        f"Your order {order['number']} is confirmed",
        f"Your order {order['number']} is on its way",
    }


def test_a_redis_that_remembers_what_was_waiting_has_nothing_done_a_second_time(
    town: Town,
) -> None:
    """It comes back from a dump that it wrote before the worker did what waited then."""
    town.owner.sells("ATLAS", 5)
    town.settles()
    first, second = town.visitor("first-atlas@example.test"), town.visitor("atlas@example.test")

    with town.post_office.holding() as held:
        town.a_paid_order("ATLAS", by=first)
        held.wait()
        order = town.a_paid_order("ATLAS", by=second)
        # The worker has its hands full, and its relay goes on: all of the second order waits.
        eventually(lambda: town.shop.sql(UNTOLD) == [(0,)], what="the facts to be told")
        with Redis.from_url(town.shop.env["REDIS_URL"]) as redis:
            redis.save()
    letter = town.letter_to("atlas@example.test")
    town.settles()
    done = town.shop.sql(DONE)
    loses_and_finds_redis(town)
    town.settles()

    assert set(done) <= set(town.shop.sql(DONE))  # others may be done since, none of these again
    assert letter.subject == f"Your order {order['number']} is confirmed"
    assert town.letters_to("atlas@example.test") == [letter]


def test_a_redis_that_hangs_costs_a_moment_and_not_the_sale(town: Town) -> None:
    """It takes connections and never answers, as over a broken network: each request gives up."""
    town.owner.sells("COMPASS", 5, price=4500)
    town.settles()
    buyer = town.visitor("buyer-of-compasses@example.test")

    with town.shop.hanging("redis"):
        began = time.monotonic()
        shown = buyer.gets("/products", q="compass")["data"]
        order = buyer.orders("COMPASS", payment_method="manual")
        took = time.monotonic() - began

    assert [product["title"] for product in shown] == ["Compass"]
    assert order["total"] == {"amount": 4990, "currency": "EUR"}
    assert took < 8
    town.letter_to("buyer-of-compasses@example.test", about="how to pay")


def test_a_worker_waits_for_redis_without_piling_up_listeners_and_stops_when_told(
    town: Town,
) -> None:
    """A supervisor's SIGTERM is obeyed while it waits; each return leaves it with one listener."""
    town.settles()
    before = listeners(town)

    loses_and_finds_redis(town)
    loses_and_finds_redis(town)
    eventually(lambda: listeners(town) == before, what="the worker to be back alone")
    town.shop.kill("redis")
    status = town.shop.tell_to_stop("worker")
    last_words = town.shop.log("worker").rstrip().splitlines()[-1]
    town.shop.start("redis")
    town.shop.start("worker")

    assert (before, status) == (2, 0)
    assert "worker_stopped" in last_words
