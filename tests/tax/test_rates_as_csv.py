"""Rates move in and out as CSV: all rows or none, by the API and from the shell."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.tax import queries as tax_queries
from api.tax import service as tax_service
from api.tax.rules import Destination
from tests.support.people import a_staff_member
from tests.support.shop import Shop

NEW_YORK = """\
country,region,postal_from,postal_to,jurisdiction,rate,name,valid_from
US,NY,,,,4,State sales tax,2000-01-01
US,NY,100,104,New York City,4.5,City sales tax,2009-08-01
US,NY,100,104,MCTD,0.375,Metropolitan district,2000-01-01
"""
BY_ZIP = """\
State,ZipCode,TaxRegionName,EstimatedCombinedRate,StateRate,EstimatedCountyRate,\
EstimatedCityRate,EstimatedSpecialRate,RiskLevel
CA,90001,LOS ANGELES,0.0975,0.0600,0.0025,0,0.0350,1
CA,94105,SAN FRANCISCO,0.08625,0.0600,0.0025,0,0.02375,1
"""


def taxes(*place: str) -> list[str]:
    return [str(tax) for tax in tax_queries.terms_for(Destination(*place)).rules.taxes("standard")]


def test_what_is_written_out_is_read_back(shop: Shop) -> None:
    owner = shop.staff()
    first = owner.posts("/tax-rates/import", {"csv": NEW_YORK})
    out = owner.client.get("/api/v1/admin/tax-rates/export", headers=owner.headers)

    again = owner.posts("/tax-rates/import", {"csv": out.text})

    assert (first.status_code, first.json) == (200, {"rows": 3, "replaced": 0})
    assert again.json == {"rows": 6, "replaced": 6}
    assert owner.client.get("/api/v1/admin/tax-rates/export", headers=owner.headers).text == (
        out.text
    )
    assert out.text.splitlines()[4] == (
        "US,NY,,,,standard,4,State sales tax,,standard,,2000-01-01,"
    )
    assert taxes("US", "NY", "10001") == [
        "State sales tax 4 %",
        "Metropolitan district (MCTD) 0.375 %",
        "City sales tax (New York City) 4.5 %",
    ]
    assert taxes("US", "NY", "14201") == ["State sales tax 4 %"]


@pytest.mark.parametrize(
    ("csv", "code", "says"),
    [
        ("country,rate\nDE,19\nXX,1\nFR,20%\n", "tax_rates_unreadable", "Line 3: 'XX' is not"),
        ("country,rate\nDE,12.34567\n", "tax_rates_unreadable", "is not a rate in percent"),
        ("country,rate,treatment\nDE,0,none\n", "tax_rates_unreadable", "none"),
        ("country,rate,valid_from\nDE,19,soon\n", "tax_rates_unreadable", "soon"),
        ("land,satz\nDE,19\n", "tax_rates_unreadable", "The columns must be among country"),
        ("country,rate\n", "tax_rates_unreadable", "no rows"),
        ('country,rate\n"DE,19\n', "tax_rates_unreadable", "unexpected end"),
        ("country,rate,valid_to\nDE,19,2020-01-01\nDE,19,2021-01-01\n", "tax_rate_taken", "DE"),
        (
            "country,rate,valid_from,valid_to\nDE,19,2019-01-01,2020-01-01\nDE,16,2020-01-01,\n",
            "tax_rates_clash",
            "overlap",
        ),
        ("country,rate,treatment\nDE,19,export\n", "rule_impossible", "is 0"),
    ],
)
def test_a_file_that_is_wrong_somewhere_changes_nothing(
    shop: Shop, csv: str, code: str, says: str
) -> None:
    answer = shop.staff().posts("/tax-rates/import", {"csv": csv})

    assert (answer.status_code // 100, answer.json["code"]) == (4, code)
    assert says in answer.json["detail"]
    assert taxes("DE") == ["VAT 19 %"]


def test_a_dry_run_checks_and_writes_nothing(shop: Shop) -> None:
    owner = shop.staff()

    tried = owner.posts("/tax-rates/import", {"csv": "country,rate\nDE,20\n", "dry_run": True})

    assert tried.json == {"rows": 1, "replaced": 1}
    assert taxes("DE") == ["VAT 19 %"]


def test_a_table_by_zip_code_is_read_as_it_is_published(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(BY_ZIP)
    run = app.test_cli_runner()

    result: Any = run.invoke(args=["import-tax-rates", str(file)])
    out = run.invoke(args=["export-tax-rates"])

    assert (result.exit_code, result.output) == (0, "5 rates written, in place of 0.\n")
    assert len(out.output.splitlines()) == 6
    assert taxes("US", "CA", "94105-1234") == [
        "State sales tax 6 %",
        "County sales tax (SAN FRANCISCO county) 0.25 %",
        "Special district sales tax (SAN FRANCISCO special district) 2.375 %",
    ]
    file.write_text("country,rate\nDE,-1\n")
    refused = run.invoke(args=["import-tax-rates", str(file)])
    assert refused.exit_code == 1
    assert "Line 2: '-1' is not a rate in percent" in refused.output


def test_a_file_of_a_whole_state_is_read_at_once(app: Flask) -> None:
    a_staff_member()
    rows = "".join(
        f"US,CA,{code:05},{code:05},Special {code},0.5,Special\n" for code in range(90_000, 91_500)
    )
    text = "country,region,postal_from,postal_to,jurisdiction,rate,name\nUS,CA,,,,6,State\n" + rows
    for replaced in (0, 1501):
        with transaction():
            counts = tax_service.import_tax_rates(text, is_dry_run=False, by=SYSTEM)
        assert counts == {"rows": 1501, "replaced": replaced}
    session.remove()
    assert taxes("US", "CA", "90210") == ["State 6 %", "Special (Special 90210) 0.5 %"]
