"""What searchers may have meant, and what they may be about to type."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, select

from api.catalog.models.i18n import SearchTerm
from api.catalog.models.navigation import Category, Collection
from api.catalog.queries.translations import NO_TEXTS, Texts, texts_for
from api.catalog.texts import deletion_keys
from api.kernel.text_folding import words
from api.platform.db import session

SHORTEST = 4
"""Shorter words are not guessed at: one letter of three is not a typo but another word."""
LONGEST = 40
MOST_WORDS = 12
MOST_QUERIES = 5

_NEAR = select(SearchTerm.word, SearchTerm.products).where(
    SearchTerm.edits.bool_op("&&")(bindparam("keys", type_=ARRAY(Text)))
)
_BEGUN = (
    select(SearchTerm.word)
    .where(
        SearchTerm.word >= bindparam("begin", type_=Text),
        SearchTerm.word < bindparam("end", type_=Text),
    )
    .order_by(SearchTerm.products.desc(), SearchTerm.word)
    .limit(MOST_QUERIES)
)


def correct_query(typed: str) -> str | None:
    """Return what was typed with each unknown word replaced by the likeliest that is one typo away.

    A typo is one letter missing, added, wrong, or in its neighbour's place. Of several words the
    one that most products have is taken. None when there is nothing to replace. One statement.
    """
    given = words(typed).split()[:MOST_WORDS]
    doubtful = {word for word in given if SHORTEST <= len(word) <= LONGEST}
    if not doubtful:
        return None
    keys = sorted({key for word in doubtful for key in deletion_keys(word)})
    known = {row.word: row.products for row in session.execute(_NEAR, {"keys": keys})}
    instead = {
        word: max(near, key=lambda other: (known[other], other))
        for word in doubtful
        if word not in known and (near := [other for other in known if is_typo(word, other)])
    }
    return " ".join(instead.get(word, word) for word in given) if instead else None


def complete_query(typed: str) -> list[str]:
    """Return what somebody may be about to search for: the last word finished, the best first."""
    given = words(typed).split()
    if not given:
        return []
    *before, begun = given
    bounds = {"begin": begun, "end": begun + "\U0010ffff"}
    return [" ".join((*before, word)) for word in session.scalars(_BEGUN, bounds)]


def suggest_categories(
    typed: str, limit: int, languages: Sequence[str] = ()
) -> dict[str, list[dict[str, object]]]:
    """Return categories and collections with a word in their name that begins as was typed.

    Two statements, and one more when names are looked for in other languages: there are hundreds
    of them and not millions, so all are read.
    """
    begun = words(typed)
    if not begun:
        return {"categories": [], "collections": []}
    categories = session.execute(
        select(Category.id, Category.slug, Category.name, Category.path).where(Category.is_shown)
    )
    collections = session.execute(
        select(Collection.id, Collection.slug, Collection.title).where(Collection.is_visible)
    )
    found = {
        "categories": ("name", [row._asdict() for row in categories]),
        "collections": ("title", [row._asdict() for row in collections]),
    }
    ids = [row["id"] for _, rows in found.values() for row in rows]
    texts = texts_for(ids, languages)
    return {kind: _named(begun, name, rows, texts, limit) for kind, (name, rows) in found.items()}


def is_typo(one: str, other: str) -> bool:
    """Tell whether two words are one typo apart: a letter missing, added, wrong, or two swapped."""
    if one == other:
        return False
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) + 1 == len(other):
        return one[start:] == other[start + 1 :]
    if len(one) != len(other):
        return False
    is_swapped = (
        one[start : start + 2] == other[start : start + 2][::-1]
        and one[start + 2 :] == other[start + 2 :]
    )
    return is_swapped or one[start + 1 :] == other[start + 1 :]


def _named(
    begun: str,
    name: str,
    rows: Sequence[dict[str, Any]],
    texts: Mapping[UUID, Texts],
    limit: int,
) -> list[dict[str, object]]:
    found = []
    for row in rows:
        called = texts.get(row.pop("id"), NO_TEXTS).get(name) or row[name]
        if f" {begun}" in f" {words(called)}":
            found.append({**row, name: called})
    return sorted(found, key=lambda row: (len(row[name]), row[name]))[:limit]
