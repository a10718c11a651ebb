"""Missing tax rules, and rules that nobody checked, are listed and told when the shop starts."""

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import insert
from structlog.testing import LogCapture

from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.shipping import commands
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import queries as tax_queries
from api.tax import service as tax_service
from api.tax.errors import TaxRuleMissing
from api.tax.models import TaxRate
from api.tax.rules import Destination, Treatment
from api.tax.service import ALWAYS
from tests.support.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
EXPORT = Treatment.EXPORT


def ships_to(*countries: str, is_active: bool = True) -> None:
    draft = ShippingMethodInput(
        code=f"to-{'-'.join(countries).lower().replace('*', 'rest')}",
        name="Post",
        countries=countries,
        price=Money(490, "EUR"),
        is_active=is_active,
    )
    with transaction():
        shipping_service.create_shipping_method(draft, by=SYSTEM)


def a_rule_to_check() -> None:
    """Put a rule in as the migration does."""
    with transaction() as current:
        current.execute(
            insert(TaxRate).values(
                country="NO", tax_class="standard", basis_points=0, name="No tax",
                treatment="export", to_check=True, valid_from=ALWAYS,
            )
        )  # fmt: skip


def doctor(app: Flask) -> Any:
    return app.test_cli_runner().invoke(args=["doctor", "tax"])


def test_the_doctor_finds_nothing_where_every_country_has_a_rule(shop: Shop) -> None:
    ships_to("NZ", "*")
    with transaction():
        tax_service.set_tax_rate("*", "standard", 0, name="Export", treatment=EXPORT, by=SYSTEM)

    result = doctor(shop.app)

    assert result.exit_code == 0, result.output
    assert "All 1 checks are sound." in result.output


def test_the_doctor_lists_countries_without_a_rule_and_rules_to_check(shop: Shop) -> None:
    ships_to("FR", "*")
    ships_to("PL", is_active=False)
    a_rule_to_check()

    result = doctor(shop.app)

    assert result.exit_code == 1
    assert [line.strip() for line in result.output.splitlines()[1:4]] == [
        "*: is shipped to without a tax rule, should be given a rate or a treatment",
        "FR: is shipped to without a tax rule, should be given a rate or a treatment",
        "NO standard export: is to be checked, should be edited or confirmed by the owner",
    ]


def test_a_rule_for_the_rest_of_the_world_is_none_for_the_eu(shop: Shop) -> None:
    ships_to("FR", "NZ")
    with transaction():
        tax_service.set_tax_rate("*", "standard", 0, name="Export", treatment=EXPORT, by=SYSTEM)

    assert "FR: is shipped to without a tax rule" in doctor(shop.app).output
    assert tax_queries.terms_for(Destination("NZ")).rules.taxes("books")[0].treatment is EXPORT
    with pytest.raises(TaxRuleMissing):
        tax_queries.terms_for(Destination("FR")).rules.taxes("standard")


def test_the_same_is_told_when_the_shop_starts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogCapture()
    hears_all = structlog.make_filtering_bound_logger(0)
    listening = structlog.wrap_logger(None, processors=[log], wrapper_class=hears_all)
    monkeypatch.setattr(commands, "_log", listening)
    a_rule_to_check()
    ships_to("FR")

    commands.warn_of_tax_gaps()

    assert [(line["event"], line["log_level"]) for line in log.entries] == [
        ("countries_without_tax_rule", "warning"),
        ("tax_rules_to_check", "warning"),
    ]
    assert log.entries[0]["countries"] == ["FR"]


def test_the_file_of_the_server_finds_what_it_imports() -> None:
    """No type checker reads it, and its imports wait until the server starts."""
    server = ast.parse((ROOT / "gunicorn.conf.py").read_text())
    imports = [one for one in ast.walk(server) if isinstance(one, ast.ImportFrom)]

    assert [name.name for one in imports for name in one.names].count("warn_of_tax_gaps") == 1
    for one in imports:
        module = importlib.import_module(str(one.module))
        for name in one.names:
            has_it = hasattr(module, name.name)
            assert has_it or importlib.import_module(f"{one.module}.{name.name}")
