"""How papers and e-mails write days and amounts in each language, and the fixed words of papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.kernel.money import Money
from api.platform.languages import match_language


@dataclass(frozen=True, slots=True)
class _Form:
    """How a language writes days, units and amounts."""

    months: tuple[str, ...]
    after_day: str = ""
    unit: str = "unit"
    units: str = "units"
    decimal: str = "."


_FORMS: Final = {
    "en": _Form(
        ("January", "February", "March", "April", "May", "June", "July", "August", "September",
         "October", "November", "December"),
    ),
    "de": _Form(
        ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
         "Oktober", "November", "Dezember"),
        after_day=".", unit="Stück", units="Stück", decimal=",",
    ),
}  # fmt: skip
LANGUAGES: Final = tuple(_FORMS)
"""The languages that papers and e-mails are written in; the first is used where the others have no
text."""
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "packing_slip": "Packing slip", "gift_slip": "A gift for you", "pick_list": "Pick list",
        "order": "Order", "placed": "Ordered on", "to": "To", "page": "Page",
        "units": "Units", "item": "Item", "sku": "SKU", "amount": "Amount",
        "in_parcel": "In this parcel", "shipping": "Shipping of the whole order",
        "total": "Total of the whole order",
        "bin": "Bin", "slot": "Slot", "orders": "Orders", "stops": "Stops", "picker": "Picker",
        "made": "Made on", "lot": "lot",
    },
    "de": {
        "packing_slip": "Lieferschein", "gift_slip": "Ein Geschenk für Sie",
        "pick_list": "Pickliste",
        "order": "Bestellung", "placed": "Bestellt am", "to": "An", "page": "Seite",
        "units": "Stück", "item": "Artikel", "sku": "Nummer", "amount": "Betrag",
        "in_parcel": "In diesem Paket", "shipping": "Versand der ganzen Bestellung",
        "total": "Summe der ganzen Bestellung",
        "bin": "Fach", "slot": "Platz", "orders": "Bestellungen", "stops": "Stationen",
        "picker": "Wer", "made": "Erstellt am", "lot": "Charge",
    },
}  # fmt: skip


def spoken(language: str) -> str:
    """Return the language of a paper: `de` for `de-AT`, English where there are no words."""
    return match_language(LANGUAGES, [language])


def words(language: str) -> Mapping[str, str]:
    """Return the fixed words of papers in a language, else in English."""
    return _WORDS[spoken(language)]


def moment(at: datetime, language: str = "en") -> str:
    """Write a moment as people read it: `5 March 2026, 14:30 UTC`."""
    return f"{day(at, language)}, {at:%H:%M} {at.tzname()}"


def day(at: datetime, language: str = "en") -> str:
    """Write a day as people read it: `5 March 2026`, `5. März 2026`."""
    form = _FORMS[language]
    return f"{at.day}{form.after_day} {form.months[at.month - 1]} {at.year}"


def units(count: int, language: str = "en") -> str:
    """Count units: `1 unit`, `3 units`."""
    form = _FORMS[language]
    return f"{count} {form.unit if count == 1 else form.units}"


def money(amount: Money, language: str = "en") -> str:
    """Write an amount: `19.99 EUR`, `19,99 EUR`."""
    return str(amount).replace(".", _FORMS[language].decimal)
