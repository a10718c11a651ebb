"""Bins, counts, put-away and stops on the real console against the real API."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.warehouse.queries.labels import COMMANDS
from console.app.scan_routing import is_command
from console.flows.records.table import KINDS
from tests.console.support.real import RealApi
from tests.console.support.station import Station, at_work
from tests.console.test_keystrokes import two_bins, units_in_bins
from tests.console.test_operations import goes
from tests.inventory.test_lots import comes, kept_in_lots, lot_of
from tests.support.books import stock_differences
from tests.support.people import Person, a_staff_member
from tests.support.shop import Shop
from tests.support.stock import level_of


@contextlib.asynccontextmanager
async def console(house: Shop, home: Path, person: Person | None = None) -> AsyncIterator[Station]:
    """A console of the real shop on the smallest window, for this person."""
    api = RealApi(house.app, person or a_staff_member())
    async with at_work(home, shop=api, size=(80, 24)) as desk:
        with contextlib.redirect_stdout(sys.__stdout__):
            yield desk


async def answers(desk: Station, *texts: str) -> None:
    """Answer the questions of a form, each anew, and send it."""
    for text in texts:
        if text and desk.app.context.entry.shown[0]:
            await desk.press("ctrl+u")
        await desk.type(text)
        await desk.press("enter")
    await desk.press("f10")
    await desk.rested()


async def test_a_bin_is_made_changed_labelled_and_opened_by_keys(
    house: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with console(house, tmp_path / "home") as desk:
        await goes(desk, "bins")
        await desk.press("n")
        await answers(desk, "MAIN", "A-01-2", "A", "bulk", "7")
        await desk.rested()
        assert "A-01-2" in desk.text
        await desk.press("e")
        await answers(desk, "", "pick", "", "")
        assert desk.tone == "done", desk.said
        (made,) = house.staff().gets("/bins").json["data"]
        assert (made["kind"], made["zone"], made["pick_sequence"]) == ("pick", "A", 7)

        await desk.press("p")
        await answers(desk, "pdf")
        await desk.press("p")
        await answers(desk, "pdf")
        await desk.press("c")
        await answers(desk, "zpl")
        assert (tmp_path / "label-A-01-2.pdf").read_bytes().startswith(b"%PDF")
        assert (tmp_path / "label-A-01-2-2.pdf").exists(), "a file that is there is left as it is"
        assert "^FD!OK^FS" in (tmp_path / "commands.zpl").read_text()
        await desk.press("w")
        await desk.rested()
        rows = (tmp_path / "bins.csv").read_text().splitlines()
        assert rows[1] == "A-01-2,MAIN,A,pick,7,0,yes,L-A-01-2,,"

        await desk.press("enter")
        await desk.rested()
        assert desk.screen == "bin"
        assert "Enter when it is empty" in desk.text


async def test_a_bin_that_should_be_empty_is_asked_about(house: Shop, tmp_path: Path) -> None:
    level, *_ = two_bins(house, 3)
    async with console(house, tmp_path / "home") as desk:
        await desk.scan("L-K-NEAR", "MUG")
        await desk.type(">")
        await desk.scan("L-K-FAR")
        await desk.rested()
        await desk.rested()
        assert "K-NEAR should be empty now. Is it?" in desk.text
        await desk.scan("!OK")
        await desk.rested()
        assert "should be empty" not in desk.text
        (seen,) = house.staff().gets("/counts").json["data"]
        assert (seen["scope"], seen["status"]) == ("Zero check of bin K-NEAR", "posted")

        # Something is in it after all: it is counted, and what is found is added.
        await desk.scan("L-K-FAR", "MUG")
        await desk.type(">")
        await desk.scan("L-K-NEAR")
        await desk.rested()
        await desk.rested()
        await desk.scan("!COUNT")
        await desk.rested()
        assert desk.screen == "count"
        await desk.scan("MUG", "!SEND")
        await desk.rested()
        assert units_in_bins(level) == {"K-NEAR": 3, "K-FAR": 1}
    assert stock_differences() == []


async def test_who_stands_at_a_bin_is_told_what_is_to_be_counted(
    house: Shop, tmp_path: Path
) -> None:
    two_bins(house, 3)
    async with console(house, tmp_path / "home") as desk:
        await desk.scan("L-K-NEAR")
        await desk.rested()
        assert "nothing here was counted for 90 days" in desk.text
        await goes(desk, "c")
        await desk.press("b")
        await answers(desk, "K-NEAR", clock.now().date().isoformat(), "")
        await desk.rested()
        assert "planned" in desk.text
        await desk.scan("L-K-NEAR")
        await desk.rested()
        assert "while you are here: C-" in desk.text
        await desk.press("=")
        await desk.rested()
        assert (desk.screen, "Bin K-NEAR" in desk.text) == ("count", True)
        await desk.scan("MUG", "MUG", "MUG", "!SEND")
        await desk.rested()
        (count,) = house.staff().gets("/counts").json["data"]
        assert count["status"] == "posted"


async def test_units_are_stopped_and_sold_again_by_keys(house: Shop, tmp_path: Path) -> None:
    house.sells("BOWL", 5)
    async with console(house, tmp_path / "home") as desk:
        await desk.scan("BOWL")
        await desk.rested()
        await desk.press("!")
        await desk.type("2 x")
        await desk.press("enter")
        assert desk.tone == "wrong"
        await desk.press("ctrl+u")
        await desk.type("2d")
        await desk.press("enter")
        await desk.rested()
        assert "2 damaged" in desk.text

        def stopped() -> tuple[int, int, int]:
            (row,) = house.staff().gets("/stock", q="BOWL").json["data"]
            return row["damaged"], row["quarantine"], row["available"]

        assert stopped() == (2, 0, 3)
        await desk.press("f9")
        await desk.rested()
        assert stopped() == (0, 0, 5)
        await desk.press("!")
        await desk.type("1 q")
        await desk.press("enter")
        await desk.rested()
        assert stopped() == (0, 1, 4)
        # `!` is a key here, and a command barcode begins with it: both mean what they say.
        await desk.scan("!HOME")
        assert desk.screen == "home"
    assert stock_differences() == []


async def test_safety_stock_and_the_bin_that_is_filled_are_set_in_a_form(
    house: Shop, tmp_path: Path
) -> None:
    level, *_ = two_bins(house, 10)
    async with console(house, tmp_path / "home") as desk:
        await goes(desk, "rules")
        await desk.press("e")
        await answers(desk, "4", "K-FAR", "5", "12")
        assert desk.tone == "done", desk.said
        seen = house.staff().gets(f"/stock/{level}").json
        assert (seen["safety_stock"], seen["replenish_min"], seen["replenish_max"]) == (4, 5, 12)

        await goes(desk, "replenish")
        assert "K-FAR" in desk.text
        before = units_in_bins(level).get("K-FAR", 0)
        await desk.scan("MUG", "L-K-FAR")
        await desk.rested()
        assert units_in_bins(level)["K-FAR"] == before + 12
        assert "every bin that is picked from holds enough" in desk.text
        await desk.scan("!UNDO")
        await desk.rested()
        assert units_in_bins(level)["K-FAR"] == before
    assert stock_differences() == []


async def test_two_people_count_a_class_across_bins_blind(house: Shop, tmp_path: Path) -> None:
    level, _, far = two_bins(house, 30)
    with transaction():
        inventory_service.move_units(level, 10, source=None, target=far, by=SYSTEM)
    async with console(house, tmp_path / "mia", a_staff_member("owner", "Mia")) as mia:
        await goes(mia, "c")
        await mia.press("y")
        await answers(mia, "C", "MAIN", "", "")
        await mia.rested()
        await mia.press("enter")
        await mia.rested()
        assert mia.screen == "count"
        await mia.scan("MUG")
        assert "several bins: scan the bin first" in mia.said
        await mia.scan("L-K-FAR")
        await mia.type("7*")
        await mia.scan("MUG")
        await mia.press("!", "3", "enter")
        assert "if it differs, lost" in mia.said
        await mia.press("enter")
        await mia.rested()
        assert "somebody else recounts" in mia.text
        await mia.press("f10")
        assert "lines are not counted. F10 again" in mia.said
    async with console(house, tmp_path / "jon", a_staff_member("owner", "Jon")) as jon:
        await goes(jon, "c")
        await jon.press("enter")
        await jon.rested()
        assert "count it again, blind" in jon.text
        await jon.scan("L-K-FAR")
        await jon.type("7*")
        await jon.scan("MUG")
        await jon.press("enter")
        await jon.rested()
        assert units_in_bins(level)["K-FAR"] == 7
        assert "3 posted" in jon.text
        await goes(jon, "shrinkage")
        assert "lost" in jon.text, "why it differs was said by the first"
    assert stock_differences() == []


async def test_a_count_outlives_a_closed_terminal_and_goes_out_once(
    house: Shop, tmp_path: Path
) -> None:
    level, *_ = two_bins(house, 5)
    person = a_staff_member()
    async with console(house, tmp_path / "home", person) as desk:
        await desk.scan("L-K-NEAR", "!COUNT")
        await desk.rested()
        await desk.scan("MUG", "MUG", "MUG")
        number = house.staff().gets("/counts").json["data"][0]["number"]
    async with console(house, tmp_path / "home", person) as desk:
        assert f"count {number} (1 scanned)" in desk.said
        desk.shop.moods.is_down = True
        await desk.scan("L-K-NEAR")
        desk.shop.moods.is_down = False
        desk.app.shop.caller.circuit.answered()
        await desk.scan("L-K-NEAR", "!COUNT")
        await desk.rested()
        assert desk.app.frame.state.entries[0].units == 3
        await desk.scan("MUG", "!SEND")
        await desk.rested()
    assert len(house.staff().gets("/counts").json["data"]) == 1
    assert units_in_bins(level) == {"K-NEAR": 4}


async def test_a_count_waits_while_the_shop_is_away(house: Shop, tmp_path: Path) -> None:
    level, *_ = two_bins(house, 5)
    async with console(house, tmp_path / "home") as desk:
        await desk.scan("L-K-NEAR", "!COUNT")
        await desk.rested()
        desk.shop.moods.is_down = True
        await desk.type("4*")
        await desk.scan("MUG", "!SEND")
        await desk.settled()
        assert units_in_bins(level) == {"K-NEAR": 5}
        desk.shop.moods.is_down = False
        with clock.frozen(clock.now() + timedelta(minutes=1)):
            await desk.sent_again()
        assert units_in_bins(level) == {"K-NEAR": 4}
    assert stock_differences() == []


async def test_the_value_is_shown_as_of_any_day_with_its_course(
    house: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cost = {"amount": 250, "currency": "EUR"}
    line = {"code": "MUG", "quantity": 4, "unit_cost": cost}
    assert house.staff().posts("/receipts", {"lines": [line]}).status_code == 201
    async with console(house, tmp_path / "home") as desk:
        await goes(desk, "valuation")
        await desk.rested()
        assert "worth" in desk.text
        assert "64 units" in desk.text
        assert "█" in desk.text
        await desk.press("w")
        await desk.rested()
        assert "MUG" in (tmp_path / "valuation.csv").read_text()
        await desk.press("d")
        await desk.type("2020-02-30")
        await desk.press("enter")
        assert desk.tone == "wrong"
        await desk.press("ctrl+u")
        await desk.type("2020-02-29")
        await desk.press("enter")
        await desk.rested()
        assert "end of 2020-02-29" in desk.text
        assert "0 units" in desk.text
        assert level_of(house.variants["MUG"])


@pytest.mark.parametrize("name", ["bins", "counts", "stock_rules", "valuation", "shrinkage"])
async def test_each_list_of_the_warehouse_opens_at_80_by_24(
    house: Shop, tmp_path: Path, name: str
) -> None:
    two_bins(house, 3)
    async with console(house, tmp_path / "home") as desk:
        await goes(desk, KINDS[name].alias)
        await desk.rested()
        lines = desk.text.splitlines()
        assert desk.screen == name
        assert (len(lines), max(map(len, lines)) <= 80) == (24, True)
        assert not desk.app.frame.problem.display, desk.text


async def test_the_journal_of_a_bin_and_the_lots_of_a_level_are_pages_of_their_own(
    house: Shop, tmp_path: Path
) -> None:
    tea = kept_in_lots(house.sells("TEA", 0))
    level, near, far = two_bins(house, 3)
    with transaction():
        inventory_service.move_units(level, 1, source=near, target=far, by=SYSTEM)
        place = inventory_service.default_location()
    lot = lot_of(tea, "L-7")
    for bin_id, units in ((near, 2), (far, 5)):
        comes(tea, lot, units, at=place, bin_id=bin_id)
    async with console(house, tmp_path / "home") as desk:
        await desk.scan("L-K-NEAR")
        await desk.rested()
        await desk.press(";")
        await desk.rested()
        assert desk.screen == "bin_journal"
        lines = desk.text.replace("▌", " ").splitlines()
        rows = [one.split()[:3] for one in lines if "MUG" in one or "TEA" in one]
        assert rows == [["TEA", "2", "2"], ["MUG", "-1", "2"], ["MUG", "3", "3"]], desk.text
        await desk.press("escape")
        assert desk.screen == "bin"
        await desk.scan("TEA")
        await desk.press("enter")
        await desk.rested()
        await desk.press("@")
        await desk.rested()
        assert desk.screen == "level_lots", desk.said
        rows = [row for row in desk.text.splitlines() if "L-7" in row]
        assert ["K-NEAR" in row for row in rows] == [False, True], desk.text
        await desk.press("escape")
        assert desk.screen == "level"


async def test_every_command_barcode_of_the_sheet_is_obeyed(house: Shop, tmp_path: Path) -> None:
    pages = {
        "!RECEIVE": "receive", "!PUTAWAY": "put_away", "!REPLENISH": "replenish",
        "!COUNTS": "counts", "!LOW": "reorder", "!STOCK": "stock", "!ORDERS": "orders",
        "!HOME": "home", "!LOGOUT": "sign_in",
    }  # fmt: skip
    assert all(is_command(code) for code, _ in COMMANDS)
    assert set(pages) < {code for code, _ in COMMANDS}
    async with console(house, tmp_path / "home") as desk:
        for code, screen in pages.items():
            await desk.scan(code)
            await desk.rested()
            assert desk.screen == screen, code


async def test_moves_between_bins_wait_while_the_shop_is_away(house: Shop, tmp_path: Path) -> None:
    level, *_ = two_bins(house, 7)
    async with console(house, tmp_path / "home") as desk:
        await desk.scan("L-K-NEAR")
        await desk.rested()
        desk.shop.moods.is_down = True
        await desk.scan("MUG")
        await desk.type("5>")
        await desk.scan("L-K-FAR")
        await desk.settled()
        assert "5 MUG to K-FAR" in desk.said
        assert "2~" in desk.text, "what is on its way is taken off already"
        await desk.scan("MUG")
        await desk.type(">")
        await desk.scan("L-UNKNOWN")
        await desk.settled()
        assert "was not looked up" in desk.said or "is no bin" in desk.said
        assert units_in_bins(level) == {"K-NEAR": 7}
        desk.shop.moods.is_down = False
        await desk.sent_again()
    assert units_in_bins(level) == {"K-NEAR": 2, "K-FAR": 5}
    assert stock_differences() == []
