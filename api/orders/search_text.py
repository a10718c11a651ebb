"""Search words of orders: those stored with an order, and the query that a search becomes.

Both are folded as for products (`kernel.text_folding`). The words in `orders.search` are written
with the order and never shown.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from api.kernel.text_folding import fold, spelled_out, words

LONGEST_WORD = 100
MAX_WORDS = 12
"""Further words of a search are ignored."""

PHONE_DIGITS = 8
"""Digits compared at the end of a telephone number; a country code may come before them."""
MIN_PHONE_DIGITS = 6
FOUND_BY = ("number", "name", "company", "e-mail", "phone", "tracking number", "postcode", "SKU")
"""The searched fields, for help texts."""

_MARKED_NUMBER = re.compile(r"(?:#|[oO]-)([0-9]+)")
_PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.+-]*")
_PHONE_MARK = "#"


def search_words(
    *,
    number: str,
    email: str,
    addresses: Iterable[Mapping[str, Any]],
    skus: Iterable[str] = (),
    tracking_numbers: Iterable[str] = (),
) -> list[str]:
    """Return the search words of an order, each once.

    Its number, the words of the names and companies of both addresses, their postcodes and
    telephones, the e-mail and its domain, the SKUs of its lines and the numbers of its parcels.
    """
    mail = fold(email).strip()
    terms = [joined(number), mail, f"@{mail.rpartition('@')[2]}"]
    terms += words(mail.rpartition("@")[0]).split()
    for address in addresses:
        for text in (address.get("name"), address.get("company")):
            terms += _spellings(text or "")
        terms += [joined(address.get("postal_code") or "")]
        terms += words(address.get("postal_code") or "").split()
        if digits := _digits(address.get("phone") or ""):
            terms.append(_PHONE_MARK + digits[::-1])
    terms += [joined(code) for code in (*skus, *tracking_numbers)]
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in terms if word))


def marked_number(typed: str) -> str | None:
    """Return the order number of `#1083` or `O-1083`; None for any other search text."""
    marked = _MARKED_NUMBER.fullmatch(typed.strip())
    return marked[1] if marked else None


def tsquery_of(typed: str) -> str:
    """Convert a search text to a tsquery; empty when it contains no word.

    Every word must match, in any order. The last one may be a prefix, unless it is a number.
    Digits with separators may be the end of a telephone number.
    """
    pieces = typed.split()[:MAX_WORDS]
    terms = []
    for index, piece in enumerate(pieces):
        term = _term(piece, is_last=index == len(pieces) - 1, is_only=len(pieces) == 1)
        terms += [term] if term else []
    alternatives = [" & ".join(terms)] if terms else []
    if len(pieces) > 1 and any(character.isdigit() for character in typed):
        alternatives.append(
            _exact(joined(typed))
        )  # a tracking number or postcode, read out in groups
    if _PHONE.fullmatch(typed.strip()) and (phone := _phone(typed)):
        alternatives.append(phone)
    return " | ".join(f"({way})" for way in alternatives if way)


def joined(code: str) -> str:
    """Write a SKU, postcode or tracking number as one word, with or without its dashes."""
    return words(code).replace(" ", "")


def _spellings(text: str) -> list[str]:
    """Return the words of a name; `Lüdenscheid-Meyer` and `O'Brien` also as one word."""
    pieces = [joined(piece) for piece in text.split() if " " in words(piece)]
    return [*words(text).split(), *spelled_out(text).split(), *pieces]


def _term(piece: str, *, is_last: bool, is_only: bool) -> str:
    """Return the tsquery term of one word of the search text."""
    if "@" in piece:
        mail = fold(piece)
        return _prefix(mail) if is_last or mail.startswith("@") else _exact(mail)
    parts = words(piece).split()
    if not parts:
        return ""
    if is_last and not is_only and len(piece) == 1 and piece.isalpha():
        return ""  # half of all orders have a word with this initial
    whole = joined(piece)
    # Of a code such as `SKU-178-L` only the whole is looked for as a beginning: a tenth of all
    # orders has some word that begins with an L.
    is_code = len(parts) > 1 and any(character.isdigit() for character in whole)
    begins = is_last and not is_code and not parts[-1].isdigit()
    ends = [*map(_exact, parts[:-1]), (_prefix if begins else _exact)(parts[-1])]
    term = " & ".join(ends)
    if len(parts) == 1:
        return term
    return f"(({term}) | {_prefix(whole) if is_last else _exact(whole)})"


def _phone(typed: str) -> str:
    digits = _digits(typed)
    if len(digits) < MIN_PHONE_DIGITS:
        return ""
    return _prefix(_PHONE_MARK + digits[::-1][:PHONE_DIGITS])


def _digits(phone: str) -> str:
    """Return the digits of a telephone number without leading zeros."""
    return "".join(character for character in fold(phone) if character in "0123456789").lstrip("0")


def _exact(word: str) -> str:
    return f"'{_quoted(word)}'" if word else ""


def _prefix(word: str) -> str:
    return f"'{_quoted(word)}':*" if word else ""


def _quoted(word: str) -> str:
    plain = word[:LONGEST_WORD].replace("\0", "")
    return plain.replace("\\", "\\\\").replace("'", "''")
