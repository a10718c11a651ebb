"""Products as whole documents: everything that people wrote of them, in the form of our own files.

What follows from other rows (search words, price ranges, stock) is not in it, and neither are ids:
a document means the same in any shop.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, cast, func, literal, select, text

from api.catalog.fields import PRODUCT_FIELDS, VARIANT_FIELDS, to_document
from api.catalog.models.attributes import Attribute, ProductAttribute
from api.catalog.models.i18n import Translation
from api.catalog.models.media import ProductImage
from api.catalog.models.navigation import (
    Category,
    Collection,
    CollectionKind,
    CollectionProduct,
    ProductCategory,
)
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Barcode, Product, ProductRelation, Variant
from api.catalog.queries.related_products import RELATION_FIELDS
from api.catalog.states import ProductStatus
from api.kernel.text_folding import words
from api.platform.bulk_sql import any_of
from api.platform.db import session

Document = dict[str, Any]

_PRODUCT_FIELDS = tuple(one for one in PRODUCT_FIELDS if one.is_plain)
_PRODUCT = [getattr(Product, one.name) for one in _PRODUCT_FIELDS]
_VARIANTS, _IMAGES = Variant.__table__.c, ProductImage.__table__.c
_CODES, _PRICES = Barcode.__table__.c, VariantPrice.__table__.c
_VARIANT = [_VARIANTS[one.name] for one in VARIANT_FIELDS if one.is_plain]


@dataclass(slots=True)
class ProductSnapshot:
    """A product as a document, with the keys of its rows, which documents do not name.

    `variant_ids` are in the order of its variants, the last of which stands at `last_position`;
    `images` are ids and positions by address. Ids that only lead from row to row are texts.
    """

    id: UUID
    document: Document
    category_id: UUID | None
    published_at: datetime | None
    variant_ids: list[str] = field(default_factory=list)
    last_position: int = -1
    images: dict[str, tuple[str, int]] = field(default_factory=dict)


def product_documents(product_ids: Iterable[UUID]) -> dict[UUID, Document]:
    """Return products as documents by id; see `product_snapshots`."""
    return {key: one.document for key, one in product_snapshots(product_ids).items()}


def product_snapshots(product_ids: Iterable[UUID]) -> dict[UUID, ProductSnapshot]:
    """Return products as they are by id, in the order of their ids; eleven statements for all.

    Each sees the shop as it is when it is asked: read in a transaction that stands still
    (REPEATABLE READ) or on locked products, a document is of one moment.
    """
    ids = sorted(product_ids)
    if not ids:
        return {}
    snapshots: dict[UUID, ProductSnapshot] = {}
    for product_id, category_id, published_at, *plain in session.execute(
        select(Product.id, Product.category_id, Product.published_at, *_PRODUCT)
        .where(any_of(Product.id, ids))
        .order_by(Product.id)
    ):
        document = {
            **{
                one.name: to_document(one, value)
                for one, value in zip(_PRODUCT_FIELDS, plain, strict=True)
            },
            "categories": [],
            "collections": [],
            **{name: [] for name in RELATION_FIELDS},
            "attributes": {},
            "translations": {},
            "images": [],
            "variants": [],
        }
        snapshots[product_id] = ProductSnapshot(product_id, document, category_id, published_at)
    found = {key: one.document for key, one in snapshots.items()}
    _add_categories(found, {key: one.category_id for key, one in snapshots.items()}, ids)
    _add_collections_and_relations(found, ids)
    _add_images_and_variants(snapshots, ids)
    for product_id, code, value in session.execute(
        select(ProductAttribute.product_id, Attribute.code, ProductAttribute.value)
        .join(Attribute, Attribute.id == ProductAttribute.attribute_id)
        .where(any_of(ProductAttribute.product_id, ids))
    ):
        found[product_id]["attributes"][code] = value
    for product_id, language, texts in session.execute(
        select(Translation.subject_id, Translation.language, Translation.texts).where(
            any_of(Translation.subject_id, ids), Translation.kind == "product"
        )
    ):
        if texts:
            found[product_id]["translations"][language] = texts
    return snapshots


def lock_products(
    slugs: Sequence[str], references: Sequence[str], *, ids: Sequence[UUID] = ()
) -> list[UUID]:
    """Lock the products that are known by these addresses, references or ids; returns their ids.

    In id order, as everyone locks them, until the transaction ends.
    """
    return list(
        session.scalars(
            select(Product.id)
            .where(
                any_of(Product.slug, slugs)
                | any_of(Product.external_reference, references)
                | any_of(Product.id, ids)
            )
            .order_by(Product.id)
            .with_for_update(key_share=True)
        )
    )


def variant_ids_of(slugs: Sequence[str], references: Sequence[str]) -> list[UUID]:
    """Return the variants of the products that are known by these addresses or references.

    Nothing is locked.
    """
    return list(
        session.scalars(
            select(Variant.id)
            .join(Product, Product.id == Variant.product_id)
            .where(Product.slug.in_(slugs) | Product.external_reference.in_(references))
        )
    )


def variant_keys(product_ids: Iterable[UUID]) -> dict[UUID, list[Document]]:
    """Return by what the variants of products are known: `id`, `sku`, `option_values`.

    In the order in which their documents list them.
    """
    found: dict[UUID, list[Document]] = defaultdict(list)
    for row in session.execute(
        select(Variant.product_id, Variant.id, Variant.sku, Variant.option_values)
        .where(any_of(Variant.product_id, sorted(product_ids)))
        .order_by(Variant.position, Variant.id)
    ):
        key = {"id": row.id, "sku": row.sku, "option_values": row.option_values}
        found[row.product_id].append(key)
    return found


def version_stamps(product_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Say by product how its version and those of its variants stand: a mark that edits change."""
    rows = session.execute(
        select(
            Product.id,
            Product.version,
            func.coalesce(func.sum(Variant.version), 0),
            func.count(Variant.id),
        )
        .outerjoin(Variant, Variant.product_id == Product.id)
        .where(any_of(Product.id, sorted(product_ids)))
        .group_by(Product.id, Product.version)
    )
    return {row[0]: version_stamp(row[1], row[2], row[3]) for row in rows}


def version_stamp(product: int, variants: int, count: int) -> str:
    """Write a product's version, the sum of its variants' and how many they are as one mark."""
    return f"{product}:{variants}:{count}"


def count_matching(**filters: Any) -> tuple[int, UUID | None]:
    """Return how many products fit the filters, and the id of the newest; see below."""
    count, last = session.execute(
        select(func.count(), func.max(cast(Product.id, Text))).where(*_fitting(**filters))
    ).one()
    return count, UUID(last) if last else None


def next_product_ids(
    after: UUID | None, *, up_to: UUID | None, limit: int, **filters: Any
) -> list[UUID]:
    """Return the next products by id that fit: `status`, `category` (a slug), `q`, `vendor`.

    `category` is with all below it; `q` is words of what products are found by.
    """
    statement = select(Product.id).where(*_fitting(**filters)).order_by(Product.id).limit(limit)
    if after is not None:
        statement = statement.where(Product.id > after)
    if up_to is not None:
        statement = statement.where(Product.id <= up_to)
    return list(session.scalars(statement))


def _fitting(
    *,
    status: str | None = None,
    category: str | None = None,
    vendor: str | None = None,
    q: str | None = None,
    **_: object,
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if status:
        found.append(Product.status == ProductStatus(status))
    if vendor:
        found.append(Product.vendor == vendor)
    if category:
        found.append(
            Product.id.in_(
                select(ProductCategory.product_id)
                .join(Category, Category.id == ProductCategory.category_id)
                .where(Category.slug == category)
            )
        )
    if q:
        found.append(
            Product.search.op("@@")(func.plainto_tsquery(text("'simple'::regconfig"), words(q)))
        )
    return found


def currencies_in_use() -> list[str]:
    """Return the currencies in which anything has a price, in order."""
    return list(
        session.scalars(select(VariantPrice.currency).distinct().order_by(VariantPrice.currency))
    )


def _add_categories(
    found: dict[UUID, Document], mains: dict[UUID, UUID | None], ids: list[UUID]
) -> None:
    rows = session.execute(
        select(ProductCategory.product_id, Category.id, Category.path)
        .join(Category, Category.id == ProductCategory.category_id)
        .where(any_of(ProductCategory.product_id, ids), ProductCategory.is_direct)
        .order_by(Category.path)
    ).all()
    slugs = {slug for row in rows for slug in row.path.split("/")}
    names: dict[str, str] = {}
    if slugs:
        named = session.execute(
            select(Category.slug, Category.name).where(Category.slug.in_(sorted(slugs)))
        )
        names = {row.slug: row.name for row in named}
    # The main one first; the others by their paths.
    for row in sorted(rows, key=lambda row: row.id != mains[row.product_id]):
        path = [{"slug": slug, "name": names.get(slug, slug)} for slug in row.path.split("/")]
        found[row.product_id]["categories"].append(path)


def _add_collections_and_relations(found: dict[UUID, Document], ids: list[UUID]) -> None:
    """Say in which collections by hand they are and where, and what is shown beside them."""
    for row in session.execute(
        select(CollectionProduct.product_id, Collection.slug, CollectionProduct.position)
        .join(Collection, Collection.id == CollectionProduct.collection_id)
        .where(any_of(CollectionProduct.product_id, ids), Collection.kind == CollectionKind.MANUAL)
    ):
        place = {"slug": row.slug, "position": row.position}
        found[row.product_id]["collections"].append(place)
    for document in found.values():
        # Not as the database sorts, which depends on its language.
        document["collections"].sort(key=lambda place: place["slug"])
    names = {kind: name for name, kind in RELATION_FIELDS.items()}
    for beside in session.execute(
        select(ProductRelation.product_id, ProductRelation.kind, Product.slug)
        .join(Product, Product.id == ProductRelation.related_id)
        .where(any_of(ProductRelation.product_id, ids))
        .order_by(ProductRelation.position, ProductRelation.related_id)
    ):
        found[beside.product_id][names[beside.kind]].append(beside.slug)


def _add_images_and_variants(snapshots: dict[UUID, ProductSnapshot], ids: list[UUID]) -> None:
    # Ids that only lead from row to row stay as text, and rows are no objects: there are many.
    of_product = {str(product_id): one for product_id, one in snapshots.items()}
    urls: dict[str, str] = {}
    for image_id, product_id, url, alt, position in session.execute(
        select(
            *(_text(_IMAGES.id), _text(_IMAGES.product_id), _IMAGES.url, _IMAGES.alt),
            _IMAGES.position,
        )
        .where(any_of(_IMAGES.product_id, ids))
        .order_by(_IMAGES.position, _IMAGES.id)
    ):
        urls[image_id] = url
        of_product[product_id].document["images"].append({"url": url, "alt": alt})
        of_product[product_id].images[url] = (image_id, position)
    by_id: dict[str, Document] = {}
    names = [column.name for column in _VARIANT]
    for variant_id, product_id, image_id, position, *said in session.execute(
        select(
            *(_text(_VARIANTS.id), _text(_VARIANTS.product_id), _text(_VARIANTS.image_id)),
            *(_VARIANTS.position, *_VARIANT),
        )
        .where(any_of(_VARIANTS.product_id, ids))
        .order_by(_VARIANTS.position, _VARIANTS.id)
    ):
        variant = by_id[variant_id] = dict(zip(names, said, strict=True))
        variant["image_url"] = urls.get(image_id)
        variant["barcodes"], variant["prices"] = [], {}
        snapshot = of_product[product_id]
        snapshot.document["variants"].append(variant)
        snapshot.variant_ids.append(variant_id)
        snapshot.last_position = position
    own = cast(literal(list(by_id), ARRAY(Text)), ARRAY(Uuid))
    for variant_id, code, pack_quantity in session.execute(
        select(_text(_CODES.variant_id), _CODES.code, _CODES.pack_quantity)
        .where(_CODES.variant_id == any_(own))
        .order_by(_CODES.position, _CODES.code)
    ):
        by_id[variant_id]["barcodes"].append({"code": code, "pack_quantity": pack_quantity})
    for variant_id, currency, amount, compare_at in session.execute(
        select(*(_text(_PRICES.variant_id), _PRICES.currency, _PRICES.amount, _PRICES.compare_at))
        .where(_PRICES.variant_id == any_(own))
        .order_by(_PRICES.currency)
    ):
        by_id[variant_id]["prices"][currency] = {"amount": amount, "compare_at": compare_at}


def _text(column: object) -> Any:
    return cast(column, Text)
