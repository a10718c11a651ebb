"""Words: how slugs are made, and how what is written and what is searched come to look alike."""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import unescape
from unicodedata import normalize

from api.kernel.text_folding import fold, spelled_out, words

LONGEST_SLUG = 120
LONGEST_SKU = 64
LONGEST_SEARCH_BODY = 20_000
"""Characters of a description that are searched; a tsvector holds at most a megabyte."""
LONGEST_FACET_KEY = 255
"""Characters of what products are filtered by; an index row holds 2,700 bytes."""

_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_GAP = re.compile(r"(?<=[^\W_])[\s_-]+(?=[^\W_])")


def slug_from(text: str) -> str:
    """Make an address from a name: `Crème Brûlée, 2 pcs` becomes `creme-brulee-2-pcs`.

    Letters of other scripts stay. Empty when nothing of the text can stand in an address.
    """
    return "-".join(words(text).split())[:LONGEST_SLUG].strip("-")


def slug_as_before(text: str) -> str:
    """Make an address as it was made until `ø`, `œ`, `ł` and their like were written plainly."""
    plain = "".join(c for c in normalize("NFKD", text.casefold()) if not "\u0300" <= c <= "\u036f")
    return "-".join(re.findall(r"[^\W_]+", normalize("NFC", plain)))[:LONGEST_SLUG].strip("-")


def sku_from(slug: str, option_values: Sequence[str]) -> str:
    """Make a SKU for a variant that came without one: `BLUE-SHIRT-LARGE`.

    Always the same for the same slug and values. One that would be too long for a label is cut
    and ends in a mark that is made from the whole.
    """
    whole = "-".join(slug_from(part) for part in (slug, *option_values)).upper()
    if len(whole) <= LONGEST_SKU:
        return whole
    return f"{whole[: LONGEST_SKU - 9].rstrip('-')}-{short_hash(slug, option_values)}"


def short_hash(slug: str, option_values: Sequence[str]) -> str:
    """Return eight characters that tell apart what would otherwise be called the same."""
    whole = "\n".join((slug, *option_values))
    return sha256(whole.encode()).hexdigest()[:8].upper()


def variant_title(option_values: Sequence[str]) -> str:
    """Name a variant by its values: `Large / Blue`; empty without options."""
    return " / ".join(option_values)


def facet_key(text: str) -> str:
    """Reduce a value to how it is filtered by: `Off-White` and `off white` are one.

    Case and accents go, and what stands between two words becomes one space. Other signs stay,
    as in `C++` and `C#`, and so does the dash of `5-6`: they tell sizes apart. Empty only when
    the text is blank.
    """
    found = _GAP.sub(_space_unless_range, " ".join(fold(text).split()))
    if len(found) <= LONGEST_FACET_KEY:
        return found
    return f"{found[: LONGEST_FACET_KEY - 9]}-{short_hash(found, ())}"


OPTION_NAMES = "option"
"""The kind of the facet values that say how the names of options are written."""


def option_kind(name: str) -> str:
    """Return the kind of the facet values that the values of an option are."""
    return f"option:{facet_key(name)}"


def attribute_kind(code: str) -> str:
    """Return the kind of the facet values that the values of an attribute are."""
    return f"attribute:{code}"


def code_word(code: str) -> str:
    """Write a SKU or barcode as one word, so that it is found with or without its dashes."""
    return words(code).replace(" ", "")


def keywords(phrases: Iterable[str], codes: Iterable[str]) -> str:
    """Put together what a product is found by besides its title; each word once."""
    found = dict.fromkeys(
        word for phrase in phrases for word in f"{words(phrase)} {spelled_out(phrase)}".split()
    )
    found |= dict.fromkeys(word for code in codes if (word := code_word(code)))
    return " ".join(found)


def body_words(html: str) -> str:
    """Return the words of a description without its markup."""
    return words(unescape(_TAG.sub(" ", html)))[:LONGEST_SEARCH_BODY]


def deletion_keys(word: str) -> list[str]:
    """Return the word and what is left of it without one of its letters, each once.

    Two words that differ by one letter, missing, added, wrong or in its neighbour's place, have
    one of these in common, so an index of them finds what a searcher meant (the symmetric delete
    of Wolf Garbe's SymSpell).
    """
    return list(dict.fromkeys((word, *(word[:i] + word[i + 1 :] for i in range(len(word))))))


def _space_unless_range(gap: re.Match[str]) -> str:
    text, begin, end = gap.string, gap.start(), gap.end()
    is_range = gap[0] == "-" and text[begin - 1].isdigit() and text[end].isdigit()
    return "-" if is_range else " "
