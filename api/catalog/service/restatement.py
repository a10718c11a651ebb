"""Make products what a document of ours says: new ones at once, known ones where they differ.

Unlike an arrival, a document means exactly what it says: an empty text empties. What it does not
name stays, and so do variants that it does not list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.catalog.errors import ProductChangedSince, TitleMissing
from api.catalog.events import CatalogueChanged, ProductPublished
from api.catalog.queries.export_documents import product_documents, product_ids_of
from api.catalog.queries.related_products import RELATION_FIELDS
from api.catalog.service import (
    attribute_values,
    bulk_create,
    manual_collections,
    products,
    reindex,
    related_products,
    writing,
)
from api.catalog.service import variants as variant_service
from api.catalog.service.arrivals import Outcome
from api.catalog.service.categories import Path, ensure_category_paths
from api.catalog.service.differences import Document, differences, is_stale, matched
from api.catalog.service.document_drafts import category_paths, price_drafts, product_draft
from api.catalog.service.inputs import PriceDraft
from api.catalog.service.integrity import refusal_for
from api.catalog.service.manual_collections import ByHand
from api.catalog.service.prices import reprice_many
from api.catalog.states import ProductStatus
from api.kernel.errors import DomainError
from api.kernel.principal import Principal
from api.platform.db import require_transaction, session
from api.platform.outbox import emit, undoable

Prices = dict[str, Sequence[PriceDraft]]
"""What variants cost, by SKU."""


@dataclass(slots=True)
class Restated:
    """What became of one document, and of its variants in their order.

    `waiting` are products by field that should be shown beside it, some of which are not there
    yet: nothing of these fields was said.
    """

    outcome: Outcome
    product_id: UUID | None = None
    refusal: DomainError | None = None
    variants: list[Outcome] = field(default_factory=list)
    waiting: dict[str, list[str]] = field(default_factory=dict)


def restate(
    documents: Sequence[Document], *, is_overwriting: bool, by: Principal
) -> list[Restated]:
    """Store what is new, change what is known; returns what became of each, in their order.

    Products are known by their slug, which each document has once. One that somebody changed
    since its document was written, as its versions tell, is refused with ProductChangedSince
    unless `is_overwriting`. Locks the known products, in id order, and the collections by hand
    that they are in or come to, in id order. Products that are shown beside others may be among
    the documents; see `related_products` for those that come later still.
    """
    require_transaction()
    there = product_documents(product_ids_of([d["slug"] for d in documents], []))
    by_slug = {document["slug"]: (key, document) for key, document in there.items()}
    held, documents = manual_collections.placed(documents, there.values())
    made: list[Restated | None] = [None] * len(documents)
    repriced: Prices = {}
    new: list[int] = []
    categories = ensure_category_paths(
        path for document in documents for path in category_paths(document.get("categories", ()))
    )
    for place, document in enumerate(documents):
        if document["slug"] not in by_slug:
            new.append(place)
            continue
        product_id, before = by_slug[document["slug"]]
        made[place] = _change(
            product_id,
            before,
            document,
            categories,
            held,
            repriced,
            is_overwriting=is_overwriting,
            by=by,
        )
    reprice_many(repriced, by=by)
    created = _create([documents[place] for place in new], categories, held, by=by)
    for place, restated in zip(new, created, strict=True):
        made[place] = restated
    done = [one for one in made if one is not None]
    _relate(documents, done, there, by=by)
    return done


def put_back_prices(befores: Mapping[UUID, Document], *, by: Principal) -> set[UUID]:
    """Give products back the prices that documents say, all at once, where nothing else differs.

    Returns which ones; the others need `put_back`. Locks them, in id order.
    """
    require_transaction()
    repriced: Prices = {}
    done: set[UUID] = set()
    for product_id, now in product_documents(product_ids_of([], [], ids=[*befores])).items():
        before = befores[product_id]
        if all(map(_is_price, differences(now, before))):
            repriced |= _prices_that_differ(now, before)
            done.add(product_id)
    reprice_many(repriced, by=by)
    return done


def put_back(product_id: UUID, before: Document, *, by: Principal) -> list[str]:
    """Make a product again exactly what a document says; returns what could not be.

    Variants that are not in the document are taken off sale, because history names them.
    """
    require_transaction()
    products.lock(product_id)
    now = product_documents([product_id])[product_id]
    # What is gone since cannot be gone back to.
    held, (before,) = manual_collections.placed([before], [now], with_unknown=False)
    related_products.settle_relations({product_id: related_products.said_by(before)}, by=by)
    categories = ensure_category_paths(category_paths(before.get("categories", ())))
    if differences(now, before):
        writing.write(product_id, now, before, categories, held, by=by)
    kept = {id(match) for match in matched(now["variants"], before["variants"])}
    left = [variant["sku"] for variant in now["variants"] if id(variant) not in kept]
    for sku in left:
        variant_service.set_prices(writing.variant_id(sku), (), expected_version=None, by=by)
    return left


def _change(
    product_id: UUID,
    before: Document,
    document: Document,
    categories: Mapping[Path, UUID],
    held: ByHand,
    repriced: Prices,
    *,
    is_overwriting: bool,
    by: Principal,
) -> Restated:
    """Make a product what its document says; where only prices differ, they are put to the rest."""
    changes = differences(before, document, with_unlisted=False)
    outcomes = _variant_outcomes(before, document)
    if not changes:
        return Restated(Outcome.UNCHANGED, product_id, variants=outcomes)
    if not is_overwriting and is_stale(before, document):
        refusal = ProductChangedSince(slug=document["slug"], version=before["version"])
        return Restated(Outcome.REFUSED, product_id, refusal)
    if all(one["field"] in RELATION_FIELDS for one in changes):
        # It becomes a change when what is shown beside it is there.
        return Restated(Outcome.UNCHANGED, product_id, variants=outcomes)
    try:
        if all(map(_is_price, changes)):
            repriced |= _prices_that_differ(before, document)
            return Restated(Outcome.CHANGED, product_id, variants=outcomes)
        with undoable():
            writing.write(product_id, before, document, categories, held, by=by)
    except DomainError as refusal:
        session.expire_all()
        return Restated(Outcome.REFUSED, product_id, refusal)
    return Restated(Outcome.CHANGED, product_id, variants=outcomes)


def _relate(
    documents: Sequence[Document],
    made: Sequence[Restated],
    there: Mapping[UUID, Document],
    *,
    by: Principal,
) -> None:
    """Say what is shown beside products whose others are all there; the rest waits."""
    wanted = {
        one.product_id: said
        for document, one in zip(documents, made, strict=True)
        if one.product_id is not None
        and one.outcome is not Outcome.REFUSED
        and (said := related_products.said_by(document, before=there.get(one.product_id, {})))
    }
    if not wanted:
        return
    new = {one.product_id for one in made if one.outcome is Outcome.CREATED}
    waiting = related_products.relate(wanted, new=new, by=by)
    for one in made:
        if one.product_id in waiting:
            one.waiting = wanted[one.product_id]
        elif one.product_id in wanted and one.outcome is Outcome.UNCHANGED:
            one.outcome = Outcome.CHANGED


def _is_price(change: Mapping[str, Any]) -> bool:
    """Tell the prices of a known variant from a variant that came or went."""
    is_of_known = change["before"] is not None and change["after"] is not None
    return (
        is_of_known
        and change["field"].startswith("variants.")
        and (change["field"].endswith(".prices"))
    )


def _prices_that_differ(before: Document, document: Document) -> Prices:
    """Return what variants come to cost, by SKU. Raises what `bulk_create.check_prices` refuses."""
    found: Prices = {}
    said = document["variants"]
    for variant, match in zip(said, matched(before["variants"], said), strict=True):
        if match is not None and variant.get("prices", match["prices"]) != match["prices"]:
            drafts = price_drafts(variant["prices"])
            bulk_create.check_prices(drafts)
            found[match["sku"]] = drafts
    return found


def _variant_outcomes(before: Document, document: Document) -> list[Outcome]:
    said = document.get("variants", ())
    return [
        Outcome.CREATED
        if match is None
        else Outcome.CHANGED
        if differences(match, variant)
        else Outcome.UNCHANGED
        for variant, match in zip(said, matched(before["variants"], said), strict=True)
    ]


def _create(
    documents: Sequence[Document],
    categories: Mapping[Path, UUID],
    held: ByHand,
    *,
    by: Principal,
) -> list[Restated]:
    if not documents:
        return []
    try:
        return _create_together(documents, categories, held, by=by)
    except (IntegrityError, DomainError):
        return [_create_alone(document, categories, held, by=by) for document in documents]


def _create_alone(
    document: Document, categories: Mapping[Path, UUID], held: ByHand, *, by: Principal
) -> Restated:
    try:
        return _create_together([document], categories, held, by=by)[0]
    except DomainError as refusal:
        return Restated(Outcome.REFUSED, refusal=refusal)
    except IntegrityError as clash:
        told = refusal_for(clash)
        if told is None:
            raise
        return Restated(Outcome.REFUSED, refusal=told)


def _create_together(
    documents: Sequence[Document],
    categories: Mapping[Path, UUID],
    held: ByHand,
    *,
    by: Principal,
) -> list[Restated]:
    """Store new products in set form, all or none; facts are told once everything is written."""
    drafts = [product_draft(document, categories) for document in documents]
    for draft in drafts:
        if not draft.title:
            raise TitleMissing(slug=draft.slug)
        bulk_create.check(draft)
    attribute_values.require_all_new(
        (draft.product_type, draft.attributes)
        for draft, document in zip(drafts, documents, strict=True)
        if document.get("status") == "active"
    )
    with undoable():
        stored = bulk_create.store(
            drafts,
            statuses=[ProductStatus(document.get("status", "draft")) for document in documents],
        )
        for made, document in zip(stored, documents, strict=True):
            if document.get("translations"):
                writing.translate(made.product_id, {}, document["translations"])
        translated = zip(stored, documents, strict=True)
        reindex.refresh([made.product_id for made, one in translated if one.get("translations")])
        placed = {
            made.product_id: document["collections"]
            for made, document in zip(stored, documents, strict=True)
            if document.get("collections")
        }
        if placed:
            manual_collections.put(placed, held, by=by)
    for made, document in zip(stored, documents, strict=True):
        if document.get("status") == "active":
            emit(ProductPublished(product_id=made.product_id))
    emit(CatalogueChanged(slugs=tuple(made.slug for made in stored)))
    return [
        Restated(
            Outcome.CREATED,
            made.product_id,
            variants=[Outcome.CREATED] * len(made.variant_ids),
        )
        for made in stored
    ]
