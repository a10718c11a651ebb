"""By which words an order is found: those that it is kept with, and those that somebody types.

All of it is folded as products are (`kernel.words`). What stands in `orders.search` is written
with the order and read by no eyes.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from api.kernel.text_folding import fold, spelled_out, words

LONGEST_WORD = 100
MAX_WORDS = 12
"""More words than that are not asked for."""

PHONE_DIGITS = 8
"""So many digits at the end of a telephone number tell it: the country may stand before them."""
MIN_PHONE_DIGITS = 6
FOUND_BY = ("number", "name", "company", "e-mail", "phone", "tracking number", "postcode", "SKU")
"""What is searched, for people."""

_MARKED_NUMBER = re.compile(r"(?:#|[oO]-)([0-9A-Za-z-]+)")
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
    """Return the words that an order is found by, each once.

    Its number, the words of the names and companies of both addresses, their postcodes and
    telephones, the e-mail and its domain, the SKUs of its lines and the numbers of its parcels.
    """
    mail = fold(email).strip()
    found = [joined(number), mail, f"@{mail.rpartition('@')[2]}"]
    found += words(mail.rpartition("@")[0]).split()
    for address in addresses:
        for text in (address.get("name"), address.get("company")):
            found += _spellings(text or "")
        found += [joined(address.get("postal_code") or "")]
        found += words(address.get("postal_code") or "").split()
        if digits := _digits(address.get("phone") or ""):
            found.append(_PHONE_MARK + digits[::-1])
    found += [joined(code) for code in (*skus, *tracking_numbers)]
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in found if word))


def tsquery_of(typed: str) -> str:
    """Write what somebody typed as a tsquery; empty when there is no word in it.

    Every word must be there, in any order, the last one may be only begun; one that is a number is
    meant as it is. `#1083` and `O-1083` are the order's number alone, and digits with signs between
    them may be the end of a telephone number.
    """
    if marked := _MARKED_NUMBER.fullmatch(typed.strip()):
        return _exactly(joined(marked[1]))
    pieces = typed.split()[:MAX_WORDS]
    terms = []
    for place, piece in enumerate(pieces):
        term = _term(piece, is_last=place == len(pieces) - 1, is_only=len(pieces) == 1)
        terms += [term] if term else []
    ways = [" & ".join(terms)] if terms else []
    if len(pieces) > 1 and any(sign.isdigit() for sign in typed):
        ways.append(_exactly(joined(typed)))  # a tracking number or postcode, read out in groups
    if _PHONE.fullmatch(typed.strip()) and (phone := _phone(typed)):
        ways.append(phone)
    return " | ".join(f"({way})" for way in ways if way)


def joined(code: str) -> str:
    """Write a SKU, postcode or tracking number as one word, with or without its dashes."""
    return words(code).replace(" ", "")


def _spellings(text: str) -> list[str]:
    """Return the words of a name, those of `Lüdenscheid-Meyer` and `O'Brien` together too."""
    pieces = [joined(piece) for piece in text.split() if " " in words(piece)]
    return [*words(text).split(), *spelled_out(text).split(), *pieces]


def _term(piece: str, *, is_last: bool, is_only: bool) -> str:
    """Return the question for what was typed between two blanks."""
    if "@" in piece:
        mail = fold(piece)
        return _begun(mail) if is_last or mail.startswith("@") else _exactly(mail)
    found = words(piece).split()
    if not found:
        return ""
    if is_last and not is_only and len(piece) == 1 and piece.isalpha():
        return ""  # half of all orders have a word that begins so
    whole = joined(piece)
    ends = [
        _begun(word) if is_last and word is found[-1] and not word.isdigit() else _exactly(word)
        for word in found
    ]
    term = " & ".join(ends)
    if len(found) == 1:
        return term
    return f"(({term}) | {_begun(whole) if is_last else _exactly(whole)})"


def _phone(typed: str) -> str:
    digits = _digits(typed)
    if len(digits) < MIN_PHONE_DIGITS:
        return ""
    return _begun(_PHONE_MARK + digits[::-1][:PHONE_DIGITS])


def _digits(phone: str) -> str:
    """Return the digits of a telephone number without the zeros before it."""
    return "".join(sign for sign in fold(phone) if sign in "0123456789").lstrip("0")


def _exactly(word: str) -> str:
    return f"'{_quoted(word)}'" if word else ""


def _begun(word: str) -> str:
    return f"'{_quoted(word)}':*" if word else ""


def _quoted(word: str) -> str:
    plain = word[:LONGEST_WORD].replace("\0", "")
    return plain.replace("\\", "\\\\").replace("'", "''")
