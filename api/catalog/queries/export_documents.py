"""Products as whole documents: everything that people wrote of them, in the form of our own files.

What follows from other rows (search words, price ranges, stock) is not in it, and neither are ids:
a document means the same in any shop.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, cast, func, literal, select, text

from api.catalog.models.attributes import Attribute, ProductAttribute
from api.catalog.models.i18n import Translation
from api.catalog.models.media import ProductImage
from api.catalog.models.navigation import (
    Category,
    CategoryMember,
    Collection,
    CollectionKind,
    CollectionMember,
)
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Barcode, Product, ProductRelation, Variant
from api.catalog.queries.related_products import RELATION_FIELDS
from api.catalog.states import ProductStatus
from api.kernel.words import words
from api.platform.bulk import among
from api.platform.db import session

Document = dict[str, Any]

_PRODUCT = (
    *(Product.slug, Product.version, Product.status, Product.title, Product.description),
    *(Product.vendor, Product.product_type, Product.tags, Product.options, Product.seo_title),
    *(Product.seo_description, Product.publish_at, Product.external_reference),
    *(Product.public_metadata, Product.private_metadata),
)
_VARIANTS, _IMAGES = Variant.__table__.c, ProductImage.__table__.c
_CODES, _PRICES = Barcode.__table__.c, VariantPrice.__table__.c
_VARIANT = (
    *(_VARIANTS.sku, _VARIANTS.version, _VARIANTS.option_values, _VARIANTS.weight_grams),
    *(_VARIANTS.tax_class, _VARIANTS.external_reference),
    *(_VARIANTS.public_metadata, _VARIANTS.private_metadata),
)


def product_documents(product_ids: Iterable[UUID]) -> dict[UUID, Document]:
    """Return products as documents by id, in the order of their ids; eleven statements for all.

    Each sees the shop as it is when it is asked: read in a transaction that stands still
    (REPEATABLE READ) or on locked products, a document is of one moment.
    """
    ids = sorted(product_ids)
    if not ids:
        return {}
    found: dict[UUID, Document] = {}
    mains: dict[UUID, UUID | None] = {}
    for row in session.execute(
        select(Product.id, Product.category_id, *_PRODUCT)
        .where(among(Product.id, ids))
        .order_by(Product.id)
    ):
        plain = dict(row._mapping)
        mains[plain.pop("id")] = plain.pop("category_id")
        plain["status"] = plain["status"].value
        if plain["publish_at"] is not None:
            plain["publish_at"] = plain["publish_at"].isoformat().replace("+00:00", "Z")
        found[row.id] = {
            **plain,
            "categories": [],
            "collections": [],
            **{name: [] for name in RELATION_FIELDS},
            "attributes": {},
            "translations": {},
            "images": [],
            "variants": [],
        }
    _add_categories(found, mains, ids)
    _add_collections_and_relations(found, ids)
    _add_images_and_variants(found, ids)
    for product_id, code, value in session.execute(
        select(ProductAttribute.product_id, Attribute.code, ProductAttribute.value)
        .join(Attribute, Attribute.id == ProductAttribute.attribute_id)
        .where(among(ProductAttribute.product_id, ids))
    ):
        found[product_id]["attributes"][code] = value
    for product_id, language, texts in session.execute(
        select(Translation.subject_id, Translation.language, Translation.texts).where(
            among(Translation.subject_id, ids), Translation.kind == "product"
        )
    ):
        if texts:
            found[product_id]["translations"][language] = texts
    return found


def product_ids_of(
    slugs: Sequence[str], references: Sequence[str], *, ids: Sequence[UUID] = ()
) -> list[UUID]:
    """Lock the products that are known by these addresses, references or ids; returns their ids.

    In id order, as everyone locks them, until the transaction ends.
    """
    return list(
        session.scalars(
            select(Product.id)
            .where(
                among(Product.slug, slugs)
                | among(Product.external_reference, references)
                | among(Product.id, ids)
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
        .where(among(Variant.product_id, sorted(product_ids)))
        .order_by(Variant.position, Variant.id)
    ):
        key = {"id": row.id, "sku": row.sku, "option_values": row.option_values}
        found[row.product_id].append(key)
    return found


def version_marks(product_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Say by product how its version and those of its variants stand: a mark that edits change."""
    rows = session.execute(
        select(
            Product.id,
            Product.version,
            func.coalesce(func.sum(Variant.version), 0),
            func.count(Variant.id),
        )
        .outerjoin(Variant, Variant.product_id == Product.id)
        .where(among(Product.id, sorted(product_ids)))
        .group_by(Product.id, Product.version)
    )
    return {row[0]: mark_of_versions(row[1], row[2], row[3]) for row in rows}


def mark_of_versions(product: int, variants: int, count: int) -> str:
    """Write a product's version, the sum of its variants' and how many they are as one mark."""
    return f"{product}:{variants}:{count}"


def count_fitting(**filters: Any) -> tuple[int, UUID | None]:
    """Return how many products fit the filters, and the id of the newest; see below."""
    count, last = session.execute(
        select(func.count(), func.max(cast(Product.id, Text))).where(*_fitting(**filters))
    ).one()
    return count, UUID(last) if last else None


def product_ids_after(
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
    **_: Any,
) -> list[Any]:
    found: list[Any] = []
    if status:
        found.append(Product.status == ProductStatus(status))
    if vendor:
        found.append(Product.vendor == vendor)
    if category:
        found.append(
            Product.id.in_(
                select(CategoryMember.product_id)
                .join(Category, Category.id == CategoryMember.category_id)
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
        select(CategoryMember.product_id, Category.id, Category.path)
        .join(Category, Category.id == CategoryMember.category_id)
        .where(among(CategoryMember.product_id, ids), CategoryMember.is_direct)
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
        select(CollectionMember.product_id, Collection.slug, CollectionMember.position)
        .join(Collection, Collection.id == CollectionMember.collection_id)
        .where(among(CollectionMember.product_id, ids), Collection.kind == CollectionKind.MANUAL)
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
        .where(among(ProductRelation.product_id, ids))
        .order_by(ProductRelation.position, ProductRelation.related_id)
    ):
        found[beside.product_id][names[beside.kind]].append(beside.slug)


def _add_images_and_variants(found: dict[UUID, Document], ids: list[UUID]) -> None:
    # Ids that only lead from row to row stay as text, and rows are no objects: there are many.
    of_product = {str(product_id): document for product_id, document in found.items()}
    urls: dict[str, str] = {}
    for image_id, product_id, url, alt in session.execute(
        select(_text(_IMAGES.id), _text(_IMAGES.product_id), _IMAGES.url, _IMAGES.alt)
        .where(among(_IMAGES.product_id, ids))
        .order_by(_IMAGES.position, _IMAGES.id)
    ):
        urls[image_id] = url
        of_product[product_id]["images"].append({"url": url, "alt": alt})
    by_id: dict[str, Document] = {}
    names = [column.name for column in _VARIANT]
    for variant_id, product_id, image_id, *said in session.execute(
        select(
            *(_text(_VARIANTS.id), _text(_VARIANTS.product_id), _text(_VARIANTS.image_id)),
            *_VARIANT,
        )
        .where(among(_VARIANTS.product_id, ids))
        .order_by(_VARIANTS.position, _VARIANTS.id)
    ):
        variant = by_id[variant_id] = dict(zip(names, said, strict=True))
        variant["image_url"] = urls.get(image_id)
        variant["barcodes"], variant["prices"] = [], {}
        of_product[product_id]["variants"].append(variant)
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


def _text(column: Any) -> Any:
    return cast(column, Text)
