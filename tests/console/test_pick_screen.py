"""The pick screen against the real API: a scanner alone, and what goes wrong."""

from __future__ import annotations

from typing import Any

from api.inventory import service as inventory_service
from api.inventory.service import BinKind
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.console.support.station import Station
from tests.support.books import stock_differences
from tests.support.shop import Shop
from tests.support.stock import level_of


def shelved(house: Shop, sku: str, **bins: int) -> None:
    """Put units of a product into bins of their own."""
    level = level_of(house.sells(sku, sum(bins.values())))
    with transaction():
        place = inventory_service.default_location()
        for code, units in bins.items():
            shelf = inventory_service.create_bin(place, code, by=SYSTEM)
            inventory_service.move_units(level, units, source=None, target=shelf, by=SYSTEM)


def with_totes(*codes: str) -> None:
    with transaction():
        place = inventory_service.default_location()
        for code in codes:
            inventory_service.create_bin(place, code, kind=BinKind.TOTE, by=SYSTEM)


async def test_a_scanner_alone_walks_from_the_first_bin_to_the_last_tote(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    shelved(house, "S-CUP", A1=9)
    shelved(house, "S-JUG", B2=9)
    with_totes("T-S1", "T-S2")
    for skus in ({"S-CUP": 1, "S-JUG": 2}, {"S-CUP": 1}):
        house.an_order(**skus)
    await desk.press("f4")
    await desk.rested()
    await desk.press("enter")
    await desk.rested()

    # No key from here: totes, then bin, item, tote at each stop; a command barcode finishes.
    await desk.scan("T-S1", "T-S2", "L-A1", "S-CUP", "T-S1", "S-CUP", "T-S2")
    assert "B2" in desk.text, desk.text
    await desk.scan("L-B2", "S-JUG", "T-S1", "!DONE")
    await desk.rested()

    [batch] = owner.gets("/picking/batches").json["data"]
    assert (batch["status"], batch["picked_count"]) == ("done", 4)
    assert stock_differences() == []


async def test_a_tote_that_the_shop_refuses_holds_nothing_back(
    real_desk: Station, house: Shop
) -> None:
    desk, owner, mia = real_desk, house.staff(), house.staff("warehouse")
    shelved(house, "S-CUP", A1=9)
    with_totes("T-S1", "T-S2", "T-S3")
    for _ in range(2):
        house.an_order(**{"S-CUP": 1})
    hers = mia.posts("/picking/batches", {"kind": "totes", "limit": 1}).json
    mia.posts(f"/picking/batches/{hers['id']}/claim", {})
    mia.posts(f"/picking/batches/{hers['id']}/totes", {"tote": "T-S1"})
    picked = {"item": "S-CUP", "quantity": 1}
    assert mia.posts(f"/picking/lines/{hers['lines'][0]['id']}/pick", picked).status_code == 200
    await desk.press("f4")
    await desk.rested()
    await desk.press("enter")
    await desk.rested()

    await desk.scan("T-S1")
    await desk.rested()
    assert "Tote T-S1 has units of order" in desk.text, desk.text
    assert "an empty tote" in desk.text, desk.text
    await desk.scan("T-S2", "L-A1", "S-CUP", "T-S2", "!DONE")
    await desk.rested()

    batches = owner.gets("/picking/batches").json["data"]
    assert {one["status"] for one in batches if one["id"] != hers["id"]} == {"done"}
    assert stock_differences() == []


async def test_what_is_in_no_other_bin_is_asked_about(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    shelved(house, "S-CUP", A1=3)
    order = house.an_order(**{"S-CUP": 3})
    await desk.press("f4")
    await desk.rested()
    await desk.press("enter")
    await desk.rested()
    await desk.scan("L-A1", "S-CUP")
    await desk.rested()
    assert owner.opens(order)["lines"][0]["quantity"] == 3

    await desk.scan("!SHORT")
    await desk.rested()
    assert "What becomes of them?" in desk.text, desk.text
    await desk.press("3")
    await desk.press("enter")
    await desk.rested()

    assert owner.opens(order)["lines"][0]["quantity"] == 1
    assert "off the order" in desk.text, desk.text
    assert len(owner.gets("/counts").json["data"]) == 1


async def test_the_customer_may_wait_for_what_is_in_no_bin(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    shelved(house, "S-CUP", A1=3)
    order = house.an_order(**{"S-CUP": 3})
    await desk.press("f4")
    await desk.rested()
    await desk.press("enter")
    await desk.rested()
    await desk.scan("L-A1", "S-CUP")
    await desk.rested()
    await desk.press("-")
    await desk.rested()
    assert "5 back-order" in desk.text, desk.text

    await desk.press("5", "enter")
    await desk.rested()

    assert "the customer waits for the rest" in desk.text, desk.text
    assert owner.opens(order)["lines"][0]["back_ordered_quantity"] == 2
    assert len(owner.gets("/counts").json["data"]) == 1
    await desk.scan("!DONE")
    await desk.rested()
    [batch] = owner.gets("/picking/batches").json["data"]
    assert (batch["status"], batch["picked_count"]) == ("done", 1)
    assert stock_differences() == []


async def test_the_batch_of_somebody_else_is_taken_over_with_a_reason(
    real_desk: Station, house: Shop
) -> None:
    desk, mia = real_desk, house.staff("warehouse")
    shelved(house, "S-CUP", A1=3)
    house.an_order(**{"S-CUP": 1})
    batch: dict[str, Any] = mia.posts("/picking/batches", {"kind": "order"}).json
    assert mia.posts(f"/picking/batches/{batch['id']}/claim", {}).status_code == 200
    await desk.press("f4")
    await desk.rested()
    await desk.press("down", "enter")
    await desk.rested()
    assert desk.tone == "wrong"

    await desk.press("f10")
    await desk.type("Mia went home")
    await desk.press("enter")
    await desk.rested()

    assert f"{batch['number']} is yours" in desk.text, desk.text
    [entry] = house.staff().gets("/audit", action="batch.taken_over").json["data"]
    assert entry["changes"]["reason"] == "Mia went home"
