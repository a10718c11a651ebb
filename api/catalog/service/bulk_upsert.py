"""The one engine that writes products in bulk: snapshot, compare, apply.

Files of other shops, our own files and the undo of an import say what products are to become; what
is new is created, what is known is changed where it differs, and every change leaves its audit
rows, price history and events. By hand the same rows are written by `products`, `variants` and
`prices`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.catalog.errors import ProductChangedSince, TitleMissing
from api.catalog.events import CatalogChanged, ProductPublished
from api.catalog.queries.export_documents import ProductSnapshot, lock_products, product_snapshots
from api.catalog.queries.related_products import RELATION_FIELDS
from api.catalog.service import (
    attribute_values,
    bulk_create,
    denormalization,
    facet_values,
    manual_collections,
    reindex,
    related_products,
)
from api.catalog.service.bulk_update import write_changes, write_translations
from api.catalog.service.categories import Path, ensure_category_paths
from api.catalog.service.compare_products import ChangedRows, changed_rows
from api.catalog.service.diff import Document, diff_documents, is_stale, match_variants
from api.catalog.service.document_parsing import category_paths, product_input
from api.catalog.service.feed_merge import FeedMerge, FeedProduct
from api.catalog.service.integrity import refusal_for
from api.catalog.service.manual_collections import ManualCollections
from api.catalog.service.upsert_results import (
    ProductChange,
    UpsertResult,
    UpsertStatus,
    VariantResult,
)
from api.catalog.states import ProductStatus
from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.principal import Principal
from api.platform.db import require_transaction
from api.platform.outbox import emit, savepoint

Plan = Callable[[Sequence[Any]], list[ProductChange]]
"""Says what products are to become, given their descriptions; asked again for one alone."""


def upsert_feed(products: Sequence[FeedProduct], *, by: Principal) -> list[UpsertResult]:
    """Write products as another shop describes them; returns what became of each, in their order.

    See `feed_merge` for what a description means. Each external reference comes once. Locks the
    known products, in id order. What clashes with somebody who writes at the same moment is
    refused alone.
    """
    require_transaction()

    def plan(some: Sequence[FeedProduct]) -> list[ProductChange]:
        merge = FeedMerge(some)
        return [merge.change(one) for one in some]

    return _apply(plan, products, {}, by=by)


def upsert_documents(
    documents: Sequence[Document],
    *,
    is_overwriting: bool,
    new_as_drafts: bool = False,
    by: Principal,
) -> list[UpsertResult]:
    """Write products as our own files say; returns what became of each, in their order.

    A document means exactly what it says: an empty text empties. What it does not name stays, and
    so do variants that it does not list. Products are known by their slug, which each document has
    once. One that somebody changed since its document was written, as its versions tell, is
    refused with ProductChangedSince unless `is_overwriting`. Locks the known products, in id
    order, and the manual collections that they are in or come to, in id order. Related products
    may be among the documents; those that come later still are left in `unresolved`.
    """
    require_transaction()
    snapshots = product_snapshots(lock_products([one["slug"] for one in documents], []))
    by_slug = {one.document["slug"]: one for one in snapshots.values()}
    held, documents = manual_collections.lock_manual_collections(
        documents, [one.document for one in snapshots.values()]
    )
    planner = _DocumentPlanner(by_slug, documents, is_overwriting, new_as_drafts)
    results = _apply(planner.plan, documents, held, by=by)
    _relate(documents, results, by=by)
    return results


@dataclass(slots=True)
class RestoreResult:
    """What became of a product that was to be restored; variants that `stay` are off sale."""

    refusal: DomainError | None = None
    stay: list[str] = field(default_factory=list)


def restore_products(
    befores: Mapping[UUID, Document], *, by: Principal
) -> dict[UUID, RestoreResult]:
    """Make products again exactly what documents say; returns what became of each that is there.

    Variants that are not in the document are taken off sale, because history names them. Locks the
    products and manual collections, each in id order.
    """
    require_transaction()
    snapshots = product_snapshots(lock_products([], [], ids=[*befores]))
    # What is gone since cannot be gone back to.
    held, documents = manual_collections.lock_manual_collections(
        [befores[key] for key in snapshots],
        [one.document for one in snapshots.values()],
        with_unknown=False,
    )
    given = list(zip(snapshots.values(), documents, strict=True))
    categories = _ensure_categories(documents)

    def plan(some: Sequence[tuple[ProductSnapshot, Document]]) -> list[ProductChange]:
        return [
            _change(snapshot, _with_unlisted(snapshot.document, document), categories)
            for snapshot, document in some
        ]

    results = _apply(plan, given, held, by=by)
    related_products.resolve_relations(
        {
            snapshot.id: related_products.relations_in(document)
            for (snapshot, document), one in zip(given, results, strict=True)
            if one.outcome is not UpsertStatus.REFUSED
        },
        by=by,
    )
    return {
        snapshot.id: RestoreResult(one.refusal, _unlisted(snapshot.document, document))
        for (snapshot, document), one in zip(given, results, strict=True)
    }


class _DocumentPlanner:
    """Says what products become by documents of ours."""

    def __init__(
        self,
        known: Mapping[str, ProductSnapshot],
        documents: Sequence[Document],
        is_overwriting: bool,
        new_as_drafts: bool,
    ) -> None:
        self._known, self._is_overwriting = known, is_overwriting
        self._new_as_drafts = new_as_drafts
        self._categories = _ensure_categories(documents)
        published = [one for one in documents if self._is_published(one)]
        self._types = attribute_values.attribute_schemas(
            {self._said(one, "product_type", "") for one in published}, with_choices=False
        )

    def plan(self, documents: Sequence[Document]) -> list[ProductChange]:
        """Say what each product is to become."""
        return [self._plan(document) for document in documents]

    def _plan(self, document: Document) -> ProductChange:
        snapshot = self._known.get(document["slug"])
        try:
            if snapshot is None:
                return self._new(document)
            change = _change(snapshot, document, self._categories)
            changes = diff_documents(snapshot.document, document, with_unlisted=False)
            if changes and not self._is_overwriting and is_stale(snapshot.document, document):
                version = snapshot.document["version"]
                raise ProductChangedSince(slug=document["slug"], version=version)
            if all(one["field"] in RELATION_FIELDS for one in changes):
                # It becomes a change when what is related to it is there.
                change.after = {}
                change.result.variants = _unchanged(change)
            elif self._is_published(document):
                self._refuse_gaps(document)
        except DomainError as refusal:
            return self._refused(document, snapshot, refusal)
        return change

    def _new(self, document: Document) -> ProductChange:
        draft = product_input(document, self._categories)
        if not draft.title:
            raise TitleMissing(slug=draft.slug)
        bulk_create.validate_product(draft)
        status = ProductStatus(document.get("status", "draft"))
        if self._new_as_drafts and status is ProductStatus.ACTIVE:
            status = ProductStatus.DRAFT
        elif status is ProductStatus.ACTIVE:
            self._refuse_gaps(document)
        variants = [VariantResult(UpsertStatus.CREATED) for _ in draft.variants]
        result = UpsertResult(UpsertStatus.CREATED, variants)
        return ProductChange(result, new=draft, status=status, after=document)

    def _refused(
        self, document: Document, snapshot: ProductSnapshot | None, refusal: DomainError
    ) -> ProductChange:
        result = UpsertResult(UpsertStatus.REFUSED, refusal=refusal)
        if snapshot is not None:
            result.product_id, result.before = snapshot.id, snapshot.document
        return ProductChange(result)

    def _is_published(self, document: Document) -> bool:
        snapshot = self._known.get(document["slug"])
        is_shown = snapshot is not None and snapshot.document["status"] == "active"
        return document.get("status") == "active" and not is_shown

    def _said(self, document: Document, name: str, default: object) -> Any:
        snapshot = self._known.get(document["slug"])
        return document.get(name, snapshot.document[name] if snapshot else default)

    def _refuse_gaps(self, document: Document) -> None:
        name, values = (
            self._said(document, "product_type", ""),
            self._said(document, "attributes", {}),
        )
        said = [code for code, value in values.items() if value is not None]
        attribute_values.require_complete(name, self._types.get(name, {}), said)


def _apply(
    plan: Plan, given: Sequence[object], held: ManualCollections, *, by: Principal
) -> list[UpsertResult]:
    """Write all together; where the database or a rule refuses something, each alone."""
    changes = plan(given)
    try:
        return _write(changes, held, by=by)
    except (IntegrityError, DomainError):
        # What the savepoint held is free again: all products first, then all words, as always.
        facet_values.ensure_values_of_inputs([change.new for change in changes if change.new])
        facet_values.ensure_values_of_changes([change.after for change in changes if change.before])
        return [_apply_alone(plan, one, held, by=by) for one in given]


def _apply_alone(
    plan: Plan, one: object, held: ManualCollections, *, by: Principal
) -> UpsertResult:
    (change,) = plan([one])
    try:
        _write([change], held, by=by)
    except DomainError as refusal:
        change.result.refuse(refusal)
    except IntegrityError as clash:
        told = refusal_for(clash)
        if told is None:
            raise
        change.result.refuse(told)
    return change.result


def _write(
    changes: Sequence[ProductChange], held: ManualCollections, *, by: Principal
) -> list[UpsertResult]:
    """Write all of them or none, rows and events alike."""
    with savepoint():
        if any(
            change.category_ids or (change.new and change.new.category_ids) for change in changes
        ):
            denormalization.lock_category_tree(alone=False)  # before new words, as everywhere
        now, rows = clock.now(), ChangedRows()
        for change in changes:
            if change.before is not None:
                try:
                    if (changed := changed_rows(change, now=now)).slugs:
                        rows.add(changed)
                except DomainError as refusal:
                    change.result.refuse(refusal)
        write_changes(rows, now=now, by=by)
        _create([change for change in changes if change.new is not None], by=by)
        placed = {
            change.result.product_id: change.after["collections"]
            for change in changes
            if change.result.product_id is not None and _is_placed(change)
        }
        if placed:
            manual_collections.set_memberships(placed, held, by=by)
    return [change.result for change in changes]


def _create(changes: Sequence[ProductChange], *, by: Principal) -> None:
    if not changes:
        return
    stored = bulk_create.create_products(
        [change.new for change in changes if change.new],
        statuses=[change.status for change in changes],
        by=by,
    )
    translations: dict[tuple[UUID, str], Mapping[str, object]] = {}
    for made, change in zip(stored, changes, strict=True):
        result = change.result
        result.outcome, result.product_id = UpsertStatus.CREATED, made.product_id
        for variant, variant_id in zip(result.written, made.variant_ids, strict=True):
            variant.variant_id, variant.outcome = variant_id, UpsertStatus.CREATED
        for language, texts in change.after.get("translations", {}).items():
            translations[made.product_id, language] = texts
        if change.status is ProductStatus.ACTIVE:
            emit(ProductPublished(product_id=made.product_id))
    write_translations(translations)
    reindex.reindex_products(sorted({product_id for product_id, _ in translations}))
    emit(CatalogChanged(slugs=tuple(made.slug for made in stored)))


def _change(
    snapshot: ProductSnapshot, document: Document, categories: Mapping[Path, UUID]
) -> ProductChange:
    """Say what a known product becomes when a document means exactly what it says."""
    before, said = snapshot.document, document.get("variants", ())
    places = {id(variant): at for at, variant in enumerate(before["variants"])}
    matches = [
        None if match is None else places[id(match)]
        for match in match_variants(before["variants"], said)
    ]
    variants = [VariantResult(UpsertStatus.UNCHANGED) for _ in said]
    result = UpsertResult(UpsertStatus.UNCHANGED, variants, snapshot.id, before=before)
    change = ProductChange(result, before=snapshot, after=document, matches=matches)
    if "categories" in document and document["categories"] != before["categories"]:
        paths = category_paths(document["categories"])
        change.category_ids = [categories[path] for path in paths]
    return change


def _unchanged(change: ProductChange) -> list[VariantResult]:
    """Return the results of variants that stay as they are."""
    assert change.before is not None
    return [
        VariantResult(UpsertStatus.UNCHANGED, UUID(change.before.variant_ids[at]))
        for at in change.matches
        if at is not None
    ]


def _is_placed(change: ProductChange) -> bool:
    """Tell whether a product comes to other manual collections than it is in."""
    if change.result.outcome is UpsertStatus.REFUSED or "collections" not in change.after:
        return False
    there = change.before.document["collections"] if change.before else []
    return bool(change.after["collections"] != there)


def _unlisted(before: Document, document: Document) -> list[str]:
    """Return the SKUs of the variants that a document does not list."""
    kept = {id(match) for match in match_variants(before["variants"], document["variants"])}
    return [variant["sku"] for variant in before["variants"] if id(variant) not in kept]


def _with_unlisted(before: Document, document: Document) -> Document:
    """Return a document that takes the variants off sale that it does not list."""
    off = [{"sku": sku, "prices": {}} for sku in _unlisted(before, document)]
    return {**document, "variants": [*document["variants"], *off]}


def _relate(
    documents: Sequence[Document], results: Sequence[UpsertResult], *, by: Principal
) -> None:
    """Relate products to others that are all there; the rest is left unresolved."""
    wanted = {
        one.product_id: said
        for document, one in zip(documents, results, strict=True)
        if one.product_id is not None
        and one.outcome is not UpsertStatus.REFUSED
        and (said := related_products.relations_in(document, before=one.before or {}))
    }
    if not wanted:
        return
    new = {one.product_id for one in results if one.outcome is UpsertStatus.CREATED}
    waiting = related_products.relate_documents(wanted, new=new, by=by)
    for one in results:
        if one.product_id in waiting:
            one.unresolved = wanted[one.product_id]
        elif one.product_id in wanted and one.outcome is UpsertStatus.UNCHANGED:
            one.outcome = UpsertStatus.CHANGED


def _ensure_categories(documents: Sequence[Document]) -> Mapping[Path, UUID]:
    return ensure_category_paths(
        path for document in documents for path in category_paths(document.get("categories", ()))
    )
