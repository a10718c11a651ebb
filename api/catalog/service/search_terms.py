"""The words that searchers are forgiven by: what products are called, and by how many."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, Integer, Text, any_, bindparam, literal, select, text
from sqlalchemy.dialects.postgresql import insert

from api.catalog.models.i18n import SearchTerm
from api.catalog.models.products import Product
from api.catalog.states import ProductStatus
from api.catalog.texts import deletion_keys
from api.platform.db import require_transaction, session

LONGEST_WORD = 40

_STATISTICS = text(
    "SELECT word, ndoc FROM"
    " ts_stat('SELECT search_heads FROM products WHERE status = ''active''')"
    " WHERE ndoc > 0 ORDER BY word"
)
_COUNT = text(
    "UPDATE search_words w SET products = counted.n"
    " FROM unnest(:words, :counts) AS counted(word, n) WHERE w.word = counted.word"
).bindparams(bindparam("words", type_=ARRAY(Text)), bindparam("counts", type_=ARRAY(Integer)))
_FORGET = text("UPDATE search_words SET products = 0 WHERE products <> 0")
_PIECE = 5_000


def index_terms(slugs: Sequence[str]) -> int:
    """Remember the words of these products that are not known yet; returns how many were new.

    A new word counts for the products in which it was met just now; `recount_terms` counts all.
    What has a digit in it is a code and not learned: nobody mistypes one and means another.
    """
    require_transaction()
    met: Counter[str] = Counter()
    rows = session.execute(
        select(Product.search_title, Product.search_words).where(
            Product.slug == any_(literal(sorted(slugs), ARRAY(Text))),
            Product.status == ProductStatus.ACTIVE,
        )
    )
    for row in rows:
        met.update({w for w in f"{row.search_title} {row.search_words}".split() if _is_word(w)})
    if not met:
        return 0
    known = session.scalars(
        select(SearchTerm.word).where(SearchTerm.word == any_(literal(sorted(met), ARRAY(Text))))
    )
    for word in known:
        del met[word]
    _remember(met)
    return len(met)


def recount_terms() -> int:
    """Count how many published products have each word; returns how many words there are.

    Looks at every product once, so it is for the night. Words that no product has any more stay
    known with a count of 0.
    """
    require_transaction()
    session.execute(_FORGET)
    counted = [(word, count) for word, count in session.execute(_STATISTICS) if _is_word(word)]
    for begin in range(0, len(counted), _PIECE):
        _write(dict(counted[begin : begin + _PIECE]))
    return len(counted)


def _write(counted: Mapping[str, int]) -> None:
    known = set(
        session.scalars(
            select(SearchTerm.word).where(
                SearchTerm.word == any_(literal(sorted(counted), ARRAY(Text)))
            )
        )
    )
    _remember({word: count for word, count in counted.items() if word not in known})
    if known:
        words = sorted(known)
        session.execute(_COUNT, {"words": words, "counts": [counted[word] for word in words]})


def _remember(met: Mapping[str, int]) -> None:
    """Insert words, in order, so that two who learn the same ones wait and never deadlock."""
    if met:
        session.execute(
            insert(SearchTerm).on_conflict_do_nothing(),
            [
                {"word": word, "products": met[word], "edits": deletion_keys(word)}
                for word in sorted(met)
            ],
        )


def _is_word(word: str) -> bool:
    return 1 < len(word) <= LONGEST_WORD and not any(letter.isdigit() for letter in word)
