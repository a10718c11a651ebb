"""Shopify's columns by all their names, and what the rows of one handle say."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from api.catalog.service.inputs import ImageInput, PriceInput, ProductInput, VariantInput
from api.catalog.states import ProductStatus
from api.imports.formats import cell_parsers, csv_reader
from api.imports.formats.cell_parsers import CellError, codes_of, opening_quantity, slug_of
from api.imports.formats.csv_reader import Row
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.header_mapping import Renamed
from api.imports.formats.parsed import ParsedProduct, RowError
from api.imports.formats.unsupported_files import describe_other_shopify_file
from api.imports.policy import Consequence, FileFormat

# Ours, then theirs from the oldest export to the newest template; compared without case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "description": ("Body (HTML)", "Body HTML", "Description"),
    "vendor": ("Vendor",),
    "product_type": ("Type", "Custom Product Type"),
    "taxonomy": ("Product Category", "Standard Product Type", "Standardized Product Type"),
    "tags": ("Tags",),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    "option1_name": ("Option1 Name",),
    "option1_value": ("Option1 Value",),
    "option2_name": ("Option2 Name",),
    "option2_value": ("Option2 Value",),
    "option3_name": ("Option3 Name",),
    "option3_value": ("Option3 Value",),
    "sku": ("Variant SKU", "SKU"),
    "barcode": ("Variant Barcode", "Barcode"),
    "grams": ("Variant Grams", "Weight value (grams)"),
    "quantity": ("Variant Inventory Qty", "Inventory quantity"),
    "price": ("Variant Price", "Price"),
    "compare_at": ("Variant Compare At Price", "Compare-at price"),
    "taxable": ("Variant Taxable", "Charge tax"),
    "gift_card": ("Gift Card",),
    "image_url": ("Image Src", "Product image URL"),
    "image_position": ("Image Position",),
    "image_alt": ("Image Alt Text",),
    "seo_title": ("SEO Title",),
    "seo_description": ("SEO Description",),
    "variant_image_url": ("Variant Image", "Variant image URL"),
}
NEEDED = ("handle", "title")


MOST_ROWS = 3_000
"""Rows of one handle: a bound on memory, and more than Shopify itself allows."""
LONGEST_TEXT = 255
LONGEST_SUMMARY = 500
REFERENCE = "shopify:"
LONGEST_HANDLE = LONGEST_TEXT - len(REFERENCE)
DEFAULT_TITLE = "Default Title"
LONGEST_ALT = 500
TAXED, UNTAXED = "standard", "zero"
_OPTIONS = ("option1", "option2", "option3")
_TRUE = {"true", "yes", "1"}
# How Shopify names a class by number, and how it says that there is none.
_NO_CATEGORY = re.compile(r"^(?:\d+|gid://\S+|[a-z]{2}(?:-\d+)+|uncategorized)$", re.IGNORECASE)
_POSITION = re.compile(r"^\d{1,8}(?:\.0+)?$")
# A product that is active and not in the online store is not published here.
_STATUSES = {
    "active": ProductStatus.ACTIVE,
    "draft": ProductStatus.DRAFT,
    "unlisted": ProductStatus.DRAFT,
    "archived": ProductStatus.ARCHIVED,
}


class ShopifyReader(csv_reader.CsvReader):
    """A Shopify product export, of any generation."""

    format = FileFormat.SHOPIFY
    columns = COLUMNS
    needed = NEEDED
    row_kind = csv_reader.Guarded
    missing = (
        "The columns {names} are missing. A Shopify product export begins"
        " with a row of names: Handle, Title, Body (HTML), ..."
    )

    def __init__(
        self, chunks: Iterable[bytes] | csv_reader.LineReader, names: Renamed | None = None
    ) -> None:
        super().__init__(chunks, names)
        if other := describe_other_shopify_file(self.names):
            raise SheetUnreadable(other)

    def products(self, currency: str, *, after_row: int = 1) -> Iterator[ParsedProduct]:
        """Read one product after the other from the rows below a row."""
        return described_products(self, currency, after_row=after_row)


def described_products(
    sheet: ShopifyReader, currency: str, *, after_row: int = 1
) -> Iterator[ParsedProduct]:
    """Read one product after the other from the rows below a row, holding only one in memory."""
    rows = (row for row in sheet.rows() if row.number > after_row and not row.is_blank)
    for group in _groups(rows):
        yield _Reading(sheet, currency, group).read()


@dataclass(slots=True)
class _Group:
    """Rows that stand together under one handle; those beyond the bound are only counted."""

    handle: str
    rows: list[Row]
    last_row: int
    row_count: int = 1


def _groups(rows: Iterable[Row]) -> Iterator[_Group]:
    group: _Group | None = None
    for row in rows:
        handle = row["handle"] or slug_of(row["title"])
        if group is None:
            is_same = False
        elif row.fault:
            # Whose row it is cannot be told: it stays with those that it stands below, if any.
            is_same = not group.rows[0].fault
        else:
            is_same = bool(handle) and handle.casefold() == group.handle.casefold()
        if group is not None and is_same:
            group.last_row = row.number
            group.row_count += 1
            if len(group.rows) < MOST_ROWS:
                group.rows.append(row)
            continue
        if group is not None:
            yield group
        group = _Group(handle, [row], row.number)
    if group is not None:
        yield group


class _Reading:
    """The reading of one group of rows."""

    def __init__(self, sheet: ShopifyReader, currency: str, group: _Group) -> None:
        self._sheet = sheet
        self._currency = currency
        self._rows = group.rows
        # The row with the title is the product's own, wherever somebody sorted it to.
        self._head = next((row for row in group.rows if row["title"]), group.rows[0])
        self._found = ParsedProduct(
            group.last_row, group.row_count, group.handle, self._head.number
        )
        self._found.cells = {row.number: row.kept for row in group.rows}
        self._surplus = group.row_count - len(group.rows)

    def read(self) -> ParsedProduct:
        """Read the product, then its variants and pictures."""
        for row in self._rows:
            if row.fault:
                skipped = Consequence.ROW_SKIPPED
                if row is self._head:
                    skipped = Consequence.PRODUCT_SKIPPED
                self._note(row, CellError("", "", row.fault), skipped)
        if self._head.fault:
            return self._found
        try:
            draft = self._product()
            self._found.category = self._category()
        except CellError as bad:
            self._note(self._head, bad, Consequence.PRODUCT_SKIPPED)
            return self._found
        if self._surplus:
            too_many = CellError(
                self._sheet.name_of("handle"),
                self._found.handle,
                f"A product may take {MOST_ROWS} rows; {self._surplus} more were not read.",
            )
            self._note(self._rows[-1], too_many, Consequence.ROW_SKIPPED)
        images = self._images()
        variants = tuple(self._variants(draft.options))
        shown = dict.fromkeys(variant.image_url for variant in variants if variant.image_url)
        self._found.draft = replace(
            draft,
            images=(*images.values(), *(ImageInput(url) for url in shown if url not in images)),
            variants=variants,
        )
        return self._found

    def _product(self) -> ProductInput:
        """Read what the head row says of the product itself. Raises BadCell."""
        head, name = self._head, self._sheet.name_of
        handle = self._found.handle
        if not handle:
            raise CellError(
                name("handle"), "", "Each row needs the handle of its product, such as blue-mug."
            )
        slug = slug_of(handle)
        if not slug:
            raise CellError(name("handle"), handle, "Write a handle such as blue-mug.")
        cell_parsers.text(max(handle, slug, key=len), name("handle"), longest=LONGEST_HANDLE)
        self._found.status = self._status()
        return ProductInput(
            title=self._text("title"),
            slug=slug,
            description=head["description"],
            vendor=self._text("vendor"),
            product_type=self._text("product_type"),
            tags=cell_parsers.tags(head["tags"], name("tags")),
            options=self._options(),
            external_reference=REFERENCE + slug,
            seo_title=self._shortened(head, "seo_title", LONGEST_TEXT),
            seo_description=self._shortened(head, "seo_description", LONGEST_SUMMARY),
        )

    def _status(self) -> ProductStatus:
        said, name = self._head["status"], self._sheet.name_of
        if said and said.casefold() not in _STATUSES:
            raise CellError(name("status"), said, "Write active, draft or archived.")
        status = _STATUSES[said.casefold()] if said else ProductStatus.ACTIVE
        is_published = cell_parsers.parse_bool(self._head["published"], name("published"))
        if status is ProductStatus.ACTIVE and is_published is False:
            return ProductStatus.DRAFT
        if status is ProductStatus.ACTIVE and self._head["gift_card"].casefold() in _TRUE:
            card = CellError(
                name("gift_card"),
                self._head["gift_card"],
                "Nothing here would send whoever buys this a code, so it was taken in as a draft."
                " The shop has gift cards of its own.",
            )
            self._note(self._head, card, Consequence.VALUE_IGNORED)
            return ProductStatus.DRAFT
        return status

    def _options(self) -> tuple[str, ...]:
        """Read the names of the options: none when there is only the default title."""
        named = next((row for row in self._rows if row["option1_name"]), self._head)
        names = [named[f"{option}_name"] for option in _OPTIONS]
        while names and not names[-1]:
            names.pop()
        values = {row["option1_value"] for row in self._rows} - {""}
        if names in (["Title"], []) and values <= {DEFAULT_TITLE}:
            return ()
        for option, name in zip(_OPTIONS, names, strict=False):
            if not name:
                column = self._sheet.name_of(f"{option}_name")
                raise CellError(column, "", "Name this option too, such as Size.")
            cell_parsers.text(name, self._sheet.name_of(f"{option}_name"), longest=LONGEST_TEXT)
        if not names and self._head["title"]:
            column = self._sheet.name_of("option1_name")
            raise CellError(column, "", "There are values here: name their option, such as Size.")
        return tuple(names)

    def _category(self) -> str:
        """Return the category that the product belongs in: its type, or what it is classed as."""
        if self._head["product_type"]:
            return self._head["product_type"]
        last = self._head["taxonomy"].rpartition(">")[2].strip()
        return "" if _NO_CATEGORY.match(last) else last

    def _text(self, column: str) -> str:
        return cell_parsers.text(
            self._head[column], self._sheet.name_of(column), longest=LONGEST_TEXT
        )

    def _shortened(self, row: Row, column: str, longest: int) -> str:
        """Read a text of which the beginning will do, as for search engines."""
        said = row[column]
        if len(said) > longest:
            long = CellError(
                self._sheet.name_of(column), said, f"Only the first {longest} characters were kept."
            )
            self._note(row, long, Consequence.VALUE_IGNORED)
        return said[:longest].strip()

    def _images(self) -> dict[str, ImageInput]:
        """Read the pictures in the order of their positions, each address once."""
        found: list[tuple[int, int, ImageInput]] = []
        for row in self._rows:
            if row.fault:
                continue
            try:
                address = cell_parsers.url(row["image_url"], self._sheet.name_of("image_url"))
            except CellError as bad:
                self._note(row, bad, Consequence.VALUE_IGNORED)
                continue
            if address is not None:
                place = row["image_position"]
                position = int(float(place)) if _POSITION.match(place) else 10**9
                alt = self._shortened(row, "image_alt", LONGEST_ALT)
                found.append((position, row.number, ImageInput(address, alt)))
        found.sort(key=lambda image: image[:2])
        images: dict[str, ImageInput] = {}
        for _, _, image in found:
            if image.url not in images or not images[image.url].alt:
                images[image.url] = image
        return images

    def _variants(self, options: Sequence[str]) -> Iterator[VariantInput]:
        for row in self._rows:
            if row.fault or not self._is_variant(row, options):
                continue
            try:
                variant = self._variant(row, options)
                quantity = opening_quantity(row, self._sheet, self._found)
            except CellError as bad:
                self._note(row, bad, Consequence.ROW_SKIPPED)
                continue
            self._found.rows.append(row.number)
            self._found.quantities.append(quantity)
            yield variant

    def _is_variant(self, row: Row, options: Sequence[str]) -> bool:
        """Tell a variant from a row that only brings a picture."""
        if row["option1_value"] or row["sku"] or row["price"] or row["barcode"]:
            return True
        return row is self._head and not options and bool(row["title"])

    def _variant(self, row: Row, options: Sequence[str]) -> VariantInput:
        name = self._sheet.name_of
        price = cell_parsers.money(row["price"], name("price"), self._currency)
        before = cell_parsers.money(row["compare_at"], name("compare_at"), self._currency)
        is_taxed = cell_parsers.parse_bool(row["taxable"], name("taxable"))
        # A compare-at price that is not above the price is how Shopify writes "not reduced".
        is_reduced = price is not None and before is not None and before.amount > price.amount
        sku, barcode = codes_of(row, self._sheet, self._found)
        return VariantInput(
            sku=sku,
            barcode=barcode,
            option_values=self._values(row, options),
            weight_grams=cell_parsers.grams(row["grams"], name("grams")),
            tax_class=UNTAXED if is_taxed is False else TAXED,
            prices=(PriceInput(price, before if is_reduced else None),) if price else (),
            image_url=self._variant_image(row),
        )

    def _values(self, row: Row, options: Sequence[str]) -> tuple[str, ...]:
        """Read one value for each option; as many as there are when the options are not known."""
        values = [row[f"{option}_value"] for option in _OPTIONS]
        while values and not values[-1]:
            values.pop()
        if values == [DEFAULT_TITLE] and not options:
            return ()
        needed = len(options) or (0 if self._head["title"] else len(values))
        for place in range(max(needed, len(values))):
            column = self._sheet.name_of(f"{_OPTIONS[place]}_value")
            if place >= len(values) or not values[place]:
                what = options[place] if place < len(options) else "this option"
                raise CellError(column, "", f"A value for {what} is missing.")
            if place >= needed:
                raise CellError(column, values[place], "This value belongs to no named option.")
            cell_parsers.text(values[place], column, longest=LONGEST_TEXT)
        return tuple(values)

    def _variant_image(self, row: Row) -> str | None:
        try:
            return cell_parsers.url(
                row["variant_image_url"], self._sheet.name_of("variant_image_url")
            )
        except CellError as bad:
            self._note(row, bad, Consequence.VALUE_IGNORED)
            return None

    def _note(self, row: Row, bad: CellError, consequence: Consequence) -> None:
        self._found.problems.append(
            RowError(row.number, bad.column, bad.value, bad.reason, consequence)
        )
