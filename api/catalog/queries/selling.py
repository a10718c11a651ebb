"""Questions that the rest of the shop asks the catalogue; each is one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from api.catalog.models import Product, ProductImage, ProductStatus, Variant, VariantPrice
from api.platform.db import session


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is offered in one currency right now.

    `unit_price` is in minor units, None when the variant has no price in the currency.
    `is_for_sale` needs a price and a product on the shelf; whether any is left, inventory knows.
    """

    variant_id: UUID
    product_id: UUID
    product_slug: str
    sku: str
    barcode: str | None
    product_title: str
    variant_title: str
    image_url: str | None
    unit_price: int | None
    tax_class: str
    weight_grams: int
    is_for_sale: bool


@dataclass(frozen=True, slots=True)
class VariantLabel:
    """What is printed beside a variant wherever people read it."""

    variant_id: UUID
    product_id: UUID
    sku: str
    barcode: str | None
    product_title: str
    variant_title: str


VariantFound = VariantLabel
"""A variant found by its code."""

_LABEL = (
    Variant.id,
    Variant.product_id,
    Variant.sku,
    Variant.barcode,
    Product.title,
    Variant.title,
)


def offers(variant_ids: Collection[UUID], currency: str) -> dict[UUID, Offer]:
    """Return what is offered, by variant id; a variant that does not exist is left out."""
    if not variant_ids:
        return {}
    first_image = (
        select(ProductImage.url)
        .where(
            ProductImage.product_id == Variant.product_id,
            or_(Variant.image_id.is_(None), ProductImage.id == Variant.image_id),
        )
        .order_by(ProductImage.position, ProductImage.id)
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            *(Variant.id, Variant.product_id, Product.slug, Variant.sku, Variant.barcode),
            *(Product.title, Variant.title, first_image, VariantPrice.amount),
            *(Variant.tax_class, Variant.weight_grams),
            and_(Product.status == ProductStatus.ACTIVE, VariantPrice.amount.is_not(None)),
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(
            VariantPrice,
            and_(VariantPrice.variant_id == Variant.id, VariantPrice.currency == currency),
        )
        .where(Variant.id.in_(variant_ids))
    )
    return {row[0]: Offer(*row) for row in rows}


def find_variant(code: str) -> VariantFound | None:
    """Find a variant by its SKU, in any case, or its barcode; the SKU wins."""
    wanted = code.strip()
    if not wanted:
        return None
    row = session.execute(
        select(*_LABEL)
        .join(Product, Product.id == Variant.product_id)
        .where(or_(Variant.sku_key == func.lower(wanted), Variant.barcode == wanted))
        .order_by((Variant.sku_key == func.lower(wanted)).desc())
        .limit(1)
    ).first()
    return VariantLabel(*row) if row else None


def variant_labels(variant_ids: Collection[UUID]) -> dict[UUID, VariantLabel]:
    """Return how variants are called, by id; one that does not exist is left out."""
    if not variant_ids:
        return {}
    rows = session.execute(
        select(*_LABEL)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(variant_ids))
    )
    return {row[0]: VariantLabel(*row) for row in rows}
