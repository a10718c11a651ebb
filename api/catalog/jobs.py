"""The catalogue's alarm clock: a change makes what storefronts have read old."""

from api.catalog import flows
from api.catalog.events import CatalogueChanged, MediaRemoved, MediaUploaded
from api.catalog.policy import LISTS, WHOLE_SHOP, page_of
from api.platform import cache
from api.platform.jobs import spans_transactions


def on_catalogue_changed(fact: CatalogueChanged) -> None:
    """Outdate the pages that changed and every list; after a change of the tree, everything."""
    if fact.is_tree:
        cache.outdate(WHOLE_SHOP)
    else:
        cache.outdate(LISTS, *(page_of(slug) for slug in fact.slugs))


@spans_transactions
def on_media_uploaded(fact: MediaUploaded) -> None:
    """Make the sizes of a picture."""
    flows.make_sizes(fact.media_id)


@spans_transactions
def on_media_removed(fact: MediaRemoved) -> None:
    """Delete the files of a picture."""
    flows.forget_files(fact.media_id, fact.key)
