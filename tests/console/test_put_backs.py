"""Put-backs on the real console against the real API."""

from __future__ import annotations

from api.inventory import service as inventory_service
from api.inventory.service import BinKind
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.console.support.station import Station
from tests.support.books import differences
from tests.support.shop import Shop
from tests.support.work import drain


async def test_units_of_a_cancelled_order_are_listed_and_put_back(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("PUT-CUP", 10)
    with transaction():
        place = inventory_service.default_location()
        inventory_service.create_bin(place, "T-PUT", kind=BinKind.TOTE, by=SYSTEM)
        inventory_service.create_bin(place, "P-01", by=SYSTEM)
    order = house.an_order(**{"PUT-CUP": 2})
    batch = owner.posts("/picking/batches", {"order_ids": [order["id"]]}).json
    path = f"/picking/batches/{batch['id']}"
    assert owner.posts(f"{path}/claim", {}).status_code == 200
    assert owner.posts(f"{path}/totes", {"tote": "T-PUT"}).status_code == 200
    line = batch["lines"][0]
    picked = owner.posts(f"/picking/lines/{line['id']}/pick", {"item": "PUT-CUP", "quantity": 2})
    assert picked.json["result"] == "ok"
    assert owner.cancels(order).status_code == 200
    drain()

    await desk.type(":putbacks")
    await desk.press("enter")
    await desk.rested()
    assert "T-PUT" in desk.text, desk.text
    await desk.press("p", "enter")
    await desk.scan("L-P-01")
    await desk.press("f10")
    await desk.rested()

    assert owner.gets("/picking/put-backs").json["tasks"] == []
    assert "There is no put-back here" in desk.text
    found = owner.gets("/scan", code="L-P-01").json
    assert found["kind"] == "bin"
    assert differences() == []


async def test_a_tote_that_the_shop_refuses_is_asked_for_again(
    real_desk: Station, house: Shop
) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("PUT-CUP", 10)
    with transaction():
        place = inventory_service.default_location()
        inventory_service.create_bin(place, "PUT-1", kind=BinKind.TOTE, by=SYSTEM)
        inventory_service.create_bin(place, "PUT-2", kind=BinKind.TOTE, by=SYSTEM)
    first, second = (house.an_order(**{"PUT-CUP": 1}) for _ in range(2))
    batch = owner.posts("/picking/batches", {"order_ids": [first["id"]]}).json
    path = f"/picking/batches/{batch['id']}"
    assert owner.posts(f"{path}/claim", {}).status_code == 200
    assert owner.posts(f"{path}/totes", {"tote": "T-PUT-1"}).status_code == 200
    line = batch["lines"][0]
    picked = owner.posts(f"/picking/lines/{line['id']}/pick", {"item": "PUT-CUP"})
    assert picked.json["result"] == "ok"
    assert owner.posts(f"{path}/finish").status_code == 200

    await desk.press("f4")
    await desk.rested()
    await desk.press("enter")
    await desk.rested()
    await desk.scan("T-PUT-1")
    await desk.rested()

    assert "an empty tote" in desk.text, desk.text
    assert second["number"] in desk.text
    assert "units of order" in desk.text


async def test_a_walk_follows_the_cancelling_of_an_order(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    house.sells("PUT-CUP", 10)
    order = house.an_order(**{"PUT-CUP": 2})
    await desk.press("f4")
    await desk.rested()
    await desk.press("enter")
    await desk.rested()
    assert "2 x" in desk.text
    assert owner.cancels(order).status_code == 200
    drain()

    for _ in range(40):
        if "everything is picked" in desk.text:
            break
        await desk.pilot.pause(0.1)

    assert "everything is picked" in desk.text, desk.text
