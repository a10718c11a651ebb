"""The catalogue's alarm clock: a change makes what storefronts have read old."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from api.catalog import flows, queries, service
from api.catalog.events import (
    AttributeFilterChanged,
    CatalogueChanged,
    CollectionRulesChanged,
    MediaRemoved,
    MediaUploaded,
    slugs_of,
)
from api.catalog.policy import (
    ALL_PRODUCTS,
    COLLECTIONS,
    LISTS,
    MOST_SHELVES,
    WHOLE_SHOP,
    page_of,
    shelf_of,
)
from api.platform import cache
from api.platform.db import transaction
from api.platform.jobs import spans_transactions, takes_long, takes_many


@takes_many
def on_catalogue_changed(facts: Sequence[CatalogueChanged]) -> None:
    """Outdate the pages that changed and the lists that show them; with the tree, everything."""
    if any(fact.is_tree for fact in facts):
        cache.outdate(WHOLE_SHOP)
        return
    slugs = slugs_of(facts)
    told = {shelf for fact in facts for shelf in fact.shelves}
    shelves = {*told, *queries.shelves_of(slugs)}
    old = [page_of(slug) for slug in slugs]
    if len(shelves) > MOST_SHELVES:
        old.append(LISTS)
    else:
        old += [ALL_PRODUCTS, *(shelf_of(shelf) for shelf in sorted(shelves))]
    if any(shelf.startswith("collection:") for shelf in told):
        old.append(COLLECTIONS)
    cache.outdate(*old)


@takes_many
def learn_search_words(facts: Sequence[CatalogueChanged]) -> None:
    """Remember the words of what changed, so that a typo in them is forgiven."""
    if slugs := slugs_of(facts):
        service.learn_words(slugs)


def count_search_words() -> None:
    """Count how many products have each word: what is suggested first, and what is meant."""
    with transaction():
        service.count_words()


def carry_out_scheduled_prices() -> None:
    """Start and end the prices whose moment has come."""
    _one_by_one(service.due_schedules, service.carry_out)


@takes_long
@spans_transactions
def on_media_uploaded(fact: MediaUploaded) -> None:
    """Make the sizes of a picture."""
    flows.make_sizes(fact.media_id)


@spans_transactions
def on_media_removed(fact: MediaRemoved) -> None:
    """Delete the files of a picture."""
    flows.forget_files(fact.media_id, fact.key)


def on_attribute_filter_changed(fact: AttributeFilterChanged) -> None:
    """Find anew what some products of an attribute can be filtered by; the rest have own facts."""
    service.refilter(fact.attribute_id, after=fact.after)


def publish_due_products() -> None:
    """Put the drafts on the shelf whose moment has come."""
    _one_by_one(queries.due_to_publish, service.publish_due)


def _one_by_one(due: Callable[[], Sequence[UUID]], carry_out: Callable[[UUID], bool | int]) -> None:
    """Do what is due, each in a transaction of its own, until nothing is.

    A worker that dies has done whole ones only, and the next run goes on from there. One that fails
    does not hold up the others; it is raised at the end, so that the timetable shows it.
    """
    failures: list[SQLAlchemyError] = []
    while ids := due():
        done = 0
        for one in ids:
            try:
                with transaction():
                    done += carry_out(one)
            except SQLAlchemyError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        if not done:
            return


@takes_many
def gather_into_collections(facts: Sequence[CatalogueChanged]) -> None:
    """Look for every collection with rules whether these products belong in it now.

    A fact that names no products tells only of shelves, perhaps of what this job did itself.
    """
    service.gather(slugs_of(facts))


@takes_long
@spans_transactions
def fill_collection(fact: CollectionRulesChanged) -> None:
    """Find all products of a collection by its rules, a batch in a transaction."""
    _fill(fact.collection_id)


def refresh_stale_collections() -> None:
    """Go through the collections with rules that nobody has gone through for a day."""
    for collection_id in queries.stale_collections():
        _fill(collection_id)


def _fill(collection_id: UUID) -> None:
    with transaction():
        progress = service.begin_filling(collection_id)
    while progress is not None:
        with transaction():
            progress = service.fill_next(progress)


def refresh_some(place: str | None) -> str | None:
    """Find anew what follows from the next products: the step of a back-fill."""
    product_ids, _ = service.refresh_next(UUID(place) if place else None)
    if product_ids:
        return str(product_ids[-1])
    for step in service.REFRESH_AT_THE_END:
        step()
    return None
