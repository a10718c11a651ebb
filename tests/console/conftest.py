"""Fixtures of the console's tests."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from console.app import lazy_imports
from tests.console.support.real import RealApi
from tests.console.support.station import Station, at_work
from tests.console.support.warehouse import Warehouse
from tests.console.support.wire import WireShop
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.people import a_staff_member
from tests.support.shop import Shop


@pytest.fixture(autouse=True, scope="session")
def many_consoles() -> Iterator[None]:
    """Let one process open many consoles: each that froze garbage would keep the one before.

    Nor does each that has a moment collect what all tests before it left.
    """
    with pytest.MonkeyPatch.context() as patch:
        for what in ("collect", "freeze", "set_threshold"):
            patch.setattr(gc, what, lambda *_: 0)
        # A console makes a class for each kind of records, and a class is never forgotten.
        patch.setattr(lazy_imports, "records", cache(lazy_imports.records))
        yield


@pytest.fixture
def shop() -> WireShop:
    """A small made-up shop."""
    return WireShop(Warehouse(300, 40))


@pytest.fixture
def open_console(
    tmp_path: Path, shop: WireShop
) -> Callable[..., AbstractAsyncContextManager[Station]]:
    """Open a console on the small shop: `async with open_console(size=(80, 24)) as desk`."""

    def open_it(**options: object) -> AbstractAsyncContextManager[Station]:
        return at_work(tmp_path / "home", **{"shop": shop, **options})

    return open_it


@pytest.fixture
def house(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> Shop:
    """The real shop, with mugs on its shelf."""
    house = Shop(app, gateway, mailer).opens()
    house.sells("MUG", 60)
    return house


@pytest.fixture
async def real_desk(
    house: Shop, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Station]:
    """An owner at a console of the real shop, of 120 columns or of the size asked for."""
    api = RealApi(house.app, a_staff_member())
    size = getattr(request, "param", (120, 40))
    async with at_work(tmp_path / "home", shop=api, size=size) as station:
        # Textual takes what is printed; the shop's log wants a stream of bytes behind it.
        with contextlib.redirect_stdout(sys.__stdout__):
            yield station
