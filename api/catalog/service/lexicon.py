"""The words that searchers are forgiven by: what products are called, and by how many."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import ARRAY, Text, any_, bindparam, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert

from api.catalog.models import Product, ProductStatus, SearchWord
from api.catalog.texts import typo_keys
from api.platform.db import require_transaction, session

LONGEST_WORD = 40

_STATISTICS = text(
    "SELECT word, ndoc FROM"
    " ts_stat('SELECT search_heads FROM products WHERE status = ''active''')"
    " WHERE ndoc > 0 ORDER BY word"
)
_COUNT = (
    update(SearchWord)
    .where(SearchWord.word == bindparam("counted"))
    .values(products=bindparam("how_many"))
    .execution_options(synchronize_session=False)
)


def learn_words(slugs: Sequence[str]) -> int:
    """Remember the words of these products that are not known yet; returns how many were new.

    A new word counts for the products in which it was met just now; `count_words` counts all. What
    has a digit in it is a code and not learned: nobody mistypes one and means another.
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
        select(SearchWord.word).where(SearchWord.word == any_(literal(sorted(met), ARRAY(Text))))
    )
    for word in known:
        del met[word]
    _remember(met)
    return len(met)


def counted_words() -> Iterator[tuple[str, int]]:
    """Read how many products on the shelf have each word; looks at every product once."""
    for word, count in session.execute(_STATISTICS):
        if _is_word(word):
            yield word, count


def count_words(counted: Mapping[str, int]) -> None:
    """Write down how many products have these words, as `counted_words` found them."""
    require_transaction()
    known = set(
        session.scalars(
            select(SearchWord.word).where(
                SearchWord.word == any_(literal(sorted(counted), ARRAY(Text)))
            )
        )
    )
    _remember({word: count for word, count in counted.items() if word not in known})
    if known:
        session.connection().execute(
            _COUNT, [{"counted": word, "how_many": counted[word]} for word in sorted(known)]
        )


def _remember(met: Mapping[str, int]) -> None:
    """Insert words, in order, so that two who learn the same ones wait and never deadlock."""
    if met:
        session.execute(
            insert(SearchWord).on_conflict_do_nothing(),
            [
                {"word": word, "products": met[word], "edits": typo_keys(word)}
                for word in sorted(met)
            ],
        )


def _is_word(word: str) -> bool:
    return 1 < len(word) <= LONGEST_WORD and not any(letter.isdigit() for letter in word)
