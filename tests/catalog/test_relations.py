"""Products beside products: by kind, in order, and only such as there are."""

from typing import Any
from uuid import UUID

from flask.testing import FlaskClient

from api.catalog.events import CatalogChanged
from api.catalog.queries import admin_detail
from api.catalog.queries import related_products as related_product_queries
from api.kernel.ids import new_id
from tests.support.collections import a_product_id
from tests.support.events import facts_of
from tests.support.people import Person
from tests.support.sql import count_statements

KINDS = ("related", "upsell", "cross_sell", "accessory", "replacement")


def _put(
    client: FlaskClient, anna: Person, product_id: UUID, version: int, **related: list[UUID]
) -> Any:
    return client.put(
        f"/api/v1/admin/products/{product_id}/relations",
        json={kind: [str(id_) for id_ in ids] for kind, ids in related.items()},
        headers={**anna.headers, "If-Match": f'"{version}"'},
    )


def test_each_kind_is_kept_in_its_order(client: FlaskClient, anna: Person) -> None:
    """The whole is replaced; what is left out is gone; saying it again changes nothing."""
    phone = a_product_id("PHONE")
    one, two, three = (a_product_id(f"CASE-{n}") for n in range(3))

    put = _put(client, anna, phone, 2, accessory=[three, one, two], upsell=[one])
    assert (put.status_code, put.headers["ETag"]) == (200, '"3"')
    assert [row["id"] for row in put.get_json()["accessory"]] == [str(three), str(one), str(two)]
    assert facts_of(CatalogChanged)[-1].slugs == ("phone",)
    told = len(facts_of(CatalogChanged))
    assert (
        _put(client, anna, phone, 3, accessory=[three, one, two], upsell=[one]).status_code == 200
    )
    assert admin_detail.get_product(phone)["version"] == 3
    assert len(facts_of(CatalogChanged)) == told
    turned = _put(client, anna, phone, 3, accessory=[one, three]).get_json()
    assert [row["slug"] for row in turned["accessory"]] == ["case-0", "case-2"]
    assert {kind: len(turned[kind]) for kind in KINDS} == dict.fromkeys(KINDS, 0) | {"accessory": 2}
    assert related_product_queries.get_relations(one)["accessory"] == []
    assert _put(client, anna, phone, 3, related=[one]).status_code == 412


def test_what_cannot_stand_beside_it_is_pointed_at(client: FlaskClient, anna: Person) -> None:
    """The product itself, one that is not there, one twice, too many; nothing is kept."""
    phone, case = a_product_id("PHONE"), a_product_id("CASE")

    for related, pointer in (
        ({"upsell": [case, phone]}, "/upsell/1"),
        ({"related": [case], "cross_sell": [new_id()]}, "/cross_sell/0"),
        ({"related": [case, case]}, "/related/1"),
        ({"related": [new_id() for _ in range(51)]}, "/related"),
        ({"friends": [case]}, "/friends"),
    ):
        refused = _put(client, anna, phone, 2, **related)
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, pointer)
    assert admin_detail.get_product(phone)["version"] == 2
    assert _put(client, anna, new_id(), 1).status_code == 404
    gone = client.get(f"/api/v1/admin/products/{new_id()}/relations", headers=anna.headers)
    assert gone.status_code == 404


def test_many_cost_two_statements(client: FlaskClient, anna: Person) -> None:
    """As few do."""
    phone = a_product_id("PHONE")
    _put(client, anna, phone, 2, related=[a_product_id(f"CASE-{n}") for n in range(9)])

    with count_statements() as statements:
        found = related_product_queries.get_relations(phone)

    assert (len(found["related"]), statements.count) == (9, 2)
