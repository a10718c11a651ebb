"""Make a known product what a document of ours says, through the verbs that people use."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from api.catalog.events import CatalogueChanged
from api.catalog.models.i18n import Translation
from api.catalog.models.products import Product, Variant
from api.catalog.service import manual_collections, products, variants
from api.catalog.service.categories import Path
from api.catalog.service.differences import Document, matched
from api.catalog.service.document_drafts import (
    category_paths,
    image_draft,
    moment,
    price_drafts,
    variant_draft,
)
from api.catalog.service.inputs import BarcodeDraft
from api.catalog.service.manual_collections import ByHand
from api.kernel.principal import Principal
from api.platform.db import session
from api.platform.outbox import emit

_PLAIN = (
    *("title", "description", "vendor", "product_type", "tags", "options", "seo_title"),
    *("seo_description", "external_reference", "public_metadata", "private_metadata"),
)
_VARIANT_PLAIN = (
    *("sku", "option_values", "weight_grams", "tax_class", "image_url", "external_reference"),
    *("public_metadata", "private_metadata"),
)


def write(
    product_id: UUID,
    before: Document,
    document: Document,
    categories: Mapping[Path, UUID],
    held: ByHand,
    *,
    by: Principal,
) -> None:
    """Say everything that differs through the verbs that people use, which tell and record it.

    What is shown beside it is said apart, because it may not be there yet.
    """
    changes: dict[str, Any] = {
        name: document[name]
        for name in _PLAIN
        if name in document and document[name] != before[name]
    }
    if "publish_at" in document and document["publish_at"] != before["publish_at"]:
        changes["publish_at"] = moment(document["publish_at"])
    if "categories" in document and document["categories"] != before["categories"]:
        changes["category_ids"] = [
            categories[path] for path in category_paths(document["categories"])
        ]
    if "images" in document and document["images"] != before["images"]:
        changes["images"] = [image_draft(image) for image in document["images"]]
    if "attributes" in document and document["attributes"] != before["attributes"]:
        gone = dict.fromkeys(before["attributes"].keys() - document["attributes"].keys())
        changes["attributes"] = {**gone, **document["attributes"]}
    changes |= _exactly(before, changes)
    if changes:
        version = session.scalar(select(Product.version).where(Product.id == product_id))
        products.edit_product(product_id, changes, expected_version=version or 0, by=by)
    if "translations" in document and document["translations"] != before["translations"]:
        translate(product_id, before["translations"], document["translations"])
        products.refresh_search(products.lock(product_id))
        emit(CatalogueChanged(slugs=(before["slug"],)))
    if "collections" in document and document["collections"] != before["collections"]:
        manual_collections.put({product_id: document["collections"]}, held, by=by)
    said = document.get("variants", ())
    for variant, match in zip(said, matched(before["variants"], said), strict=True):
        if match is None:
            variants.add_variant(product_id, variant_draft(variant), by=by)
        else:
            _write_variant(match, variant, by=by)
    _move(product_id, before["status"], document.get("status", before["status"]), by=by)


def _write_variant(match: Document, variant: Document, *, by: Principal) -> None:
    changes: dict[str, Any] = {
        name: variant[name]
        for name in _VARIANT_PLAIN
        if name in variant and variant[name] != match[name]
    }
    changes |= _exactly(match, changes)
    if "barcodes" in variant and variant["barcodes"] != match["barcodes"]:
        changes["barcodes"] = [
            BarcodeDraft(one["code"], one["pack_quantity"]) for one in variant["barcodes"]
        ]
    is_repriced = "prices" in variant and variant["prices"] != match["prices"]
    if not changes and not is_repriced:
        return
    known_id = variant_id(match["sku"])
    if changes:
        variants.edit_variant(known_id, changes, expected_version=None, by=by)
    if is_repriced:
        prices = price_drafts(variant["prices"])
        variants.set_prices(known_id, prices, expected_version=None, by=by)


def _exactly(before: Document, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata so that what a document does not name goes: people change it key by key."""
    return {
        name: {**dict.fromkeys(before[name].keys() - changes[name].keys()), **changes[name]}
        for name in ("public_metadata", "private_metadata")
        if name in changes
    }


def _move(product_id: UUID, before: str, after: str, *, by: Principal) -> None:
    """Put a product where the document has it, by the steps that people take."""
    if before == after:
        return
    if before == "archived":
        products.unarchive_product(product_id, expected_version=None, by=by)
    elif after == "draft":
        # From the shelf back to a draft there is only the way over the archive.
        products.archive_product(product_id, expected_version=None, by=by)
        products.unarchive_product(product_id, expected_version=None, by=by)
    if after == "active":
        products.publish_product(product_id, expected_version=None, by=by)
    elif after == "archived":
        products.archive_product(product_id, expected_version=None, by=by)


def translate(
    product_id: UUID, before: Mapping[str, Any], after: Mapping[str, Mapping[str, str]]
) -> None:
    """Make these the texts of a product in other languages; one that goes keeps its version."""
    for language in sorted(before.keys() | after.keys()):
        texts = dict(after.get(language, {}))
        if texts == before.get(language, {}):
            continue
        statement = upsert(Translation).values(
            subject_id=product_id, language=language, kind="product", texts=texts, version=1
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["subject_id", "language"],
                set_={"texts": statement.excluded.texts, "version": Translation.version + 1},
            ).execution_options(synchronize_session=False)
        )


def variant_id(sku: str) -> UUID:
    """Return the variant that has a SKU, which must be there."""
    return session.execute(select(Variant.id).where(Variant.sku_key == sku.lower())).scalar_one()
