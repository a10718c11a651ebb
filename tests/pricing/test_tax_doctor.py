"""Tax that would not be applied is refused, listed, and told when the shop starts."""

from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import insert
from structlog.testing import LogCapture

from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.pricing import commands
from api.pricing import service as pricing_service
from api.pricing.errors import RegionalRatesUnsupported
from api.pricing.models import TaxRate
from api.pricing.service import ALWAYS, ShippingMethodInput
from tests.support.people import a_staff_member
from tests.support.shop import Shop


def ships_to(*countries: str, is_active: bool = True) -> None:
    draft = ShippingMethodInput(
        code=f"to-{'-'.join(countries).lower().replace('*', 'rest')}",
        name="Post",
        countries=countries,
        price=Money(490, "EUR"),
        is_active=is_active,
    )
    with transaction():
        pricing_service.create_shipping_method(draft, by=SYSTEM)


def a_regional_rate_of_old() -> None:
    """Put a rate in as shops could before it was refused."""
    with transaction() as current:
        current.execute(
            insert(TaxRate).values(
                country="CA", region="QC", tax_class="standard", basis_points=998, name="QST",
                valid_from=ALWAYS,
            )
        )  # fmt: skip


def doctor(app: Flask) -> Any:
    return app.test_cli_runner().invoke(args=["doctor", "tax"])


def test_a_regional_rate_is_refused_because_it_would_not_be_applied(app: Flask) -> None:
    anna = a_staff_member()
    body = {"country": "CA", "region": "QC", "tax_class": "standard", "basis_points": 998,
            "name": "QST"}  # fmt: skip

    answer = app.test_client().post("/api/v1/admin/tax-rates", json=body, headers=anna.headers)

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == "regional_rates_unsupported"
    assert answer.json["errors"][0]["pointer"] == "/region"
    with pytest.raises(RegionalRatesUnsupported), transaction():
        pricing_service.set_tax_rate("CA", "standard", 998, name="QST", region="QC", by=SYSTEM)


def test_the_doctor_finds_nothing_where_every_country_has_a_rate(shop: Shop) -> None:
    with transaction():
        pricing_service.set_tax_rate("AT", "standard", 0, name="none, on purpose", by=SYSTEM)

    result = doctor(shop.app)

    assert result.exit_code == 0, result.output
    assert "All 1 checks are sound." in result.output


def test_the_doctor_lists_untaxed_countries_and_rates_that_are_never_applied(shop: Shop) -> None:
    ships_to("FR", "*")
    ships_to("PL", is_active=False)
    a_regional_rate_of_old()

    result = doctor(shop.app)

    assert result.exit_code == 1
    assert [line.strip() for line in result.output.splitlines()[1:4]] == [
        "CA QC standard: is never applied, should be a rate of a whole country",
        "AT: is shipped to without a standard rate, should be taxed, or a rate of 0",
        "FR: is shipped to without a standard rate, should be taxed, or a rate of 0",
    ]


def test_the_same_is_told_when_the_shop_starts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogCapture()
    hears_all = structlog.make_filtering_bound_logger(0)
    listening = structlog.wrap_logger(None, processors=[log], wrapper_class=hears_all)
    monkeypatch.setattr(commands, "_log", listening)
    a_regional_rate_of_old()

    commands.warn_of_tax_gaps()

    assert [(line["event"], line["log_level"]) for line in log.entries] == [
        ("regional_tax_rates_not_applied", "warning"),
        ("countries_without_tax", "warning"),
    ]
    assert log.entries[1]["countries"] == ["AT"]
