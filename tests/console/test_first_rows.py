"""The queue painted before Textual is loaded: the same cells that Home shows afterwards."""

import pytest

from console.app import first_rows
from console.theme import styles
from tests.console.pty_harness import Picture

SIZES = [(80, 24), (120, 40), (140, 40)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_they_stand_where_home_shows_them(open_console, size: tuple[int, int]) -> None:
    columns, lines = size
    async with open_console(size=size) as desk:
        home = desk.app.home
        desk.app.context.currency = ""
        home.table.invalidate()
        await desk.settled()
        page = await home.page(home.table.window.first_fetch())
        early = Picture(columns, lines)
        early.feed(first_rows.painted(page, styles(colours=True), columns, lines).encode())

        width = home.table.size.width
        shown = [line[:width].rstrip() for line in desk.text.split("\n")]
        painted = [line[:width].rstrip() for line in early.text.split("\n")]
        assert "Order" in painted[first_rows.TOP]
        assert painted[first_rows.TOP : -2] == shown[first_rows.TOP : -2]


async def test_home_begins_with_them(open_console) -> None:
    async with open_console() as desk:
        home = desk.app.home
        page = await home.page(home.table.window.first_fetch())
        home.table.start_over()
        assert home.table.current is None
        home.first_rows = page
        home.on_mount()

        assert home.table.current == page.rows[0]
        assert home.has_rows.is_set()
