"""What a dry run has written and rolled back, as far as later rows of its file depend on it.

A run finds the products that earlier batches of its file made; a dry run has rolled them back. So
those of them that a batch may clash with or add to are written again before it, as they came, and
all of it is rolled back together: both see the same shop, and say the same.
"""

import pickle
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import TracebackType
from typing import Any

import orjson

from api.catalog.service import lookup_keys
from api.imports.formats.parsed import ParsedProduct

_TABLES = """
    CREATE TABLE batches (number INTEGER PRIMARY KEY, described BLOB);
    CREATE TABLE products (slug TEXT, batch INTEGER, place INTEGER);
    CREATE INDEX products_by_slug ON products (slug);
    CREATE TABLE owners (key TEXT, slug TEXT, PRIMARY KEY (key, slug)) WITHOUT ROWID;
"""


class DryRun:
    """The products of a dry run that would have made a difference, on disk.

    Only those that share a name or code with a batch come back, and those that these share one
    with. Usually that is none.
    """

    def __init__(self) -> None:
        self._kept = sqlite3.connect("")  # a file that goes with the connection
        self._kept.executescript(_TABLES)
        self._batch = 0

    def __enter__(self) -> "DryRun":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kept.close()

    def before(self, batch: Sequence[ParsedProduct]) -> list[list[ParsedProduct]]:
        """Return what is to be taken in before a batch, in the batches in which it came."""
        slugs: set[str] = set()
        found: dict[tuple[int, int], ParsedProduct] = {}
        wanted = self._owners_of(key for one in batch for key in asked_by(one))
        while new := wanted - slugs:
            slugs |= new
            places = set(self._rows("SELECT batch, place FROM products WHERE slug", new))
            for number in sorted({number for number, _ in places}):
                kept = self._batch_of(number)
                found.update({(number, at): kept[at] for own, at in places if own == number})
            wanted = self._owners_of(key for one in found.values() for key in asked_by(one))
        in_order = [(place[0], found[place]) for place in sorted(found)]
        return [[one for _, one in group] for _, group in groupby(in_order, key=lambda row: row[0])]

    def remember(self, taken: Iterable[tuple[ParsedProduct, str, Iterable[str]]]) -> None:
        """Keep the products of a batch that made a difference: their slugs, and all their keys."""
        rows = list(taken)
        if not rows:
            return
        self._batch += 1
        described = pickle.dumps([one for one, _, _ in rows], pickle.HIGHEST_PROTOCOL)
        self._kept.execute("INSERT INTO batches VALUES (?, ?)", (self._batch, described))
        self._kept.executemany(
            "INSERT INTO products VALUES (?, ?, ?)",
            [(slug, self._batch, place) for place, (_, slug, _) in enumerate(rows)],
        )
        self._kept.executemany(
            "INSERT OR IGNORE INTO owners VALUES (?, ?)",
            [(key, slug) for _, slug, keys in rows for key in keys],
        )

    def _batch_of(self, number: int) -> list[ParsedProduct]:
        (kept,) = self._kept.execute(
            "SELECT described FROM batches WHERE number = ?", (number,)
        ).fetchone()
        found: list[ParsedProduct] = pickle.loads(kept)  # noqa: S301 - our own, of this very run
        return found

    def _owners_of(self, keys: Iterable[str]) -> set[str]:
        if not self._batch:
            return set()
        return {row[0] for row in self._rows("SELECT slug FROM owners WHERE key", set(keys))}

    def _rows(self, question: str, values: Iterable[str]) -> list[tuple[Any, ...]]:
        """Ask for many values in one statement."""
        told = orjson.dumps(sorted(values)).decode()
        among = f"{question} IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own words
        return self._kept.execute(among, (told,)).fetchall()


def asked_by(described: ParsedProduct) -> set[str]:
    """Return the names and codes by which a description may meet what others have."""
    if described.draft is not None:
        return lookup_keys.keys_of_input(described.draft)
    document: Mapping[str, object] = described.document or {}
    return lookup_keys.keys_of_document(document)
