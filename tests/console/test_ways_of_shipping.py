"""Ways of shipping, calendars and pick-up, made and changed at the console at 80x24."""

import json
from pathlib import Path

import pytest
from flask import Flask

from api.accounts.models import CustomerGroup
from api.kernel.ids import new_id
from api.platform.db import transaction
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import Station, at_work
from tests.console.test_operations import goes
from tests.console.test_people import answers
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop


async def sends(desk: Station) -> None:
    """Look it over, and send it."""
    assert "F10 sends it" in desk.text, desk.text
    await desk.press("f10")
    await desk.rested()
    assert "done" in desk.said or "being sent" in desk.said, desk.said


async def test_methods_calendars_and_conditions_are_made_and_changed_by_keys(
    app: Flask,
    gateway: ScriptedGateway,
    mailer: RecordingMailer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(app, gateway, mailer)
    shop.opens()
    with transaction() as current:
        current.add(CustomerGroup(id=new_id(), code="trade", name="Trade"))
    real = RealShop(shop)
    monkeypatch.chdir(tmp_path)

    def rows(path: str) -> list[dict[str, object]]:
        target = f"/api/v1/admin{path}"
        return list(json.loads(real.answer("GET", target, real.person.headers, b"").body)["data"])

    def method(code: str) -> dict[str, object]:
        return next(row for row in rows("/shipping-methods") if row["code"] == code)

    async with at_work(tmp_path / "home", shop=real) as desk:
        await goes(desk, "calendars")
        await desk.press("n")
        await answers(desk, "dhl", "DHL", "14:00", "1 2 3 4 5", "9", "1 2 3 4 5 6",
                      "2026-12-24, 2026-12-25")  # fmt: skip
        await sends(desk)
        calendar = rows("/shipping-calendars")[0]
        assert calendar["closed_days"] == ["2026-12-24", "2026-12-25"]
        await desk.press("e")
        await answers(desk, "DHL", "15:00", "1 2 3", "", "off")
        await sends(desk)
        calendar = rows("/shipping-calendars")[0]
        assert (calendar["cut_off"], calendar["ship_weekdays"], calendar["closed_days"]) == (
            "15:00", [1, 2, 3], [])  # fmt: skip

        await goes(desk, "shipping")
        await desk.press("n")
        await answers(desk, "express", "Express", "", "DE AT", "12.90", "150", "dhl", "1", "2",
                      "DHL", "goods")  # fmt: skip
        await sends(desk)
        made = method("express")
        assert (made["price"], made["calendar"], made["max_delivery_days"]) == (
            {"amount": 1290, "currency": "EUR"}, "dhl", 2)  # fmt: skip
        assert (made["countries"], made["tax_class"]) == (["DE", "AT"], "goods")

        await desk.press("end", "c")
        await answers(desk, "bulky cold", "trade", "1 8")
        assert "no weekdays" in desk.said
        await answers(desk, "1 5")
        assert "no weekdays" not in desk.text, "a refusal goes with the right answer"
        await sends(desk)
        assert method("express")["conditions"] == {
            "profiles": ["bulky", "cold"], "customer_groups": ["trade"], "weekdays": [1, 5]
        }  # fmt: skip
        await desk.press("c")
        await answers(desk, "bulky", "off", "1 5")
        await sends(desk)
        assert method("express")["conditions"] == {"profiles": ["bulky"], "weekdays": [1, 5]}
        await desk.press("e")
        await answers(desk, "Express", "9.90", "", "off", "off", "1", "2", "DHL", "goods", "yes")
        await sends(desk)
        changed = method("express")
        assert (changed["price"], changed["free_above"], changed["calendar"]) == (
            {"amount": 990, "currency": "EUR"}, None, None)  # fmt: skip

        await desk.press("u")
        await answers(desk, "collect", "Pick-up", "MAIN", "Harbour Shop", "Kai 7", "20457",
                      "Hamburg", "", "DE", "0", "")  # fmt: skip
        await sends(desk)
        assert method("collect")["location"] == "MAIN"
        assert method("collect")["kind"] == "pickup"

        await desk.press("x", "f10")
        await desk.rested()
        table = (tmp_path / "shipping-methods.csv").read_text()
        assert all(code in table for code in ("express", "collect"))
        await desk.press("end", "d", "f10")
        await desk.rested()
        codes = [row["code"] for row in rows("/shipping-methods")]
        assert len(codes) == 2, codes
