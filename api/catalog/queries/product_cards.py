"""A product as it looks in a list: the same card everywhere."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.sql.elements import SQLCoreOperations

from api.catalog.models.media import ProductImage
from api.catalog.models.prices import PriceRange, VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.queries.filters import price_of
from api.catalog.queries.translations import NO_TEXTS, Texts, languages_of, texts_for
from api.catalog.states import ProductStatus
from api.platform.db import AnyRow, session

CARD_EXPANSIONS = ("variants", "images")
"""What a list may bring along, each in one more statement."""

# Prices and pictures are looked up for the rows of the page alone, after it was chosen.
_PRICES = (
    select(
        array(
            [PriceRange.lowest, PriceRange.highest, PriceRange.compare_at, PriceRange.prior_price]
        )
    )
    .where(price_of())
    .correlate(Product)
    .scalar_subquery()
)
IMAGE = func.jsonb_build_object(
    *("id", ProductImage.id, "url", ProductImage.url, "alt", ProductImage.alt),
    *("width", ProductImage.width, "height", ProductImage.height, "sizes", ProductImage.sizes),
)
_FIRST_IMAGE = (
    select(IMAGE)
    .where(ProductImage.product_id == Product.id)
    .order_by(ProductImage.position, ProductImage.id)
    .limit(1)
    .scalar_subquery()
)
IMAGE_URL = (
    select(ProductImage.url)
    .where(ProductImage.product_id == Product.id)
    .order_by(ProductImage.position, ProductImage.id)
    .limit(1)
    .scalar_subquery()
    .label("image_url")
)
"""Where a product's first picture is, for the lists of staff."""

CARD: tuple[SQLCoreOperations[object], ...] = (
    *(Product.id, Product.slug, Product.title, Product.vendor, Product.in_stock),
    *(_PRICES.label("prices"), _FIRST_IMAGE.label("image")),
)
"""The columns of a card; `currency` is bound."""

_IDS = bindparam("ids", type_=ARRAY(Uuid))
_BY_IDS = select(*CARD).where(Product.id == any_(_IDS), Product.status == ProductStatus.ACTIVE)
_IMAGES_OF = (
    select(
        ProductImage.product_id,
        func.jsonb_agg(aggregate_order_by(IMAGE, ProductImage.position, ProductImage.id)).label(
            "images"
        ),
    )
    .where(ProductImage.product_id == any_(_IDS))
    .group_by(ProductImage.product_id)
)
_VARIANTS_OF = (
    select(
        *(Variant.product_id, Variant.id, Variant.sku, Variant.title, Variant.option_values),
        *(Variant.in_stock, VariantPrice.amount, VariantPrice.compare_at),
        VariantPrice.prior_price,
    )
    .outerjoin(
        VariantPrice,
        and_(
            VariantPrice.variant_id == Variant.id,
            VariantPrice.currency == bindparam("currency", type_=Variant.sku.type),
        ),
    )
    .where(Variant.product_id == any_(_IDS))
    .order_by(Variant.product_id, Variant.position, Variant.id)
)


def cards(
    rows: Sequence[AnyRow],
    currency: str,
    *,
    languages: Sequence[str] = (),
    expand: Collection[str] = (),
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return cards for rows with the columns of `CARD`, and in which languages their titles are.

    One statement more for each that is asked. `languages` are those in which titles are looked
    for before the shop's own.
    """
    ids = [row.id for row in rows]
    texts = texts_for(ids, languages) if languages else {}
    made = [_card(row, currency, texts.get(row.id, NO_TEXTS)) for row in rows]
    if ids and "images" in expand:
        found = {r.product_id: r.images for r in session.execute(_IMAGES_OF, {"ids": ids})}
        for card in made:
            card["images"] = found.get(card["id"], [])
    if ids and "variants" in expand:
        _add_variants(made, ids, currency, texts)
    return made, languages_of(ids, texts, "title")


def cards_of(
    product_ids: Sequence[UUID], currency: str, *, languages: Sequence[str] = ()
) -> dict[UUID, dict[str, object]]:
    """Return cards of products by id; those that are not published are left out."""
    if not product_ids:
        return {}
    rows = session.execute(_BY_IDS, {"ids": list(product_ids), "currency": currency}).all()
    made, _ = cards(rows, currency, languages=languages)
    return {card["id"]: card for card in made}


def money(amount: int | None, currency: str) -> dict[str, object] | None:
    """Write an amount as the wire has it."""
    return None if amount is None else {"amount": amount, "currency": currency}


def _card(row: AnyRow, currency: str, texts: Texts) -> dict[str, object]:
    lowest, highest, before, prior = row.prices or (None, None, None, None)
    return {
        "id": row.id,
        "slug": row.slug,
        "title": texts.get("title") or row.title,
        "vendor": row.vendor,
        "price": money(lowest, currency),
        "compare_at": money(before, currency),
        "prior_price": money(prior, currency),
        "price_varies": lowest != highest,
        "for_sale": lowest is not None,
        "in_stock": row.in_stock,
        "image": row.image,
    }


def variant_card(row: AnyRow, currency: str, called: Mapping[str, str]) -> dict[str, object]:
    """Return what a list shows of a variant; `called` are its values in another language."""
    values = [called.get(value, value) for value in row.option_values]
    return {
        "id": row.id,
        "sku": row.sku,
        "title": " / ".join(values) if called else row.title,
        "option_values": values,
        "price": money(row.amount, currency),
        "compare_at": money(row.compare_at, currency),
        "prior_price": money(row.prior_price, currency),
        "for_sale": row.amount is not None,
        "in_stock": row.in_stock,
    }


def _add_variants(
    made: Sequence[dict[str, Any]],
    ids: Sequence[UUID],
    currency: str,
    texts: Mapping[UUID, Texts],
) -> None:
    variants: dict[UUID, list[dict[str, object]]] = {}
    for row in session.execute(_VARIANTS_OF, {"ids": list(ids), "currency": currency}):
        called = texts.get(row.product_id, NO_TEXTS).get("option_values", {})
        variants.setdefault(row.product_id, []).append(variant_card(row, currency, called))
    for card in made:
        card["variants"] = variants.get(card["id"], [])
