"""Low stock on the real console: orders and transfers of the levels that were chosen."""

from __future__ import annotations

from pathlib import Path

from tests.console.test_bins import console
from tests.console.test_operations import goes
from tests.purchasing.test_purchase_orders import a_supplier, eur
from tests.support.shop import Shop
from tests.support.stock import a_location


async def test_chosen_levels_become_an_order_for_each_supplier_and_one_transfer(
    house: Shop, tmp_path: Path
) -> None:
    owner = house.staff()
    beans, tea = a_supplier(owner, name="Beans"), a_supplier(owner, name="Tea house")
    for sku, supplier in (("CUP", beans), ("JUG", beans), ("POT", tea), ("TIN", None)):
        house.sells(sku, 1, threshold=5)
        if supplier:
            item = {"code": sku, "unit_cost": eur(300), "is_preferred": True}
            owner.posts(f"/suppliers/{supplier['id']}/items", item)
    a_location("BARN")
    lines = [{"code": "CUP", "quantity": 2}, {"code": "TIN", "quantity": 90}]
    assert owner.posts("/receipts", {"location": "BARN", "lines": lines}).status_code == 201
    async with console(house, tmp_path / "home") as desk:
        await goes(desk, "reorder")
        await desk.press("space", "down", "space", "space")
        assert "3 chosen" in desk.said
        assert [sku for sku in ("▪CUP", "▪JUG", "▪POT", "▪TIN") if sku in desk.text] == [
            "▪CUP", "▪POT", "▪TIN"
        ]  # fmt: skip

        await desk.press("o")
        assert "Beans for MAIN (1 line)" in desk.text
        assert "Without TIN." in desk.text
        await desk.press("f10")
        await desk.rested()
        assert "▪" not in desk.text
        made = owner.gets("/purchase-orders").json["data"]
        assert sorted((one["supplier"]["name"], one["status"]) for one in made) == [
            ("Beans", "draft"), ("Tea house", "draft")
        ]  # fmt: skip
        found = [owner.gets(f"/purchase-orders/{one['id']}/lines").json["data"] for one in made]
        assert sorted(line["sku"] for lines in found for line in lines) == ["CUP", "POT"]

        await desk.press("home", "space", "space", "space", "space", "t", "f10")
        await desk.rested()
        (moved,) = owner.gets("/transfers").json["data"]
        assert (moved["from_location"]["code"], moved["to_location"]["code"]) == ("BARN", "MAIN")
        sent = owner.gets(f"/transfers/{moved['id']}/lines").json["data"]
        assert [line["sku"] for line in sent] == ["CUP", "TIN"]
        assert sent[0]["quantity"] == 2, "no more than is free there"

        await desk.press("home", "down", "space", "t")
        assert desk.tone == "wrong"
        assert "It is free nowhere else" in desk.said
