"""Read what somebody says of a product's attribute: checked by its kind, in one form to store."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from api.catalog.models.attributes import AttributeKind

LONGEST_TEXT = 5_000
MOST_DIGITS = 15
"""Digits of a number, which is what JSON carries through every program unharmed."""
MOST_DECIMALS = 6

_FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)


class InvalidAttributeValue(Exception):
    """A value that its attribute does not take; the text tells what it would."""


class ParsedValue(NamedTuple):
    """A value as it is stored, and as ranges are asked of it: see models.ProductAttribute."""

    value: object
    number: Decimal | None = None


def parse_value(kind: AttributeKind, given: object, choices: Sequence[str] = ()) -> ParsedValue:
    """Check a value and return it in the form in which it is stored. Raises Unfit.

    Several choices are put into the order in which the shop has them, each once.
    """
    if kind is AttributeKind.TEXT:
        return ParsedValue(_text(given))
    if kind is AttributeKind.NUMBER:
        number = _number(given)
        # At most 15 digits: the float that JSON writes is exactly what was given.
        whole = number == number.to_integral_value()
        return ParsedValue(int(number) if whole else float(number), number)
    if kind is AttributeKind.BOOLEAN:
        if not isinstance(given, bool):
            raise InvalidAttributeValue("Send true or false, or null to remove it.")
        return ParsedValue(given)
    if kind is AttributeKind.DATE:
        day = _date(given)
        return ParsedValue(day.isoformat(), Decimal(day.toordinal()))
    if kind is AttributeKind.CHOICE:
        return ParsedValue(_choice(given, choices))
    return ParsedValue(_choices(given, choices))


def _text(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise InvalidAttributeValue("Send a text that is not blank, or null to remove it.")
    if len(given) > LONGEST_TEXT:
        raise InvalidAttributeValue(f"Send at most {LONGEST_TEXT:,} characters.")
    return given


def _number(given: object) -> Decimal:
    wanted = (
        f"Send a number of at most {MOST_DIGITS} digits, {MOST_DECIMALS} of them decimals,"
        " or null to remove it."
    )
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise InvalidAttributeValue(wanted)
    try:
        # The shortest text that means a float is what was sent, without its noise.
        number = Decimal(given if isinstance(given, int) else str(given).strip())
    except (InvalidOperation, ValueError) as unreadable:
        raise InvalidAttributeValue(wanted) from unreadable
    if isinstance(given, str) and not _NUMBER.fullmatch(given.strip()):
        raise InvalidAttributeValue(wanted)
    if not number.is_finite() or abs(number) >= 10**MOST_DIGITS:
        raise InvalidAttributeValue(wanted)
    number = number.normalize() if number else Decimal(0)
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if -exponent > MOST_DECIMALS or len(digits) > MOST_DIGITS:
        raise InvalidAttributeValue(wanted)
    return number


def _date(given: object) -> date:
    wanted = "Send a day such as 2026-05-31, or null to remove it."
    if not isinstance(given, str) or not _FULL_DATE.fullmatch(given):
        raise InvalidAttributeValue(wanted)
    try:
        return date.fromisoformat(given)
    except ValueError as unreadable:
        raise InvalidAttributeValue(wanted) from unreadable


def _choice(given: object, choices: Sequence[str]) -> str:
    if not isinstance(given, str) or given not in choices:
        raise InvalidAttributeValue(f"Send one of {_named(choices)}, or null to remove it.")
    return given


def _choices(given: object, choices: Sequence[str]) -> list[str]:
    if not isinstance(given, list) or not given:
        raise InvalidAttributeValue(f"Send a list of {_named(choices)}, or null to remove it.")
    for one in given:
        if not isinstance(one, str) or one not in choices:
            raise InvalidAttributeValue(f"Send only some of {_named(choices)}.")
    return [choice for choice in choices if choice in given]


def _named(choices: Sequence[str]) -> str:
    """Name the choices, the first of them when they are many."""
    if not choices:
        return "its choices (it has none yet)"
    shown = ", ".join(choices[:20])
    return f"{shown} and {len(choices) - 20} more" if len(choices) > 20 else shown
