"""Under which names storefront answers are kept, and so what one change makes old.

A price outdates one page, the lists of the categories and collections that the product is in, and
the lists of the whole shop, searches among them. Everything else stays. A change of the tree
outdates everything, because any page may show it in its breadcrumbs.
"""

WHOLE_SHOP = "catalogue"
LISTS = "catalogue:lists"
ALL_PRODUCTS = "catalogue:all"
COLLECTIONS = "catalogue:collections"

MOST_SHELVES = 200
"""More lists than that are not outdated one by one, but all at once."""


def page_of(slug: str) -> str:
    """Return the namespace of one product's page."""
    return f"catalogue:product:{slug}"


def shelf_of(name: str) -> str:
    """Return the namespace of one shelf's lists: `category:mugs`, `collection:summer`."""
    return f"catalogue:shelf:{name}"


def lists(category: str | None = None, collection: str | None = None) -> tuple[str, ...]:
    """Return the namespaces of a list of products."""
    shelves = []
    if category is not None:
        shelves.append(shelf_of(f"category:{category}"))
    if collection is not None:
        shelves.append(shelf_of(f"collection:{collection}"))
    return WHOLE_SHOP, LISTS, *(shelves or [ALL_PRODUCTS])


def product_page(slug: str, *, with_others: bool = False) -> tuple[str, ...]:
    """Return the namespaces of one product's page, which may show others beside it."""
    return (WHOLE_SHOP, page_of(slug), *((LISTS, ALL_PRODUCTS) if with_others else ()))


def tree() -> tuple[str, ...]:
    """Return the namespaces of the whole tree."""
    return (WHOLE_SHOP,)


def category_page(slug: str) -> tuple[str, ...]:
    """Return the namespaces of one category; only the tree changes it."""
    return (WHOLE_SHOP,)


def collections() -> tuple[str, ...]:
    """Return the namespaces of the list of collections."""
    return WHOLE_SHOP, COLLECTIONS


def collection_page(slug: str) -> tuple[str, ...]:
    """Return the namespaces of one collection."""
    return WHOLE_SHOP, COLLECTIONS, shelf_of(f"collection:{slug}")
