"""What the catalogue already has of products that arrive, read in one statement per table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, func, literal, or_, select

from api.catalog.codes import code_key
from api.catalog.models.i18n import Translation
from api.catalog.models.media import ProductImage
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service import attribute_values, barcodes
from api.catalog.service.attribute_values import Value
from api.catalog.service.inputs import BarcodeDraft, ProductDraft
from api.catalog.states import ProductStatus
from api.catalog.texts import sku_from
from api.platform.bulk import among
from api.platform.db import session

_TRANSLATED = (
    select(func.jsonb_agg(Translation.texts))
    .where(Translation.subject_id == Product.id)
    .correlate(Product)
    .scalar_subquery()
)


@dataclass(slots=True)
class KnownVariant:
    """A variant as it is; `prices` by currency, as amount and compare-at."""

    id: UUID
    product_id: UUID
    sku: str
    barcode: str | None
    option_values: list[str]
    weight_grams: int
    tax_class: str
    image_id: UUID | None
    position: int
    version: int
    prices: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    codes: list[BarcodeDraft] = field(default_factory=list)


@dataclass(slots=True)
class KnownImage:
    """A picture of a product as it is."""

    id: UUID
    product_id: UUID
    url: str
    alt: str
    position: int


@dataclass(slots=True)
class KnownProduct:
    """A product as it is, locked, with its variants in order and its pictures by address.

    `values` are what is said of it by attributes, by their code.
    """

    id: UUID
    slug: str
    title: str
    description: str
    status: ProductStatus
    vendor: str
    product_type: str
    tags: list[str]
    options: list[str]
    category_id: UUID | None
    external_reference: str | None
    published_at: Any
    seo_title: str
    seo_description: str
    version: int
    variants: list[KnownVariant] = field(default_factory=list)
    images: dict[str, KnownImage] = field(default_factory=dict)
    translated: list[dict[str, Any]] | None = None
    values: dict[str, Value] = field(default_factory=dict)

    def matches(self, draft: ProductDraft) -> list[KnownVariant | None]:
        """Find the variant that each of the draft's variants means.

        It is the one with the same values; or else, when the whole product is described, the one
        with the same SKU that no other means by its values.
        """
        by_values = {tuple(variant.option_values): variant for variant in self.variants}
        found = [by_values.get(variant.option_values) for variant in draft.variants]
        if draft.title:
            meant = {match.id for match in found if match}
            by_sku = {v.sku.lower(): v for v in self.variants if v.id not in meant}
            for place, variant in enumerate(draft.variants):
                if found[place] is None and variant.sku:
                    found[place] = by_sku.pop(variant.sku.lower(), None)
        return found


@dataclass(frozen=True, slots=True)
class CodeOwner:
    """The variant that a SKU or barcode belongs to; None when it arrives just now."""

    variant_id: UUID | None
    slug: str


class Known:
    """The products that arrivals may mean, and who owns the codes that they bring.

    `skus` are in small letters, and `barcodes` as `codes.code_key` writes them.
    """

    def __init__(self, products: Iterable[KnownProduct]) -> None:
        self._by_reference: dict[str, KnownProduct] = {}
        self._by_slug: dict[str, KnownProduct] = {}
        self.slugs: set[str] = set()
        self.skus: dict[str, CodeOwner] = {}
        self._asked: set[str] = set()
        self.barcodes: dict[str, CodeOwner] = {}
        for product in products:
            self._by_slug[product.slug] = product
            self.slugs.add(product.slug)
            if product.external_reference:
                self._by_reference[product.external_reference] = product

    @classmethod
    def read(cls, drafts: Sequence[ProductDraft]) -> "Known":
        """Read and lock what the drafts may mean."""
        products = _products(drafts)
        if products:
            _add_variants(products)
            _add_images(products)
            for product_id, values in attribute_values.values_of(products).items():
                products[product_id].values = values
        known = cls(products.values())
        skus = [
            variant.sku or sku_from(draft.slug or "", variant.option_values)
            for draft in drafts
            for variant in draft.variants
        ]
        codes = [one.code for draft in drafts for v in draft.variants for one in v.codes]
        known._ask(skus)
        known._ask(known._needed_instead(drafts))
        known.barcodes = _barcode_owners(codes)
        return known

    def is_free(self, sku: str) -> bool:
        """Tell whether no variant has this SKU; asks for one that nobody has said before."""
        if sku.lower() not in self._asked:
            self._ask([sku])
        return sku.lower() not in self.skus

    def _ask(self, skus: Sequence[str]) -> None:
        self._asked.update(sku.lower() for sku in skus)
        self.skus |= _sku_owners(skus)

    def _needed_instead(self, drafts: Sequence[ProductDraft]) -> list[str]:
        """Return the SKUs that will be made where those that are said belong to others."""
        found: list[str] = []
        said: set[str] = set()
        for draft in drafts:
            for variant in draft.variants:
                key = (variant.sku or "").lower()
                owner = self.skus.get(key)
                if key in said or (owner is not None and owner.slug != draft.slug):
                    found.append(sku_from(draft.slug or "", variant.option_values))
                if key:
                    said.add(key)
        return found

    def product_for(self, draft: ProductDraft) -> KnownProduct | None:
        """Find the product by its reference, or one at its address that has no reference yet."""
        found = self._by_reference.get(draft.external_reference or "")
        if found is None:
            at_address = self._by_slug.get(draft.slug or "")
            if at_address is not None and at_address.external_reference is None:
                return at_address
        return found


def _products(drafts: Sequence[ProductDraft]) -> dict[UUID, KnownProduct]:
    columns = (
        *(Product.id, Product.slug, Product.title, Product.description, Product.status),
        *(Product.vendor, Product.product_type, Product.tags, Product.options),
        *(Product.category_id, Product.external_reference, Product.published_at),
        *(Product.seo_title, Product.seo_description),
        *(Product.version, _TRANSLATED.label("translated")),
    )
    rows = session.execute(
        select(*columns)
        .where(
            or_(
                among(Product.external_reference, [d.external_reference for d in drafts]),
                among(Product.slug, [d.slug for d in drafts]),
            )
        )
        .order_by(Product.id)
        .with_for_update(key_share=True)
    )
    return {row.id: KnownProduct(**row._mapping) for row in rows}


def _add_variants(products: dict[UUID, KnownProduct]) -> None:
    there = Variant.__table__.c
    columns = (
        *(there.id, there.product_id, there.sku, there.barcode, there.option_values),
        *(there.weight_grams, there.tax_class, there.image_id, there.position, there.version),
    )
    by_id: dict[UUID, KnownVariant] = {}
    for row in session.execute(
        select(*columns).where(among(there.product_id, products)).order_by(there.position, there.id)
    ):
        variant = by_id[row[0]] = KnownVariant(*row)
        products[variant.product_id].variants.append(variant)
    asked = VariantPrice.__table__.c
    for variant_id, currency, amount, compare_at in session.execute(
        select(asked.variant_id, asked.currency, asked.amount, asked.compare_at).where(
            among(asked.variant_id, by_id)
        )
    ):
        by_id[variant_id].prices[currency] = (amount, compare_at)
    for variant_id, codes in barcodes.of_variants(by_id).items():
        by_id[variant_id].codes = codes


def _add_images(products: dict[UUID, KnownProduct]) -> None:
    there = ProductImage.__table__.c
    columns = (there.id, there.product_id, there.url, there.alt, there.position)
    for row in session.execute(select(*columns).where(among(there.product_id, products))):
        products[row[1]].images[row[2]] = KnownImage(*row)


def _sku_owners(skus: Sequence[str]) -> dict[str, CodeOwner]:
    """Say to which variants SKUs belong; the database lowers them as it did when storing."""
    if not skus:
        return {}
    asked = _asked(skus)
    rows = session.execute(
        select(asked, Variant.id, Product.slug)
        .where(Variant.sku_key == func.lower(asked))
        .where(Product.id == Variant.product_id)
    )
    return {row[0].lower(): CodeOwner(row[1], row[2]) for row in rows}


def _barcode_owners(codes: Sequence[str]) -> dict[str, CodeOwner]:
    """Say to which variants barcodes belong, those of cases too."""
    if not codes:
        return {}
    asked = _asked([code_key(code) for code in codes])
    rows = session.execute(
        select(asked, Variant.id, Product.slug)
        .where(Barcode.code_key == asked)
        .where(Variant.id == Barcode.variant_id, Product.id == Variant.product_id)
    )
    return {row[0]: CodeOwner(row[1], row[2]) for row in rows}


def _asked(codes: Sequence[str]) -> Any:
    return func.unnest(literal(sorted(set(codes)), ARRAY(Text))).column_valued("asked")
