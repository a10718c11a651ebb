"""Drafts that go on the shelf by themselves when their moment has come."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from api.catalog import jobs as catalog_jobs
from api.catalog.errors import PublishAtNeedsDraft, PublishAtPassed
from api.catalog.events import CatalogChanged, ProductPublished
from api.catalog.models.products import Product
from api.catalog.queries import admin_detail
from api.catalog.service import bulk_upsert
from api.catalog.service import products as product_service
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import ProductInput
from api.catalog.states import ProductStatus
from api.kernel import clock
from api.kernel.errors import Unprocessable
from api.kernel.principal import SYSTEM
from api.platform.audit import AuditEntry
from api.platform.db import db, session, transaction
from tests.support.collections import a_product_id
from tests.support.events import facts_of
from tests.support.people import a_staff_member
from tests.support.threads import at_once

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


def _waiting(sku: str, at: datetime = NOON) -> UUID:
    product_id = a_product_id(sku, published=False)
    with transaction():
        version = admin_detail.get_product(product_id)["version"]
        product_service.edit_product(
            product_id, {"publish_at": at}, expected_version=version, by=SYSTEM
        )
    return product_id


def _status(product_id: UUID) -> tuple[str, datetime | None]:
    session.rollback()
    product = admin_detail.get_product(product_id)
    return product["status"], product["publish_at"]


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    with clock.frozen(moment):
        yield


def test_a_draft_goes_on_the_shelf_at_its_moment_and_not_before(app: Flask) -> None:
    """By the same step as by hand; the shop itself is named in the audit log."""
    mug = _waiting("MUG")
    with _at(NOON - timedelta(seconds=1)):
        catalog_jobs.publish_due_products()
    assert _status(mug) == ("draft", NOON)

    with _at(NOON):
        catalog_jobs.publish_due_products()
        catalog_jobs.publish_due_products()

    assert _status(mug) == ("active", None)
    assert [fact.product_id for fact in facts_of(ProductPublished)] == [mug]
    assert facts_of(CatalogChanged)[-1].slugs == ("mug",)
    actor = session.scalar(select(AuditEntry.actor).where(AuditEntry.action == "product.publish"))
    assert actor == SYSTEM.actor_key


def test_one_that_cannot_be_published_holds_up_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays a draft without a moment, says so in the audit log, and is not tried again."""
    bad, good = _waiting("BAD", NOON - timedelta(hours=1)), _waiting("GOOD")
    publish = product_service.publish_product

    def refuse(product_id: UUID, **given: Any) -> None:
        publish(product_id, **given)
        if product_id == bad:
            raise Unprocessable("It lacks something.")

    monkeypatch.setattr(product_service, "publish_product", refuse)
    with _at(NOON):
        catalog_jobs.publish_due_products()
        assert product_service.due_to_publish() == []

    assert _status(bad) == ("draft", None)
    assert _status(good) == ("active", None)
    assert [fact.product_id for fact in facts_of(ProductPublished)] == [good]
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "product.publish_refused")
    ).one()
    assert (entry.subject_id, entry.changes["code"]) == (bad, "invalid")


def test_a_draft_that_somebody_holds_is_left_for_the_next_run(app: Flask) -> None:
    """The others are not kept waiting for it."""
    held, free = _waiting("HELD"), _waiting("FREE")

    with db.engine.connect() as connection, _at(NOON):
        connection.execute(text("SELECT 1 FROM products WHERE id = :id FOR UPDATE"), {"id": held})
        catalog_jobs.publish_due_products()
        assert (_status(held)[0], _status(free)[0]) == ("draft", "active")
        connection.rollback()
        catalog_jobs.publish_due_products()

    assert _status(held)[0] == "active"


def test_two_workers_publish_each_draft_once(app: Flask) -> None:
    """Without the lock both would, and the second would be refused as if something were wrong."""
    waiting = [_waiting(f"MUG-{n}") for n in range(6)]

    with _at(NOON):
        outcomes = at_once(app, [catalog_jobs.publish_due_products] * 3)

    assert not outcomes.errors
    assert sorted(fact.product_id for fact in facts_of(ProductPublished)) == sorted(waiting)
    assert all(_status(id_) == ("active", None) for id_ in waiting)


def test_a_moment_is_to_come_and_for_drafts_only(app: Flask) -> None:
    """Anything else would be published at once or never, and nobody would know which."""
    draft, active = a_product_id("DRAFT", published=False), a_product_id("ACTIVE")

    past = clock.now() - timedelta(seconds=1)
    with pytest.raises(PublishAtPassed), transaction():
        product_service.edit_product(draft, {"publish_at": past}, expected_version=1, by=SYSTEM)
    with pytest.raises(PublishAtPassed), transaction():
        product_service.create_product(
            ProductInput(title="Late", publish_at=clock.now()), by=SYSTEM
        )
    with pytest.raises(PublishAtNeedsDraft), transaction():
        product_service.edit_product(active, {"publish_at": NOON}, expected_version=2, by=SYSTEM)
    with transaction():
        product_service.edit_product(active, {"publish_at": None}, expected_version=2, by=SYSTEM)

    assert (_status(draft), _status(active)) == (("draft", None), ("active", None))


def test_whatever_moves_a_draft_calls_its_moment_off(app: Flask) -> None:
    """An archived product does not come back by itself, nor does one that an import published."""
    archived, imported = _waiting("ARCHIVED"), _waiting("IMPORTED")
    with transaction():
        session.execute(
            update(Product).where(Product.id == imported).values(external_reference="x:1")
        )
    with transaction():
        product_service.archive_product(archived, expected_version=None, by=SYSTEM)
        draft = ProductInput(title="Imported", slug="imported", external_reference="x:1")
        bulk_upsert.upsert_feed([FeedProduct(draft, ProductStatus.ACTIVE)], by=SYSTEM)
    with transaction():
        product_service.unarchive_product(archived, expected_version=None, by=SYSTEM)
        product_service.archive_product(imported, expected_version=None, by=SYSTEM)
        product_service.unarchive_product(imported, expected_version=None, by=SYSTEM)

    with _at(NOON):
        catalog_jobs.publish_due_products()

    assert (_status(archived), _status(imported)) == (("draft", None), ("draft", None))


def test_staff_name_and_call_off_a_moment_over_http(app: Flask) -> None:
    """With any time zone; without one nobody would know when."""
    client: FlaskClient = app.test_client()
    anna = a_staff_member("manager")
    url = "/api/v1/admin/products"
    made = client.post(
        url, json={"title": "Mug", "publish_at": "2030-05-01T14:00:00+02:00"}, headers=anna.headers
    )
    assert made.get_json()["publish_at"] == "2030-05-01T12:00:00Z"
    address = made.headers["Location"]

    def patch(value: Any) -> Any:
        version = client.get(address, headers=anna.headers).headers["ETag"]
        return client.patch(
            address, json={"publish_at": value}, headers={**anna.headers, "If-Match": version}
        )

    assert patch("2020-01-01T00:00:00Z").get_json()["code"] == "publish_at_passed"
    assert patch("2030-01-01T00:00:00").status_code == 422
    assert patch(None).get_json()["publish_at"] is None
    client.post(f"{address}/publish", headers=anna.headers)
    refused = patch("2031-01-01T00:00:00Z")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "publish_at_needs_draft")
