"""Discounts, groups and price lists at the real shop, by keys."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from api.catalog.models.prices import ListedPrice
from api.platform.db import session
from api.promotions.models import DiscountCode, DiscountRow
from api.stored_value.models import StoredValueAccount
from tests.console.support.at_the_shop import RealShop
from tests.console.support.real import opens
from tests.console.support.station import Station, at_work
from tests.console.test_operations import goes
from tests.console.test_people import answers
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.people import a_customer
from tests.support.shop import Shop

Opens = Callable[..., AbstractAsyncContextManager[Station]]


@pytest.fixture
def house(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> Shop:
    """The shop behind the console."""
    return Shop(app, gateway, mailer).opens()


@pytest.fixture
def open_real(tmp_path: Path, house: Shop) -> Opens:
    """Open a console on it."""

    def open_it(**options: object) -> AbstractAsyncContextManager[Station]:
        return at_work(tmp_path / "home", **{"shop": RealShop(house), **options})  # type: ignore[arg-type]

    return open_it


async def test_a_discount_is_made_tried_and_switched_off(open_real: Opens, house: Shop) -> None:
    house.sells("MUG", 10)
    async with open_real() as desk:
        await goes(desk, "discounts")
        await desk.press("n")
        await answers(desk, "Spring", "7.5", "lines", "no", "", "", "", "", "")
        await desk.press("f10")
        await desk.rested()
        assert "Spring" in desk.text
        found = session.execute(select(DiscountRow.name, DiscountRow.basis_points)).one()
        assert tuple(found) == ("Spring", 750)
        session.rollback()

        await desk.press("down", "c")
        await answers(desk, "spring-a spring-b", "1")
        await desk.press("f10")
        await desk.rested()
        codes = session.scalars(select(DiscountCode.code).order_by(DiscountCode.code)).all()
        assert codes == ["SPRING-A", "SPRING-B"], desk.text
        session.rollback()

        await desk.press("t")
        await answers(desk, "MUG 2")
        await desk.press("f10")
        await desk.rested()
        assert "19.98 EUR, 1.50 EUR off, to pay 18.48 EUR." in desk.text.replace("\n", " ")
        await desk.press("escape", "s", "f10")
        await desk.rested()
        assert session.scalar(select(DiscountRow.is_active)) is False, desk.text


async def test_a_group_gets_a_price_list(open_real: Opens, house: Shop) -> None:
    house.sells("MUG", 10)
    person = a_customer()
    async with open_real() as desk:
        await goes(desk, "groups")
        await desk.press("n")
        await answers(desk, "trade", "Trade", "no")
        await desk.press("f10")
        await desk.rested()
        await desk.press("down", "a")
        await answers(desk, person.email)
        await desk.press("f10")
        await desk.rested()
        members = session.execute(text("SELECT count(*) FROM customer_group_members"))
        assert members.scalar_one() == 1, desk.text
        session.rollback()

        await goes(desk, "pricelists")
        await desk.press("n")
        await answers(desk, "trade-26", "Trade 26", "trade", "", "EUR")
        await desk.press("f10")
        await desk.rested()
        await desk.press("down", "p")
        await answers(desk, "MUG", "10", "7.00")
        await desk.press("f10")
        await desk.rested()
        listed = session.execute(select(ListedPrice.min_quantity, ListedPrice.amount)).one()
        assert tuple(listed) == (10, 700), desk.text


async def test_staff_take_something_off_an_unpaid_order(open_real: Opens, house: Shop) -> None:
    house.sells("MUG", 10)
    order = house.an_order(paid=False, MUG=2)
    async with open_real() as desk:
        await opens(desk, order)
        await desk.press("d")
        await desk.rested()
        await desk.press("p")
        await answers(desk, "10", "A scratch")
        await desk.press("f10")
        await desk.rested()
        taken = session.execute(text("SELECT amount, reason FROM order_discounts")).one()
        assert tuple(taken) == (200, "A scratch"), desk.text
        session.rollback()
        await desk.press("escape")
        await desk.rested()
        assert "Staff discount, off" in desk.text


async def test_tiers_are_typed_shown_and_changed_and_codes_written_to_a_file(
    open_real: Opens, house: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_real() as desk:
        await goes(desk, "discounts")
        await desk.press("v")
        await answers(desk, "More is less", "50 5 %; 100 12.50", "order", "no", "", "", "", "", "")
        await desk.press("f10")
        await desk.rested()
        tiers = session.scalar(select(DiscountRow.tiers))
        assert tiers == [
            {"start": 5000, "basis_points": 500, "amount": None},
            {"start": 10000, "basis_points": None, "amount": 1250},
        ], desk.text
        session.rollback()
        await desk.press("down", "enter")
        await desk.rested()
        assert "50.00 5 %; 100.00 12.50" in desk.text
        await desk.press("y")
        await answers(desk, "50 5 %; 40 6 %")
        await desk.press("f10")
        await desk.rested()
        assert "overlaps tier 1" in desk.text.replace("\n", " ")
        await desk.press("c")
        await answers(desk, "welcome", "")
        await desk.press("f10")
        await desk.rested()
        await desk.press("d", "f10")
        await desk.rested()
    written = (tmp_path / "codes.csv").read_text()
    assert written.split() == ["code,uses,max_uses", "WELCOME,0,"]


async def test_a_gift_card_gets_another_code(open_real: Opens, house: Shop) -> None:
    async with open_real() as desk:
        await goes(desk, "gifts")
        await desk.press("n")
        await answers(desk, "25", "a prize", "winner@example.test")
        await desk.press("f10")
        await desk.rested()
        card = select(StoredValueAccount.recipient, StoredValueAccount.last_four)
        assert tuple(session.execute(card).one()) == ("winner@example.test", None), desk.text
        session.rollback()
        await desk.press("down", "c")
        await answers(desk, "lost", "")
        await desk.press("f10")
        await desk.rested()
        assert "Code: " in desk.text
        last_four = session.execute(card).one().last_four
        assert last_four in desk.text
