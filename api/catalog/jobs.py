"""Jobs of the catalog: invalidate caches, index search terms, fill collections, apply schedules."""

from collections.abc import Sequence
from uuid import UUID

from api.catalog import flows
from api.catalog.events import (
    AttributeFilterChanged,
    CatalogChanged,
    CollectionRulesChanged,
    MediaRemoved,
    MediaUploaded,
    slugs_of,
)
from api.catalog.queries import cache_tags
from api.catalog.queries import collections as collection_queries
from api.catalog.queries.cache_tags import (
    ALL_PRODUCTS,
    COLLECTIONS,
    LISTS,
    MOST_LISTS,
    WHOLE_SHOP,
    listing_tag,
    product_tag,
)
from api.catalog.service import products as product_service
from api.catalog.service import reindex, scheduled_prices, search_terms, smart_collections
from api.kernel.events import Event
from api.platform import response_cache, sweeps
from api.platform.db import transaction
from api.platform.jobs import batched, long_running, manages_own_transactions
from api.platform.sweeps import Sweep


@batched
def on_catalog_changed(events: Sequence[CatalogChanged]) -> None:
    """Invalidate the pages that changed and the lists that show them; with the tree, everything."""
    if any(event.is_tree for event in events):
        response_cache.invalidate_tags(WHOLE_SHOP)
        return
    slugs = slugs_of(events)
    named = {name for event in events for name in event.lists}
    lists = {*named, *cache_tags.lists_of_products(slugs)}
    stale = [product_tag(slug) for slug in slugs]
    if len(lists) > MOST_LISTS:
        stale.append(LISTS)
    else:
        stale += [ALL_PRODUCTS, *(listing_tag(name) for name in sorted(lists))]
    if any(name.startswith("collection:") for name in named):
        stale.append(COLLECTIONS)
    response_cache.invalidate_tags(*stale)


@batched
def index_search_terms(events: Sequence[CatalogChanged]) -> None:
    """Index the words of products that changed, for spelling correction and suggestions."""
    if slugs := slugs_of(events):
        search_terms.index_terms(slugs)


def recount_search_terms() -> None:
    """Count how many products have each word; the count orders suggestions and corrections."""
    with transaction():
        search_terms.recount_terms()


def apply_scheduled_prices() -> None:
    """Start and end the scheduled prices that are due."""
    sweeps.run(SCHEDULED_PRICES)


@long_running
@manages_own_transactions
def on_media_uploaded(event: MediaUploaded) -> None:
    """Make the thumbnails of an image."""
    flows.make_sizes(event.media_id)


@manages_own_transactions
def on_media_removed(event: MediaRemoved) -> None:
    """Delete the files of an image."""
    flows.forget_files(event.media_id, event.key)


def on_attribute_filter_changed(event: AttributeFilterChanged) -> None:
    """Compute the facet values of a batch of an attribute's products."""
    reindex.reindex_attribute(event.attribute_id, after=event.after)


def publish_due_products() -> None:
    """Publish the drafts whose `publish_at` has passed."""
    sweeps.run(DUE_PRODUCTS)


@batched
def update_collection_membership(events: Sequence[CatalogChanged]) -> None:
    """Add products to the smart collections whose rules they meet now, and remove them elsewhere.

    An event without products changes nothing here: it may come from this job itself.
    """
    smart_collections.update_membership(slugs_of(events))


def on_price_list_changed(event: Event) -> None:
    """Invalidate the answers with prices of price lists."""
    response_cache.invalidate_tags(response_cache.OF_GROUPS)


@long_running
@manages_own_transactions
def rebuild_collection(event: CollectionRulesChanged) -> None:
    """Compute all products of a collection by its rules, one batch per transaction."""
    _fill(event.collection_id)


def refresh_stale_collections() -> None:
    """Rebuild the smart collections that were not rebuilt for a day."""
    sweeps.run(STALE_COLLECTIONS)


def _fill(collection_id: UUID) -> None:
    with transaction():
        progress = smart_collections.start_rebuild(collection_id)
    while progress is not None:
        with transaction():
            progress = smart_collections.rebuild_next_batch(progress)


def reindex_next(place: str | None) -> str | None:
    """Reindex the next products: the step of a back-fill."""
    product_ids, _ = reindex.reindex_batch(UUID(place) if place else None)
    if product_ids:
        return str(product_ids[-1])
    for step in reindex.AT_THE_END:
        step()
    return None


SCHEDULED_PRICES = Sweep(
    "apply-scheduled-prices",
    scheduled_prices.due_scheduled_prices,
    sweeps.in_transaction(scheduled_prices.apply_scheduled_price),
)
DUE_PRODUCTS = Sweep(
    "publish-due-products",
    product_service.due_to_publish,
    sweeps.in_transaction(product_service.publish_due),
)
STALE_COLLECTIONS = Sweep("refresh-stale-collections", collection_queries.stale_collections, _fill)
