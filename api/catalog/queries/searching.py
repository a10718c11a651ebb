"""Turn what somebody types into a question that the search index answers."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import TSQUERY

from api.catalog.models import Product
from api.catalog.texts import code_word, words

MOST_WORDS = 12
"""More words than that are not asked for: they cost work and find nothing."""

# Weights of D, C, B, A: a word in the title counts more than any number in a description.
_WEIGHTS: ColumnElement[Any] = literal_column("'{0.02, 0.1, 0.3, 1.0}'::float4[]")
_EXACT_TITLE = 1_000_000


def tsquery_text(typed: str) -> str:
    """Write the text of a tsquery for what was typed; empty when there is no word in it.

    Every word must be there, in any order, in singular or plural; the last one may be only begun.
    What is written like a code, `BLUE-MUG-01`, is also looked for as the beginning of one.
    """
    pieces = typed.split()[:MOST_WORDS]
    terms = []
    for place, piece in enumerate(pieces):
        found = words(piece).split()
        if not found:
            continue
        is_last = place == len(pieces) - 1
        term = " & ".join(
            _forms(word, begun=is_last and i == len(found) - 1) for i, word in enumerate(found)
        )
        code = code_word(piece)
        if len(found) > 1 or any(letter.isdigit() for letter in code):
            term = f"(({term}) | '{code}':* | '{code}')"
        terms.append(term)
    return " & ".join(terms)


def matches(query_text: str | BindParameter[str]) -> ColumnElement[bool]:
    """Tell whether a product is found by what `tsquery_text` returned; uses the search index."""
    return Product.search.bool_op("@@")(_query(query_text))


def relevance(
    query_text: str | BindParameter[str], title: str | BindParameter[str]
) -> ColumnElement[int]:
    """Return how well a product fits, in whole millionths, so that a cursor can name it exactly.

    A product whose title has just the words that were typed, and no other, comes first.
    """
    rank = func.ts_rank(_WEIGHTS, Product.search, _query(query_text))
    exact = case((Product.search_title == title, _EXACT_TITLE), else_=0)
    return cast(rank * 1_000_000, Integer) + exact


def _query(query_text: str | BindParameter[str]) -> ColumnElement[str]:
    return func.to_tsquery(literal_column("'simple'::regconfig"), query_text, type_=TSQUERY)


def _forms(word: str, *, begun: bool) -> str:
    """Return a word as it may stand in a text: itself, begun, and its English -s and -es forms."""
    forms = {word: f"'{word}':*" if begun else f"'{word}'"}
    if len(word) > 2:
        for other in (f"{word}s", f"{word}es"):
            if not begun:
                forms[other] = f"'{other}'"
        if word.endswith("s"):
            forms[word[:-1]] = f"'{word[:-1]}'"
        if word.endswith("es"):
            forms[word[:-2]] = f"'{word[:-2]}'"
    return f"({' | '.join(forms.values())})"
