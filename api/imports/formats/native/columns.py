"""The columns of our CSV, and how the fields of a document stand in their cells."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from api.catalog.fields import PRODUCT_FIELDS, VARIANT_FIELDS, Field, Kind
from api.catalog.queries.related_products import RELATION_FIELDS
from api.imports.formats.cell_parsers import CellError
from api.imports.formats.native import csv_escaping


def _json_cell(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if value else ""


def _json(cell: str, column: str) -> object:
    if not cell:
        return {}
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as wrong:
        raise CellError(column, cell, f"This is not JSON: {wrong.msg}.") from wrong


def _number(cell: str, column: str) -> object:
    if not cell:
        return None
    if not cell.isdecimal() or len(cell) > 10:
        raise CellError(column, cell, "Write a whole number, such as 3.")
    return int(cell)


def _categories_cell(paths: Sequence[Sequence[Mapping[str, str]]]) -> str:
    return csv_escaping.joined(
        (
            csv_escaping.joined(
                (
                    f"{csv_escaping.packed(s['slug'])}={csv_escaping.packed(s['name'])}"
                    for s in path
                ),
                ">",
            )
            for path in paths
        ),
        "|",
    )


def _categories(cell: str, column: str) -> object:
    found = []
    for path in csv_escaping.parts(cell, "|"):
        steps = []
        for step in csv_escaping.parts(path, ">"):
            slug, *name = csv_escaping.parts(step, "=")
            if len(name) != 1:
                raise CellError(column, step, "Write a category as shirts=Shirts.")
            steps.append(
                {"slug": csv_escaping.unpacked(slug), "name": csv_escaping.unpacked(name[0])}
            )
        found.append(steps)
    return found


def _places_cell(places: Sequence[Mapping[str, Any]]) -> str:
    return csv_escaping.joined(
        (f"{csv_escaping.packed(place['slug'])}*{place['position']}" for place in places), "|"
    )


def _places(cell: str, column: str) -> object:
    found = []
    for part in csv_escaping.parts(cell, "|"):
        slug, *rest = csv_escaping.parts(part, "*")
        if len(rest) > 1 or not all(one.isdecimal() and len(one) < 20 for one in rest):
            raise CellError(
                column, part, "Write a collection as summer, or as summer*3 to place it."
            )
        position = int(rest[0]) if rest else None
        found.append({"slug": csv_escaping.unpacked(slug), "position": position})
    return found


def _codes_cell(codes: Sequence[Mapping[str, Any]]) -> str:
    return csv_escaping.joined(
        (
            csv_escaping.packed(one["code"])
            + (f"*{one['pack_quantity']}" if one["pack_quantity"] != 1 else "")
            for one in codes
        ),
        "|",
    )


def _codes(cell: str, column: str) -> object:
    found = []
    for part in csv_escaping.parts(cell, "|"):
        code, *pack = csv_escaping.parts(part, "*")
        if len(pack) > 1:
            raise CellError(
                column, part, "Write a barcode as 4006381333931, or with *12 for a case."
            )
        quantity = _number(pack[0], column) if pack else 1
        found.append({"code": csv_escaping.unpacked(code), "pack_quantity": quantity})
    return found


def _same(value: Any) -> str:
    return value or ""


def _text(cell: str, column: str) -> object:
    return cell


def _maybe(cell: str, column: str) -> object:
    return cell or None


def _whole_cell(value: object) -> str:
    return "" if value is None else str(value)


def _values(cell: str, column: str) -> object:
    return csv_escaping.values(cell)


Cell = tuple[Callable[[Any], str], Callable[[str, str], Any]]
"""How a value is written into a cell, and read from it."""

_LIST: Cell = (csv_escaping.cell_of, _values)
_JSON: Cell = (_json_cell, _json)
_BY_KIND: Mapping[Kind, Cell] = {
    Kind.TEXT: (_same, _text),
    Kind.REFERENCE: (_same, _maybe),
    Kind.MOMENT: (_same, _maybe),
    Kind.INTEGER: (_whole_cell, _number),
    Kind.TEXTS: _LIST,
    Kind.METADATA: _JSON,
}
_NESTED: Mapping[str, Cell] = {
    "categories": (_categories_cell, _categories),
    "collections": (_places_cell, _places),
    **dict.fromkeys(RELATION_FIELDS, _LIST),
    "attributes": _JSON,
    "translations": _JSON,
    "barcodes": (_codes_cell, _codes),
    "image_url": (_same, _maybe),
}


def _columns(table: Sequence[Field]) -> tuple[tuple[str, str, Cell], ...]:
    return tuple(
        (one.name, one.csv, _BY_KIND.get(one.kind) or _NESTED[one.name])
        for one in table
        if one.csv is not None and one.name != "slug"
    )


# Field of the document, column, how it is written and read.
PRODUCT = _columns(PRODUCT_FIELDS)
VARIANT = _columns(VARIANT_FIELDS)
NAMES = (
    "slug",
    *(column for _, column, _ in PRODUCT),
    *("image_url", "image_alt"),
    *(column for _, column, _ in VARIANT),
)


OURS = {
    "handle": "slug",
    "barcode": "barcodes",
    "option1_name": "options",
    "option1_value": "option_values",
}
"""What we call the columns that refusals name as other shops do."""

_POINTED = re.compile(r"/(variants|images)/(\d+)/(\w+)(?:/([^/]+))?.*|/(\w+).*", re.DOTALL)


def column_of(pointer: str) -> tuple[str, str, int]:
    """Return in which column a place in a document stands: its name, and the how manieth row.

    `variants` or `images` tell of which rows; of the others it is the first one.
    """
    found = _POINTED.fullmatch(pointer)
    if found is None:
        return pointer, "", 0
    listed, place, name, key, plain = found.groups()
    if listed is None:
        return {name: column for name, column, _ in PRODUCT}.get(plain, plain), "", 0
    if listed == "images":
        return f"image_{name}", listed, int(place)
    if name == "prices" and key:
        name = "compare_at" if pointer.endswith("/compare_at") else "price"
        return f"{name} {key}", listed, int(place)
    if name == "stock" and key:
        return f"stock {key}", listed, int(place)
    columns = {field: column for field, column, _ in VARIANT}
    return columns.get(name, name), listed, int(place)
