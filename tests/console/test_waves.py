"""Waves and picking figures on the real console against the real API."""

from __future__ import annotations

from api.inventory import service as inventory_service
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.console.support.station import Station
from tests.support.shop import Shop
from tests.support.stock import level_of


async def test_a_wave_is_looked_at_released_and_walked(real_desk: Station, house: Shop) -> None:
    desk, owner = real_desk, house.staff()
    variant = house.sells("WAVE-CUP", 10)
    with transaction():
        place = inventory_service.default_location()
        shelf = inventory_service.create_bin(place, "W-01", by=SYSTEM)
        inventory_service.move_units(level_of(variant), 9, source=None, target=shelf, by=SYSTEM)
    for _ in range(2):
        house.an_order(**{"WAVE-CUP": 1})

    await desk.type(":waves")
    await desk.press("enter")
    await desk.rested()
    assert "2 orders in 1 batch: 2 lines, 2 units" in desk.text, desk.text
    await desk.press("n")
    await desk.type("order")
    await desk.press("enter", "enter")
    await desk.type("25:99")
    await desk.press("enter")
    assert desk.tone == "wrong", "no time of day"
    await desk.press("ctrl+u", "enter", "enter", "enter", "enter")
    await desk.type("1")
    await desk.press("enter")
    await desk.rested()
    assert "2 orders in 2 batches" in desk.text, desk.text
    await desk.press("ctrl+r")
    await desk.rested()
    assert "2 orders in 2 batches" in desk.text, "the list came again, the choice is the same"
    assert owner.gets("/picking/waves").json["data"] == [], "only looked at"
    await desk.press("f10")
    await desk.rested()
    [wave] = owner.gets("/picking/waves").json["data"]
    assert (wave["order_count"], wave["batch_count"]) == (2, 2)

    await desk.press("f4")
    await desk.rested()
    assert "2 batches of waves wait" in desk.text, desk.text
    await desk.press("enter")
    await desk.rested()
    assert "W-01" in desk.text
    await desk.scan("L-W-01", "WAVE-CUP")
    await desk.press("enter")
    await desk.rested()
    assert owner.gets(f"/picking/waves/{wave['id']}").json["open_count"] == 1

    await desk.type(":figures")
    await desk.press("enter")
    await desk.rested()
    assert "lines an hour" in desk.text
    assert "walked" in desk.text, desk.text
