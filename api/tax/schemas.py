"""Request and response schemas of taxes."""

from typing import Any, ClassVar

import marshmallow as ma

from api.platform.addresses import COUNTRIES
from api.platform.http import PageQuerySchema, Pattern, Schema
from api.platform.rules import AtMostOne, ExactlyOne, Rule
from api.tax.rules import REST_OF_WORLD, Treatment, millionths_of
from api.tax.service import ALWAYS, TaxRateInput

_country = ma.validate.OneOf(
    [*sorted(COUNTRIES), REST_OF_WORLD],
    error="Use an ISO 3166 code such as DE, or * for countries without rates of their own.",
)
_class = Pattern(
    r"^[a-z0-9][a-z0-9_-]{0,39}$", error="Use up to 40 lowercase letters, digits or dashes."
)
_percent = Pattern(
    r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$",
    error="Write percent as a decimal number up to 100, such as 19 or 8.875.",
)
_postal = Pattern(r"^[A-Za-z0-9 -]{0,16}$", error="Use letters, digits, blanks and hyphens.")
_treatment = ma.validate.OneOf([treatment.value for treatment in Treatment])
_RATE = {"description": "In percent.", "example": "8.875"}
_BASIS_POINTS = {"description": "1900 is 19 %; of a finer rate, it is rounded.", "example": 1900}


class TaxRatesQuerySchema(PageQuerySchema):
    """Filters of the list of tax rates."""

    country = ma.fields.String(load_default=None, validate=_country)
    region = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 40))


class EditTaxRateSchema(Schema):
    """What to change about a rate; its place and tax class cannot change.

    Saving a rate also marks it as checked.
    """

    basis_points = ma.fields.Integer(
        strict=True, validate=ma.validate.Range(0, 10_000), metadata=_BASIS_POINTS
    )
    rate = ma.fields.String(validate=_percent, metadata=_RATE)
    name = ma.fields.String(validate=ma.validate.Length(1, 120), metadata={"example": "VAT 19 %"})
    code = ma.fields.String(
        validate=ma.validate.Length(0, 40),
        metadata={"description": "Its code in your books; printed on tax lines."},
    )
    treatment = ma.fields.String(validate=_treatment)
    reason = ma.fields.String(
        allow_none=True,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "Why the rate is 0, as the invoice must say."},
    )
    valid_from = ma.fields.Date()
    valid_to = ma.fields.Date(allow_none=True, metadata={"description": "The last day."})

    member_rules: ClassVar[tuple[Rule, ...]] = (
        AtMostOne("basis_points", "rate", error="Send the rate or its basis points, not both."),
    )

    @ma.post_load
    def _values(self, data: dict[str, Any], **_: Any) -> Any:
        percent, basis_points = data.pop("rate", None), data.pop("basis_points", None)
        if percent is not None:
            data["millionths"] = millionths_of(percent)
        elif basis_points is not None:
            data["millionths"] = basis_points * 100
        if "treatment" in data:
            data["treatment"] = Treatment(data["treatment"])
        return self._loaded(data)

    def _loaded(self, data: dict[str, Any]) -> Any:
        return data


class NewTaxRateSchema(EditTaxRateSchema):
    """A tax rate to create, for a tax class in a country, region or range of postal codes."""

    country = ma.fields.String(required=True, validate=_country, metadata={"example": "DE"})
    region = ma.fields.String(
        validate=ma.validate.Length(0, 40), metadata={"description": "As addresses write it: CA."}
    )
    postal_from = ma.fields.String(
        validate=_postal,
        metadata={"description": "First postal code, or what it begins with.", "example": "90001"},
    )
    postal_to = ma.fields.String(validate=_postal, metadata={"example": "91899"})
    jurisdiction = ma.fields.String(
        validate=ma.validate.Length(0, 80),
        metadata={
            "description": "Who levies it. Rates of several jurisdictions are added up.",
            "example": "Los Angeles County",
        },
    )
    tax_class = ma.fields.String(required=True, validate=_class, metadata={"example": "standard"})
    name = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 120), metadata={"example": "VAT 19 %"}
    )
    valid_from = ma.fields.Date(load_default=ALWAYS)
    valid_to = ma.fields.Date(load_default=None, allow_none=True)

    member_rules = (
        ExactlyOne("basis_points", "rate", error="Send the rate, in percent or basis points."),
    )

    def _loaded(self, data: dict[str, Any]) -> TaxRateInput:
        return TaxRateInput(**data)


class TaxRateSchema(Schema):
    """A tax of a country, region or range of postal codes, for a tax class and a period."""

    id = ma.fields.UUID(required=True)
    country = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    postal_from = ma.fields.String(required=True)
    postal_to = ma.fields.String(required=True)
    jurisdiction = ma.fields.String(required=True)
    tax_class = ma.fields.String(required=True)
    basis_points = ma.fields.Integer(required=True, metadata=_BASIS_POINTS)
    rate = ma.fields.String(required=True, metadata=_RATE)
    name = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    treatment = ma.fields.String(required=True, validate=_treatment)
    reason = ma.fields.String(required=True, allow_none=True)
    to_check = ma.fields.Boolean(
        required=True,
        metadata={"description": "Written by a migration; saving it marks it as checked."},
    )
    valid_from = ma.fields.Date(required=True)
    valid_to = ma.fields.Date(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)
