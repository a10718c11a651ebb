"""Collections by hand, told from the side of the products: in which ones each is, and where."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from api.catalog.errors import CollectionFollowsRules, CollectionFull, CollectionUnknown
from api.catalog.events import CatalogChanged
from api.catalog.models.navigation import Collection, CollectionKind, CollectionProduct
from api.catalog.service.collections import MOST_BY_HAND
from api.catalog.service.diff import Document
from api.catalog.service.sort_order import GAP
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

Memberships = Sequence[Mapping[str, Any]]
"""What a document says: `slug`, and maybe the `position`; a smaller one stands further in front."""

ManualCollections = Mapping[str, Collection]
"""The collections that are spoken of, by slug; they are locked."""


def lock_manual_collections(
    documents: Sequence[Document], there: Iterable[Document], *, with_unknown: bool = True
) -> tuple[ManualCollections, list[Document]]:
    """Lock the collections that documents speak of, and say where in them each product is.

    One that is named without a position stays where it is; a new one has none yet and comes last.
    Locks in id order, after the products: nobody waits for those while holding a collection.
    """
    now = {document["slug"]: document["collections"] for document in there}
    held = _lock(
        place["slug"]
        for document in documents
        if "collections" in document
        for place in (*document["collections"], *now.get(document["slug"], ()))
    )
    found = []
    for document in documents:
        if "collections" in document:
            places = _settled(document["collections"], now.get(document["slug"], ()))
            if not with_unknown:
                places = [place for place in places if _is_open(held.get(place["slug"]))]
            document = {**document, "collections": places}
        found.append(document)
    return held, found


def set_memberships(
    said: Mapping[UUID, Memberships], by_hand: ManualCollections, *, by: Principal
) -> None:
    """Let these be all collections by hand that products are in; a few statements for any number.

    The collections are locked. Refuses what is not there, follows rules, or is full.
    """
    for places in said.values():
        _refuse_wrong(places, by_hand)
    wanted = {
        (by_hand[place["slug"]].id, product_id): place["position"]
        for product_id, places in said.items()
        for place in places
    }
    held = {collection.id for collection in by_hand.values()}
    there = {key: position for key, position in _there(said).items() if key[0] in held}
    gone = there.keys() - wanted.keys()
    new = wanted.keys() - there.keys()
    last = _room({collection_id for collection_id, _ in new}, new, by_hand)
    rows = []
    for (collection_id, product_id), position in wanted.items():
        known = there.get((collection_id, product_id))
        if position is None and known is None:
            last[collection_id] += GAP
            position = last[collection_id]
        if position not in (None, known):
            row = {"collection_id": collection_id, "product_id": product_id}
            rows.append({**row, "position": position})
    for collection_id, product_id in sorted(gone):
        session.execute(
            delete(CollectionProduct)
            .where(
                CollectionProduct.collection_id == collection_id,
                CollectionProduct.product_id == product_id,
            )
            .execution_options(synchronize_session=False)
        )
    if rows:
        statement = insert(cast(Table, CollectionProduct.__table__))
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["collection_id", "product_id"],
                set_={"position": statement.excluded.position},
            ),
            rows,
        )
    touched = {row["collection_id"] for row in rows} | {collection_id for collection_id, _ in gone}
    for collection in by_hand.values():
        if collection.id in touched:
            _note(collection, said, by=by)


def _lock(slugs: Iterable[str]) -> ManualCollections:
    wanted = sorted(set(slugs))
    if not wanted:
        return {}
    found = require_transaction().scalars(
        select(Collection)
        .where(Collection.slug.in_(wanted))
        .order_by(Collection.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {collection.slug: collection for collection in found}


def _settled(said: Memberships, there: Memberships) -> list[dict[str, Any]]:
    known = {place["slug"]: place["position"] for place in there}
    places = [{"slug": p["slug"], "position": p.get("position")} for p in said]
    for place in places:
        if place["position"] is None:
            place["position"] = known.get(place["slug"])
    return sorted(places, key=lambda place: str(place["slug"]))


def _is_open(collection: Collection | None) -> bool:
    """Tell whether a collection is there and takes products by hand."""
    return collection is not None and collection.kind is CollectionKind.MANUAL


def _refuse_wrong(said: Memberships, by_hand: ManualCollections) -> None:
    for place in said:
        if place["slug"] not in by_hand:
            raise CollectionUnknown(slug=place["slug"])
        if not _is_open(by_hand[place["slug"]]):
            raise CollectionFollowsRules(slug=place["slug"])


def _there(said: Mapping[UUID, Memberships]) -> dict[tuple[UUID, UUID], int]:
    rows = session.execute(
        select(
            CollectionProduct.collection_id,
            CollectionProduct.product_id,
            CollectionProduct.position,
        )
        .join(Collection, Collection.id == CollectionProduct.collection_id)
        .where(
            CollectionProduct.product_id.in_(sorted(said)),
            Collection.kind == CollectionKind.MANUAL,
        )
    )
    return {(row.collection_id, row.product_id): row.position for row in rows}


def _room(
    collection_ids: set[UUID], new: Iterable[tuple[UUID, UUID]], by_hand: ManualCollections
) -> dict[UUID, int]:
    """Return the last position of each collection that gets more. Refuses one that is full."""
    if not collection_ids:
        return {}
    coming: dict[UUID, int] = dict.fromkeys(collection_ids, 0)
    for collection_id, _ in new:
        coming[collection_id] += 1
    last = dict.fromkeys(collection_ids, 0)
    slugs = {collection.id: collection.slug for collection in by_hand.values()}
    for row in session.execute(
        select(
            CollectionProduct.collection_id,
            func.count().label("members"),
            func.max(CollectionProduct.position).label("last"),
        )
        .where(CollectionProduct.collection_id.in_(sorted(collection_ids)))
        .group_by(CollectionProduct.collection_id)
    ):
        last[row.collection_id] = row.last
        if row.members + coming[row.collection_id] > MOST_BY_HAND:
            raise CollectionFull(most=MOST_BY_HAND, slug=slugs[row.collection_id])
    return last


def _note(collection: Collection, said: Mapping[UUID, Memberships], *, by: Principal) -> None:
    collection.version += 1
    audit.record(
        "collection.filled",
        by=by,
        subject_id=collection.id,
        products=[str(product_id) for product_id in sorted(said)[:20]],
    )
    emit(CatalogChanged(lists=(f"collection:{collection.slug}",)))
