"""The cache tags of storefront answers, and which tags a change of a product makes stale.

A price invalidates one page, the lists of the categories and collections that the product is in,
and the lists of the whole shop, searches among them. A change of the category tree invalidates
everything, because any page may show it in its breadcrumbs.
"""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, any_, literal, select, union

from api.catalog.models.navigation import Category, Collection, CollectionProduct, ProductCategory
from api.catalog.models.products import Product
from api.platform.db import session


def lists_of_products(slugs: Sequence[str]) -> list[str]:
    """Return the lists that show products: `category:mugs`, `collection:summer`. One statement.

    The categories above those that products are in show them as well.
    """
    if not slugs:
        return []
    named = Product.slug == any_(literal(sorted(set(slugs)), ARRAY(Text)))
    categories = (
        select(("category:" + Category.slug).label("list"))
        .join(ProductCategory, ProductCategory.category_id == Category.id)
        .join(Product, Product.id == ProductCategory.product_id)
        .where(named)
    )
    collections = (
        select("collection:" + Collection.slug)
        .join(CollectionProduct, CollectionProduct.collection_id == Collection.id)
        .join(Product, Product.id == CollectionProduct.product_id)
        .where(named)
    )
    return sorted(session.scalars(union(categories, collections)))


WHOLE_SHOP = "catalogue"
LISTS = "catalogue:lists"
ALL_PRODUCTS = "catalogue:all"
COLLECTIONS = "catalogue:collections"

MOST_LISTS = 200
"""More lists than that are not invalidated one by one, but all at once."""


def product_tag(slug: str) -> str:
    """Return the tag of one product's page."""
    return f"catalogue:product:{slug}"


def listing_tag(name: str) -> str:
    """Return the tag of a list: `category:mugs`, `collection:summer`."""
    return f"catalogue:list:{name}"


def listing_tags(category: str | None = None, collection: str | None = None) -> tuple[str, ...]:
    """Return the tags of a list of products."""
    tags = []
    if category is not None:
        tags.append(listing_tag(f"category:{category}"))
    if collection is not None:
        tags.append(listing_tag(f"collection:{collection}"))
    return WHOLE_SHOP, LISTS, *(tags or [ALL_PRODUCTS])


def product_page(slug: str, *, with_others: bool = False) -> tuple[str, ...]:
    """Return the tags of one product's page, which may show others beside it."""
    return (WHOLE_SHOP, product_tag(slug), *((LISTS, ALL_PRODUCTS) if with_others else ()))


def tree() -> tuple[str, ...]:
    """Return the tags of the whole tree."""
    return (WHOLE_SHOP,)


def category_page(slug: str) -> tuple[str, ...]:
    """Return the tags of one category; only the tree changes it."""
    return (WHOLE_SHOP,)


def collections() -> tuple[str, ...]:
    """Return the tags of the list of collections."""
    return WHOLE_SHOP, COLLECTIONS


def collection_page(slug: str) -> tuple[str, ...]:
    """Return the tags of one collection."""
    return WHOLE_SHOP, COLLECTIONS, listing_tag(f"collection:{slug}")
