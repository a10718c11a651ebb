"""Postal addresses: the schema, what each country requires, and the lines of a label.

One schema for customers, checkouts and the console. It refuses only what no carrier could deliver:
stricter rules would turn away people who know their own address. What they wrote is kept; only the
postal code is written as the post of the country does. `postal_rules` knows the countries.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import marshmallow as ma
import phonenumbers

from api.kernel.text_folding import fold
from api.platform.http import Schema
from api.platform.postal_rules import WITH_REGION, is_latin, rules


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

    def _deserialize(self, value: object, attr: str | None, data: object, **options: object) -> Any:
        text = super()._deserialize(value, attr, data, **options).strip()
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise ma.ValidationError("Write this on one line, without control characters.")
        return text if text or self._required else None

    def _validate(self, value: object) -> None:
        if value is not None:
            super()._validate(value)


class FitsCountry:
    """The rule that an address has the fields that its country requires."""

    def refusal(self, form: ma.Schema, values: Mapping[str, object]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""
        return {field: [text] for field, text in address_errors(values).items()} or None

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema: one alternative for each kind of country.

        What a postal code looks like is told by `GET /countries/{code}`, one country at a time.
        """
        kinds: dict[tuple[bool, bool], list[str]] = defaultdict(list)
        for country in sorted(COUNTRIES):
            kinds[rules(country).needs_code, country in WITH_REGION].append(country)
        return {"oneOf": [_like(countries, *kind) for kind, countries in kinds.items()]}


def _like(countries: list[str], needs_code: bool, needs_region: bool) -> dict[str, object]:
    """Return the JSON Schema of addresses in countries with the same requirements."""
    needed = ["postal_code"] * needs_code + ["region"] * needs_region
    properties: dict[str, object] = {"country": {"enum": countries}}
    properties |= {name: {"type": "string", "pattern": r"\S"} for name in needed}
    return {"properties": properties, **({"required": needed} if needed else {})}


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
        metadata={
            "description": "Needed wherever the post uses codes, in any spelling: `sw1a1aa`. A "
            "code of another country is refused (422).",
            "example": "28195",
        },
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
        load_default=None,
        metadata={
            "description": "For the carrier. One that cannot be read is kept: `phone_e164` is null "
            "then.",
            "example": "+49 421 1",
        },
    )

    @ma.pre_load
    def _normalize(self, data: object, **_: object) -> object:
        if not isinstance(data, Mapping):
            return data
        codes = {
            name: data[name].strip().upper()
            for name in ("country", "postal_code")
            if isinstance(data.get(name), str)
        }
        return complete({**data, **codes})

    # Not checked on a partial update: whoever merges it checks the whole address afterwards.
    member_rules = (FitsCountry(),)


class LabelSchema(Schema):
    """What `labelled` adds to an address."""

    phone_e164 = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The number for machines. Null without one, and if it is unreadable.",
            "example": "+494211",
        },
    )
    label_lines = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={
            "description": "The lines of a label, in the order of the country's post.",
            "example": ["Ada Lovelace", "Marktplatz 3", "28195 Bremen", "GERMANY"],
        },
    )


class AddressSnapshotSchema(LabelSchema):
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


def complete(address: dict[str, object]) -> dict[str, object]:
    """Return an address with its postal code as the post writes it, and with a city.

    Where the post of the country knows no city (Singapore, Japan, the Emirates) a city left out is
    the region's or the country's name. What fits no country stays as it is, to be refused.
    """
    country, code = address.get("country"), address.get("postal_code")
    if not isinstance(country, str) or country not in COUNTRIES:
        return address
    known, completed = rules(country), dict(address)
    if isinstance(code, str) and code:
        completed["postal_code"] = known.postal_code(code) or code
    if not known.has("C") and address.get("city") in (None, "") and "line1" in address:
        region = address.get("region")
        completed["city"] = region if isinstance(region, str) and region.strip() else known.name
    return completed


def address_errors(address: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with an address for its country, as field -> sentence; {} if nothing."""
    country, code = address["country"], address.get("postal_code")
    known = rules(country)
    problems: dict[str, str] = {}
    if not code and known.needs_code:
        problems["postal_code"] = "The post of this country needs a postal code."
    elif code and known.postal_code(code) is None:
        problems["postal_code"] = (
            f"This is not a postal code of {country}: one looks like {known.code_sample}."
        )
    if country in WITH_REGION and not address.get("region"):
        problems["region"] = "Addresses in this country need a state or province."
    return problems


def labelled(address: Mapping[str, object]) -> dict[str, object]:
    """Return an address with what is computed from it: E.164 number and lines of the label."""
    return {
        **address,
        "phone_e164": phone_e164(address["phone"], address["country"]),
        "label_lines": label_lines(address),
    }


def label_lines(address: Mapping[str, Any]) -> list[str]:
    """Return the lines of an address label, as the post of its country orders them.

    What the customer wrote is printed as it is; a region is printed as the post writes it. A city
    or county for which the form of the country has no place follows the street.
    """
    known = rules(address["country"])
    city, code = address["city"], address["postal_code"] or ""
    region = known.region(address["region"])
    area = address["region"] or ""
    if region and is_latin(region.printed) == is_latin(area):
        area = region.printed
    is_local = not is_latin(address["line1"] + city)
    street = [address["line1"], address["line2"]]
    if not known.has("C") and fold(city) not in {fold(area), fold(known.name)}:
        # Japan's own form goes from the large to the small.
        street = [city + street[0], street[1]] if is_local else [*street, city]
    if address["country"] == "GB":
        # Its post needs no county, but people write one.
        city = "\n".join(part for part in (city, area) if part)
    if known.has("C") and city == area:
        area = ""
    form = known.local_format if is_local else known.latin_format
    parts = {
        "N": address["name"],
        "O": address["company"] or "",
        "A": "\n".join(line for line in street if line),
        "C": city,
        "S": area,
        "Z": (known.postal_code(code) or code) if code else "",
        "D": "",
        "X": "",
        "n": "\n",
    }
    text = re.sub(r"%([A-Za-z])", lambda token: parts[token[1]], _without_code(form, code))
    lines = (re.sub(r" {2,}", " ", line).strip(" ,-") for line in text.split("\n"))
    return [*(line for line in lines if line), known.name.upper()]


@lru_cache(4096)
def phone_e164(typed: str | None, country: str) -> str | None:
    """Return a telephone number as machines want it; None when it cannot be read."""
    if not typed:
        return None
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _without_code(form: str, code: str) -> str:
    """Drop the prefix of a postal code that is missing: `CH-` alone is no code."""
    return form if code else re.sub(r"[A-Z]*[〒-]?%Z", "", form)
