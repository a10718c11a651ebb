"""What is above a limit, at the console: told to who asked, listed, approved with a code."""

from pathlib import Path

from flask import Flask
from sqlalchemy import select, update

from api.accounts.models import StaffRole, User
from api.kernel import clock
from api.platform.db import session, transaction
from tests.accounts.test_second_factor import enrols
from tests.approvals.test_approvals import limits
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import at_work
from tests.console.test_operations import goes
from tests.console.test_people import answers
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop
from tests.support.stock import counters


async def test_a_correction_above_the_limit_waits_and_is_approved_with_a_code(
    app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer, tmp_path: Path
) -> None:
    shop = Shop(app, gateway, mailer)
    mug = shop.sells("MUG", 40)
    limits("warehouse", adjust_max_units=5)
    wanda = RealShop(shop, "warehouse")
    anna = RealShop(shop)
    with transaction() as current:
        for person, name in ((wanda.person, "Wanda Winter"), (anna.person, "Anna Owner")):
            current.execute(update(User).where(User.id == person.id).values(full_name=name))

    async with at_work(tmp_path / "wanda", shop=wanda) as desk:
        await goes(desk, "stock")
        await desk.press("=")
        await desk.type("30")
        await desk.press("enter", "f10")
        await desk.rested()
        assert "waits: Anna Owner may approve it" in desk.said, desk.said
        assert counters(mug).on_hand == 40
        await desk.press("u")
        await desk.rested()
        assert counters(mug).on_hand == 40, "what waits is not undone by a second correction"
        await desk.press("f2")
        await desk.rested()
        assert "1 wait for approval :approvals" in desk.text, desk.text
        await goes(desk, "approvals")
        assert "Adjust MUG by -10" in desk.text, desk.text

    factor, _ = enrols(app.test_client(), anna.person)
    since = update(User).where(User.id == anna.person.id)
    with transaction() as current:
        current.execute(since.values(second_factor_at=None))
    async with at_work(tmp_path / "anna", shop=anna, size=(80, 24)) as desk:
        assert "1 to approve :approvals" in desk.text, desk.text
        await goes(desk, "approvals")
        assert "Adjust MUG by -10" in desk.text, desk.text
        with transaction() as current:
            current.execute(since.values(second_factor_at=clock.now()))
        await desk.press("a", "f10")
        await desk.rested()
        assert "Code of your app" in desk.text, desk.text
        await desk.type(factor.code())
        await desk.press("enter")
        await desk.rested()
        assert counters(mug).on_hand == 30, desk.said
        await desk.press("tab")
        await desk.rested()
        assert "approved" in desk.text, desk.text


async def test_limits_are_set_and_lifted_at_the_console(
    app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer, tmp_path: Path
) -> None:
    async with at_work(tmp_path / "home", shop=RealShop(Shop(app, gateway, mailer))) as desk:
        await goes(desk, "roles")
        await desk.press("l")
        await answers(desk, "50", "20", "", "off", "")
        await desk.press("f10")
        await desk.rested()
        held = select(StaffRole.limits).where(StaffRole.name == "manager")
        assert session.scalar(held) == {"refund_max": 5000, "discount_max": 2000}, desk.said
        session.rollback()
        await desk.press("l")
        await answers(desk, "off", "off", "", "", "")
        await desk.press("f10")
        await desk.rested()
        assert session.scalar(held) is None, desk.said
