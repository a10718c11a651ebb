"""Bring known products up to date with what an arrival says; written in set form at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table

from api.catalog.events import PriceChanged, ProductPublished
from api.catalog.models.media import ProductImage
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service import barcodes, bulk_create, denormalization, facet_values
from api.catalog.service import prices as price_service
from api.catalog.service.inputs import BarcodeDraft, ProductDraft, VariantDraft
from api.catalog.service.known import KnownImage, KnownProduct, KnownVariant
from api.catalog.states import ProductStatus
from api.catalog.texts import variant_title
from api.kernel import clock
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.platform import bulk

UNTAXED = "zero"


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of one known product: whether it changed itself, and each of its variants."""

    is_changed: bool
    variants: list[tuple[UUID, bool, bool]]
    """Id, whether it is new, whether it changed; in the order of the draft."""


@dataclass(slots=True)
class Renewal:
    """Collects what changes of many known products and writes it together."""

    now: datetime = field(default_factory=clock.now)
    products: list[dict[str, Any]] = field(default_factory=list)
    found: list[facet_values.Traits] = field(default_factory=list)
    variants: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    new_variants: list[dict[str, Any]] = field(default_factory=list)
    new_images: list[dict[str, Any]] = field(default_factory=list)
    recoded: dict[UUID, Sequence[BarcodeDraft]] = field(default_factory=dict)
    new_codes: list[dict[str, Any]] = field(default_factory=list)
    prices: list[dict[str, Any]] = field(default_factory=list)
    first_prices: list[dict[str, Any]] = field(default_factory=list)
    priced: set[UUID] = field(default_factory=set)
    shelves: dict[UUID, Sequence[UUID]] = field(default_factory=dict)
    facts: list[Event] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    """Products of which anything changes."""
    reworded: set[UUID] = field(default_factory=set)
    """Products whose variants are found by other words than before."""

    def note(
        self,
        there: KnownProduct,
        draft: ProductDraft,
        matches: Sequence[KnownVariant | None],
        status: ProductStatus,
    ) -> Renewed:
        """Compare a product with its draft, whose variants were matched, and note what differs."""
        has_new_images = self._note_images(there, draft)
        variants = [
            self._note_variant(there, variant, match)
            for variant, match in zip(draft.variants, matches, strict=True)
        ]
        is_grown = any(is_new for _, is_new, _ in variants)
        changes = self._product_changes(there, draft, status)
        is_changed = bool(changes) or has_new_images or is_grown
        if is_changed:
            changes["version"] = there.version + 1
        if is_changed or any(is_touched for _, _, is_touched in variants):
            self.changed.append(there.id)
        # A new price changes no word that the product is found by: then its row stays untouched.
        if is_changed or there.id in self.reworded:
            self.products.append({"id": there.id, **changes, **_search(there, changes)})
            self.found.append(_traits(there, changes))
        return Renewed(is_changed, variants)

    def write(self) -> list[Event]:
        """Write everything down; returns the facts to tell."""
        if self.shelves:
            denormalization.hold_tree(alone=False)  # before new words, as everywhere
        for row, ids in zip(self.products, facet_values.ids_of(self.found), strict=True):
            row["traits"] = ids
        bulk_create.add_rows(ProductImage, self.new_images)
        for model, rows in (
            (ProductImage, self.images),
            (Product, self.products),
            (Variant, self.variants),
        ):
            bulk.change(cast(Table, model.__table__), rows)
        bulk_create.add_rows(Variant, self.new_variants)
        barcodes.replace(self.recoded)
        bulk_create.add_rows(Barcode, self.new_codes)
        if self.prices:
            price_service.write(self.prices)
        if self.first_prices:
            bulk_create.add_first_prices(self.first_prices, self.now)
        denormalization.refresh_price_ranges(self.priced)
        denormalization.put_on_shelves(self.shelves)
        return self.facts

    def _product_changes(
        self, there: KnownProduct, draft: ProductDraft, status: ProductStatus
    ) -> dict[str, Any]:
        changes: dict[str, Any] = {
            name: said
            for name, said in (
                ("title", draft.title),
                ("description", draft.description),
                ("vendor", draft.vendor),
                ("product_type", draft.product_type),
                ("tags", list(draft.tags)),
                ("options", list(draft.options)),
                ("external_reference", draft.external_reference),
                ("seo_title", draft.seo_title),
                ("seo_description", draft.seo_description),
            )
            if said and said != getattr(there, name)
        }
        if there.category_id is None and draft.category_ids:
            changes["category_id"] = draft.category_ids[0]
            self.shelves[there.id] = draft.category_ids
        if there.status is ProductStatus.DRAFT and status is ProductStatus.ACTIVE:
            changes["status"] = status
            changes["publish_at"] = None
            changes["published_at"] = there.published_at or self.now
            self.facts.append(ProductPublished(product_id=there.id))
        return changes

    def _note_images(self, there: KnownProduct, draft: ProductDraft) -> bool:
        last = max((image.position for image in there.images.values()), default=-1)
        has_news = False
        for image in draft.images:
            known = there.images.get(image.url)
            if known is None:
                last, has_news = last + 1, True
                known = KnownImage(new_id(), there.id, image.url, image.alt, last)
                there.images[image.url] = known
                self.new_images.append(
                    {
                        "id": known.id,
                        "product_id": there.id,
                        "url": image.url,
                        "alt": image.alt,
                        "position": last,
                    }
                )
            elif image.alt and image.alt != known.alt:
                has_news = True
                self.images.append({"id": known.id, "alt": image.alt})
        return has_news

    def _note_variant(
        self, there: KnownProduct, draft: VariantDraft, match: KnownVariant | None
    ) -> tuple[UUID, bool, bool]:
        image = there.images.get(draft.image_url or "")
        if match is None:
            return self._add_variant(there, draft, image.id if image else None), True, False
        codes = barcodes.merged(match.codes, draft.codes)
        if is_recoded := codes != match.codes:
            match.codes = self.recoded[match.id] = codes
        changes: dict[str, Any] = {
            name: said
            for name, said in (
                ("sku", draft.sku),
                ("barcode", barcodes.single(codes) if is_recoded else None),
                ("weight_grams", draft.weight_grams),
                ("option_values", list(draft.option_values)),
                # That it is taxed says not how: a class that the shop chose stays.
                ("tax_class", draft.tax_class if draft.tax_class == UNTAXED else None),
                ("image_id", image.id if image else None),
            )
            if said and said != getattr(match, name)
        }
        if "option_values" in changes:
            changes["title"] = variant_title(draft.option_values)
        for name in ("sku", "barcode", "option_values"):
            if name in changes:
                setattr(match, name, changes[name])
                self.reworded.add(there.id)
        if is_recoded:
            self.reworded.add(there.id)
        is_repriced = self._note_prices(match, draft)
        is_changed = bool(changes) or is_recoded or is_repriced
        if is_changed:
            self.variants.append({"id": match.id, "version": match.version + 1, **changes})
        return match.id, False, is_changed

    def _note_prices(self, match: KnownVariant, draft: VariantDraft) -> bool:
        is_repriced = False
        for row in bulk_create.price_rows(match.id, draft.prices):
            currency, amount = row["currency"], row["amount"]
            before = match.prices.get(currency)
            if before == (amount, row["compare_at"]):
                continue
            is_repriced = True
            self.prices.append(row)
            self.priced.add(match.product_id)
            was = before[0] if before else None
            if was != amount:
                self.facts.append(
                    PriceChanged(
                        variant_id=match.id,
                        product_id=match.product_id,
                        currency=currency,
                        before=was,
                        after=amount,
                    )
                )
        return is_repriced

    def _add_variant(self, there: KnownProduct, draft: VariantDraft, image_id: UUID | None) -> UUID:
        position = max((variant.position for variant in there.variants), default=-1) + 1
        row = bulk_create.variant_row(
            draft,
            product_id=there.id,
            slug=there.slug,
            position=position,
            image_id=image_id,
            now=self.now,
        )
        self.new_variants.append(row)
        self.new_codes += barcodes.rows(row["id"], draft.codes)
        prices = bulk_create.price_rows(row["id"], draft.prices)
        self.first_prices += prices
        if prices:
            self.priced.add(there.id)
        there.variants.append(
            KnownVariant(
                id=row["id"],
                product_id=there.id,
                sku=row["sku"],
                barcode=row["barcode"],
                option_values=row["option_values"],
                weight_grams=row["weight_grams"],
                tax_class=row["tax_class"],
                image_id=image_id,
                position=position,
                version=1,
                codes=list(draft.codes),
            )
        )
        variant_id: UUID = row["id"]
        return variant_id


def _search(there: KnownProduct, changes: dict[str, Any]) -> dict[str, str]:
    """Return the words that the product is found by once the changes are made."""
    product = {
        name: changes.get(name, getattr(there, name))
        for name in ("title", "description", "vendor", "product_type", "tags")
    }
    variants = [
        {
            "sku": v.sku,
            "barcodes": [one.code for one in v.codes],
            "option_values": v.option_values,
        }
        for v in there.variants
    ]
    return denormalization.search_columns_of(product, variants, there.translated or ())


def _traits(there: KnownProduct, changes: dict[str, Any]) -> facet_values.Traits:
    """Return what the product can be filtered by once the changes are made."""
    product = {
        name: changes.get(name, getattr(there, name))
        for name in ("vendor", "product_type", "tags", "options")
    }
    return facet_values.traits_of(
        product, [v.option_values for v in there.variants], there.values.values()
    )
