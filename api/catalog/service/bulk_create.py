"""Store new products in set form: one statement per table, however many products come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table

from api.catalog.errors import (
    CompareAtNotAbovePrice,
    CurrencyTwice,
    ImageUnknown,
    OptionsDoNotFit,
    OptionTwice,
    PublishAtPassed,
)
from api.catalog.fields import PRODUCT_COLUMNS, VARIANT_COLUMNS, Field, Kind
from api.catalog.models.attributes import ProductAttribute
from api.catalog.models.media import ProductImage
from api.catalog.models.prices import PriceHistoryEntry, VariantPrice
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service import (
    attribute_values,
    barcodes,
    denormalization,
    facet_values,
    metadata,
    redirects,
)
from api.catalog.service import prices as price_service
from api.catalog.service.inputs import ImageInput, PriceInput, ProductInput, VariantInput
from api.catalog.states import ProductStatus
from api.catalog.texts import option_kind, sku_from, slug_from, variant_title
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, bulk_sql
from api.platform.db import Base


@dataclass(frozen=True, slots=True)
class CreatedProduct:
    """What a draft became."""

    product_id: UUID
    slug: str
    variant_ids: tuple[UUID, ...]


def validate_product(draft: ProductInput) -> None:
    """Refuse what can be seen to be wrong without asking the database."""
    known = {image.url for image in draft.images}
    metadata.validate_metadata(public=draft.public_metadata, private=draft.private_metadata)
    if draft.publish_at is not None and draft.publish_at <= clock.now():
        raise PublishAtPassed(publish_at=draft.publish_at.isoformat())
    _check_options(draft.options)
    for variant in draft.variants:
        validate_variant(variant, draft.options)
        if variant.image_url is not None and variant.image_url not in known:
            raise ImageUnknown(url=variant.image_url)
        if variant.image_id is not None:
            # The pictures of a new product have no ids yet.
            raise ImageUnknown(image_id=variant.image_id)


def validate_variant(variant: VariantInput, options: Sequence[str]) -> None:
    """Refuse values that do not fit the options, and codes or prices that make no sense."""
    validate_option_values(variant.option_values, options)
    metadata.validate_metadata(public=variant.public_metadata, private=variant.private_metadata)
    barcodes.validate_barcodes(variant.codes)
    validate_prices(variant.prices)


def _check_options(options: Sequence[str]) -> None:
    """Refuse two options that read alike, whatever their case."""
    seen: set[str] = set()
    for name in options:
        kind = option_kind(name)
        if kind in seen:
            raise OptionTwice(option=name)
        seen.add(kind)


def validate_option_values(values: Sequence[str], options: Sequence[str]) -> None:
    """Refuse anything but one value for each option."""
    if len(values) != len(options) or not all(values):
        raise options_error(options, values)


def options_error(options: Sequence[str], given: Sequence[str]) -> OptionsDoNotFit:
    """Return the refusal that names the options as they are."""
    named = ", ".join(options) or "nothing (it has no options)"
    return OptionsDoNotFit(options=named, given=list(given))


def validate_prices(prices: Sequence[PriceInput]) -> None:
    """Refuse two prices in one currency and a compare-at price that is none."""
    seen: set[str] = set()
    for draft in prices:
        price, before = draft.price, draft.compare_at
        if price.currency in seen:
            raise CurrencyTwice(currency=price.currency)
        seen.add(price.currency)
        if before is not None and (
            before.currency != price.currency or before.amount <= price.amount
        ):
            raise CompareAtNotAbovePrice(price=price, compare_at=before)


def create_products(
    drafts: Sequence[ProductInput],
    *,
    statuses: Sequence[ProductStatus] | None = None,
    by: Principal,
) -> list[CreatedProduct]:
    """Insert new products with all that belongs to them, and audit them; the drafts were checked.

    What clashes with other rows raises IntegrityError: see `integrity`. Refuses attributes that a
    product's type does not define, and values that do not fit them.
    """
    now = clock.now()
    products: list[dict[str, object]] = []
    images: list[dict[str, object]] = []
    variants: list[dict[str, object]] = []
    codes: list[dict[str, object]] = []
    prices: list[dict[str, object]] = []
    found: list[facet_values.FacetLabels] = []
    said_rows: list[dict[str, object]] = []
    stored: list[CreatedProduct] = []
    values = attribute_values.validate_new_values(
        [(draft.product_type, draft.attributes) for draft in drafts]
    )
    for place, draft in enumerate(drafts):
        product_id = new_id()
        status = statuses[place] if statuses else ProductStatus.DRAFT
        slug = draft.slug or slug_from(draft.title) or product_id.hex[-12:]
        own_images = image_rows(draft.images, product_id)
        by_url = {row["url"]: row["id"] for row in own_images}
        own_variants = [
            variant_row(
                variant,
                product_id=product_id,
                slug=slug,
                position=position,
                image_id=by_url.get(variant.image_url or ""),
                now=now,
            )
            | {"in_stock": variant.has_stock}
            for position, variant in enumerate(draft.variants)
        ]
        own_values, said = values[len(stored)]
        searched = [
            {**made, "barcodes": [one.code for one in variant.codes]}
            for made, variant in zip(own_variants, draft.variants, strict=True)
        ]
        row = _product_row(draft, product_id, slug, status, now)
        row["in_stock"] = any(made["in_stock"] for made in own_variants)
        products.append({**row, **denormalization.search_columns_of(row, searched)})
        found.append(
            facet_values.facet_values_of(
                row, [made["option_values"] for made in own_variants], said
            )
        )
        said_rows += [{"product_id": product_id, **value} for value in own_values]
        images += own_images
        variants += own_variants
        for made, variant in zip(own_variants, draft.variants, strict=True):
            codes += barcodes.barcode_rows(made["id"], variant.codes)
            prices += price_rows(made["id"], variant.prices)
        ids = tuple(made["id"] for made in own_variants)
        stored.append(CreatedProduct(product_id, slug, ids))
    if any(draft.category_ids for draft in drafts):
        # The tree before new words, as an edit does: else the two could wait for each other.
        denormalization.lock_category_tree(alone=False)
    for row, trait_ids in zip(products, facet_values.ensure_facet_values(found), strict=True):
        row["traits"] = trait_ids
    add_rows(Product, products)
    add_rows(ProductAttribute, said_rows)
    redirects.drop_redirects("product", [made.slug for made in stored])
    add_rows(ProductImage, images)
    add_rows(Variant, variants)
    add_rows(Barcode, codes)
    if prices:
        add_first_prices(prices, now)
        denormalization.refresh_price_ranges([made.product_id for made in stored])
    denormalization.assign_categories(
        {made.product_id: draft.category_ids for made, draft in zip(stored, drafts, strict=True)}
    )
    audit.record_each(
        "product.created", {made.product_id: {"slug": made.slug} for made in stored}, by=by
    )
    return stored


def add_rows(model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows by their table: nobody needs objects of them, and that is half of the cost."""
    bulk_sql.bulk_insert(cast(Table, model.__table__), rows)


def add_first_prices(rows: Sequence[Mapping[str, object]], now: datetime) -> None:
    """Insert the prices of variants that are new, and the first records of their history."""
    prices, records = price_service.first_prices(rows, now=now)
    add_rows(VariantPrice, prices)
    add_rows(PriceHistoryEntry, records)


def variant_row(
    draft: VariantInput,
    *,
    product_id: UUID,
    slug: str,
    position: int,
    image_id: UUID | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the row of a new variant."""
    return {
        "id": new_id(),
        "version": 1,
        "created_at": now,
        "product_id": product_id,
        **_columns(VARIANT_COLUMNS, draft),
        "sku": draft.sku or sku_from(slug, draft.option_values),
        "barcode": barcodes.unit_barcode(draft.codes),
        "title": variant_title(draft.option_values),
        "position": position,
        "in_stock": False,
        "image_id": image_id,
    }


def price_rows(variant_id: UUID, prices: Sequence[PriceInput]) -> list[dict[str, object]]:
    """Return the rows of a variant's prices."""
    return [
        {
            "variant_id": variant_id,
            "currency": draft.price.currency,
            "amount": draft.price.amount,
            "compare_at": draft.compare_at.amount if draft.compare_at else None,
        }
        for draft in prices
    ]


def _product_row(
    draft: ProductInput, product_id: UUID, slug: str, status: ProductStatus, now: datetime
) -> dict[str, object]:
    return {
        "id": product_id,
        "version": 1,
        "created_at": now,
        **_columns(PRODUCT_COLUMNS, draft),
        "slug": slug,
        "status": status,
        "category_id": draft.category_ids[0] if draft.category_ids else None,
        "publish_at": draft.publish_at if status is ProductStatus.DRAFT else None,
        "published_at": now if status is ProductStatus.ACTIVE else None,
        "in_stock": False,
    }


def _columns(fields: Sequence[Field], draft: ProductInput | VariantInput) -> dict[str, object]:
    """Return the plain fields of a draft as columns."""
    found: dict[str, object] = {}
    for one in fields:
        value = getattr(draft, one.name)
        if one.kind is Kind.METADATA:
            value = metadata.without_nulls(value)
        found[one.name] = list(value) if one.kind is Kind.TEXTS else value
    return found


def image_rows(images: Sequence[ImageInput], product_id: UUID) -> list[dict[str, Any]]:
    """Return the rows of a product's pictures, in their order."""
    return [
        {
            "id": new_id(),
            "product_id": product_id,
            "url": image.url,
            "alt": image.alt,
            "position": position,
            "media_id": image.media_id,
            "width": image.width,
            "height": image.height,
            "sizes": list(image.sizes),
        }
        for position, image in enumerate(images)
    ]
