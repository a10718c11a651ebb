"""Request and response schemas of taxes."""

from typing import Any, ClassVar

import marshmallow as ma

from api.platform.addresses import COUNTRIES
from api.platform.http import CurrencyCode, PageQuerySchema, Pattern, Schema, one_of
from api.platform.rules import AtMostOne, ExactlyOne, Rule
from api.tax.rules import PAYMENT_METHODS, REST_OF_WORLD, Treatment, millionths_of
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
_exempt_country = ma.validate.OneOf(["", *sorted(COUNTRIES)], error="Unknown country code.")
_language = Pattern(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", error="Use a tag such as de-AT.")
_payment_method = ma.validate.OneOf(PAYMENT_METHODS)
_treatment = one_of(Treatment)
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
    def _values(self, data: dict[str, Any], **_: object) -> object:
        percent, basis_points = data.pop("rate", None), data.pop("basis_points", None)
        if percent is not None:
            data["millionths"] = millionths_of(percent)
        elif basis_points is not None:
            data["millionths"] = basis_points * 100
        if "treatment" in data:
            data["treatment"] = Treatment(data["treatment"])
        return self._loaded(data)

    def _loaded(self, data: dict[str, object]) -> object:
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


class EditMarketSchema(Schema):
    """What to change about a market."""

    code = ma.fields.String(validate=_class, metadata={"example": "eu"})
    name = ma.fields.String(validate=ma.validate.Length(1, 120))
    countries = ma.fields.List(
        ma.fields.String(validate=_country),
        validate=ma.validate.Length(1, 250),
        metadata={"description": "`*` is every country that no market names."},
    )
    currency = ma.fields.String(validate=CurrencyCode(), metadata={"example": "EUR"})
    language = ma.fields.String(validate=_language, metadata={"example": "de"})
    prices_include_tax = ma.fields.Boolean(
        metadata={"description": "Whether prices contain tax, or it is added at the checkout."}
    )
    payment_methods = ma.fields.List(
        ma.fields.String(validate=_payment_method), validate=ma.validate.Length(1, 10)
    )
    is_active = ma.fields.Boolean()
    gift_card_min_days = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, 36_500),
        metadata={
            "description": "How long gift cards are valid there at least; null for the shop's own "
            "minimum (`GIFT_CARD_MIN_DAYS`).",
            "example": 1095,
        },
    )


class NewMarketSchema(EditMarketSchema):
    """A market to create."""

    code = ma.fields.String(required=True, validate=_class, metadata={"example": "eu"})
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 120))
    countries = ma.fields.List(
        ma.fields.String(validate=_country), required=True, validate=ma.validate.Length(1, 250)
    )
    currency = ma.fields.String(required=True, validate=CurrencyCode())
    language = ma.fields.String(load_default="en", validate=_language)
    prices_include_tax = ma.fields.Boolean(load_default=True)
    payment_methods = ma.fields.List(
        ma.fields.String(validate=_payment_method),
        load_default=[*PAYMENT_METHODS],
        validate=ma.validate.Length(1, 10),
    )


class MarketSchema(Schema):
    """Countries that are sold to on the same terms."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    countries = ma.fields.List(ma.fields.String(), required=True)
    currency = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    prices_include_tax = ma.fields.Boolean(required=True)
    payment_methods = ma.fields.List(ma.fields.String(), required=True)


class AdminMarketSchema(MarketSchema):
    """A market as staff see it."""

    id = ma.fields.UUID(required=True)
    is_active = ma.fields.Boolean(required=True)
    gift_card_min_days = ma.fields.Integer(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class EditTaxExemptionSchema(Schema):
    """What to change about an exemption."""

    country = ma.fields.String(
        validate=_exempt_country,
        metadata={"description": "Where it holds; an empty text is everywhere."},
    )
    reason = ma.fields.String(
        validate=ma.validate.Length(1, 200), metadata={"example": "Resale certificate"}
    )
    certificate = ma.fields.String(validate=ma.validate.Length(0, 80))
    valid_from = ma.fields.Date()
    valid_to = ma.fields.Date(allow_none=True, metadata={"description": "The last day."})


class NewTaxExemptionSchema(EditTaxExemptionSchema):
    """A customer to exempt from tax."""

    email = ma.fields.Email(
        required=True,
        validate=ma.validate.Length(max=254),
        metadata={"description": "Of a registered customer."},
    )
    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))
    valid_from = ma.fields.Date(load_default=ALWAYS)


class TaxExemptionSchema(Schema):
    """A customer who owes no tax."""

    id = ma.fields.UUID(required=True)
    customer_id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True)
    country = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    certificate = ma.fields.String(required=True)
    valid_from = ma.fields.Date(required=True)
    valid_to = ma.fields.Date(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class VatIdRequestSchema(Schema):
    """A VAT id to check."""

    vat_id = ma.fields.String(required=True, validate=ma.validate.Length(2, 30))
    country = ma.fields.String(
        load_default="",
        validate=_exempt_country,
        metadata={"description": "Of an id without a prefix."},
    )


class VatIdSchema(Schema):
    """What is known of a VAT id.

    `is_valid` is null for an id that VIES does not know of, and while it has not answered; of the
    second, `checked_at` is not null.
    """

    vat_id = ma.fields.String(required=True, metadata={"example": "FR40303265045"})
    is_valid = ma.fields.Boolean(required=True, allow_none=True)
    checked_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    name = ma.fields.String(required=True, allow_none=True)
    consultation = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The number by which VIES proves its answer."},
    )


class ImportTaxRatesSchema(Schema):
    """A CSV of tax rates: our own columns, or a table by ZIP code of a US state."""

    csv = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 16_000_000),
        metadata={"example": "country,region,rate,name\nUS,CA,7.25,Sales tax"},
    )
    dry_run = ma.fields.Boolean(
        load_default=False, metadata={"description": "Check everything and write nothing."}
    )


class TaxRatesImportedSchema(Schema):
    """What an import of tax rates did, or would do."""

    rows = ma.fields.Integer(required=True)
    replaced = ma.fields.Integer(required=True)
