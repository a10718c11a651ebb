"""Markets and taxes at the console: tables in and out as files, and sums tried in words."""

from pathlib import Path

import pytest

from console.flows.records.form import NotAnAnswer, parsed
from console.flows.records.shapes import Input
from tests.console.support.station import Station
from tests.console.test_operations import goes
from tests.console.test_people import answers
from tests.support.shop import Shop


async def test_rates_come_from_a_file_are_tried_and_written_out(
    real_desk: Station, house: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = real_desk
    monkeypatch.chdir(tmp_path)
    house.sells("TAXED", 5, price="100.00 EUR")
    (tmp_path / "rates.csv").write_text(
        "country,region,jurisdiction,rate,name\nUS,NY,,4,State\nUS,NY,City,4.875,City\n"
    )
    await goes(desk, "taxes")
    await desk.press("i")
    await answers(desk, "nothing.csv")
    assert "cannot be read" in desk.said
    await answers(desk, "rates.csv")
    assert "with 3 lines" in desk.text
    await desk.press("f10")
    await desk.rested()
    assert desk.tone == "done"

    await desk.press("t")
    await answers(desk, "TAXED 2", "US", "NY", "", "")
    await desk.press("f10")
    await desk.rested()
    assert "TAXED: 2 x 100.00 EUR = 200.00 EUR." in desk.text
    assert "State 4 % + City (City) 4.875 %: 200.00 EUR x 8.875 / 108.875 = 16.30" in desk.text
    await desk.press("escape", "x", "f10")
    await desk.rested()
    written = (tmp_path / "tax-rates.csv").read_text()
    assert "US,NY,,,City,standard,4.875,City,,standard,,2000-01-01," in written
    await desk.press("x", "f10")
    await desk.rested()
    assert desk.tone == "wrong"
    assert (tmp_path / "tax-rates.csv").read_text() == written

    await desk.press("n")
    await answers(desk, "NO", "", "standard", "25", "MVA 25 %", "", "", "", "")
    await desk.press("f10")
    await desk.rested()
    assert "MVA 25 %" in desk.text


async def test_a_market_and_an_exemption_are_made_by_keys(real_desk: Station, house: Shop) -> None:
    desk = real_desk
    await goes(desk, "markets")
    await desk.press("n")
    await answers(desk, "eu", "Europe", "de, at", "EUR", "no", "")
    await desk.press("f10")
    await desk.rested()
    (market,) = house.staff().gets("/markets").json["data"]
    assert (market["countries"], market["prices_include_tax"]) == (["DE", "AT"], False)
    await desk.press("e")
    await answers(desk, "", "*", "", "", "", "")
    await desk.press("f10")
    await desk.rested()
    (market,) = house.staff().gets("/markets").json["data"]
    assert (market["countries"], market["name"], market["version"]) == (["*"], "Europe", 2)
    await desk.press("d", "f10")
    await desk.rested()
    assert house.staff().gets("/markets").json["data"] == []


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("words", "de, at FR de", ["DE", "AT", "FR"]),
        ("goods", "MUG 2, tea pot 1,JUG", [
            {"sku": "MUG", "quantity": 2}, {"sku": "tea pot", "quantity": 1}, {"sku": "JUG"},
        ]),
    ],
)  # fmt: skip
def test_several_values_are_read_from_one_answer(form: str, text: str, value: object) -> None:
    assert parsed(Input("x", "x:", form), text, "EUR") == value


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rates.xlsx").write_bytes(b"PK\xff\xfe")

    with pytest.raises(NotAnAnswer, match="cannot be read"):
        parsed(Input("csv", "file:", "file"), str(tmp_path / "rates.xlsx"), "EUR")
