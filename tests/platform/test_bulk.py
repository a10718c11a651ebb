"""Many rows changed at once are as they would be one by one, whatever their columns hold."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError

from api.catalog.models.products import Product
from api.catalog.states import ProductStatus
from api.platform import bulk_sql
from api.platform.db import session, transaction
from tests.support.catalogue import a_product
from tests.support.sql import count_statements

PRODUCTS = cast(Table, Product.__table__)


def _row(slug: str, *names: str) -> dict[str, Any]:
    columns = [PRODUCTS.c[name] for name in names]
    row = session.execute(select(*columns).where(PRODUCTS.c.slug == slug)).one()
    session.rollback()
    return dict(row._mapping)


def _id(slug: str) -> Any:
    return _row(slug, "id")["id"]


def test_every_kind_of_column_is_changed_in_one_statement(app: Flask) -> None:
    """Texts with anything in them, lists, documents, moments, nothing; others stay as they are."""
    for slug in ("mug", "cup", "jar"):
        a_product(slug, slug=slug)
    said = {
        "title": 'A "mug"\\n\n\t${x} :y %s ü',
        "tags": ["red", 'b"lue'],
        "public_metadata": {"deep": [1, None, {"a": "\\"}]},
        "traits": [3, 1, 2],
        "status": ProductStatus.ARCHIVED,
        "in_stock": True,
        "published_at": datetime(2026, 3, 1, 12, 30, 0, 123, tzinfo=UTC),
        "publish_at": None,
        "version": 7,
    }
    jar = _row("jar", *said)
    rows = [{"id": _id("mug"), **said}, {"id": _id("cup"), **said, "title": "Cup"}]

    with count_statements() as statements, transaction():
        bulk_sql.bulk_update(PRODUCTS, rows)

    assert len(statements) == 1
    assert _row("mug", *said) == said
    assert _row("cup", *said) == {**said, "title": "Cup"}
    assert _row("jar", *said) == jar


def test_rows_that_name_other_columns_are_changed_apart(app: Flask) -> None:
    """What a row does not name stays."""
    a_product("mug", slug="mug", vendor="Kiln")
    a_product("cup", slug="cup", vendor="Kiln")

    with transaction():
        bulk_sql.bulk_update(
            PRODUCTS, [{"id": _id("mug"), "title": "Mug"}, {"id": _id("cup"), "vendor": "Forge"}]
        )
        bulk_sql.bulk_update(PRODUCTS, [])

    assert _row("mug", "title", "vendor") == {"title": "Mug", "vendor": "Kiln"}
    assert _row("cup", "vendor") == {"vendor": "Forge"}


def test_what_the_database_refuses_is_raised(app: Flask) -> None:
    """As for one row."""
    a_product("mug", slug="mug")
    a_product("cup", slug="cup")

    with pytest.raises(IntegrityError, match="uq_products_slug"), transaction():
        bulk_sql.bulk_update(PRODUCTS, [{"id": _id("mug"), "slug": "cup"}])
