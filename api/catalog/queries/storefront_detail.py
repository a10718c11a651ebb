"""A product's page: two statements, and one or two more for what is asked to come along."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from api.catalog.errors import ProductNotFound
from api.catalog.fields import PRODUCT_FIELDS
from api.catalog.models.attributes import Attribute, AttributeChoice, ProductAttribute
from api.catalog.models.media import ProductImage
from api.catalog.models.navigation import Category, CollectionProduct
from api.catalog.models.navigation import Collection as ProductCollection
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Product, ProductRelation, Variant
from api.catalog.queries.product_cards import IMAGE, cards_of, variant_card
from api.catalog.queries.translations import NO_TEXTS, Texts, languages_of, texts_for
from api.catalog.states import ProductStatus
from api.platform.db import AnyRow, session

PAGE_EXPANSIONS = ("related", "collections")
"""What a page may bring along, each in one more statement or two."""

_ABOVE = aliased(Category)
_BREADCRUMBS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object("id", _ABOVE.id, "slug", _ABOVE.slug, "name", _ABOVE.name),
                func.length(_ABOVE.path),
            )
        )
    )
    .select_from(Category)
    .join(_ABOVE, _ABOVE.slug == func.any(func.string_to_array(Category.path, "/")))
    .where(Category.id == Product.category_id, _ABOVE.is_shown)
    .scalar_subquery()
)
_IMAGES = (
    select(func.jsonb_agg(aggregate_order_by(IMAGE, ProductImage.position, ProductImage.id)))
    .where(ProductImage.product_id == Product.id)
    .scalar_subquery()
)
_CHOSEN = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    *("id", AttributeChoice.id, "value", AttributeChoice.value),
                    *("label", AttributeChoice.label),
                ),
                AttributeChoice.position,
                AttributeChoice.value,
            )
        )
    )
    .where(
        AttributeChoice.attribute_id == ProductAttribute.attribute_id,
        # A choice is a string, several choices are a list: one contains the value either way.
        ProductAttribute.value.op("@>")(func.to_jsonb(AttributeChoice.value)),
    )
    .correlate(ProductAttribute)
    .scalar_subquery()
)
_ATTRIBUTES = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    *("id", Attribute.id, "code", Attribute.code, "name", Attribute.name),
                    *("kind", Attribute.kind, "unit", Attribute.unit),
                    *("value", ProductAttribute.value, "choices", _CHOSEN),
                ),
                Attribute.position,
                Attribute.name,
                Attribute.id,
            )
        )
    )
    .select_from(ProductAttribute)
    .join(Attribute, Attribute.id == ProductAttribute.attribute_id)
    .where(ProductAttribute.product_id == Product.id, Attribute.is_visible)
    .correlate(Product)
    .scalar_subquery()
)
_SHOWN = tuple(one.name for one in PRODUCT_FIELDS if one.in_storefront)
_PAGE = select(
    *(Product.id, Product.slug, Product.title, Product.tags, Product.options, Product.in_stock),
    *(Product.seo_title, Product.seo_description, Product.public_metadata),
    *(getattr(Product, name) for name in _SHOWN),
    *(Product.published_at, _BREADCRUMBS.label("breadcrumbs"), _IMAGES.label("images")),
    _ATTRIBUTES.label("attributes"),
).where(Product.slug == bindparam("slug", type_=String), Product.status == ProductStatus.ACTIVE)
_VARIANTS = (
    select(
        *(Variant.id, Variant.sku, Variant.barcode, Variant.title, Variant.option_values),
        *(Variant.weight_grams, Variant.in_stock, Variant.image_id, Variant.public_metadata),
        *(Variant.back_orders, Variant.back_orders_full, Variant.back_order_note),
        *(VariantPrice.amount, VariantPrice.compare_at, VariantPrice.prior_price),
    )
    .outerjoin(
        VariantPrice,
        and_(
            VariantPrice.variant_id == Variant.id,
            VariantPrice.currency == bindparam("currency", type_=String),
        ),
    )
    .where(Variant.product_id == bindparam("product_id", type_=Uuid))
    .order_by(Variant.position, Variant.id)
)
_RELATED = (
    select(ProductRelation.kind, ProductRelation.related_id)
    .where(ProductRelation.product_id == bindparam("product_id", type_=Uuid))
    .order_by(ProductRelation.kind, ProductRelation.position, ProductRelation.related_id)
)
_COLLECTIONS = (
    select(ProductCollection.id, ProductCollection.slug, ProductCollection.title)
    .join(CollectionProduct, CollectionProduct.collection_id == ProductCollection.id)
    .where(
        CollectionProduct.product_id == bindparam("product_id", type_=Uuid),
        ProductCollection.is_visible,
    )
    .order_by(ProductCollection.title, ProductCollection.id)
)


def get_storefront_product(
    slug: str,
    *,
    currency: str,
    expand: Collection[str] = (),
    languages: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a product's page, with a price for each variant that has one in the currency.

    `languages` are those in which texts are looked for before the shop's own. Raises
    ProductNotFound for one that is not published.
    """
    product = session.execute(_PAGE, {"slug": slug}).first()
    if product is None:
        raise ProductNotFound(slug=slug)
    variants = session.execute(_VARIANTS, {"product_id": product.id, "currency": currency}).all()
    collections = (
        session.execute(_COLLECTIONS, {"product_id": product.id}).all()
        if "collections" in expand
        else []
    )
    texts = _texts(product, collections, languages) if languages else {}
    own = texts.get(product.id, NO_TEXTS)
    images = product.images or []
    urls = {image["id"]: image["url"] for image in images}
    shown = [_variant(v, currency, urls, own.get("option_values", {})) for v in variants]
    page = {
        "id": product.id,
        "slug": product.slug,
        "title": own.get("title") or product.title,
        **{name: own.get(name) or getattr(product, name) for name in _SHOWN},
        "seo": {
            "title": own.get("seo_title") or product.seo_title,
            "description": own.get("seo_description") or product.seo_description,
        },
        "tags": product.tags,
        "metadata": product.public_metadata,
        "attributes": [_attribute(a, texts) for a in product.attributes or []],
        "published_at": product.published_at,
        "in_stock": product.in_stock,
        "for_sale": any(variant["for_sale"] for variant in shown),
        "breadcrumbs": [_crumb(crumb, texts) for crumb in product.breadcrumbs or []],
        "images": images,
        "options": _options(
            [own.get("options", {}).get(name, name) for name in product.options],
            [variant["option_values"] for variant in shown],
        ),
        "variants": shown,
        "languages": languages_of([product.id], texts, "title"),
    }
    if "collections" in expand:
        page["collections"] = [
            {"slug": c.slug, "title": texts.get(c.id, NO_TEXTS).get("title", c.title)}
            for c in collections
        ]
    if "related" in expand:
        page["related"] = _related(product.id, currency, languages)
    return page


def _texts(
    product: AnyRow, collections: Sequence[AnyRow], languages: Sequence[str]
) -> Mapping[UUID, Texts]:
    """Read all translations of a page in one statement."""
    subjects = [product.id, *(row.id for row in collections)]
    subjects += [UUID(crumb["id"]) for crumb in product.breadcrumbs or []]
    for attribute in product.attributes or []:
        subjects.append(UUID(attribute["id"]))
        subjects += [UUID(choice["id"]) for choice in attribute["choices"] or []]
    return texts_for(subjects, languages)


def _related(product_id: UUID, currency: str, languages: Sequence[str]) -> Mapping[str, object]:
    rows = session.execute(_RELATED, {"product_id": product_id}).all()
    shown = cards_of([row.related_id for row in rows], currency, languages=languages)
    found: dict[str, list[object]] = {}
    for row in rows:
        if row.related_id in shown:
            found.setdefault(row.kind, []).append(shown[row.related_id])
    return found


def _attribute(attribute: dict[str, Any], texts: Mapping[UUID, Texts]) -> dict[str, object]:
    choices = [
        {
            "value": choice["value"],
            "label": texts.get(UUID(choice["id"]), NO_TEXTS).get("label", choice["label"]),
        }
        for choice in attribute["choices"] or []
    ]
    return {
        "code": attribute["code"],
        "name": texts.get(UUID(attribute["id"]), NO_TEXTS).get("name", attribute["name"]),
        "kind": attribute["kind"],
        "unit": attribute["unit"],
        "value": attribute["value"],
        "choices": choices,
    }


def _crumb(crumb: dict[str, Any], texts: Mapping[UUID, Texts]) -> dict[str, object]:
    name = texts.get(UUID(crumb["id"]), NO_TEXTS).get("name", crumb["name"])
    return {"slug": crumb["slug"], "name": name}


def _variant(
    variant: AnyRow, currency: str, urls: dict[str, str], called: dict[str, str]
) -> dict[str, Any]:
    return {
        **variant_card(variant, currency, called),
        "barcode": variant.barcode,
        "availability": _availability(variant),
        "back_order_note": variant.back_order_note,
        "weight_grams": variant.weight_grams,
        "image_url": urls.get(str(variant.image_id)),
        "metadata": variant.public_metadata,
    }


def _availability(variant: AnyRow) -> str:
    if variant.in_stock:
        return "in_stock"
    can_wait = variant.back_orders == "allow" and not variant.back_orders_full
    return "backorder" if can_wait else "out_of_stock"


def _options(names: Sequence[str], values: Sequence[Sequence[str]]) -> list[dict[str, object]]:
    """Say what there is to choose from, in the order in which the variants stand."""
    return [
        {"name": name, "values": list(dict.fromkeys(chosen[place] for chosen in values))}
        for place, name in enumerate(names)
    ]
