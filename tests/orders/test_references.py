"""What other systems keep about orders, customers and locations."""

from typing import Any

import pytest

from tests.support.people import a_customer
from tests.support.shop import Shop, Staff


def paths_of(shop: Shop, kind: str) -> tuple[str, str, str]:
    """Return the list, and the paths of two objects of a kind."""
    if kind == "orders":
        shop.sells("MUG", 10)
        ids = [shop.an_order(MUG=1)["id"] for _ in range(2)]
    elif kind == "customers":
        ids = [str(a_customer(email=f"{n}@example.test").id) for n in range(2)]
    else:
        staff = shop.staff()
        ids = [
            staff.posts("/locations", {"code": f"B{n}", "name": "Barn"}).json["id"]
            for n in range(2)
        ]
    return f"/{kind}", f"/{kind}/{ids[0]}", f"/{kind}/{ids[1]}"


def found(staff: Staff, path: str, **query: Any) -> list[str]:
    return [f"{path}/{one['id']}" for one in staff.gets(path, **query).json["data"]]


@pytest.mark.parametrize("kind", ["orders", "customers", "locations"])
def test_a_reference_finds_its_object_and_is_unique_in_its_system(shop: Shop, kind: str) -> None:
    every, one, other = paths_of(shop, kind)
    owner = shop.staff()

    body = {"system": "datev", "value": "4711", "metadata": {"cost_center": "42"}}
    kept = owner.posts(f"{one}/references", body)

    assert kept.status_code == 200, kept.json
    assert kept.json["data"] == [body]
    assert found(owner, every, reference="datev:4711") == [one]
    assert found(owner, every, reference="datev:471") == []
    assert found(owner, every, reference="xero:4711") == []
    assert found(owner, every, metadata="cost_center:42") == [one]
    assert found(owner, every, metadata="cost_center:4") == []
    taken = owner.posts(f"{other}/references", {"system": "datev", "value": "4711"})
    assert (taken.status_code, taken.json["code"]) == (409, "reference_taken")
    assert taken.json["subject_id"] == one.rpartition("/")[2]
    assert (
        owner.posts(f"{other}/references", {"system": "xero", "value": "4711"}).status_code == 200
    )
    assert owner.posts(f"{one}/references", {"system": "datev"}).json["data"] == []
    assert found(owner, every, reference="datev:4711") == []


@pytest.mark.parametrize("kind", ["orders", "customers", "locations"])
def test_references_are_bounded(shop: Shop, kind: str) -> None:
    _, one, _ = paths_of(shop, kind)
    owner = shop.staff()

    def sends(**body: Any) -> int:
        return int(owner.posts(f"{one}/references", {"system": "datev", **body}).status_code)

    assert sends(value="x" * 201) == 422
    assert sends(value=" 4711") == 422
    assert sends(system="DATEV!", value="1") == 422
    assert sends(metadata={"k": "x" * 501}) == 422
    assert sends(metadata={f"k{n}": "x" for n in range(21)}) == 422
    assert sends(metadata={"k": 7}) == 422
    for number in range(20):
        assert sends(system=f"s{number}", value="1") == 200
    assert sends(value="1") == 409
    assert owner.posts(f"{one}/references", {"system": "s0", "value": "2"}).status_code == 200
    refused = owner.gets(f"/{kind}", reference="no colon")
    assert refused.status_code == 422


def test_customers_never_see_references(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer = shop.guest()
    order, owner = shop.an_order(MUG=1, buyer=buyer), shop.staff()
    owner.posts(f"/orders/{order['id']}/references", {"system": "datev", "value": "geheim-1"})
    owner.posts(f"/orders/{order['id']}/tags", {"add": ["troublesome"]})

    assert "geheim-1" not in str(buyer.sees(order))
    assert "troublesome" not in str(buyer.sees(order))
    assert owner.opens(order)["references"][0]["value"] == "geheim-1"


def test_a_location_where_one_does_not_work_is_not_found(shop: Shop) -> None:
    owner = shop.staff()
    place = owner.posts("/locations", {"code": "B1", "name": "Barn"}).json
    support = shop.staff("support")

    refused = support.posts(f"/locations/{place['id']}/references", {"system": "a", "value": "b"})

    assert refused.status_code == 403
    assert owner.gets(f"/locations/{place['id']}").json["references"] == []
