"""Batches that want each other's names in opposite order: all are answered, nobody is sent away."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.attributes import AttributeKind, ProductAttribute
from api.catalog.models.products import Product, Variant
from api.catalog.service import attributes as attribute_service
from api.catalog.service import product_types as product_type_service
from api.catalog.service.inputs import AttributeInput, TypeAttributeInput
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_product
from tests.support.people import Person, a_staff_member
from tests.support.threads import at_once

ROWS = 20


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("manager")


def _products(prefix: str) -> tuple[list[UUID], list[UUID]]:
    """Put products with one variant each on sale; returns their ids and those of the variants."""
    variants = [a_product(f"{prefix}-{i}", product_type="Book")[0] for i in range(ROWS)]
    rows = session.execute(select(Variant.id, Variant.product_id)).all()
    products = {row.id: row.product_id for row in rows}
    return [products[variant_id] for variant_id in variants], variants


def _sending(
    app: Flask, anna: Person, of: str, ids: list[UUID], said: list[dict[str, Any]]
) -> Callable[[], Any]:
    items = [{"id": str(one), "changes": changes} for one, changes in zip(ids, said, strict=True)]
    body = {"items": items, "force": True}
    return lambda: app.test_client().post(
        f"/api/v1/admin/{of}/batch", json=body, headers=anna.headers
    )


def test_two_batches_that_claim_slugs_in_opposite_order_are_both_answered(
    app: Flask, anna: Person
) -> None:
    """Else each waits for what the other has, and one of them is told that the shop is away."""
    (mine, _), (yours, _) = _products("MINE"), _products("YOURS")
    slugs = [{"slug": f"s-{i}"} for i in range(ROWS)]

    outcomes = at_once(
        app,
        [
            _sending(app, anna, "products", mine, slugs),
            _sending(app, anna, "products", yours, slugs[::-1]),
        ],
    )

    assert outcomes.of_status(200) == 2, [answer.text for answer in outcomes.results]
    told = [row for answer in outcomes.results for row in answer.get_json()["data"]]
    refused = {row["error"]["code"] for row in told if row["status"] == "failed"}
    assert (len(told), refused) == (2 * ROWS, {"slug_taken"})
    assert sum(row["status"] == "ok" for row in told) == ROWS
    found = set(session.scalars(select(Product.slug).where(Product.slug.startswith("s-"))))
    assert found == {f"s-{i}" for i in range(ROWS)}


def test_two_batches_that_claim_barcodes_in_opposite_order_are_both_answered(
    app: Flask, anna: Person
) -> None:
    (_, mine), (_, yours) = _products("MINE"), _products("YOURS")
    codes = [{"barcodes": [{"code": f"40063813339{i:02}"}]} for i in range(ROWS)]

    outcomes = at_once(
        app,
        [
            _sending(app, anna, "variants", mine, codes),
            _sending(app, anna, "variants", yours, codes[::-1]),
        ],
    )

    assert outcomes.of_status(200) == 2, [answer.text for answer in outcomes.results]
    done = [row["status"] for answer in outcomes.results for row in answer.get_json()["data"]]
    assert (done.count("ok"), done.count("failed")) == (ROWS, ROWS)


def test_two_batches_that_bring_new_words_in_opposite_order_both_land(
    app: Flask, anna: Person
) -> None:
    with transaction():
        attribute_service.create_attribute(
            AttributeInput(code="note", name="Note", kind=AttributeKind.TEXT), by=SYSTEM
        )
        product_type_service.create_product_type(
            "Book", [TypeAttributeInput(code="note")], by=SYSTEM
        )
    (mine, _), (yours, _) = _products("MINE"), _products("YOURS")
    notes = [{"attributes": {"note": f"Note {i}"}} for i in range(ROWS)]

    outcomes = at_once(
        app,
        [
            _sending(app, anna, "products", mine, notes),
            _sending(app, anna, "products", yours, notes[::-1]),
        ],
    )

    assert outcomes.of_status(200) == 2, [answer.text for answer in outcomes.results]
    counts = [answer.get_json()["counts"]["ok"] for answer in outcomes.results]
    assert counts == [ROWS, ROWS]
    assert len(session.scalars(select(ProductAttribute.value)).all()) == 2 * ROWS


def test_a_batch_and_single_edits_that_want_its_names_are_all_answered(
    app: Flask, anna: Person
) -> None:
    """A single edit gives the slug first and the word then; a batch, the other way round."""
    (mine, _), (yours, _) = _products("MINE"), _products("YOURS")
    said = [{"slug": f"s-{i}", "vendor": f"Maker {i}"} for i in range(ROWS)]
    batch = _sending(app, anna, "products", mine, said)

    def edit(product_id: UUID, changes: dict[str, Any]) -> Callable[[], Any]:
        return lambda: app.test_client().patch(
            f"/api/v1/admin/products/{product_id}",
            json=changes,
            headers=anna.with_headers(If_Match='"2"'),
        )

    singles = [edit(one, changes) for one, changes in zip(yours[:8], said[::-1], strict=False)]
    outcomes = at_once(app, [batch, *singles])

    assert outcomes.of_status(503) == 0, [answer.text for answer in outcomes.results]
    assert outcomes.of_status(200) + outcomes.of_status(409) == 9
    assert len(set(session.scalars(select(Product.slug)))) == 2 * ROWS
