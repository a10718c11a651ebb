"""What may be changed about many goods at once: how it is typed, and the figures that come of it.

Money is counted in minor units and never in floating point. Halves are rounded up, in the currency
of the price: 2 decimals for most, none for the yen, 3 for the dinar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from console.client.catalog_models import Price
from console.client.models import Money
from console.flows import quantity_input
from console.flows.formatting import WITH_THREE_DECIMALS, WITHOUT_DECIMALS, counted, money

HIGHEST = 10**12
"""Minor units above which the shop takes no price."""

MAX_DIGITS = 9
"""Digits before the point; a barcode scanned into a price has more."""

LONGEST = 40
"""Characters after which it is no figure but something pasted by mistake."""

MAX_PERCENT = 1000

FIGURE = re.compile(r"([0-9]*)(?:[.,]([0-9]{1,4}))?", re.ASCII)
ENDINGS = {".99": 99, ".95": 95, "whole": 0, ".00": 0}
"""What a rounded price ends in, in hundredths of its unit."""


class Kind(StrEnum):
    """Which figure or state an edit is about."""

    PRICE = "price"
    WAS = "was"
    """The compare-at price: what is shown as struck through."""

    SALE = "sale"
    LOW = "low"
    """The number of units at which a level counts as low."""

    STATUS = "status"


class NotAnEdit(ValueError):
    """What was typed is no edit; the message says why, for the operator."""


class NotAFigure(NotAnEdit):
    """It is something else altogether, such as a barcode: there is nothing to put right."""


class CannotPrice(ValueError):
    """This price cannot be changed like that; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to be made to every chosen row."""

    kind: Kind
    text: str
    """As it was typed; it is read again when refused rows are tried once more."""

    how: str = ""
    """`set`, `add`, `percent`, `round`, `off`, or the command of a status."""

    figure: int = 0
    """Minor units, hundredths of a percent, or units; by `how` and `kind`."""

    ending: int | None = None
    """Hundredths that the rounded price ends in."""

    currency: str = ""

    @property
    def of(self) -> str:
        """What its rows are."""
        if self.kind is Kind.LOW:
            return "levels"
        return "products" if self.kind is Kind.STATUS else "variants"

    @property
    def title(self) -> str:
        """How a person calls it: `Price -20 % EUR`."""
        names = {Kind.PRICE: "Price", Kind.WAS: "Compare-at", Kind.SALE: "Sale",
                 Kind.LOW: "Low at", Kind.STATUS: ""}  # fmt: skip
        text = self.text
        if self.kind is Kind.SALE and self.how == "percent":
            whole, part = divmod(-self.figure, 100)
            share = f"{whole}.{part:02d}".rstrip("0").rstrip(".")
            text = " ".join((f"{share} %", *text.split()[1:]))
        words = f"{names[self.kind]} {text}".strip()
        if self.kind is Kind.STATUS:
            return self.text.capitalize()
        return f"{words} {self.currency}".strip()


COMMANDS = ("publish", "archive", "unarchive")

HINTS = {
    Kind.PRICE: "=19.90 sets it, +2 or -2.50 changes it, -10% or +5% too; .99, .95 or whole behind "
    "it rounds. Nothing is sent before you have seen it.",
    Kind.WAS: "=29.90 shows it as the price before; off clears it.",
    Kind.SALE: "20 takes 20 % off and shows the old price beside it; .99, .95 or whole behind it "
    "rounds. off ends the sale at the old price.",
    Kind.LOW: "5 warns when 5 or fewer are free; off stops watching.",
}
"""What may be typed, by kind."""


def places(currency: str) -> int:
    """Decimals of a currency."""
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE_DECIMALS else 2


def read(kind: Kind, text: str, currency: str) -> Edit:
    """Read what was typed. Raises `NotAnEdit` with what is wrong and what would be right."""
    if len(text) > LONGEST:
        raise NotAFigure(f"{len(text)} characters are too many for a figure: {text[:12]}…")
    words = text.strip().lower().split()
    if kind is Kind.STATUS:
        if text not in COMMANDS:
            raise NotAnEdit(f"{text or 'Nothing'} is no command: {', '.join(COMMANDS)}")
        return Edit(kind, text, text)
    if not words:
        raise NotAnEdit("Nothing was typed, so nothing changes")
    typed = " ".join(words)
    if kind is Kind.LOW:
        return _low(words, typed)
    if words == ["off"] and kind is not Kind.PRICE:
        return Edit(kind, typed, "off", currency=currency)
    ending = _ending(words.pop(), currency) if words[-1] in ENDINGS else None
    if len(words) > 1:
        raise NotAnEdit(f"{' '.join(words)} is too much at once: one figure, then .99 or whole")
    if not words:
        if kind is not Kind.PRICE:
            raise NotAnEdit("Type a figure before it")
        return Edit(kind, typed, "round", ending=ending, currency=currency)
    how, figure = _figure(kind, words[0], currency)
    if kind is Kind.WAS and ending is not None:
        raise NotAnEdit("A compare-at price is set as it is, not rounded")
    return Edit(kind, typed, how, figure, ending, currency)


def _low(words: list[str], typed: str) -> Edit:
    if words == ["off"]:
        return Edit(Kind.LOW, typed, "off")
    try:
        return Edit(Kind.LOW, typed, "set", quantity_input.parse(typed.removeprefix("=")))
    except quantity_input.NotAQuantity as refusal:
        is_long = len(typed.removeprefix("=")) > quantity_input.MAX_DIGITS
        raise (NotAFigure if is_long else NotAnEdit)(str(refusal)) from refusal


def _ending(word: str, currency: str) -> int:
    if places(currency) < 2 and ENDINGS[word]:
        raise NotAnEdit(f"{currency} has no cents: only whole rounds it")
    return ENDINGS[word]


def _figure(kind: Kind, word: str, currency: str) -> tuple[str, int]:
    if kind is Kind.SALE:
        share = _percent(word.removeprefix("-").removesuffix("%"))
        if not 0 < share < 10_000:
            raise NotAnEdit("A sale takes more than 0 and less than 100 % off")
        return "percent", -share
    if word.endswith("%"):
        if kind is not Kind.PRICE or word[0] not in "+-":
            raise NotAnEdit(f"{word}: say + or - before the percent" if kind is Kind.PRICE
                            else "A compare-at price is an amount")  # fmt: skip
        share = _percent(word[1:-1])
        if not 0 < share <= MAX_PERCENT * 100 or (word[0] == "-" and share >= 10_000):
            raise NotAnEdit(f"{word}: more than 0 %, less than 100 % down, 1000 % up at most")
        return "percent", -share if word[0] == "-" else share
    if word[0] in "+-":
        if kind is not Kind.PRICE:
            raise NotAnEdit("A compare-at price is set with = or cleared with off")
        amount = _amount(word[1:], currency)
        if not amount:
            raise NotAnEdit("That changes nothing")
        return "add", -amount if word[0] == "-" else amount
    return "set", _amount(word.removeprefix("="), currency)


def _amount(text: str, currency: str) -> int:
    whole, part = _parts(text, "an amount such as 19.90")
    decimals = places(currency)
    if len(part) > decimals:
        has = counted(decimals, "decimal") if decimals else "no decimals"
        raise NotAnEdit(f"{text}: {currency} has {has}")
    unit: int = 10**decimals
    amount = int(whole or "0") * unit + int(part.ljust(decimals, "0") or "0")
    if amount > HIGHEST:
        raise NotAnEdit(f"{text} is more than the shop takes as a price")
    return amount


def _percent(text: str) -> int:
    whole, part = _parts(text, "a percentage such as 20 or 12.5")
    if len(part) > 2:
        raise NotAnEdit(f"{text}: a percentage has 2 decimals at most")
    return int(whole or "0") * 100 + int(part.ljust(2, "0"))


def _parts(text: str, wanted: str) -> tuple[str, str]:
    found = FIGURE.fullmatch(text)
    if found is None or not (found[1] or found[2]):
        raise NotAnEdit(f"{text or 'Nothing'} is not {wanted}")
    if len(found[1]) > MAX_DIGITS:
        raise NotAFigure(f"{text} looks like a barcode, not like a figure")
    return found[1], found[2] or ""


def divided(number: int, by: int) -> int:
    """The quotient as a whole number, halves rounded up."""
    return (2 * number + by) // (2 * by)


def rounded(amount: int, ending: int | None, currency: str) -> int:
    """The nearest amount that ends like that; of two as near, the higher. Never below zero."""
    if ending is None:
        return amount
    unit: int = 10 ** places(currency)
    tail = ending * unit // 100
    return max(0, divided(amount - tail, unit)) * unit + tail


def priced(edit: Edit, old: Price | None) -> Price:
    """What a price becomes. Raises `CannotPrice` when it cannot, or should not, be changed."""
    new = _priced(edit, old)
    if old is not None and (new.price, new.compare_at) == (old.price, old.compare_at):
        raise CannotPrice("is like that already")
    if new.price.amount < 0 or (new.price.amount == 0 and edit.how != "set"):
        raise CannotPrice(f"would cost {money(new.price)}")
    if new.price.amount > HIGHEST:
        raise CannotPrice("would cost more than the shop takes as a price")
    if new.compare_at is not None and new.compare_at.amount <= new.price.amount:
        told = f"the compare-at price {money(new.compare_at)} would not be above "
        raise CannotPrice(f"{told}{money(new.price)}: w changes it")
    return new


def _priced(edit: Edit, old: Price | None) -> Price:
    currency = edit.currency
    if old is None:
        if (edit.kind, edit.how) == (Kind.PRICE, "set"):
            return Price(Money(rounded(edit.figure, edit.ending, currency), currency))
        raise CannotPrice(f"has no price in {currency}")
    amount = old.price.amount
    match edit.kind:
        case Kind.WAS:
            if edit.how == "off":
                return _was(old, None)
            return _was(old, Money(edit.figure, currency))
        case Kind.SALE if edit.how == "off":
            if old.compare_at is None:
                raise CannotPrice("is not on sale")
            return Price(old.compare_at)
        case Kind.SALE:
            if old.compare_at is not None:
                raise CannotPrice("is on sale already: s, then off ends that first")
            changed = rounded(_by_share(amount, edit.figure), edit.ending, currency)
            if changed >= amount:
                raise CannotPrice("would not be cheaper after rounding")
            return Price(Money(changed, currency), old.price)
    match edit.how:
        case "set":
            changed = edit.figure
        case "add":
            changed = amount + edit.figure
        case "percent":
            changed = _by_share(amount, edit.figure)
        case _:
            changed = amount
    if changed > 0:
        changed = rounded(changed, edit.ending, currency)
    return Price(Money(changed, currency), old.compare_at)


def _was(old: Price, compare_at: Money | None) -> Price:
    return Price(old.price, compare_at)


def _by_share(amount: int, share: int) -> int:
    """The amount and this many hundredths of a percent of it."""
    return divided(amount * (10_000 + share), 10_000)
