"""In which lists a product is shown; what is to be read anew when it changes."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, any_, literal, select, union

from api.catalog.models import (
    Category,
    CategoryMember,
    Collection,
    CollectionMember,
    Product,
)
from api.platform.db import session


def shelves_of(slugs: Sequence[str]) -> list[str]:
    """Return the shelves that hold products: `category:mugs`, `collection:summer`. One statement.

    Categories above those that hold them directly are shelves of theirs as well.
    """
    if not slugs:
        return []
    named = Product.slug == any_(literal(sorted(set(slugs)), ARRAY(Text)))
    categories = (
        select(("category:" + Category.slug).label("shelf"))
        .join(CategoryMember, CategoryMember.category_id == Category.id)
        .join(Product, Product.id == CategoryMember.product_id)
        .where(named)
    )
    collections = (
        select("collection:" + Collection.slug)
        .join(CollectionMember, CollectionMember.collection_id == Collection.id)
        .join(Product, Product.id == CollectionMember.product_id)
        .where(named)
    )
    return sorted(session.scalars(union(categories, collections)))
