"""Fixtures of the console's tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.console.support.station import Station, at_work
from tests.console.support.warehouse import Warehouse
from tests.console.support.wire import WireShop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The full sizes run only when they are asked for."""
    if os.environ.get("STOCKROOM_SLOW"):
        return
    here = str(Path(__file__).parent)
    for item in items:
        if item.get_closest_marker("slow") and str(item.path).startswith(here):
            item.add_marker(pytest.mark.skip(reason="the full size: set STOCKROOM_SLOW=1"))


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
