"""Jobs of the catalogue: a change makes what storefronts have read old."""

from collections.abc import Sequence
from uuid import UUID

from api.catalog import flows
from api.catalog.events import (
    AttributeFilterChanged,
    CatalogueChanged,
    CollectionRulesChanged,
    MediaRemoved,
    MediaUploaded,
    PriceListChanged,
    slugs_of,
)
from api.catalog.queries import cache_tags
from api.catalog.queries import collections as collection_queries
from api.catalog.queries.cache_tags import (
    ALL_PRODUCTS,
    COLLECTIONS,
    LISTS,
    MOST_SHELVES,
    WHOLE_SHOP,
    listing_tag,
    product_tag,
)
from api.catalog.service import products as product_service
from api.catalog.service import reindex, scheduled_prices, search_terms, smart_collections
from api.platform import response_cache, sweeps
from api.platform.db import transaction
from api.platform.jobs import batched, long_running, manages_own_transactions
from api.platform.sweeps import Sweep


@batched
def on_catalogue_changed(facts: Sequence[CatalogueChanged]) -> None:
    """Outdate the pages that changed and the lists that show them; with the tree, everything."""
    if any(fact.is_tree for fact in facts):
        response_cache.invalidate_tags(WHOLE_SHOP)
        return
    slugs = slugs_of(facts)
    told = {shelf for fact in facts for shelf in fact.shelves}
    shelves = {*told, *cache_tags.lists_of_products(slugs)}
    old = [product_tag(slug) for slug in slugs]
    if len(shelves) > MOST_SHELVES:
        old.append(LISTS)
    else:
        old += [ALL_PRODUCTS, *(listing_tag(shelf) for shelf in sorted(shelves))]
    if any(shelf.startswith("collection:") for shelf in told):
        old.append(COLLECTIONS)
    response_cache.invalidate_tags(*old)


@batched
def learn_search_words(facts: Sequence[CatalogueChanged]) -> None:
    """Remember the words of what changed, so that a typo in them is forgiven."""
    if slugs := slugs_of(facts):
        search_terms.index_terms(slugs)


def count_search_words() -> None:
    """Count how many products have each word: what is suggested first, and what is meant."""
    with transaction():
        search_terms.recount_terms()


def carry_out_scheduled_prices() -> None:
    """Start and end the prices whose moment has come."""
    sweeps.run(SCHEDULED_PRICES)


@long_running
@manages_own_transactions
def on_media_uploaded(fact: MediaUploaded) -> None:
    """Make the sizes of a picture."""
    flows.make_sizes(fact.media_id)


@manages_own_transactions
def on_media_removed(fact: MediaRemoved) -> None:
    """Delete the files of a picture."""
    flows.forget_files(fact.media_id, fact.key)


def on_attribute_filter_changed(fact: AttributeFilterChanged) -> None:
    """Find anew what some products of an attribute can be filtered by; the rest have own facts."""
    reindex.reindex_attribute(fact.attribute_id, after=fact.after)


def publish_due_products() -> None:
    """Publish the drafts whose moment has come."""
    sweeps.run(DUE_PRODUCTS)


@batched
def gather_into_collections(facts: Sequence[CatalogueChanged]) -> None:
    """Look for every collection with rules whether these products belong in it now.

    A fact that names no products tells only of shelves, perhaps of what this job did itself.
    """
    smart_collections.update_membership(slugs_of(facts))


def on_price_list_changed(fact: PriceListChanged) -> None:
    """Make what customers of groups were shown out of date."""
    response_cache.invalidate_tags(response_cache.OF_GROUPS)


@long_running
@manages_own_transactions
def fill_collection(fact: CollectionRulesChanged) -> None:
    """Find all products of a collection by its rules, a batch in a transaction."""
    _fill(fact.collection_id)


def refresh_stale_collections() -> None:
    """Go through the collections with rules that nobody has gone through for a day."""
    sweeps.run(STALE_COLLECTIONS)


def _fill(collection_id: UUID) -> None:
    with transaction():
        progress = smart_collections.start_rebuild(collection_id)
    while progress is not None:
        with transaction():
            progress = smart_collections.rebuild_next_batch(progress)


def refresh_some(place: str | None) -> str | None:
    """Find anew what follows from the next products: the step of a back-fill."""
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
