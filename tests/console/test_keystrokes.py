"""What each flow costs a person, in keys (K) and triggers of a scanner (S), on the real API.

The figures are the shop's promise to its staff: a flow that needs one key more fails here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import pytest

from api.inventory import service as inventory_service
from api.inventory.queries import bins_of_level
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.console.support.real import opens
from tests.console.support.station import Station
from tests.purchasing.test_purchase_orders import a_supplier, eur
from tests.purchasing.test_receiving import placed
from tests.support.books import stock_differences
from tests.support.shop import Shop
from tests.support.stock import a_location, level_of
from tests.support.work import drain

Flow = Callable[[Station, Shop], Awaitable[None]]


@contextmanager
def costs(desk: Station, *, keys: int, scans: int = 0) -> Iterator[None]:
    """Count what is pressed and scanned inside; arranging before is not counted."""
    desk.keys_pressed = desk.scans = 0
    yield
    assert (desk.keys_pressed, desk.scans) == (keys, scans)


async def find_an_order(desk: Station, house: Shop) -> None:
    order = house.an_order(MUG=1)
    with costs(desk, keys=0, scans=1):
        await desk.scan(order["number"])
    assert order["number"] in desk.text
    await desk.press("f2")
    with costs(desk, keys=5):
        await desk.type(order["number"])
        await desk.press("enter")
    assert order["number"] in desk.text


async def ship_three_lines_of_five_units(desk: Station, house: Shop) -> None:
    house.sells("JUG", 9)
    house.sells("TEA", 9)
    order = house.an_order(MUG=2, JUG=2, TEA=1)
    with costs(desk, keys=1, scans=7):
        await desk.scan(order["number"], "MUG", "MUG", "JUG", "JUG", "TEA", "00340434161094042557")
        await desk.press("enter")
    await desk.rested()
    assert house.staff().opens(order)["fulfilment_status"] == "shipped"


async def begin_the_next_job(desk: Station, house: Shop) -> None:
    house.an_order(MUG=1)
    await desk.press("f2", "ctrl+r")
    await desk.rested()
    with costs(desk, keys=1):
        await desk.press("enter")
    assert desk.screen == "ship"


async def give_one_line_back_and_restock(desk: Station, house: Shop) -> None:
    order = house.an_order(MUG=2)
    with costs(desk, keys=4, scans=2):
        await desk.scan(order["number"])
        await desk.press("f8")
        await desk.scan("MUG")
        await desk.press("1", "f10", "f10")
    await desk.rested()
    assert house.staff().opens(order)["refunded"]["amount"] == 999


async def put_a_level_right(desk: Station, house: Shop) -> None:
    house.sells("BOWL", 5)
    with costs(desk, keys=4, scans=1):
        await desk.scan("BOWL")
        await desk.press("=", "7", "enter", "enter")
    await desk.rested()
    assert "BOWL at MAIN = 7: done" in desk.said
    assert reason_of_the_last_move(house) == "count"


async def put_a_level_right_for_any_reason(desk: Station, house: Shop) -> None:
    """Once the desk's scanner is set up to mark its codes, a digit alone can be no barcode."""
    house.sells("BOWL", 5)
    desk.prefix = "ctrl+b"
    await desk.press(":")
    await desk.type("scanner")
    await desk.press("enter")
    await desk.scan("BOWL")
    await desk.press("f10", "f2")
    with costs(desk, keys=4, scans=1):
        await desk.scan("BOWL")
        await desk.press("=", "7", "enter", "5")
    await desk.rested()
    assert "BOWL at MAIN = 7: done" in desk.said
    assert reason_of_the_last_move(house) == "found"


def reason_of_the_last_move(house: Shop) -> str:
    (level,) = house.staff().gets("/stock", q="BOWL").json["data"]
    (last, *_) = house.staff().gets(f"/stock/{level['id']}/movements").json["data"]
    return str(last["reason"])


async def take_the_last_step_back(desk: Station, house: Shop) -> None:
    await put_a_level_right(desk, house)
    with costs(desk, keys=1):
        await desk.press("f9")
    assert "undone" in desk.said


async def see_what_runs_low(desk: Station, house: Shop) -> None:
    with costs(desk, keys=3):
        await desk.press(":", "l", "enter")
    assert "Low stock" in desk.text


async def say_that_a_parcel_arrived(desk: Station, house: Shop) -> None:
    order = house.an_order(MUG=1)
    shipped = house.staff().posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    assert shipped.status_code == 201, shipped.json
    await opens(desk, order)
    with costs(desk, keys=3):
        await desk.press("k", "d", "f10")
    await desk.rested()
    assert house.staff().opens(order)["fulfilment_status"] == "delivered"


async def void_a_parcel(desk: Station, house: Shop) -> None:
    order = house.an_order(MUG=1)
    house.staff().posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    await opens(desk, order)
    with costs(desk, keys=4):
        await desk.press("k", "v", "enter", "f10")
    await desk.rested()
    assert house.staff().opens(order)["fulfilment_status"] == "unfulfilled"


async def send_an_email_again(desk: Station, house: Shop) -> None:
    order = house.an_order(MUG=1)
    drain()
    await opens(desk, order)
    with costs(desk, keys=3):
        await desk.press("m", "r", "f10")
    await desk.rested()
    (letter, *_) = house.staff().gets("/emails", subject_ids=order["id"]).json["data"]
    assert letter["resends"] == 1


async def cancel_an_order(desk: Station, house: Shop) -> None:
    order = house.an_order(MUG=1)
    await opens(desk, order)
    with costs(desk, keys=4):
        await desk.press("c", "1", "enter", "f10")
    await desk.rested()
    assert house.staff().opens(order)["status"] == "cancelled"


FLOWS: tuple[Flow, ...] = (
    find_an_order, ship_three_lines_of_five_units, begin_the_next_job,
    give_one_line_back_and_restock, put_a_level_right,
    put_a_level_right_for_any_reason, take_the_last_step_back, see_what_runs_low,
    say_that_a_parcel_arrived, void_a_parcel, send_an_email_again, cancel_an_order,
)  # fmt: skip


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
async def test_a_flow_costs_what_was_promised(real_desk: Station, house: Shop, flow: Flow) -> None:
    await flow(real_desk, house)


async def move_all_of_an_item_between_bins(desk: Station, house: Shop) -> None:
    level, *_ = two_bins(house, 7)
    with costs(desk, keys=1, scans=3):
        await desk.scan("L-K-NEAR", "MUG")
        await desk.type(">")
        await desk.scan("L-K-FAR")
    await desk.rested()
    assert units_in_bins(level) == {"K-FAR": 7, "K-NEAR": 0}
    with costs(desk, keys=1):
        await desk.press("f9")
    await desk.rested()
    assert units_in_bins(level) == {"K-FAR": 0, "K-NEAR": 7}


async def move_five_of_an_item_between_bins(desk: Station, house: Shop) -> None:
    level, *_ = two_bins(house, 7)
    with costs(desk, keys=2, scans=3):
        await desk.scan("L-K-NEAR", "MUG")
        await desk.type("5>")
        await desk.scan("L-K-FAR")
    await desk.rested()
    assert units_in_bins(level) == {"K-FAR": 5, "K-NEAR": 2}


async def count_a_bin(desk: Station, house: Shop) -> None:
    level, *_ = two_bins(house, 31)
    with costs(desk, keys=6, scans=2):
        await desk.scan("L-K-NEAR")
        await desk.type("=30*")
        await desk.scan("MUG")
        await desk.press("enter")
        await desk.rested()
        await desk.press("f10")
    await desk.rested()
    assert "-1 posted" in desk.text.replace("−", "-")
    assert units_in_bins(level) == {"K-NEAR": 30}


async def put_away_by_scanner_alone(desk: Station, house: Shop) -> None:
    level, *_ = two_bins(house, 0)
    await desk.press(":")
    await desk.type("putaway")
    await desk.press("enter")
    await desk.rested()
    with costs(desk, keys=0, scans=2):
        await desk.scan("MUG", "L-K-FAR")
    await desk.rested()
    assert (
        units_in_bins(level)["K-FAR"]
        == house.staff().gets("/stock", q="MUG").json["data"][0]["on_hand"]
    )
    with costs(desk, keys=0, scans=1):
        await desk.scan("!UNDO")
    await desk.rested()
    assert units_in_bins(level)["K-FAR"] == 0


def two_bins(house: Shop, units: int) -> tuple[UUID, UUID, UUID]:
    """Have two bins, with so many mugs in the near one."""
    level = level_of(house.variants["MUG"])
    with transaction():
        place = inventory_service.default_location()
        near, far = (
            inventory_service.create_bin(place, code, by=SYSTEM) for code in ("K-NEAR", "K-FAR")
        )
        if units > 20:
            inventory_service.adjust(
                level, change=units, on_hand=None, expected_on_hand=None,
                reason=inventory_service.AdjustReason.FOUND, note=None, by=SYSTEM,
            )  # fmt: skip
        if units:
            inventory_service.move_units(level, units, source=None, target=near, by=SYSTEM)
    return level, near, far


def units_in_bins(level: UUID) -> dict[str, int]:
    return {one["code"]: one["quantity"] for one in bins_of_level(level)["bins"]}


@pytest.mark.parametrize(
    "flow",
    [
        move_all_of_an_item_between_bins,
        move_five_of_an_item_between_bins,
        count_a_bin,
        put_away_by_scanner_alone,
    ],
    ids=lambda flow: flow.__name__,
)
async def test_work_at_the_bins_costs_what_was_promised(
    real_desk: Station, house: Shop, flow: Flow
) -> None:
    await flow(real_desk, house)
    assert stock_differences() == []


async def count_ten_items_of_two_digits(desk: Station, house: Shop) -> None:
    _, near, _ = two_bins(house, 0)
    skus = [f"CYCLE-{n}" for n in range(10)]
    for sku in skus:
        level = level_of(house.sells(sku, 31))
        with transaction():
            inventory_service.move_units(level, 31, source=None, target=near, by=SYSTEM)
    with costs(desk, keys=33, scans=11):
        await desk.scan("L-K-NEAR")
        await desk.press("=")
        await desk.rested()
        for sku in skus:
            await desk.type("31*")
            await desk.scan(sku)
        # Ten lines are compared one after the other: a busy machine takes longer than a key may.
        desk.settled = partial(desk.settled, within=30.0)  # type: ignore[method-assign]
        await desk.press("enter")
        await desk.rested()
        await desk.press("f10")
    await desk.rested()
    (count,) = house.staff().gets("/counts").json["data"]
    assert (count["status"], count["line_count"]) == ("posted", 10)


async def receive_what_was_counted(desk: Station, house: Shop) -> None:
    skus = [f"COUNTED-{n}" for n in range(4)]
    for sku in skus:
        house.sells(sku, 0)
    order = placed(house.staff(), *((sku, 24, 100) for sku in skus))
    with costs(desk, keys=14, scans=5):
        await desk.press("f6")
        await desk.scan(order["number"])
        await desk.rested()
        for sku in skus:
            await desk.type("24*")
            await desk.scan(sku)
        await desk.press("f10")
    await desk.rested()
    seen = house.staff().gets(f"/purchase-orders/{order['id']}").json
    assert (seen["status"], seen["received_units"]) == ("received", 96)


async def put_away_a_part(desk: Station, house: Shop) -> None:
    level, *_ = two_bins(house, 0)
    await desk.press(":")
    await desk.type("putaway")
    await desk.press("enter")
    await desk.rested()
    with costs(desk, keys=2, scans=2):
        await desk.type("5>")
        await desk.scan("MUG", "L-K-FAR")
    await desk.rested()
    assert units_in_bins(level)["K-FAR"] == 5
    # Nobody scanned an item since: the label opens its bin, and nothing is carried there.
    with costs(desk, keys=0, scans=1):
        await desk.scan("L-K-NEAR")
    await desk.rested()
    assert (desk.screen, units_in_bins(level).get("K-NEAR", 0)) == ("bin", 0)


async def say_that_a_bin_is_empty(desk: Station, house: Shop) -> None:
    two_bins(house, 0)
    with costs(desk, keys=1, scans=1):
        await desk.scan("L-K-NEAR")
        await desk.rested()
        await desk.press("enter")
    await desk.rested()
    (count,) = house.staff().gets("/counts").json["data"]
    assert count["status"] == "posted"


async def ship_a_transfer(desk: Station, house: Shop) -> None:
    a_location("ANNEX")
    body = {"from_location": "MAIN", "to_location": "ANNEX",
            "lines": [{"code": "MUG", "quantity": 5}]}  # fmt: skip
    made = house.staff().posts("/transfers", body).json
    with costs(desk, keys=2, scans=2):
        await desk.scan(made["number"])
        await desk.rested()
        await desk.scan("MUG")
        await desk.press("enter", "f10")
    await desk.rested()
    seen = house.staff().gets(f"/transfers/{made['id']}").json
    assert (seen["status"], seen["units"]) == ("in_transit", 5)


async def order_what_runs_low(desk: Station, house: Shop) -> None:
    house.sells("LOW", 1, threshold=5)
    owner = house.staff()
    supplier = a_supplier(owner)
    item = {"code": "LOW", "unit_cost": eur(300), "is_preferred": True}
    owner.posts(f"/suppliers/{supplier['id']}/items", item)
    with costs(desk, keys=5):
        await desk.press(":", "l", "enter")
        await desk.rested()
        await desk.press("o", "f10")
    await desk.rested()
    (order,) = owner.gets("/purchase-orders").json["data"]
    assert order["supplier"]["name"] == supplier["name"]


@pytest.mark.parametrize(
    "flow",
    [
        count_ten_items_of_two_digits,
        receive_what_was_counted,
        put_away_a_part,
        say_that_a_bin_is_empty,
        ship_a_transfer,
        order_what_runs_low,
    ],
    ids=lambda flow: flow.__name__,
)
async def test_work_in_the_stockroom_costs_what_was_promised(
    real_desk: Station, house: Shop, flow: Flow
) -> None:
    await flow(real_desk, house)
    assert stock_differences() == []
