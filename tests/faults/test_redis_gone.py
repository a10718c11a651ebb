"""Redis is killed for a while. It holds nothing that Postgres does not know."""

import httpx
import pytest
from redis import Redis

from api.platform.jobs import QUEUE
from tests.support.town import Town
from tests.support.waiting import eventually

pytestmark = pytest.mark.serial


def queued(town: Town) -> int:
    """Count the jobs in the queue."""
    with Redis.from_url(town.shop.env["REDIS_URL"]) as redis:
        return int(redis.llen(f"rq:queue:{QUEUE}"))


def test_the_shop_sells_without_redis_and_the_letters_come_late(town: Town) -> None:
    """Redis comes back empty: cached answers, rate limits and the queue are all forgotten."""
    town.owner.sells("GLOBE", 5, price=2500)
    town.settles()
    before = len(town.letters())

    town.shop.kill("redis")
    buyer = town.visitor("buyer-of-globes@example.test")
    shown = buyer.gets("/products", q="globe")["data"]
    order = town.a_paid_order("GLOBE", by=buyer)
    parcel = town.owner.ships(order)
    health = httpx.get(f"{town.shop.url}/health/ready")
    unsent = town.letters()[before:]
    town.shop.start("redis")

    assert [product["title"] for product in shown] == ["Globe"]
    assert order["payment_status"] == "paid"
    assert parcel["status"] == "shipped"
    assert (health.status_code, health.json()["parts"]["redis"]) == (
        200, "unavailable (ConnectionError)",
    )  # fmt: skip
    assert unsent == []
    letters = eventually(
        lambda: len(found := town.letters_to("buyer-of-globes@example.test")) == 2 and found,
        within=60,
        what="both letters",
    )
    assert letters
    assert {letter.subject for letter in letters} == {
        f"Your order {order['number']} is confirmed",
        f"Your order {order['number']} is on its way",
    }


def test_a_redis_that_remembers_jobs_which_are_done_does_them_no_second_time(town: Town) -> None:
    """It comes back from a dump that it wrote before the worker did what stood in its queue."""
    town.owner.sells("ATLAS", 5)
    town.settles()
    buyer = town.visitor("buyer-of-atlases@example.test")

    town.shop.kill("worker")
    order = town.a_paid_order("ATLAS", by=buyer)
    assert "moved" in town.shop.flask("relay")
    waiting = queued(town)
    with Redis.from_url(town.shop.env["REDIS_URL"]) as redis:
        redis.save()
    town.shop.start("worker")
    letter = town.letter_to("buyer-of-atlases@example.test")
    town.settles()
    town.shop.kill("worker")
    town.shop.kill("redis")
    town.shop.start("redis")
    remembered = queued(town)
    town.shop.start("worker")
    eventually(lambda: queued(town) == 0, what="the worker to go through the old queue")
    town.settles()

    assert waiting > 0
    assert remembered == waiting
    assert letter.subject == f"Your order {order['number']} is confirmed"
    assert "outcome=repeated" in town.shop.log("worker")
    assert town.letters_to("buyer-of-atlases@example.test") == [letter]
