"""Compare a known product with what it is to become: the rows to write, and its refusals.

Nothing is written here, so one product may be refused and the others go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from api.catalog.errors import ImageUnknown, PublishAtNeedsDraft, PublishAtPassed
from api.catalog.fields import PRODUCT_COLUMNS, VARIANT_COLUMNS, from_document
from api.catalog.queries.export_documents import ProductSnapshot
from api.catalog.service import barcodes, bulk_create, metadata, reindex
from api.catalog.service.diff import Document
from api.catalog.service.document_parsing import (
    barcode_inputs,
    image_input,
    price_inputs,
    variant_input,
)
from api.catalog.service.inputs import BarcodeInput
from api.catalog.service.media import resolve_media
from api.catalog.service.prices import Key
from api.catalog.service.upsert_results import ProductChange, UpsertStatus
from api.catalog.states import PRODUCT, ProductStatus
from api.catalog.texts import variant_title

_FACETS = ("vendor", "product_type", "tags")
_STEPS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("archived", "draft"): ("unarchive",),
    ("archived", "active"): ("unarchive", "publish"),
    ("draft", "active"): ("publish",),
    ("draft", "archived"): ("archive",),
    ("active", "archived"): ("archive",),
    # From the storefront back to a draft there is only the way over the archive.
    ("active", "draft"): ("archive", "unarchive"),
}


@dataclass(slots=True)
class ChangedRows:
    """What is to be written of products, by table."""

    products: list[dict[str, object]] = field(default_factory=list)
    variants: list[dict[str, object]] = field(default_factory=list)
    new_variants: list[dict[str, object]] = field(default_factory=list)
    images: list[dict[str, object]] = field(default_factory=list)
    new_images: list[dict[str, object]] = field(default_factory=list)
    gone_images: list[UUID] = field(default_factory=list)
    recoded: dict[UUID, Sequence[BarcodeInput]] = field(default_factory=dict)
    new_codes: list[dict[str, object]] = field(default_factory=list)
    prices: dict[UUID, list[dict[str, object]]] = field(default_factory=dict)
    gone_prices: list[Key] = field(default_factory=list)
    first_prices: list[dict[str, object]] = field(default_factory=list)
    product_of: dict[UUID, UUID] = field(default_factory=dict)
    priced: set[UUID] = field(default_factory=set)
    translations: dict[tuple[UUID, str], dict[str, object]] = field(default_factory=dict)
    categories: dict[UUID, Sequence[UUID]] = field(default_factory=dict)
    reworded: set[UUID] = field(default_factory=set)
    slugs: list[str] = field(default_factory=list)
    audited: dict[str, dict[UUID, dict[str, object]]] = field(default_factory=dict)
    moved: list[tuple[str, UUID]] = field(default_factory=list)
    attributes: list["GivenAttributes"] = field(default_factory=list)
    spelled: list[tuple[Document, Document]] = field(default_factory=list)

    def add(self, other: "ChangedRows") -> None:
        """Take in what was found of one more product."""
        for name in self.__slots__:
            own, more = getattr(self, name), getattr(other, name)
            if isinstance(own, list):
                own.extend(more)
            elif name == "audited":
                for action, subjects in more.items():
                    own.setdefault(action, {}).update(subjects)
            else:
                own.update(more)

    def audit(self, action: str, subject_id: UUID, changes: Mapping[str, object]) -> None:
        """Note an audit row; of one subject and action there is one."""
        self.audited.setdefault(action, {}).setdefault(subject_id, {}).update(changes)


@dataclass(slots=True)
class GivenAttributes:
    """Attribute values of a product to be assigned, and the type and status that they must fit.

    With `is_alone` nothing else of the product's own row changes: what means what is there already,
    such as `12.50` for 12.5, changes nothing then.
    """

    id: UUID
    product_type: str
    status: ProductStatus
    given: Mapping[str, object]
    has_new_type: bool
    is_alone: bool = False


def changed_rows(change: ProductChange, *, now: datetime) -> ChangedRows:
    """Compare a known product with what it is to become, and note what differs in its result.

    Refuses what people are refused who write it by hand.
    """
    assert change.before is not None
    rows = ChangedRows()
    _Product(change, change.before, rows, now).compare()
    return rows


class _Product:
    """Compares one product with what it is to become."""

    def __init__(
        self, change: ProductChange, there: ProductSnapshot, rows: ChangedRows, now: datetime
    ) -> None:
        self._change, self._there, self._rows, self._now = change, there, rows, now
        self._before, self._after = there.document, change.after
        self._row: dict[str, object] = {}
        self._images = {url: UUID(key) for url, (key, _) in there.images.items()}

    def compare(self) -> None:
        """Note what differs."""
        edited = self._plain()
        if self._compare_images():
            edited["images"] = [image["url"] for image in self._after["images"]]
        ids = self._change.category_ids
        if ids is not None:
            self._rows.categories[self._there.id] = ids
            self._row["category_id"] = ids[0] if ids else None
            edited["category_ids"] = [str(one) for one in ids]
        edited |= self._translations()
        self._attributes(edited)
        steps = self._steps()
        grown = self._variants()
        rows, key = self._rows, self._there.id
        if edited:
            rows.audit("product.edited", key, edited)
        for given in rows.attributes:
            given.is_alone = not (edited or grown or steps)
        if edited or grown or steps or rows.attributes:
            version = self._before["version"] + 1
            rows.products.append({"id": key, **self._row, "version": version})
        if rows.products or rows.variants or self._differs("collections"):
            rows.slugs.append(self._before["slug"])
            self._change.result.outcome = UpsertStatus.CHANGED

    def _differs(self, name: str) -> bool:
        return name in self._after and self._after[name] != self._before[name]

    def _plain(self) -> dict[str, object]:
        changed = {
            one.name: from_document(one, self._after[one.name])
            for one in PRODUCT_COLUMNS
            if self._differs(one.name)
        }
        _check_metadata(self._before, changed)
        moment = changed.get("publish_at")
        if moment is not None:
            if self._before["status"] != ProductStatus.DRAFT.value:
                raise PublishAtNeedsDraft(status=self._before["status"])
            if moment <= self._now:
                raise PublishAtPassed(publish_at=moment.isoformat())
        if changed.keys() & set(reindex.INDEXED_FIELDS):
            self._rows.reworded.add(self._there.id)
        spelled = {name: changed.get(name, self._before[name]) for name in _FACETS}
        if changed.keys() & set(_FACETS):
            self._rows.spelled.append((self._before, spelled))
        self._row |= changed
        return changed

    def _compare_images(self) -> bool:
        if not self._differs("images"):
            return False
        said = resolve_media([image_input(image) for image in self._after["images"]])
        wanted = {image.url: (place, image.alt) for place, image in enumerate(said)}
        alts = {image["url"]: image["alt"] for image in self._before["images"]}
        for url, (key, position) in self._there.images.items():
            if url not in wanted:
                self._rows.gone_images.append(UUID(key))
                del self._images[url]
            elif wanted[url] != (position, alts[url]):
                place, alt = wanted[url]
                self._rows.images.append({"id": key, "alt": alt, "position": place})
        for row in bulk_create.image_rows(said, self._there.id):
            if row["url"] not in self._images:
                self._images[row["url"]] = row["id"]
                self._rows.new_images.append(row)
        return True

    def _translations(self) -> dict[str, object]:
        if not self._differs("translations"):
            return {}
        before, after = self._before["translations"], self._after["translations"]
        changed = {
            language: after.get(language, {})
            for language in sorted(before.keys() | after.keys())
            if after.get(language, {}) != before.get(language, {})
        }
        for language, texts in changed.items():
            self._rows.translations[self._there.id, language] = texts
        self._rows.reworded.add(self._there.id)
        return {"translations": changed}

    def _attributes(self, edited: Mapping[str, object]) -> None:
        """Have the attributes looked at that are said, or that must fit another type."""
        before = self._before["attributes"]
        given: dict[str, object] = {}
        if self._differs("attributes"):
            after = self._after["attributes"]
            given = {**dict.fromkeys(before.keys() - after.keys()), **after}
        name = str(self._row.get("product_type", self._before["product_type"]))
        status = ProductStatus(self._before["status"])
        has_new_type = "product_type" in edited
        must_fit = has_new_type and (before or status is ProductStatus.ACTIVE)
        if given or must_fit:
            self._rows.attributes.append(
                GivenAttributes(self._there.id, name, status, given, has_new_type)
            )
            self._rows.reworded.add(self._there.id)

    def _steps(self) -> tuple[str, ...]:
        """Put a product where it is to be, by the steps that people take."""
        before = status = self._before["status"]
        after = self._after.get("status", before)
        steps = _STEPS.get((before, after), ())
        for step in steps:
            status = PRODUCT.next(status, step)
            self._rows.audit(f"product.{step}", self._there.id, {"status": status})
            self._rows.moved.append((step, self._there.id))
        if steps:
            self._row |= {"status": ProductStatus(after), "publish_at": None}
        if after == ProductStatus.ACTIVE.value and steps:
            self._row["published_at"] = self._there.published_at or self._now
        return steps

    def _variants(self) -> bool:
        """Compare its variants; returns whether it has more than before."""
        if "variants" not in self._after:
            return False
        grown = False
        said, results = self._after["variants"], self._change.result.written
        for variant, place, result in zip(said, self._change.matches, results, strict=True):
            if place is None:
                result.outcome, grown = UpsertStatus.CREATED, True
                result.variant_id = self._add_variant(variant)
            else:
                result.variant_id = UUID(self._there.variant_ids[place])
                if self._compare_variant(result.variant_id, place, variant):
                    result.outcome = UpsertStatus.CHANGED
        return grown

    def _compare_variant(self, key: UUID, place: int, said: Document) -> bool:
        before = self._before["variants"][place]
        changed = {
            one.name: from_document(one, said[one.name])
            for one in VARIANT_COLUMNS
            if one.name in said and said[one.name] != before[one.name]
        }
        _check_metadata(before, changed)
        if "option_values" in changed:
            bulk_create.validate_option_values(changed["option_values"], self._options())
            changed["title"] = variant_title(changed["option_values"])
        if "image_url" in said and said["image_url"] != before["image_url"]:
            changed["image_id"] = self._image_id(said["image_url"])
        told = dict(changed)
        if "barcodes" in said and said["barcodes"] != before["barcodes"]:
            codes = barcode_inputs(said["barcodes"])
            barcodes.validate_barcodes(codes)
            self._rows.recoded[key] = codes
            changed["barcode"] = barcodes.unit_barcode(codes)
            told["barcodes"] = {one.code: one.pack_quantity for one in codes}
        if told:
            self._rows.audit("variant.edited", key, told)
        if told.keys() & {"sku", "barcodes", "option_values"}:
            self._rows.reworded.add(self._there.id)
        is_repriced = self._reprice(key, before["prices"], said.get("prices", before["prices"]))
        if told or is_repriced:
            self._rows.variants.append({"id": key, **changed, "version": before["version"] + 1})
        return bool(told) or is_repriced

    def _reprice(self, key: UUID, before: Document, after: Document) -> bool:
        if before == after:
            return False
        inputs = price_inputs(after)
        bulk_create.validate_prices(inputs)
        self._rows.prices[key] = bulk_create.price_rows(key, inputs)
        self._rows.gone_prices += [(key, currency) for currency in before.keys() - after.keys()]
        self._rows.product_of[key] = self._there.id
        self._rows.priced.add(self._there.id)
        return True

    def _add_variant(self, said: Document) -> UUID:
        given = variant_input(said)
        bulk_create.validate_variant(given, self._options())
        self._there.last_position += 1
        row = bulk_create.variant_row(
            given,
            product_id=self._there.id,
            slug=self._before["slug"],
            position=self._there.last_position,
            image_id=self._image_id(given.image_url) if given.image_url else None,
            now=self._now,
        )
        rows, key = self._rows, cast(UUID, row["id"])
        rows.new_variants.append(row)
        rows.new_codes += barcodes.barcode_rows(key, given.codes)
        rows.first_prices += bulk_create.price_rows(key, given.prices)
        rows.priced.add(self._there.id)
        rows.reworded.add(self._there.id)
        rows.audit("variant.created", key, {"sku": row["sku"]})
        return key

    def _options(self) -> Sequence[str]:
        options: Sequence[str] = self._after.get("options", self._before["options"])
        return options

    def _image_id(self, url: str | None) -> UUID | None:
        if url is None:
            return None
        if url not in self._images:
            raise ImageUnknown(url=url, image_id=None)
        return self._images[url]


def _check_metadata(before: Document, changed: Mapping[str, Any]) -> None:
    if changed.keys() & metadata.NAMES.keys():
        both = {name: changed.get(name, before[name]) for name in metadata.NAMES}
        metadata.validate_metadata(public=both["public_metadata"], private=both["private_metadata"])
