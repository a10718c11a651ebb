"""What a dry run has taken in and taken back, as far as later rows of its file depend on it.

A run finds the products that earlier batches of its file made; a dry run has taken them back. So
those of them that a batch may clash with or add to are taken in again before it, as they came, and
all of it is taken back together: both see the same shop, and say the same.
"""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from types import TracebackType
from typing import Any

from api.catalog import service as catalog
from api.imports.formats import Described

_TABLES = """
    CREATE TABLE products (
        number INTEGER PRIMARY KEY, batch INTEGER, slug TEXT, described BLOB
    );
    CREATE INDEX products_by_slug ON products (slug);
    CREATE TABLE owners (key TEXT, slug TEXT, PRIMARY KEY (key, slug)) WITHOUT ROWID;
"""


class Rehearsal:
    """The products of a dry run that would have made a difference, on disk.

    Only those that share a name or code with a batch come back, and those that these share one
    with. Usually that is none.
    """

    def __init__(self) -> None:
        self._kept = sqlite3.connect("")  # a file that goes with the connection
        self._kept.executescript(_TABLES)
        self._batch = 0

    def __enter__(self) -> "Rehearsal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kept.close()

    def before(self, batch: Sequence[Described]) -> list[list[Described]]:
        """Return what is to be taken in before a batch, in the batches in which it came."""
        slugs: set[str] = set()
        found: dict[int, tuple[int, Described]] = {}
        wanted = self._owners_of(key for one in batch for key in asked_by(one))
        while new := wanted - slugs:
            slugs |= new
            for number, place, kept in self._rows(
                "SELECT number, batch, described FROM products WHERE slug = ?", new
            ):
                found[number] = (place, pickle.loads(kept))  # noqa: S301 - our own, of this run
            wanted = self._owners_of(key for _, one in found.values() for key in asked_by(one))
        rows = [found[number] for number in sorted(found)]
        return [[one for _, one in group] for _, group in groupby(rows, key=lambda row: row[0])]

    def remember(self, taken: Iterable[tuple[Described, str, Iterable[str]]]) -> None:
        """Keep the products of a batch that made a difference: their slugs, and all their keys."""
        self._batch += 1
        for described, slug, keys in taken:
            self._kept.execute(
                "INSERT INTO products (batch, slug, described) VALUES (?, ?, ?)",
                (self._batch, slug, pickle.dumps(described, pickle.HIGHEST_PROTOCOL)),
            )
            self._kept.executemany(
                "INSERT OR IGNORE INTO owners VALUES (?, ?)", ((key, slug) for key in keys)
            )

    def _owners_of(self, keys: Iterable[str]) -> set[str]:
        return {row[0] for row in self._rows("SELECT slug FROM owners WHERE key = ?", set(keys))}

    def _rows(self, question: str, values: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        for value in sorted(values):
            with closing(self._kept.execute(question, (value,))) as rows:
                yield from rows


def asked_by(described: Described) -> set[str]:
    """Return the names and codes by which a description may meet what others have."""
    if described.draft is not None:
        return catalog.keys_of_draft(described.draft)
    document: Mapping[str, object] = described.document or {}
    return catalog.keys_of_document(document)
