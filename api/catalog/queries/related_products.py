"""Which products stand beside another one, as staff see it."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.catalog.errors import ProductNotFound
from api.catalog.models.products import Product, ProductRelation, RelationKind
from api.platform.db import session

RELATION_FIELDS: Mapping[str, RelationKind] = {
    "related" if kind is RelationKind.RELATED else f"related_{kind.value}": kind
    for kind in RelationKind
}
"""What the kinds are called in documents of ours, whose fields are their products by slug."""


def ids_by_slug(slugs: Collection[str]) -> dict[str, UUID]:
    """Return the products that have these addresses now; others are absent."""
    if not slugs:
        return {}
    rows = session.execute(select(Product.slug, Product.id).where(Product.slug.in_(sorted(slugs))))
    return {row.slug: row.id for row in rows}


def get_relations(product_id: UUID) -> dict[str, object]:
    """Return what is shown beside a product, by kind, in order, with the product's version.

    Two statements, however many there are. Raises ProductNotFound.
    """
    version = session.scalar(select(Product.version).where(Product.id == product_id))
    if version is None:
        raise ProductNotFound(product_id=product_id)
    found: dict[str, Any] = {"version": version, **{kind.value: [] for kind in RelationKind}}
    for row in session.execute(
        select(ProductRelation.kind, Product.id, Product.slug, Product.title, Product.status)
        .join(Product, Product.id == ProductRelation.related_id)
        .where(ProductRelation.product_id == product_id)
        .order_by(ProductRelation.kind, ProductRelation.position, ProductRelation.related_id)
    ):
        beside = row._asdict()
        found[beside.pop("kind").value].append(beside)
    return found
