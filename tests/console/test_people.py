"""The people behind the counter, at the real shop: who is asked to join, and what they may do."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from api.accounts.models import ApiKey, SecondFactor, Session, StaffInvitation, StaffRole, User
from api.platform.db import session, transaction
from console.flows.records.people import PERMISSIONS
from tests.accounts.test_invitations import code_of
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import Station, at_work
from tests.console.test_operations import goes
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.people import PASSWORD
from tests.support.shop import Shop
from tests.support.stock import a_location

OWN = "a lantern over the harbour"
Opens = Callable[..., AbstractAsyncContextManager[Station]]


@pytest.fixture
def real(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> RealShop:
    """The shop as its owner reaches it."""
    return RealShop(Shop(app, gateway, mailer).opens())


@pytest.fixture
def open_real(tmp_path: Path, real: RealShop) -> Opens:
    """Open a console on it."""

    def open_it(**options: object) -> AbstractAsyncContextManager[Station]:
        return at_work(tmp_path / "home", **{"shop": real, **options})  # type: ignore[arg-type]

    return open_it


async def answers(desk: Station, *texts: str) -> None:
    """Answer the questions of a form, one after the other."""
    for text in texts:
        if desk.app.context.entry.shown[0]:
            await desk.press("ctrl+u")
        await desk.type(text)
        await desk.press("enter")


async def test_a_role_is_made_changed_and_deleted_at_80_by_24(open_real: Opens) -> None:
    async with open_real() as desk:
        await goes(desk, "roles")
        await desk.press("n")
        await answers(desk, "night shift")
        numbers = [PERMISSIONS.index(one) + 1 for one in ("fulfilment:write", "inventory:adjust")]
        assert all(f"{n} " in desk.text for n in numbers), desk.text
        await answers(desk, f"{numbers[0]} inventory:a")
        await desk.press("f10")
        await desk.rested()
        assert "night shift" in desk.text

        await desk.press("down", "e")
        await desk.rested()
        begun = desk.app.context.entry.shown[0].split()
        assert {*map(str, numbers)} < {*begun}
        assert len(begun) == 4
        await answers(desk, "inventory:read")
        await desk.press("f10")
        await desk.rested()
        held = select(StaffRole.permissions).where(StaffRole.name == "night shift")
        assert session.scalar(held) == ["inventory:read"]
        session.rollback()
        await desk.press("x", "f10")
        await desk.rested()
        assert session.scalar(held) is None
        await desk.press("home", "x")
        assert "built in" in desk.said


async def test_somebody_is_limited_to_a_location_and_let_everywhere_again(
    open_real: Opens, real: RealShop, app: Flask
) -> None:
    there = a_location("SHOP-2")
    async with open_real(size=(100, 24)) as desk:
        await goes(desk, "staff")
        await desk.press("l")
        await desk.rested()
        await answers(desk, "SHOP-2")
        await desk.press("f10")
        await desk.rested()
        held = select(User.location_ids).where(User.id == real.person.id)
        assert session.scalar(held) == [there], desk.said
        session.rollback()
        assert "SHOP-2" in desk.text, desk.text
        await desk.press("l")
        await desk.rested()
        await answers(desk, "off")
        await desk.press("f10")
        await desk.rested()
        assert session.scalar(held) is None, desk.said


async def test_whoever_is_invited_joins_at_the_counter_with_the_code_of_the_letter(
    open_real: Opens, mailer: RecordingMailer, tmp_path: Path, real: RealShop
) -> None:
    async with open_real() as desk:
        await goes(desk, "invitations")
        await desk.press("n")
        await answers(desk, "Wanda Winter", "wanda@shop.example", "war")
        await desk.press("f10")
        await desk.rested()
        assert "open" in desk.text
    token = code_of(mailer)
    session.rollback()

    async with at_work(tmp_path / "other", shop=real, signed_in=False) as desk:  # type: ignore[arg-type]
        await desk.press("f2")
        await answers(desk, token, OWN, "something else altogether")
        assert desk.tone == "wrong"
        await answers(desk, "password123", "password123")
        await desk.rested()
        assert "easy to guess" in desk.text
        await answers(desk, OWN, OWN)
        await desk.rested()
        assert desk.screen == "home"
        assert desk.said == "Hello Wanda Winter"
    joined = session.execute(select(User.role).where(User.full_name == "Wanda Winter")).scalar_one()
    assert joined == "warehouse"


async def test_an_invitation_is_taken_back(open_real: Opens) -> None:
    async with open_real() as desk:
        await goes(desk, "invitations")
        await desk.press("n")
        await answers(desk, "Wanda Winter", "wanda@shop.example", "support")
        await desk.press("f10")
        await desk.rested()
        await desk.press("v", "f10")
        await desk.rested()
        assert "revoked" in desk.text
    assert session.scalar(select(StaffInvitation.revoked_at)) is not None


async def test_a_key_is_told_once_at_the_counter_and_replaced(open_real: Opens) -> None:
    async with open_real() as desk:
        await goes(desk, "keys")
        await desk.press("n")
        await answers(desk, "Bookkeeping", "orders:rea")
        await desk.press("f10")
        await desk.rested()
        assert "Key: sk_" in desk.text, desk.text
        assert "told this once" in desk.text
        await desk.press("escape")
        await desk.rested()
        assert "told this once" not in desk.text
        await desk.press("r", "f10")
        await desk.rested()
        assert "Key: sk_" in desk.text
        await desk.press("escape", "down", "v", "f10")
        await desk.rested()
        assert "revoked" in desk.text
    states = session.scalars(select(ApiKey.revoked_at.is_(None)).order_by(ApiKey.id)).all()
    assert states == [False, True]


async def test_a_second_factor_is_set_up_with_a_picture_and_asked_for_at_80_by_24(
    open_real: Opens, real: RealShop, tmp_path: Path
) -> None:
    async with open_real() as desk:
        await goes(desk, "me")
        await desk.press("s")
        await answers(desk, PASSWORD)
        await desk.press("f10")
        await desk.rested()
        picture = [line for line in desk.text.splitlines() if "▀" in line or "▄" in line]
        assert len(picture) >= 16, desk.text
        secret = re.search(r"or type ([A-Z2-7]{32})", desk.text)
        assert secret, desk.text
        await desk.press("escape", "c")
        await answers(desk, pyotp.TOTP(secret[1]).now())
        await desk.press("f10")
        await desk.rested()
        shown = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", desk.text)
        assert shown, desk.text
        await desk.press("escape")
        with transaction() as current:
            current.execute(update(Session).values(proved_at=None))
            current.execute(update(SecondFactor).values(last_step=None))
        await goes(desk, "roles")
        await desk.press("n")
        await answers(desk, "night shift", "orders:rea")
        await desk.press("f10")
        await desk.rested()
        assert "Code of your app" in desk.text
        await desk.type(pyotp.TOTP(secret[1]).now())
        await desk.press("enter")
        await desk.rested()
        assert "night shift" in desk.text, desk.text

    async with at_work(tmp_path / "other", shop=real, signed_in=False) as desk:  # type: ignore[arg-type]
        await answers(desk, real.person.email, PASSWORD)
        await desk.rested()
        assert desk.said == "And a code of your app"
        assert "app's code" in desk.text
        await answers(desk, "000000")
        await desk.rested()
        assert desk.tone == "wrong"
        await answers(desk, shown[0])
        await desk.rested()
        assert desk.screen == "home"


async def test_who_did_what_is_read_at_the_counter(open_real: Opens) -> None:
    async with open_real() as desk:
        await goes(desk, "audit")
        assert "staff.signed_in" in desk.text, desk.text
        await desk.press("tab", "tab")
        await desk.rested()
        assert "staff.signed_in" not in desk.text
        await goes(desk, "roles")
        await desk.press("n")
        await answers(desk, "night shift", "orders:rea")
        await desk.press("f10")
        await desk.rested()
        await desk.press("down", "enter")
        await desk.rested()
        assert "role.created" in desk.text, desk.text
        assert "console" in desk.text


async def test_who_packs_is_not_offered_what_they_may_not_read(
    open_real: Opens, real: RealShop, tmp_path: Path
) -> None:
    packer = RealShop(Shop(real.app, None, None), "warehouse")  # type: ignore[arg-type]
    async with at_work(tmp_path / "packer", shop=packer) as desk:  # type: ignore[arg-type]
        await desk.press("f2", ":")
        await desk.type("emails")
        await desk.press("enter")
        await desk.rested()
        assert desk.screen != "emails"
    assert not any(path.endswith("/emails") for _, path in packer.asked)
