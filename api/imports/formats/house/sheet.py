"""Our CSV: the first row of a product says what it is, each row may name a variant and a picture.

Several values in a cell stand between bars. Amounts are decimals, one column per currency.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

import orjson

from api.imports.formats import cells, sheets
from api.imports.formats.cells import BadCell
from api.imports.formats.described import Described, Problem
from api.imports.formats.house import packing
from api.imports.formats.house.checking import checked
from api.imports.formats.sheets import Lines, Row, plain
from api.imports.policy import Consequence, FileFormat
from api.kernel.money import exponent

MOST_ROWS = 3_000
_PRICE = re.compile(r"(price|compare_at) ([a-z]{3})")


def _json_cell(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if value else ""


def _json(cell: str, column: str) -> Any:
    if not cell:
        return {}
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as wrong:
        raise BadCell(column, cell, f"This is not JSON: {wrong.msg}.") from wrong


def _number(cell: str, column: str) -> Any:
    if not cell:
        return None
    if not cell.isdecimal() or len(cell) > 10:
        raise BadCell(column, cell, "Write a whole number, such as 3.")
    return int(cell)


def _categories_cell(paths: Sequence[Sequence[Mapping[str, str]]]) -> str:
    return packing.joined(
        (
            packing.joined(
                (f"{packing.packed(s['slug'])}={packing.packed(s['name'])}" for s in path), ">"
            )
            for path in paths
        ),
        "|",
    )


def _categories(cell: str, column: str) -> Any:
    found = []
    for path in packing.parts(cell, "|"):
        steps = []
        for step in packing.parts(path, ">"):
            slug, *name = packing.parts(step, "=")
            if len(name) != 1:
                raise BadCell(column, step, "Write a category as shirts=Shirts.")
            steps.append({"slug": packing.unpacked(slug), "name": packing.unpacked(name[0])})
        found.append(steps)
    return found


def _codes_cell(codes: Sequence[Mapping[str, Any]]) -> str:
    return packing.joined(
        (
            packing.packed(one["code"])
            + (f"*{one['pack_quantity']}" if one["pack_quantity"] != 1 else "")
            for one in codes
        ),
        "|",
    )


def _codes(cell: str, column: str) -> Any:
    found = []
    for part in packing.parts(cell, "|"):
        code, *pack = packing.parts(part, "*")
        quantity = _number(pack[0], column) if pack else 1
        found.append({"code": packing.unpacked(code), "pack_quantity": quantity})
    return found


def _same(value: Any) -> str:
    return value or ""


def _text(cell: str, column: str) -> Any:
    return cell


def _maybe(cell: str, column: str) -> Any:
    return cell or None


def _whole_cell(value: Any) -> str:
    return "" if value is None else str(value)


def _values(cell: str, column: str) -> Any:
    return packing.values(cell)


_Kind = tuple[Callable[[Any], str], Callable[[str, str], Any]]
_TEXT: _Kind = (_same, _text)
_MAYBE: _Kind = (_same, _maybe)
_WHOLE: _Kind = (_whole_cell, _number)
_LIST: _Kind = (packing.cell_of, _values)
_JSON: _Kind = (_json_cell, _json)

# Field of the document, column, how it is written and read.
_PRODUCT: tuple[tuple[str, str, _Kind], ...] = (
    ("version", "version", _WHOLE),
    ("status", "status", _TEXT),
    ("title", "title", _TEXT),
    ("description", "description", _TEXT),
    ("vendor", "vendor", _TEXT),
    ("product_type", "product_type", _TEXT),
    ("tags", "tags", _LIST),
    ("categories", "categories", (_categories_cell, _categories)),
    ("options", "options", _LIST),
    ("seo_title", "seo_title", _TEXT),
    ("seo_description", "seo_description", _TEXT),
    ("publish_at", "publish_at", _MAYBE),
    ("external_reference", "external_reference", _MAYBE),
    ("attributes", "attributes", _JSON),
    ("public_metadata", "public_metadata", _JSON),
    ("private_metadata", "private_metadata", _JSON),
    ("translations", "translations", _JSON),
)
_VARIANT: tuple[tuple[str, str, _Kind], ...] = (
    ("sku", "sku", _TEXT),
    ("version", "variant_version", _WHOLE),
    ("option_values", "option_values", _LIST),
    ("barcodes", "barcodes", (_codes_cell, _codes)),
    ("weight_grams", "weight_grams", _WHOLE),
    ("tax_class", "tax_class", _TEXT),
    ("image_url", "variant_image_url", _MAYBE),
    ("external_reference", "variant_external_reference", _MAYBE),
    ("public_metadata", "variant_public_metadata", _JSON),
    ("private_metadata", "variant_private_metadata", _JSON),
)
_NAMES = (
    "slug",
    *(column for _, column, _ in _PRODUCT),
    *("image_url", "image_alt"),
    *(column for _, column, _ in _VARIANT),
)


def columns_for(currencies: Iterable[str]) -> list[str]:
    """Return the header of a file with prices in these currencies."""
    prices = [f"{name} {c}" for c in currencies for name in ("price", "compare_at")]
    return [*_NAMES, *prices]


def text_of_header(columns: Sequence[str]) -> str:
    """Write the header; spreadsheets know UTF-8 by the mark before it."""
    return "\ufeff" + _line(columns)


def text_of_rows(document: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, int]:
    """Write a product as rows under the columns; returns the text and how many rows it is."""
    variants, images = document["variants"], document["images"]
    count = max(1, len(variants), len(images))
    lines = []
    for place in range(count):
        row: dict[str, str] = {"slug": document["slug"]}
        if place == 0:
            row |= {column: write(document[name]) for name, column, (write, _) in _PRODUCT}
        if place < len(images):
            row |= {"image_url": images[place]["url"], "image_alt": images[place]["alt"]}
        if place < len(variants):
            variant = variants[place]
            row |= {column: write(variant[name]) for name, column, (write, _) in _VARIANT}
            for currency, price in variant["prices"].items():
                for name, amount in (
                    ("price", price["amount"]),
                    ("compare_at", price["compare_at"]),
                ):
                    row[f"{name} {currency}"] = _decimal(amount, currency)
        lines.append(_line([packing.safe(row.get(column, "")) for column in columns]))
    return "".join(lines), count


class Sheet(sheets.Sheet):
    """A file of ours in rows."""

    format = FileFormat.CSV
    columns = {name: (name,) for name in _NAMES}  # noqa: RUF012 - a table
    needed = ("slug",)
    missing = "The columns {names} are missing. An export of ours begins with slug, version, ..."

    def __init__(self, chunks: Iterable[bytes] | Lines) -> None:
        super().__init__(chunks)
        self._prices = {
            place: (found[1], found[2].upper())
            for place, name in enumerate(self.header)
            if (found := _PRICE.fullmatch(plain(name)))
        }

    @property
    def ignored_columns(self) -> list[str]:
        """The names of the columns that are not read."""
        prices = {self.header[place].strip() for place in self._prices}
        return [name for name in super().ignored_columns if name not in prices]

    def name_of(self, column: str) -> str:
        """Return what the file calls one of our columns."""
        ours = {"handle": "slug", "barcode": "barcodes", "option1_value": "option_values"}
        name = ours.get(column, column)
        return super().name_of(name) if name in self.columns else name

    def products(self, currency: str, *, after_row: int = 1) -> Iterator[Described]:
        """Read one product after the other; its rows stand together."""
        rows = (row for row in self.rows() if row.number > after_row and not row.is_blank)
        for _, group in groupby(rows, key=_Grouping()):
            yield self._described(group)

    def _described(self, group: Iterator[Row]) -> Described:
        rows: list[Row] = []
        count = 0
        for row in group:
            count, last = count + 1, row.number
            if len(rows) < MOST_ROWS:
                rows.append(row)
        found = Described(last, count, self._cell(rows[0], "slug"), rows[0].number)
        found.cells = {row.number: row.cells for row in rows if not row.fault}
        try:
            if count > MOST_ROWS:
                raise BadCell("slug", found.handle, f"A product may take {MOST_ROWS} rows.")
            found.document = checked(self._document(rows))
        except _BadRow as bad:
            self._note(found, bad.row, bad.wrong)
        except BadCell as bad:
            self._note(found, rows[0], bad)
        return found

    def _note(self, found: Described, row: Row, bad: BadCell) -> None:
        found.problems.append(
            Problem(row.number, bad.column, bad.value, bad.reason, Consequence.PRODUCT_SKIPPED)
        )

    def _document(self, rows: Sequence[Row]) -> dict[str, Any]:
        for row in rows:
            if row.fault:
                raise _BadRow(row, BadCell("", "", row.fault))
        document: dict[str, Any] = {"slug": self._cell(rows[0], "slug")}
        document |= self._fields(rows[0], _PRODUCT)
        if "image_url" in self.places:
            document["images"] = [
                {"url": url, "alt": self._cell(row, "image_alt")}
                for row in rows
                if (url := self._cell(row, "image_url"))
            ]
        if "sku" in self.places:
            document["variants"] = [self._variant(row) for row in rows if self._cell(row, "sku")]
        return document

    def _variant(self, row: Row) -> dict[str, Any]:
        try:
            found = self._fields(row, _VARIANT)
            if found.get("weight_grams", 0) is None:
                found["weight_grams"] = 0
            if self._prices:
                found["prices"] = self._read_prices(row)
        except BadCell as bad:
            raise _BadRow(row, bad) from bad
        return found

    def _fields(self, row: Row, known: tuple[tuple[str, str, _Kind], ...]) -> dict[str, Any]:
        return {
            name: read(self._cell(row, column), self.name_of(column))
            for name, column, (_, read) in known
            if column in self.places
        }

    def _read_prices(self, row: Row) -> dict[str, Any]:
        found: dict[str, dict[str, int | None]] = {}
        for place, (name, currency) in self._prices.items():
            said = row.cells[place].strip() if place < len(row.cells) else ""
            money = cells.money(said, self.header[place].strip(), currency)
            if money is not None:
                field = "amount" if name == "price" else "compare_at"
                found.setdefault(currency, {"amount": None, "compare_at": None})[field] = (
                    money.amount
                )
        for currency, price in found.items():
            if price["amount"] is None:
                raise BadCell(f"price {currency}", "", "There is no price to compare with.")
        return found

    def _cell(self, row: Row, column: str) -> str:
        """Return a cell to the letter: our own files have no stray spaces."""
        place = self.places.get(column)
        if place is None or place >= len(row.cells):
            return ""
        return packing.unsafe(row.cells[place])


class _BadRow(Exception):
    """A cell that cannot be read, and the row in which it stands."""

    def __init__(self, row: Row, wrong: BadCell) -> None:
        super().__init__(wrong.reason)
        self.row = row
        self.wrong = wrong


class _Grouping:
    """Tells to which product a row belongs: broken rows belong to those above them."""

    def __init__(self) -> None:
        self._slug = ""

    def __call__(self, row: Row) -> str:
        if not row.fault:
            self._slug = row["slug"] or self._slug
        return self._slug


def _decimal(amount: int | None, currency: str) -> str:
    return "" if amount is None else f"{Decimal(amount).scaleb(-exponent(currency)):f}"


def _line(row: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(row)
    return text.getvalue()
