"""Documents of ours as drafts: what they describe, in the words in which it is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from api.catalog.service.categories import Path
from api.catalog.service.differences import Document
from api.catalog.service.inputs import (
    BarcodeDraft,
    ImageDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
)
from api.kernel.money import Money


def product_draft(document: Document, categories: Mapping[Path, UUID]) -> ProductDraft:
    """Return the new product that a document describes."""
    return ProductDraft(
        title=document.get("title", ""),
        slug=document["slug"],
        description=document.get("description", ""),
        vendor=document.get("vendor", ""),
        product_type=document.get("product_type", ""),
        tags=tuple(document.get("tags", ())),
        options=tuple(document.get("options", ())),
        images=tuple(image_draft(image) for image in document.get("images", ())),
        variants=tuple(variant_draft(one) for one in document.get("variants", ())),
        category_ids=tuple(
            categories[path] for path in category_paths(document.get("categories", ()))
        ),
        external_reference=document.get("external_reference"),
        attributes=document.get("attributes", {}),
        seo_title=document.get("seo_title", ""),
        seo_description=document.get("seo_description", ""),
        public_metadata=document.get("public_metadata", {}),
        private_metadata=document.get("private_metadata", {}),
        publish_at=moment(document.get("publish_at")),
    )


def variant_draft(variant: Document) -> VariantDraft:
    """Return the new variant that a document describes."""
    return VariantDraft(
        sku=variant.get("sku") or None,
        barcodes=tuple(
            BarcodeDraft(one["code"], one["pack_quantity"]) for one in variant.get("barcodes", ())
        ),
        option_values=tuple(variant.get("option_values", ())),
        weight_grams=variant.get("weight_grams", 0),
        tax_class=variant.get("tax_class", "standard"),
        prices=tuple(price_drafts(variant.get("prices", {}))),
        image_url=variant.get("image_url"),
        external_reference=variant.get("external_reference"),
        public_metadata=variant.get("public_metadata", {}),
        private_metadata=variant.get("private_metadata", {}),
    )


def price_drafts(prices: Mapping[str, Mapping[str, int | None]]) -> list[PriceDraft]:
    """Return prices by currency as drafts."""
    found = []
    for currency, price in prices.items():
        amount, before = price["amount"], price.get("compare_at")
        assert amount is not None
        found.append(
            PriceDraft(Money(amount, currency), None if before is None else Money(before, currency))
        )
    return found


def category_paths(categories: Sequence[Sequence[Mapping[str, str]]]) -> list[Path]:
    """Return the ways to the categories of a document."""
    return [tuple((step["slug"], step["name"]) for step in path) for path in categories]


def image_draft(image: Mapping[str, str]) -> ImageDraft:
    """Return a picture of a document as a draft."""
    return ImageDraft(url=image["url"], alt=image.get("alt", ""))


def moment(said: str | None) -> datetime | None:
    """Read a moment as documents write it."""
    return None if said is None else datetime.fromisoformat(said)
