"""Which rate holds where and when, and which way leads to whom."""

from datetime import date

import pytest
from flask import Flask

from api.kernel.errors import Stale
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.platform.versioned_rows import RuleImpossible
from api.shipping import queries as shipping_queries
from api.shipping import service as shipping_service
from api.shipping.errors import (
    ShippingCodeTaken,
    ShippingMethodNotFound,
    ShippingNotAvailable,
)
from api.shipping.queries import ShippingOptions, records
from api.shipping.rules import Consignment, Place
from api.shipping.service import ShippingMethodInput
from api.tax import queries as tax_queries
from api.tax import service as tax_service
from api.tax.errors import TaxRuleMissing
from api.tax.rules import Destination
from tests.support.sql import count_statements


def a_rate(country: str, tax_class: str, basis_points: int, **options: object) -> None:
    with transaction():
        tax_service.set_tax_rate(
            country,
            tax_class,
            basis_points,
            name=f"{tax_class} {country}",
            by=SYSTEM,
            **options,  # type: ignore[arg-type]
        )


def a_method(code: str, *countries: str, price: int = 490, **options: object) -> None:
    draft = ShippingMethodInput(
        code=code,
        name=code.title(),
        countries=countries,
        price=Money(price, str(options.pop("currency", "EUR"))),
        **options,  # type: ignore[arg-type]
    )
    with transaction():
        shipping_service.create_shipping_method(draft, by=SYSTEM)


def rate(country: str, on: date, tax_class: str = "standard") -> str:
    (tax,) = tax_queries.terms_for(Destination(country), on=on).rules.taxes(tax_class)
    return tax.rate


def options(country: str, currency: str = "EUR", subtotal: int = 0) -> ShippingOptions:
    return shipping_queries.shipping_options(
        Place.of(country), currency, Consignment(subtotal=subtotal)
    )


def codes(country: str, currency: str = "EUR") -> list[str]:
    return [option.code for option in options(country, currency).available]


def test_the_rate_of_the_day_holds(app: Flask) -> None:
    a_rate("DE", "standard", 1900)
    a_rate("DE", "reduced", 700)
    # The half year of lower rates of 2020.
    a_rate("DE", "standard", 1600, valid_from=date(2020, 7, 1), valid_to=date(2020, 12, 31))

    assert rate("DE", date(2020, 6, 30)) == "0.1900"
    assert rate("DE", date(2020, 6, 30), "reduced") == "0.0700"
    assert rate("DE", date(2020, 7, 1)) == "0.1600"
    assert rate("DE", date(2020, 12, 31)) == "0.1600"
    assert rate("DE", date(2021, 1, 1)) == "0.1900"
    with pytest.raises(TaxRuleMissing):
        rate("FR", date(2021, 1, 1))


def test_a_rate_said_again_is_corrected(app: Flask) -> None:
    a_rate("DE", "standard", 1800)
    a_rate("DE", "standard", 1900)

    assert rate("DE", date(2026, 1, 1)) == "0.1900"


@pytest.mark.parametrize(
    "wrong", [{"country": "de"}, {"basis_points": 10_001}, {"valid_to": date(1999, 1, 1)}]
)
def test_a_rate_that_cannot_be_is_refused(app: Flask, wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"country": "DE", "basis_points": 1900, **wrong}
    with pytest.raises(RuleImpossible), transaction():
        tax_service.set_tax_rate(
            values.pop("country"),  # type: ignore[arg-type]
            "standard",
            values.pop("basis_points"),  # type: ignore[arg-type]
            name="VAT",
            by=SYSTEM,
            **values,  # type: ignore[arg-type]
        )


def test_methods_that_name_the_country_come_alone_and_in_order(app: Flask) -> None:
    a_method("express", "DE", "AT", position=2)
    a_method("standard", "DE", position=1)
    a_method("world", "*")
    a_method("retired", "DE", is_active=False)
    a_method("yen", "*", currency="JPY")

    assert codes("DE") == ["standard", "express"]
    assert codes("AT") == ["express"]
    assert codes("NZ") == ["world"]
    assert codes("DE", "JPY") == ["yen"]
    assert codes("DE", "USD") == []


def test_delivery_is_free_from_the_amount_on(app: Flask) -> None:
    a_method("standard", "DE", free_above=Money(5000, "EUR"))

    assert shipping_queries.chosen_option(options("DE", subtotal=4999), "standard").amount == 490
    assert shipping_queries.chosen_option(options("DE", subtotal=5000), "standard").amount == 0


def test_a_way_that_does_not_lead_there_is_refused_apart_from_one_that_is_not(app: Flask) -> None:
    a_method("standard", "DE")

    with pytest.raises(ShippingNotAvailable) as refusal:
        shipping_queries.chosen_option(options("FR", subtotal=0), "standard")
    facts = dict(refusal.value.facts)
    assert [wrong["pointer"] for wrong in facts.pop("errors")] == ["/shipping_method"]
    assert facts == {"method": "standard", "country": "FR", "currency": "EUR"}
    with pytest.raises(ShippingMethodNotFound):
        shipping_queries.chosen_option(options("DE", subtotal=0), "pigeon")


def test_what_a_checkout_asks_costs_two_statements(app: Flask) -> None:
    a_method("standard", "DE")
    a_rate("DE", "standard", 1900)

    with count_statements() as statements:
        shipping_queries.chosen_option(options("DE", subtotal=100), "standard")
        rate("DE", date(2026, 1, 1))

    assert statements.count == 2


def test_a_code_names_one_method_per_currency(app: Flask) -> None:
    a_method("standard", "DE")
    a_method("standard", "DE", currency="KWD", price=1250)

    with pytest.raises(ShippingCodeTaken):
        a_method("standard", "FR")


def test_two_who_edit_a_method_do_not_overwrite_each_other(app: Flask) -> None:
    draft = ShippingMethodInput(code="post", name="Post", countries=["DE"], price=Money(490, "EUR"))
    with transaction():
        method_id = shipping_service.create_shipping_method(draft, by=SYSTEM)
    with transaction():
        shipping_service.edit_shipping_method(
            method_id, {"price": Money(590, "EUR")}, expected_version=1, by=SYSTEM
        )

    with pytest.raises(Stale), transaction():
        shipping_service.edit_shipping_method(
            method_id, {"name": "Mail"}, expected_version=1, by=SYSTEM
        )
    with pytest.raises(RuleImpossible), transaction():
        shipping_service.edit_shipping_method(
            method_id, {"price": Money(600, "JPY")}, expected_version=2, by=SYSTEM
        )
    assert records.shipping_method(method_id)["price"] == Money(590, "EUR")
