"""Turn what somebody types into a question that the search index answers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute

from api.catalog import codes
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.states import ProductStatus
from api.catalog.texts import code_word
from api.kernel.text_folding import words

MOST_WORDS = 12
"""More words than that are not asked for: they cost work and find nothing."""

MOST_JOINED = 4
"""Of so many words, two that stand side by side are looked for as one as well."""

MOST_EXACT = 200
"""Products of exactly the same title that are put first."""

_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b", re.IGNORECASE)
_NUMBER_AND_UNIT = re.compile(r"(\d+)([^\W\d_]+)|([^\W\d_]+)(\d+)")


def tsquery_text(typed: str) -> str:
    """Write the text of a tsquery for what was typed; empty when there is no word in it.

    Every word must be there, in any order, in singular or plural; the last one may be only begun.
    A single letter behind other words is not asked for yet: half of all products have a word that
    begins with it. What is written like a code, `BLUE-MUG-01`, is also looked for as the beginning
    of one. Where two words end and one begins is a matter of taste: `tea pot` finds a teapot,
    `20cm` what is 20 cm long, and a code is found however it is cut into pieces.
    """
    pieces = _POSSESSIVE.sub("", typed).split()[:MOST_WORDS]
    terms: list[str] = []
    codes: list[str] = []
    is_begun = False
    for place, piece in enumerate(pieces):
        found = words(piece).split()
        is_last = place == len(pieces) - 1
        if is_last and len(found) > 0 and len(found[-1]) == 1 and (terms or len(found) > 1):
            found, is_last = found[:-1], False
        if not found:
            continue
        term = " & ".join(
            _forms(word, begun=is_last and i == len(found) - 1) for i, word in enumerate(found)
        )
        code = code_word(piece)
        if code != found[0] or any(letter.isdigit() for letter in code):
            term = f"(({term}) | '{code}':* | '{code}'{_apart(code)})"
        terms.append(term)
        codes.append(code)
        is_begun = is_last
    together = _together(terms, codes, begun=is_begun, whole=code_word("".join(pieces)))
    return " | ".join((" & ".join(terms), *together))


def _apart(code: str) -> str:
    """Return the other way to write a number with its unit or model: `20cm` is `20 cm` as well."""
    found = _NUMBER_AND_UNIT.fullmatch(code)
    if found is None:
        return ""
    number, unit = (f"'{part}'" for part in found.groups() if part)
    return f" | ({number} & {unit})"


def _together(
    terms: Sequence[str], codes: Sequence[str], *, begun: bool, whole: str
) -> Iterator[str]:
    """Return what was typed with two words as one in turn, and all of it as one code."""
    if 1 < len(terms) <= MOST_JOINED:
        for place in range(len(terms) - 1):
            is_last = place == len(terms) - 2
            both = _forms(codes[place] + codes[place + 1], begun=begun and is_last)
            yield " & ".join((*terms[:place], both, *terms[place + 2 :]))
    if terms and whole != codes[0] and any(letter.isdigit() for letter in whole):
        yield f"'{whole}':*"


def matches(
    query_text: str | BindParameter[str], column: InstrumentedAttribute[str] | None = None
) -> ColumnElement[bool]:
    """Tell whether a product is found by what `tsquery_text` returned; uses a search index.

    Everything that is said of a product is searched, unless the `column` is one that holds less.
    """
    searched = Product.search if column is None else column
    return searched.bool_op("@@")(_query(query_text))


@dataclass(frozen=True, slots=True)
class MatchTiers:
    """How a product is found, the best way first; each but the first lets in all before it too.

    By exactly its title, SKU or barcode; by words of its title; by those of its maker, type, tags,
    options and codes as well; by anything that is said of it.
    """

    is_it: ColumnElement[bool]
    in_title: ColumnElement[bool]
    in_head: ColumnElement[bool]
    in_text: ColumnElement[bool]

    def between(self, first: int, last: int) -> ColumnElement[bool]:
        """Tell whether a product is found in one of these ways and not in a better one."""
        found = (self.is_it, self.in_title, self.in_head, self.in_text)
        condition = or_(self.is_it, found[last]) if first == 0 < last else found[last]
        if first > 0:
            condition = and_(condition, not_(self.is_it))
        return condition if first < 2 else and_(condition, not_(found[first - 1]))

    def tier(self) -> ColumnElement[int]:
        """Return the number of the best way in which a product is found, 0 for the best."""
        return case((self.is_it, 0), (self.in_title, 1), (self.in_head, 2), else_=3)

    def any(self) -> ColumnElement[bool]:
        """Tell whether a product is found at all."""
        return or_(self.in_text, self.is_it)


def match_tiers() -> MatchTiers:
    """Return how products are found; bound to what `values_of` returns, and to `exact`.

    `exact` is what the question of `exact_ids` answers.
    """
    tsquery = bindparam("tsquery", type_=String)
    return MatchTiers(
        Product.id == any_(bindparam("exact", type_=ARRAY(Uuid))),
        matches(tsquery, Product.search_titles),
        matches(tsquery, Product.search_heads),
        matches(tsquery),
    )


def exact_ids() -> ColumnElement[object]:
    """Return the question which products are called exactly so: by title, SKU or barcode."""
    by_title = (
        select(Product.id)
        .where(
            Product.search_title == bindparam("title", type_=String),
            Product.status == ProductStatus.ACTIVE,
        )
        .order_by(Product.id.desc())
        .limit(MOST_EXACT)
    )
    by_sku = select(Variant.product_id).where(Variant.sku_key == bindparam("sku_key", type_=String))
    by_barcode = (
        select(Variant.product_id)
        .join(Barcode, Barcode.variant_id == Variant.id)
        .where(Barcode.code_key == any_(bindparam("barcode_keys", type_=ARRAY(String))))
    )
    return array_of(union(select(by_title.subquery()), by_sku, by_barcode))


def values_of(typed: str) -> dict[str, object]:
    """Return the values that questions about what was typed are bound to."""
    code = codes.read(typed)
    return {
        "tsquery": tsquery_text(typed),
        "title": words(typed) or "\x01",
        "sku_key": code.text.lower(),
        "barcode_keys": list(code.keys),
    }


def array_of(ids: Select[object] | CompoundSelect[object]) -> ColumnElement[object]:
    """Ask first and compare then: an index answers for a finished array, not for a subquery."""
    return func.array(ids.scalar_subquery(), type_=ARRAY(Uuid))


def _query(query_text: str | BindParameter[str]) -> ColumnElement[str]:
    return func.to_tsquery(literal_column("'simple'::regconfig"), query_text, type_=TSQUERY)


def _forms(word: str, *, begun: bool) -> str:
    """Return a word as it may stand in a text: itself, begun, in English singular or plural."""
    forms = {word: f"'{word}':*" if begun else f"'{word}'"}
    if len(word) > 2:
        for other in (f"{word}s", f"{word}es"):
            if not begun:
                forms[other] = f"'{other}'"
        if word.endswith("s"):
            forms[word[:-1]] = f"'{word[:-1]}'"
        if word.endswith("es"):
            forms[word[:-2]] = f"'{word[:-2]}'"
        if word.endswith("ies"):
            forms[f"{word[:-3]}y"] = f"'{word[:-3]}y'"
        elif word.endswith("y"):
            forms[f"{word[:-1]}ies"] = f"'{word[:-1]}ies'"
    return f"({' | '.join(forms.values())})"
