"""Postal addresses: the schema, and what each country requires.

One schema for customers, checkouts and the console. It refuses only what no carrier could deliver:
stricter rules would turn away people who know their own address.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from api.platform.http import Schema


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


# ISO 3166-1 alpha-2, as officially assigned.
COUNTRIES = _codes(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW"
)

# Countries without postal codes, or where most people do not use them.
WITHOUT_POSTAL_CODE = _codes(
    "AE AG AO AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK IE "
    "JM KI KM KN KP LY ML MO MR MW NR NU PA QA RW SB SC SL SO SR SS ST SX SY TD TF TG TK TL TO TV "
    "UG VU WS YE ZW"
)

# Countries where a label without the state or province is returned to the sender.
WITH_REGION = frozenset({"AU", "BR", "CA", "CN", "IN", "MX", "US"})

_POSTAL_CODES: Mapping[str, str] = {
    **dict.fromkeys(("AT", "AU", "BE", "BG", "CH", "CY", "DK", "HU", "LI", "LU", "NO", "NZ", "SI",
                     "ZA"), r"\d{4}"),
    **dict.fromkeys(("DE", "EE", "ES", "FI", "FR", "HR", "IT", "MC", "MX", "SM", "TR", "UA", "VA"),
                    r"\d{5}"),
    **dict.fromkeys(("CN", "IN", "RO", "SG"), r"\d{6}"),
    **dict.fromkeys(("CZ", "GR", "SE", "SK"), r"\d{3} ?\d{2}"),
    "BR": r"\d{5}-?\d{3}",
    "CA": r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d",
    "GB": r"GIR ?0AA|[A-PR-UWYZ][A-Z]?\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}",
    "IE": r"(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[\dAC-FHKNPRTV-Y]{4}",
    "IS": r"\d{3}",
    "JP": r"\d{3}-?\d{4}",
    "KR": r"\d{5}",
    "LT": r"(?:LT-)?\d{5}",
    "LV": r"(?:LV-)?\d{4}",
    "MT": r"[A-Z]{3} ?\d{4}",
    "NL": r"[1-9]\d{3} ?[A-Z]{2}",
    "PL": r"\d{2}-\d{3}",
    "PT": r"\d{4}-\d{3}",
    "US": r"\d{5}(?:-\d{4})?",
}  # fmt: skip
_PATTERNS = {country: re.compile(pattern, re.ASCII) for country, pattern in _POSTAL_CODES.items()}
_PHONE = re.compile(r"\+?[0-9 ()./-]{5,30}")
# One line, for the API document: surrounding spaces are trimmed, control characters refused.
_WORDS = r"[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?"


class SingleLine(ma.fields.String):
    """One line of text: trimmed, and without control characters.

    An empty optional line loads as None. Control characters are refused because label printers
    interpret them and the database does not store all of them.
    """

    def __init__(self, longest: int, *, spelling: str = _WORDS, **options: Any) -> None:
        self._required = bool(options.get("required"))
        lengths = ma.validate.Length(min=1 if self._required else None, max=longest)
        pattern = rf"^\s*{spelling}\s*$" if self._required else rf"^\s*({spelling})?\s*$"
        options["metadata"] = {"pattern": pattern, **options.get("metadata", {})}
        super().__init__(validate=lengths, allow_none=not self._required, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options).strip()
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise ma.ValidationError("Write this on one line, without control characters.")
        return text if text or self._required else None

    def _validate(self, value: Any) -> None:
        if value is not None:
            super()._validate(value)


class FitsCountry:
    """The rule that an address has the fields that its country requires."""

    def refusal(self, form: ma.Schema, values: Mapping[str, Any]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""
        return {field: [text] for field, text in address_errors(values).items()} or None

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Return the rule as JSON Schema: one alternative for each kind of country."""
        kinds: dict[tuple[str | None, bool, bool], list[str]] = defaultdict(list)
        for country in sorted(COUNTRIES):
            kind = (
                _POSTAL_CODES.get(country),
                country not in WITHOUT_POSTAL_CODE,
                country in WITH_REGION,
            )
            kinds[kind].append(country)
        return {"oneOf": [_like(countries, *kind) for kind, countries in kinds.items()]}


def _like(
    countries: list[str], code: str | None, needs_code: bool, needs_region: bool
) -> dict[str, Any]:
    """Return the JSON Schema of addresses in countries with the same requirements."""
    properties: dict[str, Any] = {"country": {"enum": countries}}
    if needs_code:
        pattern = rf"^\s*({code})\s*$" if code else r"\S"
        properties["postal_code"] = {"type": "string", "pattern": pattern}
    elif code:
        properties["postal_code"] = {"pattern": rf"^\s*({code})?\s*$"}
    if needs_region:
        properties["region"] = {"type": "string", "pattern": r"\S"}
    required = ["postal_code"] * needs_code + ["region"] * needs_region
    return {"properties": properties, **({"required": required} if required else {})}


class AddressSchema(Schema):
    """A shipping or billing address.

    Loads to a dictionary that always holds all nine fields, ready to be stored as a snapshot.
    """

    name = SingleLine(120, required=True, metadata={"example": "Ada Lovelace"})
    company = SingleLine(120, load_default=None)
    line1 = SingleLine(200, required=True, metadata={"example": "Marktplatz 3"})
    line2 = SingleLine(200, load_default=None)
    city = SingleLine(120, required=True, metadata={"example": "Bremen"})
    region = SingleLine(
        120, load_default=None, metadata={"description": "State or province, where labels need it."}
    )
    postal_code = SingleLine(
        16,
        load_default=None,
        metadata={"description": "Needed wherever the post uses codes.", "example": "28195"},
    )
    country = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(sorted(COUNTRIES), error="Use an ISO 3166-1 code such as DE."),
        metadata={
            "description": "ISO 3166-1 alpha-2.",
            "minLength": 2,
            "maxLength": 2,
            "example": "DE",
        },
    )
    phone = SingleLine(
        30,
        spelling=_PHONE.pattern,
        load_default=None,
        metadata={"description": "For the carrier.", "example": "+49 421 1"},
    )

    @ma.pre_load
    def _normalize_codes(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        codes = {
            name: data[name].strip().upper()
            for name in ("country", "postal_code")
            if isinstance(data.get(name), str)
        }
        return {**data, **codes}

    # Not checked on a partial update: whoever merges it checks the whole address afterwards.
    member_rules = (FitsCountry(),)


class AddressSnapshotSchema(Schema):
    """An address as it was when the order was placed: all nine fields, always."""

    name = ma.fields.String(required=True)
    company = ma.fields.String(required=True, allow_none=True)
    line1 = ma.fields.String(required=True)
    line2 = ma.fields.String(required=True, allow_none=True)
    city = ma.fields.String(required=True)
    region = ma.fields.String(required=True, allow_none=True)
    postal_code = ma.fields.String(required=True, allow_none=True)
    country = ma.fields.String(required=True, metadata={"description": "ISO 3166-1 alpha-2."})
    phone = ma.fields.String(required=True, allow_none=True)


def address_errors(address: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with an address for its country, as field -> sentence; {} if nothing."""
    country, code = address["country"], address.get("postal_code")
    problems: dict[str, str] = {}
    if not code and country not in WITHOUT_POSTAL_CODE:
        problems["postal_code"] = "The post of this country needs a postal code."
    elif code and country in _PATTERNS and not _PATTERNS[country].fullmatch(code):
        problems["postal_code"] = f"This is not a postal code of {country}."
    if country in WITH_REGION and not address.get("region"):
        problems["region"] = "Addresses in this country need a state or province."
    if address.get("phone") and not _PHONE.fullmatch(address["phone"]):
        problems["phone"] = "Use digits, spaces and + ( ) . / - only."
    return problems
