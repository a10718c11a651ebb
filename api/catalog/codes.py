"""Codes as scanners send them: the same article has many ways to be printed and to be sent.

Articles are compared by their number as 14 digits (GTIN), whatever it was written as: EAN-8,
EAN-13, UPC-A, UPC-E, GTIN-14, a GS1 element string or a GS1 Digital Link.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, unquote, urlsplit

from stdnum import ean

LONGEST = 500
"""Characters of the longest code that is read; a Digital Link may be as long."""

GS = "\x1d"
"""What stands between the elements of a GS1 code where the scanner does not swallow it."""

_NOISE = re.compile("[\x00-\x1c\x1e\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff]")
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1 = frozenset({"]C1", "]d2", "]Q3", "]e0", "]e1", "]e2", "]J1"})
"""Symbologies that carry GS1 elements: GS1-128, Data Matrix, QR, DataBar, DotCode."""
# Without such a prefix, only what begins with an article or a parcel is taken for GS1: biip reads
# the beginning of most other digits as some element or other.
_ELEMENTS = re.compile(rf"{GS}?(?:00\d{{18}}|0[12]\d{{14}})")
_PRINTED = re.compile(r"\((\d{2,4})\)([^(]*)")
_LINK = re.compile(r"https?://", re.IGNORECASE)
_LINKED = re.compile(r"/(?:01|gtin)/(\d{8}|\d{12,14})(?:/|$)")
_LINKED_PARCEL = re.compile(r"/(?:00|sscc)/(\d{18})(?:/|$)")
_LINKED_LOT = re.compile(r"/(?:10|lot)/([^/]+)(?:/|$)")
_LOT = re.compile(r"[!-~]{1,20}")
"""A lot as GS1 allows it: up to 20 letters, digits and signs."""
_DAY = re.compile(r"[0-9]{6}")
_SSCC = re.compile(r"\d{18}")
_SPACED = re.compile(r"\d[\d -]*\d")
_DIGITS = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_UPC = re.compile(r"[0-9]{12}")
_UPC_AS_EAN = re.compile(r"0[0-9]{12}")
_UPC_E = re.compile(r"[01][0-9]{7}")


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """A code, read: `text` is what is printed, without what only scanners add.

    `keys` are the articles that it may mean, as `code_key` writes them, the likeliest first;
    `parcel` is the serial number of a parcel (SSCC), 18 digits. `lot` and `expires_on` are what a
    GS1 label says beside the article: its lot (10), and until when it is sold (17, else 15).
    """

    text: str
    keys: tuple[str, ...]
    parcel: str | None = None
    lot: str | None = None
    expires_on: date | None = None


def code_key(code: str) -> str:
    """Write a barcode as it is compared: 8, 12 or 13 digits become 14 with zeros before them.

    What is no number of an article stays as it is.
    """
    return code.zfill(14) if _DIGITS.fullmatch(code) else code


def unit_in_case(key: str) -> str | None:
    """Return the EAN of one unit, where 14 digits name a case of it (packaging level 1 to 8)."""
    if len(key) != 14 or not key.isdecimal() or key[0] in "09":
        return None
    return f"{key[1:13]}{ean.calc_check_digit(key[1:13])}"


def forms_of(code: str) -> list[str]:
    """Return all ways to type a barcode: `012345678905` is `0012345678905` as well."""
    if _UPC.fullmatch(code):
        return [f"0{code}", code]
    return [code, code[1:]] if _UPC_AS_EAN.fullmatch(code) else [code]


def read(raw: str) -> ScannedCode:
    """Read what a scanner sent or somebody typed.

    A good article number counts although another element of the same code is not known. Never
    refuses: what is not understood means what it says, letter by letter.
    """
    text = _NOISE.sub("", raw[:LONGEST]).strip()
    match = _SYMBOLOGY.match(text)
    prefix = match[0] if match else ""
    text = text[len(prefix) :].strip(f"{GS} ")
    said: Mapping[str, str | None]
    if _LINK.match(text):
        path = _path(text)
        said = {"01": _found(_LINKED, path), "00": _found(_LINKED_PARCEL, path)}
        said["10"] = unquote(_found(_LINKED_LOT, path) or "") or None
        said |= {ai: dict(parse_qsl(_query(text))).get(ai) for ai in ("17", "15")}
    elif text.startswith("("):
        said = {ai: value.strip() for ai, value in reversed(_PRINTED.findall(text))}
    elif prefix in _GS1 or _ELEMENTS.match(text):
        said = dict(reversed(list(_elements(text))))
    else:
        said = {}
    text = text.replace(GS, "")
    article, parcel = said.get("01") or said.get("02"), said.get("00")
    keys = [code_key(article)] if article and _is_article(article) else []
    keys += [key for key in _keys(text) if key not in keys]
    lot = said.get("10")
    return ScannedCode(
        text,
        tuple(keys),
        parcel if parcel and _SSCC.fullmatch(parcel) else None,
        lot=lot if lot and _LOT.fullmatch(lot) else None,
        expires_on=_day(said.get("17")) or _day(said.get("15")),
    )


def _day(digits: str | None) -> date | None:
    """Read a date as labels print it: YYMMDD, where day 00 is the last one of the month."""
    if not digits or not _DAY.fullmatch(digits):
        return None
    from biip import ParseError  # noqa: PLC0415 - as below
    from biip.gs1_element_strings import GS1ElementString  # noqa: PLC0415

    with suppress(ParseError, ValueError):
        return GS1ElementString.extract(f"17{digits}").date
    return None


def _query(link: str) -> str:
    try:
        return urlsplit(link).query
    except ValueError:  # no address at all, such as http://[x
        return ""


def _path(link: str) -> str:
    try:
        return urlsplit(link).path
    except ValueError:  # no address at all, such as http://[x
        return ""


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None


def _elements(text: str) -> Iterator[tuple[str, str]]:
    """Take elements from a code until one is not known, and go on behind the next separator."""
    # Only who scans such codes loads what reads them, 16 MB.
    from biip import ParseError  # noqa: PLC0415
    from biip.gs1_element_strings import GS1ElementString  # noqa: PLC0415

    for part in text.split(GS):
        rest = part
        while rest:
            try:
                element = GS1ElementString.extract(rest)
            except ParseError:
                break
            yield element.ai.ai, element.value
            rest = rest[len(element) :]


def _is_article(digits: str) -> bool:
    return bool(_DIGITS.fullmatch(digits)) and ean.is_valid(digits)


def _keys(text: str) -> list[str]:
    """Return what a plain code may mean; one of eight digits may be a UPC-E.

    It comes first as it is written: of two codes from before all were compared as 14 digits, one
    may still be kept so.
    """
    plain = re.sub("[ -]", "", text) if _SPACED.fullmatch(text) else text
    digits = plain if _DIGITS.fullmatch(plain) else text
    keys = [digits, code_key(digits)]
    if _UPC_E.fullmatch(digits):
        from biip import ParseError, upc  # noqa: PLC0415 - as above

        with suppress(ParseError):
            read_as = upc.Upc.parse(digits)
            is_short = read_as.format is upc.UpcFormat.UPC_E
            keys += [code_key(read_as.as_upc_a())] if is_short else []
    return list(dict.fromkeys(keys))
