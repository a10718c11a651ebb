"""The shop's own order within a category: what is placed comes first, the rest by newest."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from api.catalog.errors import NotAMember
from api.catalog.events import CatalogChanged
from api.catalog.models.navigation import ProductCategory
from api.catalog.queries import admin_detail, storefront_list, variant_lookup
from api.catalog.queries.filters import ProductFilter
from api.catalog.service import categories as category_service
from api.catalog.service import products as product_service
from api.catalog.service import sort_order
from api.catalog.service.sort_order import OrderedMembership
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_category, a_product
from tests.support.collections import a_collection
from tests.support.events import facts_of
from tests.support.people import a_staff_member
from tests.support.threads import at_once


def _product(sku: str, **given: Any) -> UUID:
    (variant_id,) = a_product(sku, **given)
    return variant_lookup.variant_labels([variant_id])[variant_id].product_id


def _order(category_id: UUID) -> list[UUID]:
    return list(
        session.scalars(
            select(ProductCategory.product_id)
            .where(ProductCategory.category_id == category_id)
            .order_by(ProductCategory.position, ProductCategory.product_id)
        )
    )


def _place(category_id: UUID, *product_ids: UUID) -> None:
    with transaction():
        version = admin_detail.get_category(category_id)["version"]
        category_service.place_in_category(
            category_id, product_ids, expected_version=version, by=SYSTEM
        )


def test_what_nobody_placed_follows_by_newest(app: Flask) -> None:
    """Also what comes later; and what was placed stays in front of it."""
    mugs = a_category("Mugs")
    old, middle, new = (_product(f"MUG-{n}", category_ids=[mugs]) for n in range(3))
    assert _order(mugs) == [new, middle, old]

    _place(mugs, old)
    assert _order(mugs) == [old, new, middle]
    newest = _product("MUG-3", category_ids=[mugs])
    assert _order(mugs) == [old, newest, new, middle]
    _place(mugs)
    assert _order(mugs) == [newest, new, middle, old]


def test_storefronts_read_the_shops_order_page_by_page(app: Flask) -> None:
    """Of a category, and of a collection without even asking for it."""
    mugs = a_category("Mugs")
    ids = [_product(f"MUG-{n}", category_ids=[mugs]) for n in range(5)]
    _place(mugs, ids[1], ids[3])
    a_collection("Best", ids[2], ids[0], ids[4])

    def read(wanted: ProductFilter, sort: str | None) -> str:
        found, cursor = "", None
        while True:
            page = storefront_list.list_storefront_products(
                wanted, sort=sort, limit=2, cursor=cursor
            )
            found += "".join(card["slug"][-1] for card in page["data"])
            cursor = page["page"]["next_cursor"]
            if cursor is None:
                return found

    assert read(ProductFilter(currency="EUR", category="mugs"), "position") == "13420"
    assert read(ProductFilter(currency="EUR", collection="best"), None) == "204"


def test_a_place_is_kept_through_edits_of_other_categories(app: Flask) -> None:
    """Directly and from below, until the product really leaves."""
    kitchen = a_category("Kitchen")
    mugs, sale = a_category("Mugs", below=kitchen), a_category("Sale")
    first = _product("MUG-1", category_ids=[mugs])
    second = _product("MUG-2", category_ids=[mugs])
    for category in (kitchen, mugs):
        _place(category, first)

    with transaction():
        product_service.edit_product(
            first, {"category_ids": [mugs, sale]}, expected_version=2, by=SYSTEM
        )
    assert (_order(kitchen), _order(mugs)) == ([first, second], [first, second])
    with transaction():
        version = admin_detail.get_category(mugs)["version"]
        category_service.edit_category(mugs, {"position": 3}, expected_version=version, by=SYSTEM)
    assert _order(kitchen) == [first, second]

    with transaction():
        product_service.edit_product(first, {"category_ids": [sale]}, expected_version=3, by=SYSTEM)
    assert (_order(kitchen), _order(mugs), _order(sale)) == ([second], [second], [first])
    assert facts_of(CatalogChanged)[-1].lists == ("category:kitchen", "category:mugs")
    with transaction():
        product_service.edit_product(first, {"category_ids": []}, expected_version=4, by=SYSTEM)
    assert _order(sale) == []


def test_a_new_order_is_told_and_saying_it_again_changes_nothing(app: Flask) -> None:
    """One shelf, no slugs: no product page is old."""
    mugs = a_category("Mugs")
    one, two = (_product(f"MUG-{n}", category_ids=[mugs]) for n in range(2))

    _place(mugs, one, two)
    told = facts_of(CatalogChanged)
    _place(mugs, one, two)

    assert (told[-1].lists, told[-1].slugs) == (("category:mugs",), ())
    assert len(facts_of(CatalogChanged)) == len(told)
    assert admin_detail.get_category(mugs)["version"] == 2


def test_only_what_is_in_the_category_has_a_place_in_it(app: Flask) -> None:
    """Nothing moves."""
    mugs = a_category("Mugs")
    one, stranger = _product("MUG", category_ids=[mugs]), _product("HAT")

    with pytest.raises(NotAMember):
        _place(mugs, stranger, one)
    for where in ({"before": stranger}, {"after": stranger}):
        with pytest.raises(NotAMember), transaction():
            category_service.move_in_category(mugs, one, **where, by=SYSTEM)
    with pytest.raises(NotAMember), transaction():
        category_service.move_in_category(mugs, stranger, position=0, by=SYSTEM)

    assert admin_detail.get_category(mugs)["version"] == 1


_MOVES = st.lists(
    st.tuples(
        st.sampled_from(["before", "after", "to", "first", "squeeze", "new"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=25,
)


@given(moves=_MOVES)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_row_of_moves_leaves_the_order_that_a_list_would_have(
    app: Flask, moves: list[tuple[str, int, int]]
) -> None:
    """Compared with a plain list; room between positions is taken away now and then."""
    with transaction():
        session.execute(delete(ProductCategory))
    mugs = a_category(f"Mugs {next(_NUMBERS)}")
    shelf = OrderedMembership(ProductCategory, mugs)
    for _ in range(4):
        _product(f"MUG-{next(_NUMBERS)}", category_ids=[mugs])
    expected = _order(mugs)

    for kind, x, y in moves:
        one, other = expected[x % len(expected)], expected[y % len(expected)]
        with transaction():
            if kind == "squeeze":
                for place, id_ in enumerate(expected):
                    session.execute(
                        update(ProductCategory)
                        .where(
                            ProductCategory.category_id == mugs, ProductCategory.product_id == id_
                        )
                        .values(position=place if y % 2 else sort_order.FIRST_UNPLACED + place)
                    )
            elif kind == "first":
                chosen = list(dict.fromkeys([one, other]))
                sort_order.set_order(shelf, chosen)
                expected = [*chosen, *sorted(set(expected) - set(chosen), reverse=True)]
            elif kind == "to":
                sort_order.move(shelf, one, to=y)
                expected.remove(one)
                expected.insert(y, one)
            elif kind in ("before", "after") and one != other:
                sort_order.move(shelf, one, **{kind: other})
                expected.remove(one)
                expected.insert(expected.index(other) + (kind == "after"), one)
        assert _order(mugs) == expected, (kind, x, y)


_NUMBERS = iter(range(10**6))


def test_moves_at_once_queue(app: Flask) -> None:
    """Without the lock on the category, two could take one place and neither version would tell."""
    mugs = a_category("Mugs")
    ids = [_product(f"MUG-{n}", category_ids=[mugs]) for n in range(6)]

    def to_the_front(product_id: UUID) -> Any:
        def call() -> None:
            with transaction():
                category_service.move_in_category(mugs, product_id, position=0, by=SYSTEM)

        return call

    outcomes = at_once(app, [to_the_front(id_) for id_ in ids])

    assert not outcomes.errors
    places = session.scalars(
        select(ProductCategory.position).where(ProductCategory.category_id == mugs)
    ).all()
    assert len(set(places)) == 6


def test_staff_order_a_category_over_http(app: Flask) -> None:
    """On the version that they read; bad requests say where."""
    client: FlaskClient = app.test_client()
    anna = a_staff_member("manager")
    mugs = a_category("Mugs")
    one, two, three = (_product(f"MUG-{n}", category_ids=[mugs]) for n in range(3))
    address = f"/api/v1/admin/categories/{mugs}"

    def put(ids: list[Any], version: str = '"1"') -> Any:
        return client.put(
            f"{address}/order",
            json={"product_ids": [str(id_) for id_ in ids]},
            headers={**anna.headers, "If-Match": version},
        )

    placed = put([two, one])
    assert (placed.status_code, placed.headers["ETag"]) == (200, '"2"')
    assert _order(mugs) == [two, one, three]
    assert put([two], '"1"').status_code == 412
    twice = put([two, one, two], '"2"')
    assert (twice.status_code, twice.json["errors"][0]["pointer"]) == (422, "/product_ids/2")
    moved = client.post(
        f"{address}/products/move",
        json={"product_id": str(three), "before": str(one)},
        headers=anna.headers,
    )
    assert moved.status_code == 200
    assert _order(mugs) == [two, three, one]
    neither = client.post(
        f"{address}/products/move", json={"product_id": str(three)}, headers=anna.headers
    )
    assert neither.status_code == 422
