"""Printers are set up and looked after on the real console against the real API."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.support.station import Station
from tests.console.test_operations import goes
from tests.support.shop import Shop
from tests.support.work import drain


async def fills(desk: Station, key: str, *answers: str) -> None:
    """Answer the questions of a form, and send it."""
    await desk.press(key)
    await desk.rested()
    for answer in answers:
        await desk.type(answer)
        await desk.press("enter")
    await desk.press("f10")
    await desk.rested()
    assert desk.tone == "done", desk.said


async def test_a_printer_is_made_chosen_tried_and_prints_again_by_keys(
    real_desk: Station, house: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, owner = real_desk, house.staff()
    monkeypatch.chdir(tmp_path)
    await goes(desk, "printers")
    await fills(desk, "n", "Bench", "folder", "bench", "pdf", "", "", "", "")
    await goes(desk, "stations")
    await fills(desk, "n", "", "papers", "Bench")
    [chosen] = owner.gets("/station-printers").json["data"]
    assert (chosen["station"], chosen["printer_name"]) == (desk.app.context.shop.station, "Bench")

    await goes(desk, "printers")
    await fills(desk, "h")
    assert "paused" in desk.text
    await fills(desk, "t")
    await goes(desk, "printjobs")
    assert "queued" in desk.text
    await fills(desk, "c")
    assert "cancelled" in desk.text
    await desk.press("c")
    assert desk.said.startswith("It is cancelled: cancel is for what is queued or failed")
    await fills(desk, "o", "Bench")
    assert [one["status"] for one in owner.gets("/print-jobs").json["data"]] == [
        "queued", "cancelled",
    ]  # fmt: skip
    await fills(desk, "p")
    assert (tmp_path / "Test_page_of_Bench.pdf").read_bytes()[:5] == b"%PDF-"

    await goes(desk, "printers")
    await fills(desk, "y")
    drain()
    assert owner.gets("/printers").json["data"][0]["state"] == "not answering", "no PRINT_FOLDER"
    await goes(desk, "stations")
    await fills(desk, "d")
    assert owner.gets("/station-printers").json["data"] == []
