"""Orders are edited, and drafts put together, at the real shop and by keys, at 80 by 24."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from api.draft_orders.models import DraftOrder
from api.platform.db import session
from console.messages import Open
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import Station, at_work
from tests.console.test_operations import goes
from tests.console.test_people import answers
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop
from tests.support.work import drain

Opens = Callable[..., AbstractAsyncContextManager[Station]]


@pytest.fixture
def house(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> Shop:
    """The shop behind the console."""
    shop = Shop(app, gateway, mailer).opens()
    shop.sells("MUG", 10, price="10.00 EUR")
    shop.sells("PLATE", 10, price="5.00 EUR")
    return shop


@pytest.fixture
def open_real(tmp_path: Path, house: Shop) -> Opens:
    """Open a console on it."""

    def open_it(**options: object) -> AbstractAsyncContextManager[Station]:
        return at_work(tmp_path / "home", **{"shop": RealShop(house), **options})  # type: ignore[arg-type]

    return open_it


async def begun(desk: Station, order: dict[str, Any]) -> None:
    """Open the order and begin to edit it."""
    desk.app.post_message(Open("order", order["id"]))
    await desk.rested()
    await desk.press("e")
    await desk.rested()
    assert desk.screen == "order_edit"


async def test_an_order_is_edited_with_a_preview_before_f10(open_real: Opens, house: Shop) -> None:
    order = house.an_order(MUG=2)
    desk: Station
    async with open_real() as desk:
        await begun(desk, order)
        await desk.press("q")
        await answers(desk, "3")
        await desk.press("a")
        await answers(desk, "plate 2")
        await desk.rested()
        assert "2 → 3" in desk.text
        assert "PLATE added: 2 x 5.00 EUR." in desk.text
        assert "The customer owes 20.00 EUR." in desk.text
        assert desk.line.shop.case(order)["total"]["amount"] == 2490
        await desk.press("f10")
        assert "Edit 1001? The customer owes 20.00 EUR." in desk.text
        await desk.press("f10")
        await desk.rested()
        assert "1001 is edited" in desk.said
        assert desk.screen == "order"
        assert desk.line.shop.case(order)["total"]["amount"] == 4490
        await desk.press("l", "f10")
        await desk.rested()
    drain()
    assert "20.00 EUR" in house.mailer.sent[-1].text


async def test_a_price_asks_for_its_reason_and_esc_forgets_all(
    open_real: Opens, house: Shop
) -> None:
    order = house.an_order(MUG=2)
    async with open_real() as desk:
        await begun(desk, order)
        await desk.press("p")
        await answers(desk, "8,00", "Agreed by phone")
        await desk.rested()
        assert "MUG: price 10.00 EUR, now 8.00 EUR." in desk.text
        assert "4.00 EUR goes back the way it was paid." in desk.text
        await desk.press("escape")
        assert "Nothing is changed yet." in desk.text
        await desk.press("f10")
        assert "Nothing is changed yet: q units" in desk.said
        assert desk.line.shop.case(order)["total"]["amount"] == 2490


async def test_what_the_shop_refuses_is_said_and_not_sent(open_real: Opens, house: Shop) -> None:
    order = house.an_order(MUG=2)
    async with open_real() as desk:
        await begun(desk, order)
        await desk.press("q")
        await answers(desk, "x")
        assert "x is no number of units" in desk.said
        await desk.press("d", *["backspace"] * 60)
        await answers(desk, "only a name")
        assert "An address is such as" in desk.said
        await desk.press("a")
        await answers(desk, "NOTHING 1")
        await desk.rested()
        assert "There is no variant NOTHING" in desk.said
        await desk.press("f10")
        assert "does not allow" in desk.said


async def test_a_draft_is_made_sent_and_marked_as_paid(open_real: Opens, house: Shop) -> None:
    async with open_real() as desk:
        await goes(desk, "drafts")
        await desk.press("n")
        await answers(desk, "MUG 2, PLATE", "phone@example.test",
                      "Carla Customer, Markt 3, 28195 Bremen, DE", "standard", "", "")  # fmt: skip
        await desk.press("f10")
        await desk.rested()
        assert "D1" in desk.text
        await desk.press("enter")
        await desk.rested()
        await desk.press("pagedown")
        assert re.search(r"^ *Shipping: 4.90", desk.text, re.MULTILINE), desk.text
        await desk.press("escape", "s", "f10")
        await desk.rested()
        assert "sent" in desk.text
        await desk.press("p")
        await answers(desk, "cash")
        await desk.press("f10")
        await desk.rested()
        draft = session.scalars(select(DraftOrder)).one()
        assert (draft.status, draft.quoted_total) == ("placed", 2990), desk.said
