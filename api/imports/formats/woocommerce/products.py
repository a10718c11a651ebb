"""From a product's row and those of its variations to one product with variants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from api.catalog.service.inputs import ImageInput, ProductInput, VariantInput
from api.catalog.states import ProductStatus
from api.catalog.texts import slug_from
from api.imports.formats import cell_parsers
from api.imports.formats.cell_parsers import CellError, codes_of, opening_quantity
from api.imports.formats.csv_reader import CsvReader, Row
from api.imports.formats.header_mapping import plain
from api.imports.formats.parsed import ParsedProduct, RowError
from api.imports.formats.woocommerce import values
from api.imports.formats.woocommerce.columns import GRAMS, MOST_ATTRIBUTES
from api.imports.formats.woocommerce.values import Prices
from api.imports.formats.woocommerce.variation_expansion import (
    MOST_VARIATIONS,
    sku_of,
    standing_for,
)
from api.imports.policy import Consequence

REFERENCE = "woocommerce:"
LONGEST_TEXT = 255

_LEFT_OUT = {
    "grouped": (
        "A grouped product only lists others. They are taken in by themselves: put them together"
        " as a collection afterwards."
    ),
    "external": (
        "An external product is sold by somebody else, so there is nothing here to put into a"
        " basket. It was left out."
    ),
}
_TAX_CLASSES = {
    "": "standard",
    "standard": "standard",
    "zero-rate": "zero",
    "zero rate": "zero",
    "reduced-rate": "reduced",
    "reduced rate": "reduced",
}


@dataclass(frozen=True, slots=True)
class Family:
    """A product's row, if it is in the file, and those of its variations."""

    sheet: CsvReader
    rows: Sequence[Row]
    currency: str
    is_first_of_its_name: bool
    count: int
    """Of its rows in the file, also of those that are too many to be held."""
    last_row: int


def read(family: Family) -> ParsedProduct:
    """Read one product with its variations."""
    return _Reading(family).read()


class _Reading:
    def __init__(self, family: Family) -> None:
        self._family = family
        self._sheet = family.sheet
        self._head = family.rows[0]
        self._is_orphan = "variation" in self._types(self._head)
        self._variations = list(family.rows if self._is_orphan else family.rows[1:])
        self._found = ParsedProduct(
            family.last_row, family.count, self._head["title"], self._head.number
        )
        self._found.cells = {row.number: row.kept for row in family.rows}

    def read(self) -> ParsedProduct:
        try:
            self._found.draft = self._product()
        except CellError as bad:
            self._note(self._head, bad, Consequence.PRODUCT_SKIPPED)
        return self._found

    def _product(self) -> ProductInput:
        head, name = self._head, self._sheet.name_of
        if head.fault:
            raise CellError("", "", head.fault)
        types = self._types(head)
        for kind, reason in _LEFT_OUT.items():
            if kind in types:
                raise CellError(name("type"), head["type"], reason)
        if not types & {"simple", "variable", "variation"}:
            raise CellError(name("type"), head["type"], "Write simple, variable or variation.")
        if len(self._variations) > MOST_VARIATIONS:
            raise CellError(
                name("type"), head["type"], f"A product has at most {MOST_VARIATIONS} variations."
            )
        is_variable = "variable" in types
        if is_variable and not self._variations:
            raise CellError(
                name("type"),
                head["type"],
                "None of its variations is in the file. Export variations too.",
            )
        title = "" if self._is_orphan else self._text("title")
        if not title and not self._is_orphan:
            raise CellError(name("title"), "", "Each product needs a name.")
        reference, slug = self._names(title)
        self._found.handle = title or head["parent"]
        options = self._options()
        images = () if self._is_orphan else tuple(self._images(head))
        if self._is_orphan or is_variable:
            variants = tuple(self._variants(options))
        else:
            variants = tuple(self._simple())
        shown = {v.image_url for v in variants if v.image_url} - {image.url for image in images}
        if not self._is_orphan:
            self._found.status = self._status()
            self._found.category_paths = tuple(self._categories())
        return ProductInput(
            title=title,
            slug=slug,
            description=self._description(),
            vendor="" if self._is_orphan else self._text("vendor"),
            tags=() if self._is_orphan else tuple(self._list("tags")),
            options=options,
            external_reference=reference,
            seo_title="" if self._is_orphan else self._head["seo_title"][:LONGEST_TEXT],
            seo_description="" if self._is_orphan else self._head["seo_description"][:500],
            images=(*images, *(ImageInput(url) for url in sorted(shown))),
            variants=variants,
        )

    def _names(self, title: str) -> tuple[str, str]:
        """Return by which reference and address the shop knows the product."""
        head = self._head
        if self._is_orphan:
            if not head["parent"].casefold().startswith("id:"):
                raise CellError(
                    self._sheet.name_of("parent"),
                    head["parent"],
                    "The product that this is a variation of is not in the file.",
                )
            reference = REFERENCE + head["parent"][3:].strip()
            return reference, slug_from(reference)
        slug = slug_from(title)
        mark = head["id"] or slug_from(head["sku"]) or str(head.number)
        if not slug or not self._family.is_first_of_its_name:
            slug = f"{slug}-{mark}".strip("-")
        if head["id"]:
            return REFERENCE + cell_parsers.text(
                head["id"], self._sheet.name_of("id"), longest=60
            ), slug
        return f"{REFERENCE}{'sku:' + head['sku'] if head['sku'] else slug}"[:LONGEST_TEXT], slug

    def _status(self) -> ProductStatus:
        said = self._head["published"]
        # For all to see, in private, a draft, or waiting for somebody to look it over.
        if said not in ("", "1", "0", "-1", "2"):
            raise CellError(self._sheet.name_of("published"), said, "Write 1, 0, -1 or 2.")
        # What is in no list of theirs is not published here.
        is_shown = self._head["visibility"].casefold() != "hidden"
        return ProductStatus.ACTIVE if said in ("", "1") and is_shown else ProductStatus.DRAFT

    def _description(self) -> str:
        if self._is_orphan:
            return ""
        parts = [values.lines(self._head[name]) for name in ("short_description", "description")]
        return "\n".join(part for part in dict.fromkeys(parts) if part)

    def _categories(self) -> Iterator[tuple[str, ...]]:
        for path in self._list("categories"):
            names = tuple(part.strip() for part in path.split(">") if part.strip())
            if names:
                yield names

    def _options(self) -> tuple[str, ...]:
        """Return what its variations differ in, in the order in which the product names it."""
        used = dict.fromkeys(
            key for row in self._variations for key in self._attributes(row) if not row.fault
        )
        own = {} if self._is_orphan else self._attributes(self._head)
        names = {
            key: name
            for row in self._family.rows
            for key, (name, _) in reversed(self._attributes(row).items())
        }
        ordered = [key for key in own if key in used] + [key for key in used if key not in own]
        return tuple(
            cell_parsers.text(
                names[key], self._sheet.name_of("attribute1_name"), longest=LONGEST_TEXT
            )
            for key in ordered
        )

    def _attributes(self, row: Row) -> dict[str, tuple[str, str]]:
        """Return the attributes that a row names: by plain name, the name and what it says."""
        found: dict[str, tuple[str, str]] = {}
        for number in range(1, MOST_ATTRIBUTES + 1):
            if f"attribute{number}_name" not in self._sheet.places:
                break
            name = values.text(row[f"attribute{number}_name"])
            if name:
                found.setdefault(plain(name), (name, row[f"attribute{number}_values"]))
        return found

    def _simple(self) -> Iterator[VariantInput]:
        quantity = self._quantity(self._head)
        variant = self._variant(self._head, ())
        self._found.rows.append(self._head.number)
        self._found.quantities.append(quantity)
        yield variant

    def _variants(self, options: Sequence[str]) -> Iterator[VariantInput]:
        if not self._is_orphan and self._head["quantity"]:
            shared = CellError(
                self._sheet.name_of("quantity"),
                self._head["quantity"],
                "This stock is shared by all variations; here each has its own. Count them.",
            )
            self._note(self._head, shared, Consequence.VALUE_IGNORED)
        standing = standing_for(
            self._variations,
            lambda row: self._choices(row, options),
            refuse=lambda row, bad: self._note(row, bad, Consequence.ROW_SKIPPED),
        )
        for row in sorted(self._variations, key=lambda row: (_place(row), row.number)):
            listed = standing.get(row.number, ())
            self._note_shared(row, len(listed))
            for option_values in listed:
                try:
                    variant = self._variant(row, option_values)
                    quantity = self._quantity(row)
                except CellError as bad:
                    self._note(row, bad, Consequence.ROW_SKIPPED)
                    break
                if len(listed) > 1:
                    sku = sku_of(variant.sku, option_values)
                    variant = replace(variant, sku=sku, barcode=None)
                    quantity = None if quantity else quantity
                self._found.rows.append(row.number)
                self._found.quantities.append(quantity)
                yield variant

    def _choices(self, row: Row, options: Sequence[str]) -> Iterator[list[str]]:
        said = self._attributes(row)
        own = {} if self._is_orphan else self._attributes(self._head)
        for place, option in enumerate(options, start=1):
            _, value = said.get(plain(option), ("", ""))
            column = self._sheet.name_of(f"attribute{place}_values")
            _, all_of_it = own.get(plain(option), ("", ""))
            found = [values.one(value)] if value else list(values.listed(all_of_it))
            if not found:
                raise CellError(
                    column,
                    "",
                    f"This variation stands for any {option}, and its product does not say which"
                    f" there are. Give it one {option}, and a row to each other.",
                )
            yield [
                cell_parsers.text(one, column, longest=LONGEST_TEXT) for one in dict.fromkeys(found)
            ]

    def _note_shared(self, row: Row, count: int) -> None:
        for column, why in (
            ("quantity", "This stock is shared by {} variants; here each has its own. Count them."),
            ("barcode", "{} variants cannot share a barcode, so it was left out."),
        ):
            if count > 1 and row[column] not in ("", "0", "parent"):
                shared = CellError(self._sheet.name_of(column), row[column], why.format(count))
                self._note(row, shared, Consequence.VALUE_IGNORED)

    def _variant(self, row: Row, option_values: tuple[str, ...]) -> VariantInput:
        images = list(self._images(row)) if row is not self._head or self._is_orphan else []
        sku, barcode = codes_of(row, self._sheet, self._found)
        return VariantInput(
            sku=sku,
            barcode=barcode,
            option_values=option_values,
            weight_grams=self._grams(row),
            tax_class=self._tax_class(row),
            prices=Prices(self._sheet, self._family.currency, self._note).of(row),
            image_url=images[0].url if images else None,
        )

    def _grams(self, row: Row) -> int:
        said = row["weight"] or ("" if self._is_orphan else self._head["weight"])
        column = self._sheet.name_of("weight")
        unit = self._sheet.read_as("weight").partition("(")[2].strip(" )").casefold() or "kg"
        if not said:
            return 0
        weight = values.decimal(said)
        if weight is None:
            raise CellError(column, said, f"Write the weight in {unit}, such as 0.35.")
        grams = (weight * Decimal(GRAMS[unit])).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return cell_parsers.grams(str(grams), column)

    def _tax_class(self, row: Row) -> str:
        status = row["tax_status"] or ("" if self._is_orphan else self._head["tax_status"])
        if status.casefold() == "none":
            return "zero"
        said = row["tax_class"].casefold()
        if said == "parent" and not self._is_orphan:
            said = self._head["tax_class"].casefold()
        if said in _TAX_CLASSES:
            return _TAX_CLASSES[said]
        unknown = CellError(
            self._sheet.name_of("tax_class"),
            row["tax_class"],
            "The shop has no such tax class; the standard one was taken.",
        )
        self._note(row, unknown, Consequence.VALUE_IGNORED)
        return "standard"

    def _quantity(self, row: Row) -> int | None:
        if row["quantity"].casefold() == "parent":
            return None
        if not row["quantity"] and row["in_stock"] == "0":
            return 0
        return opening_quantity(row, self._sheet, self._found)

    def _images(self, row: Row) -> Iterator[ImageInput]:
        column = self._sheet.name_of("images")
        for said in dict.fromkeys(values.listed(row["images"])):
            try:
                address = cell_parsers.url(said, column)
            except CellError as bad:
                self._note(row, bad, Consequence.VALUE_IGNORED)
                continue
            if address:
                yield ImageInput(address)

    def _list(self, column: str) -> Iterator[str]:
        for said in dict.fromkeys(values.listed(self._head[column])):
            yield cell_parsers.text(said, self._sheet.name_of(column), longest=LONGEST_TEXT)

    def _text(self, column: str) -> str:
        name = self._sheet.name_of(column)
        return cell_parsers.text(values.text(self._head[column]), name, longest=LONGEST_TEXT)

    def _types(self, row: Row) -> set[str]:
        if row["type"]:
            return {word.strip().casefold() for word in row["type"].split(",")}
        # A file without types has products, and what has a parent is a variation of it.
        if row["parent"]:
            return {"variation"}
        return {"variable" if len(self._family.rows) > 1 else "simple"}

    def _note(self, row: Row, bad: CellError, consequence: Consequence) -> None:
        self._found.problems.append(
            RowError(row.number, bad.column, bad.value, bad.reason, consequence)
        )


def _place(row: Row) -> int:
    return int(row["position"]) if row["position"].isdecimal() else 0
