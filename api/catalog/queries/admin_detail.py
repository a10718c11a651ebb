"""What staff see: everything, drafts and archived products too, with versions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from api.catalog.errors import CategoryNotFound, ProductNotFound, VariantNotFound
from api.catalog.fields import PRODUCT_FIELDS
from api.catalog.models.media import Media, ProductImage
from api.catalog.models.navigation import Category, ProductCategory
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.queries.attributes import attribute_values
from api.catalog.queries.media import warnings
from api.catalog.queries.prices import price_view
from api.catalog.queries.storefront_navigation import in_tree_order, level_of
from api.catalog.queries.variant_lookup import barcodes_of
from api.platform.db import AnyRow, session

_METADATA = {"public_metadata": "metadata"}
"""What a column is called on the wire, where it is not called so itself."""


def get_product(product_id: UUID) -> dict[str, object]:
    """Return all of a product, its variants and their prices. Raises ProductNotFound."""
    product = session.execute(
        select(
            *(Product.id, Product.category_id, Product.in_stock, Product.created_at),
            Product.published_at,
            *(
                getattr(Product, one.name).label(_METADATA.get(one.name, one.name))
                for one in PRODUCT_FIELDS
                if one.is_plain
            ),
        ).where(Product.id == product_id)
    ).first()
    if product is None:
        raise ProductNotFound(product_id=product_id)
    category_ids = session.scalars(
        select(ProductCategory.category_id)
        .where(ProductCategory.product_id == product_id, ProductCategory.is_direct)
        .order_by(ProductCategory.category_id != product.category_id, ProductCategory.category_id)
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


def get_variant(variant_id: UUID) -> dict[str, object]:
    """Return a variant with its prices. Raises VariantNotFound."""
    found = _variants(Variant.id == variant_id)
    if not found:
        raise VariantNotFound(variant_id=variant_id)
    return found[0]


def variants_of(product_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, object]]]:
    """Return the variants of products as their pages show them, by product id."""
    found: dict[UUID, list[dict[str, object]]] = {product_id: [] for product_id in product_ids}
    for variant in _variants(Variant.product_id.in_(product_ids)):
        found[variant["product_id"]].append(variant)
    return found


def list_categories() -> dict[str, object]:
    """Return the whole tree as a flat list with versions, parents before children."""
    rows = in_tree_order(
        session.execute(
            select(*_CATEGORY).order_by(Category.position, Category.name, Category.id)
        ).all()
    )
    page = {"limit": len(rows), "next_cursor": None, "has_more": False}
    return {"data": [_category(row) for row in rows], "page": page}


def get_category(category_id: UUID) -> dict[str, object]:
    """Return a category with its version. Raises CategoryNotFound."""
    row = session.execute(select(*_CATEGORY).where(Category.id == category_id)).first()
    if row is None:
        raise CategoryNotFound(category_id=category_id)
    return _category(row)


_CATEGORY = (
    *(Category.id, Category.version, Category.slug, Category.name, Category.description),
    *(Category.path, Category.parent_id, Category.position),
    *(Category.seo_title, Category.seo_description, Category.is_visible, Category.is_shown),
)


def _category(row: AnyRow) -> dict[str, object]:
    return {**row._asdict(), "level": level_of(row.path)}


def _variants(which: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Read variants, their prices and their codes in one statement each."""
    rows = session.execute(
        select(
            *(Variant.id, Variant.version, Variant.product_id, Variant.sku, Variant.barcode),
            *(Variant.title, Variant.option_values, Variant.weight_grams, Variant.tax_class),
            *(Variant.shipping_profile, Variant.hs_code, Variant.origin_country),
            *(Variant.lot_tracking, Variant.back_orders, Variant.back_order_limit),
            Variant.back_order_note,
            *(Variant.position, Variant.in_stock),
            ProductImage.url.label("image_url"),
            *(Variant.image_id, Variant.external_reference, Variant.private_metadata),
            Variant.public_metadata.label("metadata"),
        )
        .outerjoin(ProductImage, ProductImage.id == Variant.image_id)
        .where(which)
        .order_by(Variant.position, Variant.id)
    ).all()
    ids = [row.id for row in rows]
    prices, codes = _prices(ids), barcodes_of(ids)
    return [
        {**row._asdict(), "barcodes": codes.get(row.id, []), "prices": prices.get(row.id, [])}
        for row in rows
    ]


def _prices(variant_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, object]]]:
    found: dict[UUID, list[dict[str, object]]] = {}
    for row in session.execute(
        select(VariantPrice.__table__)
        .where(VariantPrice.variant_id.in_(variant_ids))
        .order_by(VariantPrice.currency)
    ):
        found.setdefault(row.variant_id, []).append(price_view(row))
    return found
