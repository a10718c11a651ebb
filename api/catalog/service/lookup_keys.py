"""By what products and variants are told from one another: addresses, references, SKUs, barcodes.

Two descriptions that share none of these keys have nothing to do with each other.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select, union_all

from api.catalog.codes import code_key
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service.inputs import ProductInput
from api.catalog.texts import sku_from
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, session

SLUG, REFERENCE, SKU, BARCODE, OF_VARIANT = "slug:", "reference:", "sku:", "code:", "variant:"


def keys_of_input(draft: ProductInput) -> set[str]:
    """Return the keys that a draft asks for, with the SKUs that are made where it names none."""
    slug = draft.slug or ""
    keys = {SLUG + slug, REFERENCE + (draft.external_reference or "")}
    for variant in draft.variants:
        keys.add(SKU + sku_from(slug, variant.option_values).lower())
        keys.add(SKU + (variant.sku or "").lower())
        keys |= {BARCODE + code_key(one.code) for one in variant.codes}
    return keys - {SLUG, REFERENCE, SKU}


def keys_of_document(document: Mapping[str, Any]) -> set[str]:
    """Return the keys that a product asks for as our own files write it."""
    keys = {
        SLUG + document.get("slug", ""),
        REFERENCE + (document.get("external_reference") or ""),
    }
    for variant in document.get("variants", ()):
        keys.add(SKU + (variant.get("sku") or "").lower())
        keys.add(OF_VARIANT + (variant.get("external_reference") or ""))
        keys |= {BARCODE + code_key(one["code"]) for one in variant.get("barcodes", ())}
    return keys - {SLUG, REFERENCE, SKU, OF_VARIANT}


def keys_in_use(product_ids: Collection[UUID]) -> dict[UUID, tuple[str, set[str]]]:
    """Return the slugs of products, and the keys that they and their variants have; one statement.

    A product that is not there is left out.
    """
    found: dict[UUID, tuple[str, set[str]]] = {}
    products = any_of(Product.id, sorted(product_ids))
    variants = any_of(Variant.product_id, sorted(product_ids))
    rows: Sequence[AnyRow] = session.execute(
        union_all(
            select(Product.id, literal(SLUG), Product.slug).where(products),
            select(Product.id, literal(REFERENCE), Product.external_reference).where(products),
            select(Variant.product_id, literal(SKU), Variant.sku_key).where(variants),
            select(Variant.product_id, literal(OF_VARIANT), Variant.external_reference).where(
                variants
            ),
            select(Variant.product_id, literal(BARCODE), Barcode.code_key)
            .join(Barcode, Barcode.variant_id == Variant.id)
            .where(variants),
        )
    ).all()
    for product_id, kind, value in rows:
        if kind == SLUG:
            found[product_id] = (value, set())
    for product_id, kind, value in rows:
        if value:
            found[product_id][1].add(kind + value)
    return found
