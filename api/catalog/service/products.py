"""Create, edit, publish and archive products."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from api.catalog.errors import ProductNotFound, PublishAtNeedsDraft, PublishAtPassed
from api.catalog.events import CatalogueChanged, ProductArchived, ProductPublished
from api.catalog.models import (
    Category,
    CategoryMember,
    Product,
    ProductImage,
    ProductStatus,
    Variant,
)
from api.catalog.service import (
    addresses,
    fitting,
    following,
    intake,
    media,
    metadata,
    refreshing,
    traits,
)
from api.catalog.service.clashes import told_as_refusals
from api.catalog.service.drafts import ImageDraft, ProductDraft
from api.catalog.states import PRODUCT
from api.catalog.texts import slug_from
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.concurrency import check
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

_FOLLOWED = {*refreshing.SAID, "attributes"}
_SPELLED = {"vendor", "product_type", "tags"}
_APART = ("category_ids", "images", "attributes")
"""What of a product is kept in other rows than its own."""


def create_product(draft: ProductDraft, *, by: Principal) -> intake.StoredProduct:
    """Take a product into the catalogue as a draft, with its variants, prices and pictures.

    Without a slug it gets one made from its title, with a number when another product has that.
    Refuses a slug, SKU, barcode or external reference that is taken, two variants with the same
    values, values that do not fit the options, attributes that its type does not define or that
    do not fit, and a category that is not there.
    """
    require_transaction()
    draft = replace(
        draft,
        slug=draft.slug or addresses.free("product", slug_from(draft.title)),
        images=tuple(media.with_media(draft.images)),
    )
    intake.check(draft)
    with told_as_refusals():
        (stored,) = intake.store([draft])
    audit.record("product.created", by=by, subject_id=stored.product_id, slug=stored.slug)
    return stored


def edit_product(
    product_id: UUID, changes: Mapping[str, Any], *, expected_version: int | None, by: Principal
) -> None:
    """Change what a product says of itself: texts, tags, slug, categories, pictures.

    `category_ids` and `images` replace what was there; `attributes` are values by code, of which
    None takes one back and others stay. Locks the product; refuses a version that is not the
    present one, what `create_product` refuses, and a type that does not define what the product
    says already. Metadata is merged key by key. A draft with `publish_at` goes on the shelf by
    itself at that moment, which must be to come. Saying what is already so changes nothing.
    """
    product = lock(product_id)
    check(product.version, expected_version)
    before_slug = product.slug
    before = {name: getattr(product, name) for name in _SPELLED}
    shelves = _shelves_of(product.id) if "category_ids" in changes else set()
    plain = metadata.merged(product, {k: v for k, v in changes.items() if k not in _APART})
    changed = {k: v for k, v in plain.items() if getattr(product, k) != v}
    _refuse_moment(product, changed.get("publish_at"))
    with told_as_refusals():
        for name, value in changed.items():
            setattr(product, name, value)
        if "category_ids" in changes and _replace_categories(product, changes["category_ids"]):
            changed["category_ids"] = [str(c) for c in changes["category_ids"]]
        if "images" in changes and _replace_images(product.id, changes["images"]):
            changed["images"] = [str(image.media_id or image.url) for image in changes["images"]]
        if said := _settle(product, changes.get("attributes", {}), changed):
            changed["attributes"] = said
        if not changed:
            return
        addresses.moved("product", product.id, before=before_slug, after=product.slug)
        if _FOLLOWED & changed.keys():
            refresh_search(product)
        is_respelled = bool(_SPELLED & changed.keys()) and traits.respell(
            before, {name: getattr(product, name) for name in _SPELLED}
        )
        product.version += 1
    audit.record("product.edited", by=by, subject_id=product.id, **changed)
    emit(
        CatalogueChanged(
            slugs=tuple(dict.fromkeys((before_slug, product.slug))),
            shelves=tuple(sorted(shelves - _shelves_of(product.id) if shelves else ())),
            is_tree=is_respelled,  # it stands among the filters of any list
        )
    )


def publish_product(product_id: UUID, *, expected_version: int | None, by: Principal) -> None:
    """Put a product on the shelf.

    Refuses one that is there already, or archived, or that lacks an attribute its type requires.
    """
    product = _move(product_id, "publish", expected_version=expected_version, by=by)
    product.published_at = product.published_at or clock.now()
    emit(ProductPublished(product_id=product.id))


def archive_product(product_id: UUID, *, expected_version: int | None, by: Principal) -> None:
    """Take a product off the shelf for good; orders that name it stay as they are."""
    product = _move(product_id, "archive", expected_version=expected_version, by=by)
    emit(ProductArchived(product_id=product.id))


def unarchive_product(product_id: UUID, *, expected_version: int | None, by: Principal) -> None:
    """Make an archived product a draft again, to be looked over before it is published."""
    _move(product_id, "unarchive", expected_version=expected_version, by=by)


def lock(product_id: UUID) -> Product:
    """Lock a product until the transaction ends; parents before children. ProductNotFound."""
    require_transaction()
    product = session.scalar(
        select(Product)
        .where(Product.id == product_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if product is None:
        raise ProductNotFound(product_id=product_id)
    return product


def refresh_search(product: Product) -> None:
    """Write down anew by which words a locked product is found, and what it can be filtered by."""
    session.flush()
    row = {name: getattr(product, name) for name in refreshing.SAID}
    for name, value in refreshing.columns_of({product.id: row})[product.id].items():
        setattr(product, name, value)


def _move(
    product_id: UUID, command: str, *, expected_version: int | None, by: Principal
) -> Product:
    product = lock(product_id)
    if expected_version is not None:
        check(product.version, expected_version)
    product.status = ProductStatus(PRODUCT.next(product.status.value, command))
    if product.status is ProductStatus.ACTIVE:
        fitting.require_all(product)
    product.publish_at = None
    product.version += 1
    audit.record(f"product.{command}", by=by, subject_id=product.id, status=product.status.value)
    emit(CatalogueChanged(slugs=(product.slug,)))
    return product


def _refuse_moment(product: Product, publish_at: datetime | None) -> None:
    if publish_at is None:
        return
    if product.status is not ProductStatus.DRAFT:
        raise PublishAtNeedsDraft(status=product.status.value)
    if publish_at <= clock.now():
        raise PublishAtPassed(publish_at=publish_at.isoformat())


def _settle(
    product: Product, given: Mapping[str, Any], changed: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what is said by attributes, and look again at all of it when the type is another."""
    has_new_type = "product_type" in changed
    if not given and not has_new_type:
        return {}
    return fitting.settle(product, given, has_new_type=has_new_type)


def _replace_categories(product: Product, category_ids: Sequence[UUID]) -> bool:
    """Make these the categories of a product; it keeps its place in those where it stays."""
    following.hold_tree(alone=False)
    rows = session.scalars(
        select(CategoryMember.category_id).where(
            CategoryMember.product_id == product.id, CategoryMember.is_direct
        )
    )
    main = category_ids[0] if category_ids else None
    if set(rows) == set(category_ids) and product.category_id == main:
        return False
    product.category_id = main
    session.flush()
    session.execute(
        update(CategoryMember)
        .where(
            CategoryMember.product_id == product.id, CategoryMember.category_id.not_in(category_ids)
        )
        .values(is_direct=False)
        .execution_options(synchronize_session=False)
    )
    following.put_on_shelves({product.id: list(dict.fromkeys(category_ids))})
    following.reshelve([product.id])
    return True


def _shelves_of(product_id: UUID) -> set[str]:
    slugs = session.scalars(
        select(Category.slug)
        .join(CategoryMember, CategoryMember.category_id == Category.id)
        .where(CategoryMember.product_id == product_id)
    )
    return {f"category:{slug}" for slug in slugs}


def _replace_images(product_id: UUID, drafts: Sequence[ImageDraft]) -> bool:
    """Make the pictures these, in this order; one that stays keeps its id and its variants."""
    images = media.with_media(drafts)
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
    if gone:
        # Named here and not left to the foreign key, so that versions of variants tell of it.
        session.execute(
            update(Variant)
            .where(Variant.image_id.in_(gone))
            .values(image_id=None, version=Variant.version + 1)
        )
        session.execute(delete(ProductImage).where(ProductImage.id.in_(gone)))
    for position, image in enumerate(images):
        if image.url in there:
            known = there[image.url]
            known.position, known.alt = position, image.alt
            if image.media_id is not None:
                known.media_id, known.sizes = image.media_id, list(image.sizes)
                known.width, known.height = image.width, image.height
        else:
            session.add(
                ProductImage(
                    id=new_id(),
                    product_id=product_id,
                    url=image.url,
                    alt=image.alt,
                    position=position,
                    media_id=image.media_id,
                    width=image.width,
                    height=image.height,
                    sizes=list(image.sizes),
                )
            )
    return True
