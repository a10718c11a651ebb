"""Tax rates by place and period: what applies, what is refused, and what an order keeps of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import db, transaction
from api.platform.settings import Settings
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import queries as tax_queries
from api.tax import service as tax_service
from api.tax.errors import TaxRatesClash
from api.tax.rules import Destination, Treatment, is_in_eu, is_rest_of_world
from tests.support.books import differences
from tests.support.people import Person, a_staff_member
from tests.support.shop import ADDRESS, Shop
from tests.support.sql import count_statements

RATES = "/api/v1/admin/tax-rates"
VAT = {"country": "DE", "tax_class": "standard", "basis_points": 1900, "name": "VAT 19 %"}
LA = {**ADDRESS, "city": "Los Angeles", "region": "CA", "postal_code": "90012", "country": "US"}


@pytest.fixture
def anna(app: Flask) -> Person:
    """The owner."""
    return a_staff_member()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a token."""
    return app.test_client()


def created(client: FlaskClient, who: Person, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(path, json=body, headers=who.headers)
    assert answer.status_code == 201, answer.data
    return answer


def a_rate(country: str, basis_points: int, **more: Any) -> None:
    with transaction():
        tax_service.set_tax_rate(
            country, more.pop("tax_class", "standard"), basis_points, name=more.pop("name", "Tax"),
            by=SYSTEM, **more,
        )  # fmt: skip


def taxes(*place: str, tax_class: str = "standard") -> list[str]:
    return [str(tax) for tax in tax_queries.terms_for(Destination(*place)).rules.taxes(tax_class)]


def ships_to(country: str) -> None:
    with transaction():
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="abroad", name="Abroad", countries=[country], price=Money(1000, "EUR")
            ),
            by=SYSTEM,
        )


def test_a_rate_is_named_corrected_and_withdrawn(client: FlaskClient, anna: Person) -> None:
    named = created(client, anna, RATES, VAT)
    path = named.headers["Location"]
    assert named.json["valid_from"] == "2000-01-01"
    assert client.post(RATES, json=VAT, headers=anna.headers).status_code == 409

    headers = anna.with_headers(If_Match=named.headers["ETag"])
    corrected = client.patch(path, json={"basis_points": 1600}, headers=headers)
    stale = client.patch(path, json={"basis_points": 1700}, headers=headers)
    assert corrected.json == {**named.json, "basis_points": 1600, "rate": "16", "version": 2}
    assert stale.status_code == 412

    later = created(client, anna, RATES, {**VAT, "valid_from": "2026-07-01"})
    clash = client.patch(
        later.headers["Location"],
        json={"valid_from": "2000-01-01"},
        headers=anna.with_headers(If_Match='"1"'),
    )
    assert (clash.status_code, clash.json and clash.json["code"]) == (409, "tax_rate_taken")
    # The later one ended it the day before.
    removed = client.delete(path, headers=anna.with_headers(If_Match='"3"'))
    assert removed.status_code == 204
    page = client.get(RATES, query_string={"country": "DE"}, headers=anna.headers).json
    assert page is not None
    assert [rate["valid_from"] for rate in page["data"]] == ["2026-07-01"]


def test_places_inside_one_another_add_up_by_jurisdiction_and_the_narrowest_counts(
    app: Flask,
) -> None:
    a_rate("US", 0, treatment=Treatment.OUT_OF_SCOPE, reason="no nexus")
    a_rate(
        "US",
        600,
        region="CA",
        name="State",
    )
    a_rate("US", 125, region="CA", name="County", jurisdiction="LA", postal_from="900",
           postal_to="918")  # fmt: skip
    a_rate("US", 0, region="CA", tax_class="food", treatment=Treatment.ZERO)

    assert taxes("US", "ca", "90012") == ["State 6 %", "County (LA) 1.25 %"]
    assert taxes("US", "CA", "91899") == ["State 6 %", "County (LA) 1.25 %"]
    assert taxes("US", "CA", "94105") == ["State 6 %"]
    assert taxes("US", "OR", "97201") == ["Tax 0 %, out of scope: no nexus"]
    assert taxes("US", "CA", "90012", tax_class="food") == ["Tax 0 %, zero"]


@pytest.mark.parametrize(
    ("rates", "says"),
    [
        (
            [{"valid_from": date(2020, 1, 1)}, {"valid_to": date(2022, 1, 1)}],
            "to 2022-01-01) and DE standard 19 % (2020-01-01 to further notice) overlap.",
        ),
        (
            [{"valid_to": date(2019, 1, 1)}, {"valid_from": date(2019, 1, 3)}],
            "leave a hole between them",
        ),
        (
            [{"postal_from": "100", "postal_to": "20"}, {"postal_from": "2099", "postal_to": "3"}],
            "DE 100-20 standard 19 % (2000-01-01 to further notice) and DE 2099-3 standard",
        ),
    ],
)
def test_rates_that_do_not_fit_together_are_refused_with_the_rows(
    app: Flask, rates: list[dict[str, Any]], says: str
) -> None:
    a_rate("DE", 1900, **rates[0])

    with pytest.raises(TaxRatesClash) as refused:
        a_rate("DE", 1900, **rates[1])

    assert says in str(refused.value)
    assert tax_queries.countries_with_rules(date(2026, 1, 1)) <= {"DE"}
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM tax_rates")) == 1


def test_a_rate_of_the_last_day_of_all_is_a_rate(app: Flask) -> None:
    a_rate("DE", 1900)
    a_rate("DE", 1600, valid_from=date(2020, 7, 1), valid_to=date.max)

    assert taxes("DE") == ["Tax 16 %"]


def test_a_rate_in_the_middle_cannot_be_deleted(client: FlaskClient, anna: Person) -> None:
    a_rate("DE", 1900)
    a_rate("DE", 1600, valid_from=date(2020, 7, 1), valid_to=date(2020, 12, 31))
    page = client.get(RATES, headers=anna.headers).json
    assert page is not None
    middle = next(rate for rate in page["data"] if rate["rate"] == "16")

    answer = client.delete(f"{RATES}/{middle['id']}", headers=anna.with_headers(If_Match='"1"'))

    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "tax_rates_clash")
    assert answer.json is not None
    assert answer.json["errors"][0]["detail"] == (
        "DE standard 19 % (2000-01-01 to 2020-06-30) and"
        " DE standard 19 % (2021-01-01 to further notice) leave a hole between them."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": "19"},  # beside its basis points
        {"basis_points": None, "rate": "101"},
        {"basis_points": None, "rate": "8.87501"},
        {"treatment": "export"},  # at 19 %
        {"postal_from": "1"},  # without an end
        {"country": "XX"},
    ],
)
def test_a_rate_that_cannot_be_is_refused(
    client: FlaskClient, anna: Person, wrong: Mapping[str, Any]
) -> None:
    body = {name: value for name, value in {**VAT, **wrong}.items() if value is not None}

    assert client.post(RATES, json=body, headers=anna.headers).status_code == 422


def test_a_country_without_a_rule_is_refused_and_never_taxed_at_nothing(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    ships_to("CH")
    guest = shop.guest()
    guest.adds("MUG", 1)
    swiss = {**ADDRESS, "country": "CH", "postal_code": "8001"}

    def answers() -> list[Any]:
        return [
            guest.client.post(
                "/api/v1/checkout/quote",
                json={"country": "CH", "shipping_method": "abroad"},
                headers=guest.headers,
            ),
            guest.tries_to_check_out(shipping_address=swiss, shipping_method="abroad"),
        ]

    for answer in answers():
        assert (answer.status_code, answer.json["code"]) == (422, "tax_rule_missing")
        assert "no tax rule for standard goods in CH" in answer.json["detail"]
    assert shop.staff().gets("/orders").json["data"] == []
    a_rate("CH", 0, treatment=Treatment.EXPORT, reason="Art. 146 Directive 2006/112/EC")
    quote, order = answers()
    assert (quote.status_code, order.status_code) == (200, 201)
    (line,) = order.json["lines"]
    assert line["variant_id"] == str(mug)
    assert line["tax_lines"] == [
        {
            "name": "Tax",
            "code": "",
            "rate": "0.0000",
            "base": {"amount": 999, "currency": "EUR"},
            "amount": {"amount": 0, "currency": "EUR"},
            "jurisdiction": "",
            "treatment": "export",
            "reason": "Art. 146 Directive 2006/112/EC",
        }
    ]


def test_an_order_keeps_each_of_its_taxes_and_the_books_balance(shop: Shop) -> None:
    shop.sells("MUG", 10)
    ships_to("US")
    a_rate("US", 600, region="CA", name="State")
    a_rate("US", 125, region="CA", jurisdiction="LA County", postal_from="900", postal_to="918")
    guest = shop.guest()
    guest.adds("MUG", 3)

    with count_statements() as statements:
        order = guest.checks_out(shipping_address=LA, shipping_method="abroad")
    a_rate("US", 700, region="CA", name="State")

    seen = guest.sees(order)
    (line,) = seen["lines"]
    # 29.97 x 7.25 / 107.25 = 2.026, of which 6 / 7.25 are 1.68.
    assert line["tax"]["amount"] == 203
    assert line["tax_rate"] == "0.0725"
    assert [(one["name"], one["rate"], one["base"]["amount"], one["amount"]["amount"])
            for one in line["tax_lines"]] == [("State", "0.0600", 2794, 168),
                                              ("Tax", "0.0125", 2794, 35)]  # fmt: skip
    assert sum(one["amount"]["amount"] for one in seen["shipping_tax_lines"]) == 68
    assert seen["tax_total"]["amount"] == 203 + 68
    assert differences() == []
    assert statements.count <= 19


def test_the_day_of_an_order_is_that_of_the_shops_time_zone(app: Flask) -> None:
    ports = app.extensions["stockroom_ports"]
    settings = ports[Settings]
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    try:
        ports[Settings] = Settings(time_zone="Europe/Berlin")
        with clock.frozen(moment):
            assert tax_queries.tax_day() == date(2027, 1, 1)
            ports[Settings] = Settings(time_zone="America/New_York")
            assert tax_queries.tax_day() == date(2026, 12, 31)
    finally:
        ports[Settings] = settings


@pytest.mark.parametrize(
    ("country", "postal_code", "inside"),
    [
        ("DE", "28195", True),
        ("GR", "10431", True),
        ("MC", "98000", True),
        ("GB", "SW1A 1AA", False),
        ("GB", "bt1 5gs", True),  # Northern Ireland, as XI
        ("ES", "35001", False),  # Las Palmas
        ("IT", "23041", False),  # Livigno
        ("DE", "78266", False),  # Buesingen
        ("CH", "8001", False),
    ],
)
def test_who_is_inside_the_vat_area_of_the_eu(country: str, postal_code: str, inside: bool) -> None:
    assert is_in_eu(country, postal_code) is inside


def test_the_rest_of_the_world_is_neither_home_nor_the_eu_of_an_eu_shop() -> None:
    assert [is_rest_of_world(one, "DE") for one in ("DE", "FR", "CH")] == [False, False, True]
    assert [is_rest_of_world(one, "US") for one in ("US", "FR", "CH")] == [False, True, True]
    assert [is_rest_of_world(one, "") for one in ("FR", "CH")] == [False, True]
