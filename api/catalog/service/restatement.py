"""Make products what a document of ours says: new ones at once, known ones where they differ.

Unlike an arrival, a document means exactly what it says: an empty text empties. What it does not
name stays, and so do variants that it does not list.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from api.catalog.errors import ProductChangedSince, TitleMissing
from api.catalog.events import CatalogueChanged, ProductPublished
from api.catalog.models import Product, ProductStatus, Translation, Variant
from api.catalog.queries.documents import product_documents, product_ids_of
from api.catalog.queries.relations import RELATION_FIELDS
from api.catalog.service import (
    beside,
    by_hand,
    fitting,
    intake,
    products,
    refreshing,
    variants,
)
from api.catalog.service.arrivals import Outcome
from api.catalog.service.by_hand import ByHand
from api.catalog.service.category_paths import Path, ensure_category_paths
from api.catalog.service.clashes import refusal_for
from api.catalog.service.differences import Document, differences, is_stale, matched
from api.catalog.service.document_drafts import (
    category_paths,
    image_draft,
    moment,
    price_drafts,
    product_draft,
    variant_draft,
)
from api.catalog.service.drafts import BarcodeDraft
from api.catalog.service.repricing import Prices, is_price, prices_that_differ, reprice_many
from api.catalog.service.restated import Restated, variant_outcomes
from api.kernel.errors import DomainError
from api.kernel.principal import Principal
from api.platform.db import require_transaction, session
from api.platform.outbox import emit, undoable

_PLAIN = (
    *("title", "description", "vendor", "product_type", "tags", "options", "seo_title"),
    *("seo_description", "external_reference", "public_metadata", "private_metadata"),
)
_VARIANT_PLAIN = (
    *("sku", "option_values", "weight_grams", "tax_class", "image_url", "external_reference"),
    *("public_metadata", "private_metadata"),
)


def restate(
    documents: Sequence[Document], *, is_overwriting: bool, by: Principal
) -> list[Restated]:
    """Store what is new, change what is known; returns what became of each, in their order.

    Products are known by their slug, which each document has once. One that somebody changed
    since its document was written, as its versions tell, is refused with ProductChangedSince
    unless `is_overwriting`. Locks the known products, in id order, and the collections by hand
    that they are in or come to, in id order. Products that are shown beside others may be among
    the documents; see `beside` for those that come later still.
    """
    require_transaction()
    there = product_documents(product_ids_of([d["slug"] for d in documents], []))
    by_slug = {document["slug"]: (key, document) for key, document in there.items()}
    held, documents = by_hand.placed(documents, there.values())
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


def put_back(product_id: UUID, before: Document, *, by: Principal) -> list[str]:
    """Make a product again exactly what a document says; returns what could not be.

    Variants that are not in the document are taken off sale, because history names them.
    """
    require_transaction()
    products.lock(product_id)
    now = product_documents([product_id])[product_id]
    # What is gone since cannot be gone back to.
    held, (before,) = by_hand.placed([before], [now], with_unknown=False)
    beside.settle_relations({product_id: beside.said_by(before)}, by=by)
    categories = ensure_category_paths(category_paths(before.get("categories", ())))
    if differences(now, before):
        _write(product_id, now, before, categories, held, by=by)
    kept = {id(match) for match in matched(now["variants"], before["variants"])}
    left = [variant["sku"] for variant in now["variants"] if id(variant) not in kept]
    for sku in left:
        variants.set_prices(_variant_id(sku), (), expected_version=None, by=by)
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
    outcomes = variant_outcomes(before, document)
    if not changes:
        return Restated(Outcome.UNCHANGED, product_id, variants=outcomes)
    if not is_overwriting and is_stale(before, document):
        refusal = ProductChangedSince(slug=document["slug"], version=before["version"])
        return Restated(Outcome.REFUSED, product_id, refusal)
    if all(one["field"] in RELATION_FIELDS for one in changes):
        # It becomes a change when what is shown beside it is there.
        return Restated(Outcome.UNCHANGED, product_id, variants=outcomes)
    try:
        if all(map(is_price, changes)):
            repriced |= prices_that_differ(before, document)
            return Restated(Outcome.CHANGED, product_id, variants=outcomes)
        with undoable():
            _write(product_id, before, document, categories, held, by=by)
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
        and (said := beside.said_by(document, before=there.get(one.product_id, {})))
    }
    if not wanted:
        return
    new = {one.product_id for one in made if one.outcome is Outcome.CREATED}
    waiting = beside.relate(wanted, new=new, by=by)
    for one in made:
        if one.product_id in waiting:
            one.waiting = wanted[one.product_id]
        elif one.product_id in wanted and one.outcome is Outcome.UNCHANGED:
            one.outcome = Outcome.CHANGED


def _write(
    product_id: UUID,
    before: Document,
    document: Document,
    categories: Mapping[Path, UUID],
    held: ByHand,
    *,
    by: Principal,
) -> None:
    """Say everything that differs through the verbs that people use, which tell and record it.

    What is shown beside it is said apart, because it may not be there yet.
    """
    changes: dict[str, Any] = {
        name: document[name]
        for name in _PLAIN
        if name in document and document[name] != before[name]
    }
    if "publish_at" in document and document["publish_at"] != before["publish_at"]:
        changes["publish_at"] = moment(document["publish_at"])
    if "categories" in document and document["categories"] != before["categories"]:
        changes["category_ids"] = [
            categories[path] for path in category_paths(document["categories"])
        ]
    if "images" in document and document["images"] != before["images"]:
        changes["images"] = [image_draft(image) for image in document["images"]]
    if "attributes" in document and document["attributes"] != before["attributes"]:
        gone = dict.fromkeys(before["attributes"].keys() - document["attributes"].keys())
        changes["attributes"] = {**gone, **document["attributes"]}
    changes |= _exactly(before, changes)
    if changes:
        version = session.scalar(select(Product.version).where(Product.id == product_id))
        products.edit_product(product_id, changes, expected_version=version or 0, by=by)
    if "translations" in document and document["translations"] != before["translations"]:
        _translate(product_id, before["translations"], document["translations"])
        products.refresh_search(products.lock(product_id))
        emit(CatalogueChanged(slugs=(before["slug"],)))
    if "collections" in document and document["collections"] != before["collections"]:
        by_hand.put({product_id: document["collections"]}, held, by=by)
    said = document.get("variants", ())
    for place, (variant, match) in enumerate(
        zip(said, matched(before["variants"], said), strict=True)
    ):
        if match is None:
            variants.add_variant(product_id, variant_draft(variant), by=by)
        else:
            _write_variant(match, variant, place, before["variants"].index(match), by=by)
    _move(product_id, before["status"], document.get("status", before["status"]), by=by)


def _write_variant(
    match: Document, variant: Document, place: int, before_place: int, *, by: Principal
) -> None:
    changes: dict[str, Any] = {
        name: variant[name]
        for name in _VARIANT_PLAIN
        if name in variant and variant[name] != match[name]
    }
    changes |= _exactly(match, changes)
    if "barcodes" in variant and variant["barcodes"] != match["barcodes"]:
        changes["barcodes"] = [
            BarcodeDraft(one["code"], one["pack_quantity"]) for one in variant["barcodes"]
        ]
    is_repriced = "prices" in variant and variant["prices"] != match["prices"]
    if not changes and not is_repriced:
        return
    variant_id = _variant_id(match["sku"])
    if changes:
        variants.edit_variant(variant_id, changes, expected_version=None, by=by)
    if is_repriced:
        prices = price_drafts(variant["prices"])
        variants.set_prices(variant_id, prices, expected_version=None, by=by)


def _exactly(before: Document, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata so that what a document does not name goes: people change it key by key."""
    return {
        name: {**dict.fromkeys(before[name].keys() - changes[name].keys()), **changes[name]}
        for name in ("public_metadata", "private_metadata")
        if name in changes
    }


def _move(product_id: UUID, before: str, after: str, *, by: Principal) -> None:
    """Put a product where the document has it, by the steps that people take."""
    if before == after:
        return
    if before == "archived":
        products.unarchive_product(product_id, expected_version=None, by=by)
    elif after == "draft":
        # From the shelf back to a draft there is only the way over the archive.
        products.archive_product(product_id, expected_version=None, by=by)
        products.unarchive_product(product_id, expected_version=None, by=by)
    if after == "active":
        products.publish_product(product_id, expected_version=None, by=by)
    elif after == "archived":
        products.archive_product(product_id, expected_version=None, by=by)


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
        intake.check(draft)
    fitting.require_all_new(
        (draft.product_type, draft.attributes)
        for draft, document in zip(drafts, documents, strict=True)
        if document.get("status") == "active"
    )
    with undoable():
        stored = intake.store(
            drafts,
            statuses=[ProductStatus(document.get("status", "draft")) for document in documents],
        )
        for made, document in zip(stored, documents, strict=True):
            if document.get("translations"):
                _translate(made.product_id, {}, document["translations"])
        translated = zip(stored, documents, strict=True)
        refreshing.refresh([made.product_id for made, one in translated if one.get("translations")])
        placed = {
            made.product_id: document["collections"]
            for made, document in zip(stored, documents, strict=True)
            if document.get("collections")
        }
        if placed:
            by_hand.put(placed, held, by=by)
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


def _translate(
    product_id: UUID, before: Mapping[str, Any], after: Mapping[str, Mapping[str, str]]
) -> None:
    """Make these the texts of a product in other languages; one that goes keeps its version."""
    for language in sorted(before.keys() | after.keys()):
        texts = dict(after.get(language, {}))
        if texts == before.get(language, {}):
            continue
        statement = upsert(Translation).values(
            subject_id=product_id, language=language, kind="product", texts=texts, version=1
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["subject_id", "language"],
                set_={"texts": statement.excluded.texts, "version": Translation.version + 1},
            ).execution_options(synchronize_session=False)
        )


def _variant_id(sku: str) -> UUID:
    return session.execute(select(Variant.id).where(Variant.sku_key == sku.lower())).scalar_one()
