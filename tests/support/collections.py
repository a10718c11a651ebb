"""Builders of collections, and what is in them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.catalog.models.navigation import CollectionKind, CollectionProduct, RuleMatch
from api.catalog.models.products import Product
from api.catalog.queries import variant_lookup
from api.catalog.service import collections as collection_service
from api.catalog.service.collections import CollectionInput
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_product


def a_collection(title: str, *product_ids: UUID, **given: Any) -> UUID:
    """Make a collection by hand with these products; opens its own transactions."""
    with transaction():
        collection_id = collection_service.create_collection(
            CollectionInput(title=title, **given), by=SYSTEM
        )
    if product_ids:
        with transaction():
            collection_service.add_products(collection_id, product_ids, by=SYSTEM)
    return collection_id


def a_rule_collection(
    title: str, *rules: Mapping[str, Any], match: RuleMatch = RuleMatch.ALL, **given: Any
) -> UUID:
    """Make a collection with rules; jobs fill it."""
    with transaction():
        return collection_service.create_collection(
            CollectionInput(
                title=title, kind=CollectionKind.RULES, rules=rules, match=match, **given
            ),
            by=SYSTEM,
        )


def rule(field: str, relation: str, value: Any = None) -> dict[str, Any]:
    """Write a rule."""
    return {"field": field, "relation": relation, "value": value}


def a_product_id(sku: str, **given: Any) -> UUID:
    """Put a product with one variant on sale; returns the product's id."""
    (variant_id,) = a_product(sku, **given)
    return variant_lookup.variant_labels([variant_id])[variant_id].product_id


def members(collection_id: UUID) -> list[str]:
    """Return the titles of what is in a collection, in its order."""
    return list(
        session.scalars(
            select(Product.title)
            .join(CollectionProduct, CollectionProduct.product_id == Product.id)
            .where(CollectionProduct.collection_id == collection_id)
            .order_by(CollectionProduct.position, CollectionProduct.product_id)
        )
    )
