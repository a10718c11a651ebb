"""Words: how slugs are made, and how what is written and what is searched come to look alike."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import unescape

LONGEST_SLUG = 120
LONGEST_SKU = 64
LONGEST_SEARCH_BODY = 20_000
"""Characters of a description that are searched; a tsvector holds at most a megabyte."""

_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
# Only those of European scripts: in kana such a mark makes another letter.
_ACCENT = re.compile("[\u0300-\u036f]")
_NOT_WORD = re.compile(r"[\W_]+")


def slug_from(text: str) -> str:
    """Make an address from a name: `Crème Brûlée, 2 pcs` becomes `creme-brulee-2-pcs`.

    Letters of other scripts stay. Empty when nothing of the text can stand in an address.
    """
    return "-".join(words(text).split())[:LONGEST_SLUG].strip("-")


def sku_from(slug: str, option_values: Sequence[str]) -> str:
    """Make a SKU for a variant that came without one: `BLUE-SHIRT-LARGE`.

    Always the same for the same slug and values. One that would be too long for a label is cut
    and ends in a mark that is made from the whole.
    """
    whole = "-".join(slug_from(part) for part in (slug, *option_values)).upper()
    if len(whole) <= LONGEST_SKU:
        return whole
    return f"{whole[: LONGEST_SKU - 9].rstrip('-')}-{mark_of(slug, option_values)}"


def mark_of(slug: str, option_values: Sequence[str]) -> str:
    """Return eight characters that tell apart what would otherwise be called the same."""
    whole = "\n".join((slug, *option_values))
    return sha256(whole.encode()).hexdigest()[:8].upper()


def variant_title(option_values: Sequence[str]) -> str:
    """Name a variant by its values: `Large / Blue`; empty without options."""
    return " / ".join(option_values)


def words(text: str) -> str:
    """Reduce a text to the words that it is found by: lower case, no accents, no punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = unicodedata.normalize("NFC", _ACCENT.sub("", plain))
    return _NOT_WORD.sub(" ", kept).strip()


def code_word(code: str) -> str:
    """Write a SKU or barcode as one word, so that it is found with or without its dashes."""
    return words(code).replace(" ", "")


def keywords(phrases: Iterable[str], codes: Iterable[str]) -> str:
    """Put together what a product is found by besides its title; each word once."""
    found = dict.fromkeys(word for phrase in phrases for word in words(phrase).split())
    found |= dict.fromkeys(word for code in codes if (word := code_word(code)))
    return " ".join(found)


def body_words(html: str) -> str:
    """Return the words of a description without its markup."""
    return words(unescape(_TAG.sub(" ", html)))[:LONGEST_SEARCH_BODY]
