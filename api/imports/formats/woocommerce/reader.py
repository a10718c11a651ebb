"""Put the rows of the file into order: each product followed by its variations."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby

import orjson

from api.catalog.texts import slug_from
from api.imports.formats import csv_reader
from api.imports.formats.csv_reader import Row
from api.imports.formats.header_mapping import places_of
from api.imports.formats.parsed import ParsedProduct
from api.imports.formats.woocommerce.columns import COLUMNS, ITS_OWN, NEEDED
from api.imports.formats.woocommerce.products import Family, read
from api.imports.formats.woocommerce.values import Cells
from api.imports.formats.woocommerce.variation_expansion import MOST_VARIATIONS
from api.imports.policy import FileFormat

_TABLE = """
    CREATE TABLE rows (
        number INTEGER PRIMARY KEY, is_variation INTEGER, id TEXT, sku TEXT, slug TEXT,
        parent TEXT, head INTEGER, is_first INTEGER DEFAULT 1, fault TEXT, raw TEXT, cells BLOB
    )
"""
# `id:12` or a SKU; in the order of the products, and what has no parent here where it first stands.
_ORDER = (
    "CREATE INDEX by_id ON rows (id) WHERE NOT is_variation",
    "CREATE INDEX by_sku ON rows (sku) WHERE NOT is_variation",
    "CREATE INDEX by_slug ON rows (slug, number) WHERE NOT is_variation",
    "UPDATE rows SET head = number WHERE NOT is_variation",
    """
    UPDATE rows SET head = coalesce(
        (SELECT p.number FROM rows p
         WHERE NOT p.is_variation AND p.id = substr(rows.parent, 4) AND rows.parent LIKE 'id:%'),
        (SELECT p.number FROM rows p
         WHERE NOT p.is_variation AND p.sku = rows.parent AND rows.parent <> ''))
    WHERE is_variation
    """,
    "CREATE INDEX by_parent ON rows (parent, number) WHERE is_variation",
    """
    UPDATE rows SET head = (
        SELECT min(o.number) FROM rows o WHERE o.is_variation AND o.parent = rows.parent)
    WHERE head IS NULL AND parent <> ''
    """,
    "UPDATE rows SET head = number WHERE head IS NULL",
    """
    UPDATE rows SET is_first = 0 WHERE NOT is_variation AND EXISTS (
        SELECT 1 FROM rows b
        WHERE NOT b.is_variation AND b.slug = rows.slug AND b.number < rows.number)
    """,
    "CREATE INDEX in_order ON rows (head, is_variation, number)",
)


MOST_ROWS = MOST_VARIATIONS + 2
"""Rows of one product that are held in memory: so many that it is seen to have too many."""
_NAMED_BY = {
    "handle": "title",
    "option1_name": "attribute1_name",
    "option1_value": "attribute1_values",
}
"""Where stands here what refusals name as other shops do."""


class WooCommerceReader(csv_reader.CsvReader):
    """A WooCommerce product export."""

    format = FileFormat.WOOCOMMERCE
    columns = COLUMNS
    needed = NEEDED
    missing = (
        "The columns {names} are missing. A WooCommerce product export begins with a row of names:"
        " ID, Type, SKU, Name, Published, ..., in the language of the site."
    )

    @classmethod
    def is_known_by(cls, names: Sequence[str]) -> bool:
        """Tell whether a file with such columns is one of this kind."""
        there = places_of(names, cls.columns).keys()
        is_named = super().is_known_by(names) and bool(there & {"id", "sku"})
        return is_named and not there.isdisjoint(ITS_OWN)

    def name_of(self, column: str) -> str:
        """Return what the file calls one of our columns."""
        return super().name_of(_NAMED_BY.get(column, column))

    def products(self, currency: str, *, after_row: int = 1) -> Iterator[ParsedProduct]:
        """Read product after product, in the order of their own rows.

        `last_row` of each counts the rows that were read until then, as if the file were in that
        order; `after_row` is meant so too. Needs disk space for the file, and no memory.
        """
        with closing(sqlite3.connect("")) as ordered:  # a file that goes with the connection
            ordered.execute("PRAGMA cache_size = -8000")
            ordered.execute(_TABLE)
            ordered.executemany(
                "INSERT INTO rows (number, is_variation, id, sku, slug, parent, fault, raw, cells)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self._staged(row) for row in self.rows() if not row.is_blank),
            )
            for statement in _ORDER:
                ordered.execute(statement)
            found = ordered.execute(
                "SELECT head, number, is_first, fault, raw, cells FROM rows"
                " ORDER BY head, is_variation, number"
            )
            done = 1 + self._lines.passed_over
            for _, group in groupby(found, key=lambda one: one[0]):
                members, count = [], 0
                for member in group:
                    count += 1
                    if count <= MOST_ROWS:
                        members.append(member)
                done += count
                if done <= after_row:
                    continue
                rows = [
                    Cells(number, orjson.loads(row), self.places, fault, raw)
                    for _, number, _, fault, raw, row in members
                ]
                yield read(Family(self, rows, currency, bool(members[0][2]), count, done))

    def _staged(self, row: Row) -> tuple[object, ...]:
        return (
            row.number,
            is_variation(row["type"]) or (not row["type"] and bool(row["parent"])),
            row["id"],
            row["sku"],
            slug_from(row["title"]),
            row["parent"],
            row.fault,
            row.raw,
            orjson.dumps(row.cells),
        )


def is_variation(kind: str) -> bool:
    """Tell a variation from a product; a type may be several words."""
    return "variation" in [word.strip().casefold() for word in kind.split(",")]
