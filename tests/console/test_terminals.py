"""A shared console: enrolled by a code, opened by badge and PIN, handed over by a badge."""

import re
from pathlib import Path

from flask import Flask
from sqlalchemy import select, update

from api.accounts import service as accounts_service
from api.accounts.models import Badge, Session, User
from api.accounts.passwords import hashed
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import at_work
from tests.console.test_operations import goes
from tests.console.test_people import answers
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.people import PASSWORD, Person, a_staff_member
from tests.support.shop import Shop


def badge_of(person: Person, pin: str) -> str:
    with transaction():
        return accounts_service.set_badge(person.id, None, pin_hash=hashed(pin), by=SYSTEM)


async def test_a_console_becomes_a_terminal_and_goes_from_hand_to_hand(
    app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer, tmp_path: Path
) -> None:
    anna = RealShop(Shop(app, gateway, mailer))
    wanda, willi = a_staff_member("warehouse", "Wanda W"), a_staff_member("warehouse", "Willi W")
    wandas, willis = badge_of(wanda, "4711"), badge_of(willi, "2580")
    async with at_work(tmp_path / "office", shop=anna) as desk:
        await goes(desk, "terminals")
        await desk.press("n")
        await answers(desk, "Table 1", "")
        await desk.press("f10")
        await desk.rested()
        code = re.search(r"E-\w{4}-\w{4}-\w{4}", desk.text)
        assert code, desk.text

    async with at_work(tmp_path / "table", shop=anna, signed_in=False) as desk:
        await answers(desk, wandas)
        assert "no shared terminal" in desk.said
        await desk.press("f2")
        await answers(desk, code[0].lower())
        await desk.rested()
        assert "Table 1 now" in desk.said, desk.said
        assert "Scan your badge" in desk.text
        await desk.scan(wandas)
        await desk.rested()
        assert wandas in desk.text, desk.text
        await answers(desk, "1111")
        await desk.rested()
        assert desk.tone == "wrong", desk.said
        await answers(desk, "4711")
        await desk.rested()
        assert desk.screen == "home", desk.said
        assert "Wanda" in desk.text
        await goes(desk, "stock")

        await desk.scan(willis)
        await desk.rested()
        assert "PIN" in desk.text, desk.text
        for key in "2580":
            await desk.press(key)
        await desk.press("enter")
        await desk.rested()
        assert "Willi" in desk.text, desk.text
        assert "Wanda" not in desk.text
        await goes(desk, "audit")
        assert desk.screen != "audit"
    ended = select(Session.revoked_at.is_not(None)).where(Session.terminal_id.is_not(None))
    assert session.scalars(ended.order_by(Session.id)).all() == [True, False]


async def test_a_badge_and_a_pin_are_given_and_changed_at_the_console(
    app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer, tmp_path: Path
) -> None:
    anna = RealShop(Shop(app, gateway, mailer))
    with transaction() as current:
        current.execute(update(User).values(full_name="Anna Owner"))
    async with at_work(tmp_path / "home", shop=anna, size=(120, 40)) as desk:
        await goes(desk, "staff")
        await desk.press("b")
        await answers(desk, "u-card-0815", "0815")
        await desk.press("f10")
        await desk.rested()
        assert "U-CARD-0815" in desk.text, desk.text
        await goes(desk, "me")
        await desk.press("n")
        await answers(desk, PASSWORD, "1234")
        await desk.press("f10")
        await desk.rested()
        assert "not one digit only" in desk.said, desk.said
        before = session.scalar(select(Badge.pin_hash))
        session.rollback()
        await desk.press("n")
        await answers(desk, PASSWORD, "2580")
        await desk.press("f10")
        await desk.rested()
        assert session.scalar(select(Badge.pin_hash)) != before, desk.said
