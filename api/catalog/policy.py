"""Under which names storefront answers are kept, and so what one change makes old.

A price outdates one page and the lists. A change of the tree outdates everything, because any page
may show it in its breadcrumbs.
"""

WHOLE_SHOP = "catalogue"
LISTS = "catalogue:lists"


def page_of(slug: str) -> str:
    """Return the namespace of one product's page."""
    return f"catalogue:product:{slug}"


def lists() -> tuple[str, ...]:
    """Return the namespaces of an answer that lists products or categories."""
    return WHOLE_SHOP, LISTS


def product_page(slug: str) -> tuple[str, ...]:
    """Return the namespaces of one product's page."""
    return WHOLE_SHOP, page_of(slug)


def category_page(slug: str) -> tuple[str, ...]:
    """Return the namespaces of one category; only the tree changes it."""
    return (WHOLE_SHOP,)
