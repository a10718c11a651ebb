"""The catalogue's alarm clock: a change makes what storefronts have read old."""

from api.catalog.events import CatalogueChanged
from api.catalog.policy import LISTS, WHOLE_SHOP, page_of
from api.platform import cache


def on_catalogue_changed(fact: CatalogueChanged) -> None:
    """Outdate the pages that changed and every list; after a change of the tree, everything."""
    if fact.is_tree:
        cache.outdate(WHOLE_SHOP)
    else:
        cache.outdate(LISTS, *(page_of(slug) for slug in fact.slugs))
