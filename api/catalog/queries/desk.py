"""What staff see: everything, drafts and archived products too, with versions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, false, func, select

from api.catalog.errors import CategoryNotFound, ProductNotFound, VariantNotFound
from api.catalog.models import (
    Category,
    CategoryMember,
    Collection,
    CollectionMember,
    Media,
    PriceRange,
    Product,
    ProductImage,
    ProductStatus,
    RuleMatch,
    Variant,
    VariantPrice,
)
from api.catalog.queries import searching
from api.catalog.queries.attributes import attribute_values
from api.catalog.queries.media import warnings
from api.catalog.queries.price_history import price_view
from api.catalog.queries.rules import fits
from api.catalog.queries.selling import codes_of
from api.catalog.queries.tree import in_tree_order, level_of
from api.platform import pagination
from api.platform.db import session
from api.platform.pagination import Sort

_VARIANT_COUNT = (
    select(func.count())
    .select_from(Variant)
    .where(Variant.product_id == Product.id)
    .scalar_subquery()
)
_IMAGE_URL = (
    select(ProductImage.url)
    .where(ProductImage.product_id == Product.id)
    .order_by(ProductImage.position, ProductImage.id)
    .limit(1)
    .scalar_subquery()
)


def list_products(
    *,
    currency: str,
    status: str | None = None,
    q: str | None = None,
    external_reference: str | None = None,
    vendor: str | None = None,
    product_type: str | None = None,
    tag: str | None = None,
    category: str | None = None,
    collection: str | None = None,
    sort: str = "newest",
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
) -> dict[str, Any]:
    """Return a page of products, the newest first or by name, whatever their state.

    Vendors, types and tags are compared without case. A category counts with what stands below
    it; one that is not there, or a collection that is not, holds nothing.
    """
    columns: tuple[Any, ...] = (
        *(Product.id, Product.slug, Product.title, Product.status, Product.vendor),
        *(Product.product_type, Product.in_stock, Product.version, Product.created_at),
        *(Product.published_at, Product.publish_at, Product.external_reference),
        *(PriceRange.lowest, PriceRange.highest),
        _VARIANT_COUNT.label("variant_count"),
        _IMAGE_URL.label("image_url"),
    )
    statement: Select[Any] = select(*columns).outerjoin(
        PriceRange, and_(PriceRange.product_id == Product.id, PriceRange.currency == currency)
    )
    if status is not None:
        statement = statement.where(Product.status == ProductStatus(status))
    if q:
        typed = searching.tsquery_text(q)
        statement = statement.where(searching.matches(typed) if typed else false())
    if external_reference is not None:
        statement = statement.where(Product.external_reference == external_reference)
    words = (("vendor", vendor), ("product_type", product_type), ("tag", tag))
    asked = [{"field": name, "relation": "is", "value": word} for name, word in words if word]
    if asked:
        statement = statement.where(fits(RuleMatch.ALL, asked))
    if category is not None:
        statement = statement.where(Product.id.in_(_within(CategoryMember, Category, category)))
    if collection is not None:
        statement = statement.where(
            Product.id.in_(_within(CollectionMember, Collection, collection))
        )
    by_name = sort == "name"
    rows, page = pagination.page(
        statement,
        Sort((Product.search_title, Product.id) if by_name else (Product.id,), not by_name),
        limit=limit,
        cursor=cursor,
        filters=(
            *(currency, status, q, external_reference, vendor, product_type, tag),
            *(category, collection, sort),
        ),
        total=statement.with_only_columns(Product.id) if with_total else None,
    )
    return {"data": [_line(row, currency) for row in rows], "page": page}


def _within(members: Any, model: Any, slug: str) -> Select[Any]:
    """Select the products of a category or collection."""
    owner = members.category_id if members is CategoryMember else members.collection_id
    return select(members.product_id).join(model, model.id == owner).where(model.slug == slug)


def get_product(product_id: UUID) -> dict[str, Any]:
    """Return all of a product, its variants and their prices. Raises ProductNotFound."""
    product = session.execute(
        select(
            *(Product.id, Product.version, Product.slug, Product.title, Product.description),
            *(Product.status, Product.vendor, Product.product_type, Product.tags),
            *(Product.options, Product.category_id, Product.external_reference),
            *(Product.in_stock, Product.created_at, Product.published_at, Product.publish_at),
            *(Product.seo_title, Product.seo_description, Product.private_metadata),
            Product.public_metadata.label("metadata"),
        ).where(Product.id == product_id)
    ).first()
    if product is None:
        raise ProductNotFound(product_id=product_id)
    category_ids = session.scalars(
        select(CategoryMember.category_id)
        .where(CategoryMember.product_id == product_id, CategoryMember.is_direct)
        .order_by(CategoryMember.category_id != product.category_id, CategoryMember.category_id)
    ).all()
    images = session.execute(
        select(
            *(ProductImage.id, ProductImage.url, ProductImage.alt, ProductImage.media_id),
            *(ProductImage.width, ProductImage.height, ProductImage.sizes, Media.error),
        )
        .outerjoin(Media, Media.id == ProductImage.media_id)
        .where(ProductImage.product_id == product_id)
        .order_by(ProductImage.position, ProductImage.id)
    ).all()
    body = product._asdict()
    del body["category_id"]
    return {
        **body,
        "category_ids": list(category_ids),
        "attributes": attribute_values([product_id]).get(product_id, {}),
        "images": [
            {name: value for name, value in image._asdict().items() if name != "error"}
            for image in images
        ],
        "variants": _variants(Variant.product_id == product_id),
        "warnings": [told for place, image in enumerate(images) for told in warnings(place, image)],
    }


def get_variant(variant_id: UUID) -> dict[str, Any]:
    """Return a variant with its prices. Raises VariantNotFound."""
    found = _variants(Variant.id == variant_id)
    if not found:
        raise VariantNotFound(variant_id=variant_id)
    return found[0]


def list_categories() -> dict[str, Any]:
    """Return the whole tree as a flat list with versions, parents before children."""
    rows = in_tree_order(
        session.execute(
            select(*_CATEGORY).order_by(Category.position, Category.name, Category.id)
        ).all()
    )
    page = {"limit": len(rows), "next_cursor": None, "has_more": False}
    return {"data": [_category(row) for row in rows], "page": page}


def get_category(category_id: UUID) -> dict[str, Any]:
    """Return a category with its version. Raises CategoryNotFound."""
    row = session.execute(select(*_CATEGORY).where(Category.id == category_id)).first()
    if row is None:
        raise CategoryNotFound(category_id=category_id)
    return _category(row)


_CATEGORY = (
    *(Category.id, Category.version, Category.slug, Category.name, Category.description),
    *(Category.path, Category.parent_id, Category.position),
    *(Category.seo_title, Category.seo_description),
)


def _category(row: Any) -> dict[str, Any]:
    return {**row._asdict(), "level": level_of(row.path)}


def _line(row: Any, currency: str) -> dict[str, Any]:
    line: dict[str, Any] = row._asdict()
    for name in [name for name in line if name.startswith("sort_")]:
        del line[name]
    lowest, highest = line.pop("lowest"), line.pop("highest")
    line["price"] = None if lowest is None else {"amount": lowest, "currency": currency}
    line["price_varies"] = lowest != highest
    return line


def _variants(which: Any) -> list[dict[str, Any]]:
    """Read variants, their prices and their codes in one statement each."""
    rows = session.execute(
        select(
            *(Variant.id, Variant.version, Variant.product_id, Variant.sku, Variant.barcode),
            *(Variant.title, Variant.option_values, Variant.weight_grams, Variant.tax_class),
            *(Variant.position, Variant.in_stock, ProductImage.url.label("image_url")),
            *(Variant.image_id, Variant.external_reference, Variant.private_metadata),
            Variant.public_metadata.label("metadata"),
        )
        .outerjoin(ProductImage, ProductImage.id == Variant.image_id)
        .where(which)
        .order_by(Variant.position, Variant.id)
    ).all()
    ids = [row.id for row in rows]
    prices, codes = _prices(ids), codes_of(ids)
    return [
        {**row._asdict(), "barcodes": codes.get(row.id, []), "prices": prices.get(row.id, [])}
        for row in rows
    ]


def _prices(variant_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in session.execute(
        select(VariantPrice.__table__)
        .where(VariantPrice.variant_id.in_(variant_ids))
        .order_by(VariantPrice.currency)
    ):
        found.setdefault(row.variant_id, []).append(price_view(row))
    return found
