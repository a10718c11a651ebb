"""Create, edit, publish and archive products; publish drafts when due; take imported ones out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from api.catalog.errors import ProductNotFound, PublishAtNeedsDraft, PublishAtPassed
from api.catalog.events import CatalogChanged, ProductArchived, ProductPublished
from api.catalog.models.i18n import Translation
from api.catalog.models.media import ProductImage
from api.catalog.models.navigation import ProductCategory
from api.catalog.models.prices import PriceHistoryEntry
from api.catalog.models.products import Product, Variant
from api.catalog.queries.export_documents import lock_products
from api.catalog.service import (
    attribute_values,
    bulk_create,
    denormalization,
    facet_values,
    media,
    metadata,
    redirects,
    reindex,
)
from api.catalog.service.inputs import ImageInput, ProductInput
from api.catalog.service.integrity import translate_integrity_errors
from api.catalog.states import PRODUCT, ProductStatus
from api.catalog.texts import slug_from
from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.principal import SYSTEM, Principal
from api.platform import audit, sweeps
from api.platform.db import lock_entity, require_transaction, session
from api.platform.etags import check
from api.platform.outbox import emit, savepoint

_FOLLOWED = {*reindex.INDEXED_FIELDS, "attributes"}
_SPELLED = {"vendor", "product_type", "tags"}
_APART = ("category_ids", "images", "attributes")  # kept in other rows than its own


def create_product(draft: ProductInput, *, by: Principal) -> bulk_create.CreatedProduct:
    """Take a product into the catalogue as a draft, with its variants, prices and pictures.

    Without a slug it gets one made from its title, with a number when another product has that.
    Refuses a slug, SKU, barcode or external reference that is taken, two variants with the same
    values, values that do not fit the options, attributes that its type does not define or that
    do not fit, and a category that is not there.
    """
    require_transaction()
    draft = replace(
        draft,
        slug=draft.slug or redirects.unique_slug("product", slug_from(draft.title)),
        images=tuple(media.resolve_media(draft.images)),
    )
    bulk_create.validate_product(draft)
    with translate_integrity_errors():
        (stored,) = bulk_create.create_products([draft], by=by)
    return stored


def edit_product(
    product_id: UUID, changes: Mapping[str, Any], *, expected_version: int | None, by: Principal
) -> None:
    """Change what a product says of itself: texts, tags, slug, categories, pictures.

    `category_ids` and `images` replace what was there; `attributes` are values by code, of which
    None takes one back and others stay. Locks the product; refuses a version that is not the
    present one, what `create_product` refuses, and a type that does not define what the product
    says already. Metadata is merged key by key. A draft with `publish_at` is published by
    itself at that moment, which must be to come. Saying what is already so changes nothing.
    """
    product = lock(product_id)
    check(product.version, expected_version)
    before_slug = product.slug
    before = {name: getattr(product, name) for name in _SPELLED}
    left: set[str] = set()
    plain = metadata.merge_metadata(product, {k: v for k, v in changes.items() if k not in _APART})
    changed = {k: v for k, v in plain.items() if getattr(product, k) != v}
    _refuse_moment(product, changed.get("publish_at"))
    with translate_integrity_errors():
        for name, value in changed.items():
            setattr(product, name, value)
        if "category_ids" in changes and _has_other_categories(product, changes["category_ids"]):
            category_ids = list(dict.fromkeys(changes["category_ids"]))
            product.category_id = category_ids[0] if category_ids else None
            session.flush()
            left = denormalization.replace_categories({product.id: category_ids})
            changed["category_ids"] = [str(c) for c in changes["category_ids"]]
        if "images" in changes and _replace_images(product.id, changes["images"]):
            changed["images"] = [str(image.media_id or image.url) for image in changes["images"]]
        if said := _settle(product, changes.get("attributes", {}), changed):
            changed["attributes"] = said
        if not changed:
            return
        redirects.record_redirect("product", product.id, before=before_slug, after=product.slug)
        if _FOLLOWED & changed.keys():
            refresh_search(product)
        is_respelled = bool(_SPELLED & changed.keys()) and facet_values.rename_facet_values(
            before, {name: getattr(product, name) for name in _SPELLED}
        )
        product.version += 1
    audit.record("product.edited", by=by, subject_id=product.id, **changed)
    emit(
        CatalogChanged(
            slugs=tuple(dict.fromkeys((before_slug, product.slug))),
            lists=tuple(sorted(left)),
            is_tree=is_respelled,  # it stands among the filters of any list
        )
    )


def publish_product(product_id: UUID, *, expected_version: int | None, by: Principal) -> None:
    """Publish a product.

    Refuses one that is there already, or archived, or that lacks an attribute its type requires.
    """
    product = _move(product_id, "publish", expected_version=expected_version, by=by)
    product.published_at = product.published_at or clock.now()
    emit(ProductPublished(product_id=product.id))


def archive_product(product_id: UUID, *, expected_version: int | None, by: Principal) -> None:
    """Archive a product; orders that name it stay as they are."""
    product = _move(product_id, "archive", expected_version=expected_version, by=by)
    emit(ProductArchived(product_id=product.id))


def unarchive_product(product_id: UUID, *, expected_version: int | None, by: Principal) -> None:
    """Make an archived product a draft again, to be looked over before it is published."""
    _move(product_id, "unarchive", expected_version=expected_version, by=by)


def lock(product_id: UUID) -> Product:
    """Lock a product until the transaction ends; parents before children. ProductNotFound."""
    return lock_entity(Product, product_id, ProductNotFound(product_id=product_id), alone=False)


def refresh_search(product: Product) -> None:
    """Write down anew by which words a locked product is found, and what it can be filtered by."""
    session.flush()
    row = {name: getattr(product, name) for name in reindex.INDEXED_FIELDS}
    for name, value in reindex.index_columns({product.id: row})[product.id].items():
        setattr(product, name, value)


def _move(
    product_id: UUID, command: str, *, expected_version: int | None, by: Principal
) -> Product:
    product = lock(product_id)
    if expected_version is not None:
        check(product.version, expected_version)
    product.status = ProductStatus(PRODUCT.next(product.status.value, command))
    if product.status is ProductStatus.ACTIVE:
        attribute_values.require_mandatory(product)
    product.publish_at = None
    product.version += 1
    audit.record(f"product.{command}", by=by, subject_id=product.id, status=product.status.value)
    emit(CatalogChanged(slugs=(product.slug,)))
    return product


def _refuse_moment(product: Product, publish_at: datetime | None) -> None:
    if publish_at is None:
        return
    if product.status is not ProductStatus.DRAFT:
        raise PublishAtNeedsDraft(status=product.status.value)
    if publish_at <= clock.now():
        raise PublishAtPassed(publish_at=publish_at.isoformat())


def _settle(
    product: Product, given: Mapping[str, object], changed: Mapping[str, object]
) -> dict[str, object]:
    """Say what is said by attributes, and look again at all of it when the type is another."""
    has_new_type = "product_type" in changed
    if not given and not has_new_type:
        return {}
    return attribute_values.assign_attribute_values(product, given, has_new_type=has_new_type)


def _has_other_categories(product: Product, category_ids: Sequence[UUID]) -> bool:
    """Tell whether these are others than a product has; the tree stays as it is meanwhile."""
    denormalization.lock_category_tree(alone=False)
    there = session.scalars(
        select(ProductCategory.category_id).where(
            ProductCategory.product_id == product.id, ProductCategory.is_direct
        )
    )
    main = category_ids[0] if category_ids else None
    return set(there) != set(category_ids) or product.category_id != main


def _replace_images(product_id: UUID, drafts: Sequence[ImageInput]) -> bool:
    """Make the pictures these, in this order; one that stays keeps its id and its variants."""
    images = media.resolve_media(drafts)
    there = {
        image.url: image
        for image in session.scalars(
            select(ProductImage).where(ProductImage.product_id == product_id)
        )
    }
    wanted = {image.url: (position, image.alt) for position, image in enumerate(images)}
    if {url: (image.position, image.alt) for url, image in there.items()} == wanted:
        return False
    gone = [image.id for url, image in there.items() if url not in wanted]
    media.remove_images(gone)
    rows = bulk_create.image_rows(images, product_id)
    for position, image in enumerate(images):
        if image.url in there:
            known = there[image.url]
            known.position, known.alt = position, image.alt
            if image.media_id is not None:
                known.media_id, known.sizes = image.media_id, list(image.sizes)
                known.width, known.height = image.width, image.height
        else:
            session.add(ProductImage(**rows[position]))
    return True


_log = structlog.get_logger("api.catalog")


def publish_due(product_id: UUID) -> bool:
    """Publish a draft whose moment has come; returns whether there was something to do.

    Locks the product, and leaves one alone that somebody else is holding: the next run comes soon.
    One that cannot be published stays a draft without a moment, which is written into the audit
    log and told to whoever runs the shop: it is not tried again until staff name a new moment.
    """
    require_transaction()
    product = session.scalar(
        select(Product)
        .where(
            Product.id == product_id,
            Product.status == ProductStatus.DRAFT,
            Product.publish_at <= clock.now(),
        )
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if product is None:
        return False
    try:
        with savepoint():
            publish_product(product_id, expected_version=None, by=SYSTEM)
    except DomainError as refusal:
        session.refresh(product)
        moment = product.publish_at
        product.publish_at = None
        product.version += 1
        audit.record(
            "product.publish_refused",
            by=SYSTEM,
            subject_id=product_id,
            publish_at=moment,
            code=refusal.code,
            detail=refusal.detail,
        )
        _log.error("product_not_published", product=str(product_id), code=refusal.code)
    return True


def discard_products(product_ids: Sequence[UUID], *, by: Principal) -> tuple[set[UUID], set[UUID]]:
    """Take products out of the shop again; returns those removed and those archived.

    One that nothing refers to is removed with all that is its own; history is never deleted, so
    one that had a price is archived instead, and so is one that anything else names. Locks them,
    in id order.
    """
    ids = lock_products([], [], ids=product_ids)
    if not ids:
        return set(), set()
    with_history = set(
        session.scalars(
            select(Variant.product_id)
            .join(PriceHistoryEntry, PriceHistoryEntry.variant_id == Variant.id)
            .where(Variant.product_id.in_(ids))
        )
    )
    found = {
        row.id: row
        for row in session.execute(
            select(Product.id, Product.slug, Product.status).where(Product.id.in_(ids))
        )
    }
    # Among themselves they hold no one back.
    relations = Product.metadata.tables["product_relations"]
    session.execute(delete(relations).where(relations.c.product_id.in_(ids)))
    removed = {key for key in ids if key not in with_history and _remove(key)}
    left = set(ids) - removed
    leaving = {key for key in left if found[key].status is not ProductStatus.ARCHIVED}
    session.execute(
        update(Product)
        .where(Product.id.in_(leaving))
        .values(status=ProductStatus.ARCHIVED, version=Product.version + 1)
        .execution_options(synchronize_session=False)
    )
    for key in sorted(leaving):
        archived = ProductStatus.ARCHIVED.value
        audit.record("product.archive", by=by, subject_id=key, status=archived)
        emit(ProductArchived(product_id=key))
    emit(CatalogChanged(slugs=tuple(found[key].slug for key in sorted(removed | leaving))))
    return removed, left


def _remove(product_id: UUID) -> bool:
    """Delete a product with what is its own; False when something else refers to it."""
    tables = Product.metadata.tables
    variant_ids = select(Variant.id).where(Variant.product_id == product_id)
    try:
        with session.begin_nested():
            for name in ("barcodes", "variant_prices"):
                table = tables[name]
                session.execute(delete(table).where(table.c.variant_id.in_(variant_ids)))
            session.execute(delete(tables["variants"]).where(Variant.product_id == product_id))
            for name in (
                *("product_images", "product_price_ranges", "category_members"),
                *("collection_members", "product_attributes"),
            ):
                table = tables[name]
                session.execute(delete(table).where(table.c.product_id == product_id))
            session.execute(delete(Translation).where(Translation.subject_id == product_id))
            session.execute(delete(tables["products"]).where(Product.id == product_id))
    except IntegrityError:
        return False
    return True


BATCH = 200


def due_to_publish(limit: int = BATCH) -> list[UUID]:
    """Return drafts whose moment to be published has come, those that wait longest first."""
    return list(
        session.scalars(
            select(Product.id)
            .where(
                Product.status == ProductStatus.DRAFT,
                Product.publish_at <= clock.now(),
                ~sweeps.waits("publish-due-products", Product.id),
            )
            .order_by(Product.publish_at)
            .limit(limit)
        )
    )
