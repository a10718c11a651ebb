"""Two desks and one shop: what others do is seen within two seconds, and nothing slips away."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from console.client import change_poller
from tests.console.support.station import Station, at_work
from tests.console.support.warehouse import Warehouse
from tests.console.support.wire import WireShop

SOON = 2.0
"""Seconds within which everybody must see it."""


@pytest.fixture
def shop() -> WireShop:
    return WireShop(Warehouse(300, 40))


@pytest.fixture
async def desk(tmp_path, shop: WireShop) -> AsyncIterator[Station]:
    async with at_work(tmp_path / "home", shop=shop, size=(120, 40)) as station:
        # The first look tells nothing: it only says where to begin.
        await until(station, lambda: shop.presence.looks)
        await station.settled()
        yield station


async def until(desk: Station, is_so, within: float = SOON + 1.0) -> None:
    """Wait for something that comes by itself."""
    deadline = asyncio.get_running_loop().time() + within
    while not is_so():
        assert asyncio.get_running_loop().time() < deadline, desk.text
        await asyncio.sleep(0.02)
    await desk.settled()


def ship_elsewhere(shop: WireShop, number: str, by: str = "Jon Reed") -> str:
    """Somebody else ships an order."""
    house = shop.warehouse
    order = next(n for n in range(300) if house.card(n)["number"] == number)
    house.ship(order, {"override_reason": "checked by eye", "carrier": "DHL"}, by)
    order_id = str(house.card(order)["id"])
    house.effects.append(("ship", order_id, {}))
    shop.presence.tell("order", order_id)
    return order_id


def first_rows(desk: Station) -> list[str]:
    """The numbers of the orders in sight, from above."""
    words = [line.split() for line in desk.text.splitlines()]
    return [one for line in words for one in line[:2] if one.startswith("O-1")]


async def test_a_list_follows_what_others_do(desk: Station, shop: WireShop) -> None:
    oldest, second = first_rows(desk)[:2]
    await desk.press("down")

    ship_elsewhere(shop, oldest)
    await until(desk, lambda: oldest not in desk.text)

    # The cursor is on the order that it was on.
    assert desk.frame.table.current.number == second


async def test_the_row_under_the_cursor_is_never_another_one_in_silence(
    desk: Station, shop: WireShop
) -> None:
    """Without the pause, Enter would open the order that came into its place."""
    await desk.press("f3")
    oldest, here = first_rows(desk)[0], desk.screen
    ship_elsewhere(shop, oldest)
    await until(desk, lambda: "has left this list" in desk.said)

    await desk.press("enter")
    assert desk.screen == here
    assert f"{oldest} has left this list" in desk.said

    await desk.press("down", "enter")
    assert desk.screen == "order"


async def test_the_next_job_is_none_while_its_order_has_just_left(
    desk: Station, shop: WireShop
) -> None:
    """Without the pause, Enter would begin another job: here what needs a person."""
    oldest = first_rows(desk)[0]
    ship_elsewhere(shop, oldest)
    await until(desk, lambda: oldest in desk.app.home.table.lost)

    await desk.press("enter")
    assert desk.screen == "home"
    assert f"{oldest} has left this list" in desk.said

    await desk.press("down", "enter")
    assert desk.screen == "ship"


async def test_a_list_that_is_searched_keeps_what_is_typed(desk: Station, shop: WireShop) -> None:
    await desk.press("f3")
    await desk.press("/")
    await desk.type("a")
    await desk.rested()
    number = desk.frame.table.current.number
    looks = len(shop.presence.looks)
    shop.presence.tell("order", None)
    await until(desk, lambda: len(shop.presence.looks) > looks + 1)

    assert desk.app.context.entry.shown[0] == "a"
    assert desk.frame.table.current.number == number


async def test_an_open_order_follows_and_says_who_did_what(desk: Station, shop: WireShop) -> None:
    await desk.press("f3", "enter")
    assert desk.screen == "order"
    number = desk.frame.order.number
    await desk.press("n")
    await desk.type("gift")

    ship_elsewhere(shop, number)
    await until(desk, lambda: "Jon Reed" in desk.said)

    assert desk.frame.order.fulfilment_status == "shipped"
    assert number in desk.said
    assert desk.app.context.entry.shown[0] == "gift"


async def test_a_draft_stays_and_is_fitted_to_what_is_left(desk: Station, shop: WireShop) -> None:
    await desk.press("f3", "enter", "enter")
    assert desk.screen == "ship"
    number = desk.frame.order.number

    ship_elsewhere(shop, number)
    await until(desk, lambda: "Jon Reed" in desk.said)

    assert desk.screen == "ship"
    assert desk.frame.history.now.units == 0


async def test_nobody_is_asked_again_about_what_did_not_change(
    desk: Station, shop: WireShop
) -> None:
    before, looks = len(shop.asked), len(shop.presence.looks)
    await until(desk, lambda: len(shop.presence.looks) >= looks + 2)

    assert shop.asked[before:] == []


async def test_a_cursor_that_is_too_old_reads_everything_again(
    desk: Station, shop: WireShop
) -> None:
    before = len(shop.asked)
    shop.presence.forgets = True
    await until(desk, lambda: ("GET", "/api/v1/admin/orders") in shop.asked[before:])


async def test_the_shop_is_asked_less_while_nobody_looks(desk: Station, shop: WireShop) -> None:
    follower = desk.app.shop.watch
    assert follower.pause == change_poller.LOOK_EVERY
    desk.app.on_app_blur()
    assert follower.pause == change_poller.UNSEEN_EVERY
    looks = len(shop.presence.looks)
    desk.app.on_app_focus()
    assert follower.pause == change_poller.LOOK_EVERY
    await until(desk, lambda: len(shop.presence.looks) > looks, within=0.9)
    follower._touched_at -= change_poller.IDLE_AFTER + 1
    assert follower.pause == change_poller.IDLE_EVERY
    await desk.press("down")
    assert follower.pause == change_poller.LOOK_EVERY


async def test_a_shop_that_is_away_is_asked_as_the_circuit_says(
    desk: Station, shop: WireShop
) -> None:
    shop.moods.is_down = True
    await until(desk, lambda: "offline" in desk.text, within=6)

    retry_in = desk.app.shop.caller.circuit.retry_in
    assert desk.app.shop.watch.pause == pytest.approx(max(retry_in, 0.2), abs=0.05)


async def test_who_has_an_order_open_is_seen_in_the_list_and_in_the_order(
    desk: Station, shop: WireShop
) -> None:
    await desk.press("f3")
    order = desk.frame.table.current
    shop.presence.has_open(order.id, "Jon Reed")
    await until(desk, lambda: "⚑ Jon Reed" in desk.text)

    await desk.press("f3", "t", "enter")
    assert desk.frame.order_id == order.id
    assert "Jon Reed has this order open since" in desk.text
    await desk.press("s")
    assert "Jon Reed has this order open since" in desk.text
    assert "agreed" in desk.text
    assert desk.text.split("\n")[-3].strip().startswith("scan")
    assert not shop.presence.claims[order.id]["is_mine"]


async def test_an_order_that_is_open_here_is_claimed_and_let_go(
    desk: Station, shop: WireShop
) -> None:
    await desk.press("f3")
    order = desk.frame.table.current
    await desk.press("enter")
    await until(desk, lambda: order.id in shop.presence.claims)
    assert shop.presence.claims[order.id]["is_mine"]

    await desk.press("escape")
    await until(desk, lambda: order.id not in shop.presence.claims)


async def test_an_order_is_claimed_once_and_given_back_once(desk: Station, shop: WireShop) -> None:
    await desk.press("f3")
    order = desk.frame.table.current
    claims = desk.app.shop.claims
    # Keys that come before the claim have nothing to extend.
    await desk.press("enter", "down", "up")
    await until(desk, lambda: order.id in shop.presence.claims)
    await desk.press("down")
    assert shop.presence.claimed == ["claim"]

    # It is left while the claim is being extended.
    claims._said_at = float("-inf")
    desk.line.gate.clear()
    claims.worked()
    await until(desk, lambda: desk.app.shop.caller.oldest_under_way)
    claims.open("")
    desk.line.gate.set()
    await until(desk, lambda: order.id not in shop.presence.claims)
    await desk.rested()
    assert shop.presence.claimed == ["claim", "claim", "release"]


async def test_it_is_taken_over_with_a_word(desk: Station, shop: WireShop) -> None:
    await desk.press("f3")
    order = desk.frame.table.current
    shop.presence.has_open(order.id, "Jon Reed")
    await desk.press("enter")
    await until(desk, lambda: "Jon Reed has this order" in desk.text)

    await desk.press(":")
    await desk.type("take")
    await desk.press("enter")
    await desk.type("yes")
    await desk.press("enter")
    assert not shop.presence.claims[order.id]["is_mine"]

    await desk.press(":")
    await desk.type("take")
    await desk.press("enter")
    await desk.type("take over")
    await desk.press("enter")
    assert shop.presence.claims[order.id]["is_mine"]
    assert "Jon Reed" not in desk.text


async def test_whose_order_is_taken_over_is_told(desk: Station, shop: WireShop) -> None:
    await desk.press("f3")
    order = desk.frame.table.current
    await desk.press("enter")
    await until(desk, lambda: order.id in shop.presence.claims)

    shop.presence.has_open(order.id, "Jon Reed")
    await until(desk, lambda: "Jon Reed has taken this order over" in desk.said)
    assert "Jon Reed has this order open" in desk.text


async def test_a_stopped_worker_is_seen_on_every_page(desk: Station, shop: WireShop) -> None:
    shop.worker = {"state": "stopped", "last_seen_at": None}
    desk.app.shop.watch.begin_anew()
    await until(desk, lambda: "⚠ no worker" in desk.text)
    await desk.press("f7")

    assert "⚠ no worker" in desk.text
