"""Somebody who works at certain locations sees and changes the stock of these alone."""

from typing import Any
from uuid import UUID

import pytest

from api.accounts import service as accounts_service
from api.kernel.permissions import Permission
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.accounts.test_staff import audited, edits
from tests.approvals.test_approvals import named
from tests.support.shop import Shop
from tests.support.stock import counters


@pytest.fixture
def two_places(shop: Shop) -> dict[str, Any]:
    """Goods at the first location, none at a second one where Wanda works."""
    mug = shop.sells("MUG", 10)
    anna, owner = named(shop, "owner", "Anna Owner")
    wanda, person = named(shop, "manager", "Wanda Warehouse")
    there = anna.posts("/locations", {"code": "SHOP-2", "name": "Second shop"}).json
    here = anna.gets("/stock").json["data"][0]
    opened = anna.posts("/stock", {"variant_id": str(mug), "location_id": there["id"]}).json
    changed = edits(anna.client, owner, person, locations=["SHOP-2"])
    assert (changed.status_code, changed.json["locations"]) == (200, ["SHOP-2"])
    return {"anna": anna, "owner": owner, "wanda": wanda, "person": person, "mug": mug,
            "here": here, "there": opened}  # fmt: skip


def test_lists_hold_what_is_where_they_work(shop: Shop, two_places: dict[str, Any]) -> None:
    wanda, anna = two_places["wanda"], two_places["anna"]

    assert [one["code"] for one in wanda.gets("/locations").json["data"]] == ["SHOP-2"]
    assert [one["location"]["code"] for one in wanda.gets("/stock").json["data"]] == ["SHOP-2"]
    assert len(anna.gets("/stock").json["data"]) == 2
    path = f"/stock/{two_places['here']['id']}"
    for elsewhere in (wanda.gets(path), wanda.gets(f"{path}/movements")):
        assert (elsewhere.status_code, elsewhere.json["code"]) == (404, "level_not_found")
    assert wanda.gets(f"/stock/{two_places['there']['id']}").status_code == 200


def test_stock_and_parcels_elsewhere_stay_as_they_are(
    shop: Shop, two_places: dict[str, Any]
) -> None:
    wanda, anna, mug = two_places["wanda"], two_places["anna"], two_places["mug"]
    order = shop.an_order(MUG=2)
    here, there = two_places["here"], two_places["there"]
    main = UUID(here["location"]["id"])
    before = counters(mug, at=main)

    lines = [{"order_line_id": order["lines"][0]["id"], "quantity": 1}]
    refused = [
        wanda.posts(f"/stock/{here['id']}/adjust", {"change": 1, "reason": "found"}),
        wanda.posts("/stock", {"variant_id": str(mug), "location_id": here["location"]["id"]}),
        wanda.posts(f"/orders/{order['id']}/ship", {"lines": lines, "carrier": "dhl"}),
        wanda.client.patch(
            f"/api/v1/admin/stock/{here['id']}",
            json={"low_stock_threshold": 3},
            headers={**wanda.headers, "If-Match": f'"{here["version"]}"'},
        ),
    ]

    for answer in refused:
        assert (answer.status_code, answer.json["code"]) == (403, "location_not_yours")
    assert counters(mug, at=main) == before
    adjusted = wanda.posts(f"/stock/{there['id']}/adjust", {"change": 1, "reason": "found"})
    assert adjusted.status_code == 200
    assert wanda.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"}).status_code == 200
    assert anna.opens(order)["status"] == "cancelled"


def test_locations_are_known_ones_and_nobody_gives_more_than_they_have(
    shop: Shop, two_places: dict[str, Any]
) -> None:
    anna, owner, person = two_places["anna"], two_places["owner"], two_places["person"]

    unknown = edits(anna.client, owner, person, 2, locations=["NOWHERE"])
    assert (unknown.status_code, unknown.json["code"]) == (422, "location_unknown")
    lifted = edits(anna.client, owner, person, 2, locations=None)
    assert (lifted.status_code, lifted.json["locations"]) == (200, None)
    assert "location_ids" in audited("staff.edited")[-1][2]["before"]
    with transaction():
        accounts_service.create_role("shift lead", {Permission.STAFF_WRITE}, by=SYSTEM)
    second, second_person = named(shop, "shift lead", "Lena Lead")
    assert edits(anna.client, owner, second_person, locations=["SHOP-2"]).status_code == 200
    wider = edits(second.client, second_person, person, 3, locations=["MAIN", "SHOP-2"])
    assert (wider.status_code, wider.json["code"]) == (403, "grant_exceeds_own")
