"""Merge products as another shop's file describes them into the products that the shop has.

An empty text, no code, no price and a weight of 0 say nothing and never erase what the shop knows:
so the same file twice changes nothing the second time. A code that belongs to another variant is
passed over and the rest is written: a known variant keeps the SKU that it has, a new one gets one
that is made for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, Text, cast, func, literal, select

from api.catalog.codes import code_key
from api.catalog.errors import (
    BarcodeTaken,
    NoVariantLeft,
    OptionCombinationTaken,
    SkuTaken,
    SlugTaken,
    TitleMissing,
)
from api.catalog.fields import PRODUCT_COLUMNS
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.queries.export_documents import ProductSnapshot, lock_products, product_snapshots
from api.catalog.service import attribute_values, barcodes, bulk_create
from api.catalog.service.attribute_values import AttributeSchema
from api.catalog.service.diff import Document
from api.catalog.service.document_parsing import barcode_inputs
from api.catalog.service.inputs import ProductInput, VariantInput
from api.catalog.service.upsert_results import (
    ProductChange,
    UpsertResult,
    UpsertStatus,
    VariantResult,
)
from api.catalog.states import ProductStatus
from api.catalog.texts import short_hash, sku_from
from api.kernel.errors import DomainError
from api.platform.db import session

UNTAXED = "zero"


@dataclass(frozen=True, slots=True)
class FeedProduct:
    """A product as another shop's file describes it; it has a slug and an external reference.

    `status` is where a new product is put. A draft that the shop has is published when it says
    active; nothing is ever unpublished. What lacks an attribute that its type requires stays a
    draft. Values without names of options mean the options of the product that is known.
    """

    draft: ProductInput
    status: ProductStatus = ProductStatus.DRAFT


class FeedMerge:
    """What the shop has of the products of a file: they are locked, in id order."""

    def __init__(self, products: Sequence[FeedProduct]) -> None:
        drafts = [one.draft for one in products]
        self._by_reference: dict[str, ProductSnapshot] = {}
        self._by_slug: dict[str, ProductSnapshot] = {}
        ids = lock_products(
            [one.slug or "" for one in drafts], [one.external_reference or "" for one in drafts]
        )
        for snapshot in product_snapshots(ids).values():
            self._by_slug[snapshot.document["slug"]] = snapshot
            if reference := snapshot.document["external_reference"]:
                self._by_reference[reference] = snapshot
        self._slugs = set(self._by_slug)
        self._codes = CodeIndex.read(drafts)
        self._types = self._definitions(products)

    def change(self, product: FeedProduct) -> ProductChange:
        """Say what a product is to become; later ones of the file see its slug and codes taken."""
        draft, before = product.draft, self.find(product.draft)
        result = UpsertResult(
            UpsertStatus.UNCHANGED,
            [VariantResult(UpsertStatus.UNCHANGED) for _ in draft.variants],
            before.id if before else None,
            before=before.document if before else None,
        )
        if refusal := self._refusal(draft, before):
            result.refuse(refusal)
            return ProductChange(result)
        options = draft.options or (before.document["options"] if before else ())
        matches = _matches(before, draft) if before else [None] * len(draft.variants)
        kept: list[tuple[VariantInput, int | None]] = []
        for variant, match, own in zip(draft.variants, matches, result.variants, strict=True):
            try:
                if any(other.option_values == variant.option_values for other, _ in kept):
                    raise OptionCombinationTaken(given=list(variant.option_values))
                bulk_create.validate_variant(variant, options)
            except DomainError as wrong:
                own.outcome, own.refusal = UpsertStatus.REFUSED, wrong
            else:
                claimed, own.passed_over = self._claim(variant, match, draft, before)
                kept.append((claimed, match))
        draft = replace(draft, variants=tuple(variant for variant, _ in kept))
        status = self._status(product, before)
        if before is not None:
            return _merged(ProductChange(result, status=status, before=before), draft, kept)
        if not kept:
            result.outcome, result.refusal = UpsertStatus.REFUSED, NoVariantLeft(slug=draft.slug)
            return ProductChange(result)
        self._slugs.add(draft.slug or "")
        return ProductChange(result, new=draft, status=status)

    def find(self, draft: ProductInput) -> ProductSnapshot | None:
        """Find the product by its reference, or one at its address that has no reference yet."""
        found = self._by_reference.get(draft.external_reference or "")
        if found is None:
            at_address = self._by_slug.get(draft.slug or "")
            if at_address is not None and at_address.document["external_reference"] is None:
                return at_address
        return found

    def _definitions(self, products: Sequence[FeedProduct]) -> dict[str, AttributeSchema]:
        """Return what the types define of products that are published or get another type."""
        names: set[str] = set()
        for one in products:
            there = self.find(one.draft)
            before = there.document["product_type"] if there else ""
            name = one.draft.product_type or before
            is_shown = there is not None and there.document["status"] == ProductStatus.ACTIVE
            is_published = one.status is ProductStatus.ACTIVE and not is_shown
            if name.lower() != before.lower() or is_published:
                names.add(name)
        return attribute_values.attribute_schemas(names, with_choices=False)

    def _status(self, product: FeedProduct, before: ProductSnapshot | None) -> ProductStatus:
        """Return where a product is put: it is not published without what its type requires."""
        draft = product.draft
        name = draft.product_type or (before.document["product_type"] if before else "")
        values: Mapping[str, object] = before.document["attributes"] if before else draft.attributes
        has_gaps = attribute_values.missing_required(self._types.get(name, {}), values.keys())
        return ProductStatus.DRAFT if has_gaps else product.status

    def _refusal(self, draft: ProductInput, before: ProductSnapshot | None) -> DomainError | None:
        """Say what is wrong with a product as a whole."""
        if before is None:
            if not draft.title:
                return TitleMissing(slug=draft.slug)
            return SlugTaken(slug=draft.slug) if draft.slug in self._slugs else None
        there = before.document
        if draft.options and len(draft.options) != len(there["options"]):
            return bulk_create.options_error(there["options"], draft.options)
        name = draft.product_type
        if name and name.lower() != there["product_type"].lower():
            is_shown = there["status"] == ProductStatus.ACTIVE
            defined = self._types.get(name, {})
            return attribute_values.type_change_error(
                name, defined, there["attributes"], is_shown=is_shown
            )
        return None

    def _claim(
        self,
        variant: VariantInput,
        match: int | None,
        product: ProductInput,
        before: ProductSnapshot | None,
    ) -> tuple[VariantInput, list[DomainError]]:
        """Let a variant have its codes, but for those of another; a new one gets a SKU.

        Returns it, and what was passed over: each code with the product that owns it. A shop that
        sells the same thing twice under one SKU still wants both of them.
        """
        codes, slug = self._codes, product.slug or ""
        own_id = before.variant_ids[match] if before and match is not None else None
        passed_over: list[DomainError] = []
        sku = variant.sku
        if owner := codes.stranger(codes.skus, sku.lower() if sku else None, own_id):
            if before and match is not None:
                sku = before.document["variants"][match]["sku"]
            else:
                sku = self._made_sku(slug, variant.option_values)
            passed_over.append(SkuTaken(sku=variant.sku, owner=owner.slug, given=sku))
        elif sku is None and match is None:
            sku = self._made_sku(slug, variant.option_values)
        kept = []
        for one in variant.codes:
            if owner := codes.stranger(codes.barcodes, code_key(one.code), own_id):
                passed_over.append(BarcodeTaken(barcode=one.code, owner=owner.slug))
            else:
                kept.append(one)
                codes.barcodes[code_key(one.code)] = CodeOwner(own_id, slug)
        if sku:
            codes.skus[sku.lower()] = CodeOwner(own_id, slug)
        if sku == variant.sku and not passed_over:
            return variant, passed_over
        return replace(variant, sku=sku, barcode=None, barcodes=tuple(kept)), passed_over

    def _made_sku(self, slug: str, option_values: Sequence[str]) -> str:
        """Make a SKU that is free."""
        sku = sku_from(slug, option_values)
        # Made from other words that read alike: the mark tells them apart, always the same.
        return sku if self._codes.is_free(sku) else f"{sku}-{short_hash(slug, option_values)}"


def _matches(there: ProductSnapshot, draft: ProductInput) -> list[int | None]:
    """Find the variant that each of the draft's variants means, by its place.

    It is the one with the same values; or else, when the whole product is described, the one with
    the same SKU that no other means by its values.
    """
    variants = there.document["variants"]
    by_values = {tuple(variant["option_values"]): at for at, variant in enumerate(variants)}
    found = [by_values.get(variant.option_values) for variant in draft.variants]
    if draft.title:
        meant = set(found)
        by_sku = {one["sku"].lower(): at for at, one in enumerate(variants) if at not in meant}
        for place, variant in enumerate(draft.variants):
            if found[place] is None and variant.sku:
                found[place] = by_sku.pop(variant.sku.lower(), None)
    return found


def _merged(
    change: ProductChange,
    draft: ProductInput,
    variants: Sequence[tuple[VariantInput, int | None]],
) -> ProductChange:
    """Say what a known product becomes: what the file says of it, on top of what it is."""
    assert change.before is not None
    there = change.before.document
    after: dict[str, object] = {
        one.name: list(said) if isinstance(said, tuple) else said
        for one in PRODUCT_COLUMNS
        if (said := getattr(draft, one.name))
    }
    if change.status is ProductStatus.ACTIVE and there["status"] == ProductStatus.DRAFT:
        after["status"] = ProductStatus.ACTIVE.value
    alts = {image.url: image.alt for image in draft.images}
    images = [{**one, "alt": alts.pop(one["url"], "") or one["alt"]} for one in there["images"]]
    after["images"] = images + [{"url": url, "alt": alt} for url, alt in alts.items()]
    if not there["categories"] and draft.category_ids:
        change.category_ids = draft.category_ids
    after["variants"] = [
        _merged_variant(variant, None if at is None else there["variants"][at])
        for variant, at in variants
    ]
    change.after, change.matches = after, [at for _, at in variants]
    return change


def _merged_variant(draft: VariantInput, before: Document | None) -> Document:
    """Say what a variant becomes; one that is new is all that the file says of it."""
    codes = barcodes.merge_barcodes(
        barcode_inputs(before["barcodes"]) if before else (), draft.codes
    )
    prices = {
        one.price.currency: {
            "amount": one.price.amount,
            "compare_at": one.compare_at.amount if one.compare_at else None,
        }
        for one in draft.prices
    }
    said = {
        "sku": draft.sku,
        "option_values": list(draft.option_values),
        "weight_grams": draft.weight_grams,
        # That it is taxed says not how: a class that the shop chose stays.
        "tax_class": draft.tax_class if before is None or draft.tax_class == UNTAXED else None,
        "image_url": draft.image_url,
        "barcodes": [{"code": one.code, "pack_quantity": one.pack_quantity} for one in codes],
        "prices": {**(before["prices"] if before else {}), **prices},
        "has_stock": draft.has_stock,
        "external_reference": draft.external_reference if before is None else None,
    }
    return {name: value for name, value in said.items() if value}


_VARIANT_ID = cast(Variant.id, Text)


@dataclass(frozen=True, slots=True)
class CodeOwner:
    """The variant that a SKU or barcode belongs to; None when it comes just now."""

    variant_id: str | None
    slug: str


class CodeIndex:
    """Owners of codes: `skus` in small letters, `barcodes` as `codes.code_key` writes them.

    One statement for each kind of code.
    """

    def __init__(self) -> None:
        self.skus: dict[str, CodeOwner] = {}
        self.barcodes: dict[str, CodeOwner] = {}
        self._asked: set[str] = set()

    @classmethod
    def read(cls, drafts: Sequence[ProductInput]) -> "CodeIndex":
        """Read the owners of all codes that the drafts say, and of the SKUs made in their place."""
        found = cls()
        found._ask(
            variant.sku or sku_from(draft.slug or "", variant.option_values)
            for draft in drafts
            for variant in draft.variants
        )
        found._ask(found._made_instead(drafts))
        codes = [one.code for draft in drafts for v in draft.variants for one in v.codes]
        found.barcodes = _barcode_owners(codes)
        return found

    @staticmethod
    def stranger(
        owners: dict[str, CodeOwner], code: str | None, own_id: str | None
    ) -> CodeOwner | None:
        """Return who owns a code, when that is another variant."""
        owner = owners.get(code or "")
        return owner if owner and (own_id is None or owner.variant_id != own_id) else None

    def is_free(self, sku: str) -> bool:
        """Tell whether no variant has this SKU; asks for one that nobody has said before."""
        if sku.lower() not in self._asked:
            self._ask([sku])
        return sku.lower() not in self.skus

    def _ask(self, skus: Iterable[str]) -> None:
        wanted = list(skus)
        self._asked.update(sku.lower() for sku in wanted)
        self.skus |= _sku_owners(wanted)

    def _made_instead(self, drafts: Sequence[ProductInput]) -> list[str]:
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


def _sku_owners(skus: Sequence[str]) -> dict[str, CodeOwner]:
    """Say to which variants SKUs belong; the database lowers them as it did when storing."""
    if not skus:
        return {}
    asked = _asked(skus)
    rows = session.execute(
        select(asked, _VARIANT_ID, Product.slug)
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
        select(asked, _VARIANT_ID, Product.slug)
        .where(Barcode.code_key == asked)
        .where(Variant.id == Barcode.variant_id, Product.id == Variant.product_id)
    )
    return {row[0]: CodeOwner(row[1], row[2]) for row in rows}


def _asked(codes: Sequence[str]) -> Any:
    return func.unnest(literal(sorted(set(codes)), ARRAY(Text))).column_valued("asked")
