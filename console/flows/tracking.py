"""Tracking numbers as carriers print them: their form, and the check digit that tells a misread.

Whatever fits no rule of the carrier at hand is no tracking number to a scanner; it can be typed.
No maintained package knows these rules (tracking-numbers ended in 2022 and has neither GLS, PostNL
nor DPD's short form), so they stand here, each with where it is written down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import NamedTuple

LONGEST = 64
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
MOD_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Rule(NamedTuple):
    """How one kind of number of a carrier looks; `number` is the part that people look up."""

    carrier: str
    form: re.Pattern[str]
    checks: Callable[[str], bool]


def _mod_10(number: str, weights: Sequence[int], *, more: int = 0) -> bool:
    """Weights from the left, and the difference to the next ten as last digit."""
    total = more + sum(int(d) * weight for d, weight in zip(number[:-1], cycle(weights)))
    return (10 - total % 10) % 10 == int(number[-1])


def _3_1(number: str) -> bool:
    # GS1 General Specifications 7.9.1, as on SSCC; the digit before the check digit weighs 3.
    return _mod_10(number, (3, 1) if len(number) % 2 == 0 else (1, 3))


def _identcode(number: str) -> bool:
    # Deutsche Post Identcode: BWIPP's "identcode", paketda.de/firmenkunden/paket-pruefziffern.html
    return _mod_10(number, (4, 9))


def _gls(number: str) -> bool:
    # GLS Uni-Box, Technische Dokumentation 2D V01.10, 3.2.1: as GS1, and one more.
    return _mod_10(number, (3, 1), more=1)


def _mod_7(number: str) -> bool:
    # DHL Express waybill: github.com/jkeen/tracking_number_data, couriers/dhl.json
    return int(number[:-1]) % 7 == int(number[-1])


def _s10(number: str) -> bool:
    # Universal Postal Union, standard S10, annex: weights 86423597 and modulo 11.
    total = sum(int(d) * w for d, w in zip(number[2:10], S10_WEIGHTS, strict=True))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11) == int(number[10])


def _ups(number: str) -> bool:
    # UPS Guide to Labeling, "1Z check digit": letters count as (code - 3) modulo 10.
    digits = "".join(d if d.isdigit() else str((ord(d) - 3) % 10) for d in number[2:])
    return number[-1].isdigit() and _mod_10(digits, (1, 2))


def _fedex_express(number: str) -> bool:
    # FedEx Express, 12 digits: tracking_number_data, couriers/fedex.json
    total = sum(int(d) * w for d, w in zip(number[:-1], cycle((3, 1, 7))))
    return total % 11 % 10 == int(number[-1])


def _mod_37_36(code: str) -> bool:
    # ISO/IEC 7064 MOD 37,36, as in DPD's Parcel Label Specification 2.4, 7.1.
    rest = 36
    for sign in code[:-1]:
        rest = ((rest + MOD_36.index(sign)) % 36 or 36) * 2 % 37
    return (rest + MOD_36.index(code[-1])) % 36 == 1


def _none(_: str) -> bool:
    # Neither has a check digit, but nothing else begins like it.
    return True


S10 = re.compile(r"(?P<number>[A-Z]{2}\d{9}(?P<country>[A-Z]{2}))")
POSTS = {"DE": "DHL", "FR": "La Poste", "GB": "Royal Mail", "NL": "PostNL", "US": "USPS"}
"""Who brings what the post of a country has numbered; posts not named here go by any other name."""

RULES = (
    Rule("UPS", re.compile(r"(?P<number>1Z[0-9A-Z]{16})"), _ups),
    Rule("DHL", re.compile(r"(?P<number>00340\d{15})"), lambda code: _3_1(code[2:])),
    Rule("DHL", re.compile(r"(?P<number>\d{12})"), _identcode),
    Rule("DHL", re.compile(r"(?P<number>\d{10})"), _mod_7),
    Rule("DHL", re.compile(r"(?P<number>JJD(?:\d{13}|\d{16,18}|\d{20}|\d{24}))"), _none),
    Rule("FedEx", re.compile(r"(?P<number>\d{12})"), _fedex_express),
    Rule("FedEx", re.compile(r"(?:10|96)\d{20}(?P<number>\d{12})"),
         lambda code: _fedex_express(code[-12:])),
    Rule("FedEx", re.compile(r"(?P<number>\d{15})"), _3_1),
    Rule("FedEx", re.compile(r"96\d{5}(?P<number>\d{15})"), lambda code: _3_1(code[-15:])),
    Rule("DPD", re.compile(r"%?[0-9A-Z]{7}(?P<number>\d{14})\d{6}[0-9A-Z]"),
         lambda code: _mod_37_36(code.lstrip("%"))),
    Rule("DPD", re.compile(r"(?P<number>\d{14})[0-9A-Z]"), _mod_37_36),
    Rule("GLS", re.compile(r"(?P<number>\d{12})"), _gls),
    # paketda.de/firmenkunden/paket-pruefziffern.html
    Rule("Hermes", re.compile(r"(?P<number>\d{14})"), lambda code: _mod_10(code, (3, 1))),
    # developer.postnl.nl, barcode webservice: 3S, the customer's code and a serial number
    Rule("PostNL", re.compile(r"(?P<number>3S[A-Z]{4}(?:\d{7}|\d{9}))"), _none),
)  # fmt: skip


def tidy(text: str) -> str:
    """The number as it is sent: people read it out in groups."""
    return re.sub(r"\s+", "", text).upper()


def number_of(carrier: str, code: str) -> str | None:
    """The tracking number in a code, if this carrier prints such ones; None for any other code."""
    wanted, text = _key(carrier), tidy(code)
    if not text.isascii():
        return None
    post = S10.fullmatch(text)
    if post is not None and _s10(text):
        owner = POSTS.get(post["country"])
        is_theirs = wanted == _key(owner) if owner else wanted not in KNOWN
        return text if is_theirs else None
    for rule in RULES:
        match = rule.form.fullmatch(text) if _key(rule.carrier) == wanted else None
        if match is not None and rule.checks(text):
            return match["number"]
    return None


def carriers_of(code: str) -> tuple[str, ...]:
    """The carriers whose number a code may be."""
    return tuple(name for name in CARRIERS if number_of(name, code) is not None)


def _key(carrier: str) -> str:
    return re.sub(r"[^a-z0-9]", "", carrier.lower())


CARRIERS = ("DHL", "DPD", "GLS", "Hermes", "UPS", "FedEx", "PostNL", "La Poste", "Royal Mail")
"""Those that are offered; any other name can be typed."""

KNOWN = frozenset(_key(name) for name in (*CARRIERS, *POSTS.values()))


def why_not(number: str) -> str | None:
    """Why this cannot be a tracking number, or None."""
    if len(number) < 5:
        return f"{number or 'Nothing'} is too short for a tracking number"
    if len(number) > LONGEST:
        return f"{number[:12]}… is too long for a tracking number ({len(number)} characters)"
    if not re.fullmatch(r"[0-9A-Z./_-]+", number):
        return f"{number} is not a tracking number"
    return None
