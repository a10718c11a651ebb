"""Countries, and the address form of each, for storefronts and the console."""

import re
from typing import Final

import marshmallow as ma

from api.kernel.errors import NotFound
from api.platform import response_cache
from api.platform.addresses import COUNTRIES, AddressSchema
from api.platform.auth import public
from api.platform.http import Blueprint, Schema, list_schema
from api.platform.openapi_errors import may_answer
from api.platform.postal_rules import WITH_REGION, CountryRules, rules

_TITLES: Final = {
    "name": "Name",
    "company": "Company",
    "line1": "Street and number",
    "line2": "Floor, flat, care of",
    "phone": "Phone",
}
_PARTS: Final = {
    "N": ("name",),
    "O": ("company",),
    "A": ("line1", "line2"),
    "C": ("city",),
    "S": ("region",),
    "Z": ("postal_code",),
}


class CountryNotFound(NotFound):
    """No such country."""

    code = "country_not_found"
    sentence = "Country {country} not found. Use an ISO 3166-1 code such as DE."


class CountrySchema(Schema):
    """A country and its English name."""

    code = ma.fields.String(required=True, metadata={"example": "DE"})
    name = ma.fields.String(required=True, metadata={"example": "Germany"})


class RegionChoiceSchema(Schema):
    """A state, province or county. An address may hold the code, this name or the local one."""

    code = ma.fields.String(required=True, metadata={"example": "CA"})
    name = ma.fields.String(required=True, metadata={"example": "California"})


class FormFieldSchema(Schema):
    """A field of an address form."""

    name = ma.fields.String(required=True, validate=ma.validate.OneOf([*AddressSchema().fields]))
    label = ma.fields.String(required=True, metadata={"example": "ZIP code"})
    required = ma.fields.Boolean(required=True)
    example = ma.fields.String(required=True, allow_none=True)
    pattern = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What a value must match, in upper case. The shop itself is more "
            "tolerant: it reads any spacing.",
        },
    )
    choices = ma.fields.List(
        ma.fields.Nested(RegionChoiceSchema),
        required=True,
        metadata={"description": "Empty: any text. Other texts are accepted too."},
    )


class CountryFormSchema(CountrySchema):
    """The address form of a country; its fields are in the order of a label."""

    form = ma.fields.List(ma.fields.Nested(FormFieldSchema), required=True)


blueprint = Blueprint(
    "countries",
    __name__,
    url_prefix="/api/v1/countries",
    description="Countries and their address forms.",
)


@blueprint.route("", methods=["GET"])
@public
@response_cache.cache_response(lambda: ("countries",))
@blueprint.response(200, list_schema(CountrySchema))
def list_countries() -> object:
    """List all countries by their English name; whether the shop ships there, a quote tells."""
    countries = sorted(
        ({"code": code, "name": rules(code).name} for code in COUNTRIES),
        key=lambda country: country["name"],
    )
    return {
        "data": countries,
        "page": {"limit": len(countries), "next_cursor": None, "has_more": False},
    }


@blueprint.route("/<string:code>", methods=["GET"])
@public
@response_cache.cache_response(lambda code: ("countries",))
@may_answer(CountryNotFound)
@blueprint.response(200, CountryFormSchema)
def get_country(code: str) -> object:
    """Read the address form of a country: fields, labels, what is required, choices."""
    if code.upper() not in COUNTRIES:
        raise CountryNotFound(country=code)
    known = rules(code.upper())
    return {"code": known.country, "name": known.name, "form": _form(known)}


def _form(known: CountryRules) -> list[dict[str, object]]:
    parts = re.findall(r"%([NOACSZ])", known.latin_format)
    if known.needs_code and "Z" not in parts:
        parts.append("Z")
    names = [name for part in parts for name in _PARTS[part]]
    return [_field(known, name) for name in (*names, "phone")]


def _field(known: CountryRules, name: str) -> dict[str, object]:
    is_code, is_region = name == "postal_code", name == "region"
    return {
        "name": name,
        "label": _TITLES.get(name) or known.labels[name],
        "required": (is_code and known.needs_code)
        or (is_region and known.country in WITH_REGION)
        or name in ("name", "line1", "city"),
        "example": known.code_sample if is_code else None,
        "pattern": known.code_pattern if is_code else None,
        "choices": [{"code": one.code, "name": one.name} for one in known.regions]
        if is_region
        else [],
    }
