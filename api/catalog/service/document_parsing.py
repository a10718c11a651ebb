"""Documents of our own files as inputs: what they describe, as it is stored."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.catalog.fields import PRODUCT_COLUMNS, VARIANT_COLUMNS, from_document
from api.catalog.service.categories import Path
from api.catalog.service.diff import Document
from api.catalog.service.inputs import (
    BarcodeInput,
    ImageInput,
    PriceInput,
    ProductInput,
    VariantInput,
)
from api.kernel.money import Money


def product_input(document: Document, categories: Mapping[Path, UUID]) -> ProductInput:
    """Return the new product that a document describes; without a title it has an empty one."""
    plain = {
        one.name: from_document(one, document[one.name])
        for one in PRODUCT_COLUMNS
        if one.name in document
    }
    return ProductInput(
        **{"title": "", **plain},
        slug=document["slug"],
        images=tuple(image_input(image) for image in document.get("images", ())),
        variants=tuple(variant_input(one) for one in document.get("variants", ())),
        category_ids=tuple(
            categories[path] for path in category_paths(document.get("categories", ()))
        ),
        attributes=document.get("attributes", {}),
    )


def variant_input(variant: Document) -> VariantInput:
    """Return the new variant that a document describes; without a SKU it gets one."""
    plain = {
        one.name: from_document(one, variant[one.name])
        for one in VARIANT_COLUMNS
        if one.name in variant
    }
    return VariantInput(
        **{**plain, "sku": variant.get("sku") or None},
        barcodes=tuple(barcode_inputs(variant.get("barcodes", ()))),
        prices=tuple(price_inputs(variant.get("prices", {}))),
        image_url=variant.get("image_url"),
        has_stock=variant.get("has_stock", False),
    )


def barcode_inputs(codes: Sequence[Document]) -> list[BarcodeInput]:
    """Return the barcodes of a document."""
    return [BarcodeInput(one["code"], one["pack_quantity"]) for one in codes]


def price_inputs(prices: Mapping[str, Mapping[str, int | None]]) -> list[PriceInput]:
    """Return prices by currency as drafts."""
    found = []
    for currency, price in prices.items():
        amount, before = price["amount"], price.get("compare_at")
        assert amount is not None
        found.append(
            PriceInput(Money(amount, currency), None if before is None else Money(before, currency))
        )
    return found


def category_paths(categories: Sequence[Sequence[Mapping[str, str]]]) -> list[Path]:
    """Return the ways to the categories of a document."""
    return [tuple((step["slug"], step["name"]) for step in path) for path in categories]


def image_input(image: Mapping[str, str]) -> ImageInput:
    """Return a picture of a document as a draft."""
    return ImageInput(url=image["url"], alt=image.get("alt", ""))
