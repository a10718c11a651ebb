"""Questions that the rest of the shop asks the catalogue; each is one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from api.catalog import codes
from api.catalog.models.media import ProductImage
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.states import ProductStatus
from api.platform.db import AnySelect, session
from api.platform.prepared import prepared


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is offered in one currency right now.

    `unit_price` is in minor units, None when the variant has no price in the currency.
    `is_for_sale` needs a price and a published product; whether any is left, inventory knows.
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
    lot_tracking: str


@dataclass(frozen=True, slots=True)
class VariantFound(VariantLabel):
    """A variant found by its code, and how many units of it the code means."""

    pack_quantity: int


_LABEL = (
    Variant.id,
    Variant.product_id,
    Variant.sku,
    Variant.barcode,
    Product.title.label("product_title"),
    Variant.title,
    Variant.lot_tracking,
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


def shipping_profiles(variant_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the shipping profiles of variants that have one."""
    rows = session.execute(
        select(Variant.id, Variant.shipping_profile).where(
            Variant.id.in_(variant_ids), Variant.shipping_profile != ""
        )
    )
    return {row.id: row.shipping_profile for row in rows}


def find_variant(code: str) -> VariantFound | None:
    """Find a variant by its SKU, in any case, or any of its barcodes; the SKU wins.

    Read as scanners send it, see `codes.read`. A case label tells how many units are in the case;
    a SKU means one.
    """
    wanted = codes.read(code)
    if not wanted.text:
        return None
    asked = {"text": wanted.text, "keys": list(wanted.keys)}
    row = session.execute(_FOUND, asked).first()
    return VariantFound(*row) if row else None


def _found_statement() -> AnySelect:
    keys = bindparam("keys", type_=ARRAY(Text))
    meant = union_all(
        select(Variant.id, literal(1).label("pack_quantity"), literal(0).label("rank")).where(
            Variant.sku_key == func.lower(bindparam("text", type_=Text))
        ),
        select(
            *(Barcode.variant_id, Barcode.pack_quantity),
            func.array_position(keys, Barcode.code_key),
        ).where(Barcode.code_key == any_(keys)),
    ).subquery()
    return (
        select(*_LABEL, meant.c.pack_quantity)
        .join(meant, meant.c.id == Variant.id)
        .join(Product, Product.id == Variant.product_id)
        .order_by(meant.c.rank)
        .limit(1)
    )


# Built once: building costs more than running.
_FOUND: Final = prepared(_found_statement())
SCANNED: Final = select(func.to_jsonb(literal_column("variant"))).select_from(
    _found_statement().subquery("variant")
)
"""What `find_variant` finds as one JSON value, of the parameters `text` and `keys`."""


def barcodes_of(variant_ids: Collection[UUID]) -> dict[UUID, list[dict[str, object]]]:
    """Return the barcodes of variants with their pack quantities, by variant id."""
    found: dict[UUID, list[dict[str, object]]] = {}
    if not variant_ids:
        return found
    for row in session.execute(_BARCODES, {"variant_ids": list(variant_ids)}):
        found.setdefault(row.variant_id, []).append(
            {"code": row.code, "pack_quantity": row.pack_quantity}
        )
    return found


_BARCODES: Final = prepared(
    select(Barcode.variant_id, Barcode.code, Barcode.pack_quantity)
    .where(Barcode.variant_id == any_(bindparam("variant_ids", type_=ARRAY(Uuid))))
    .order_by(Barcode.position, Barcode.code)
)


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
