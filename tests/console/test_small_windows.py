"""A window that becomes smaller and larger again shows what it showed."""

from tests.console.support.station import Station


def head(desk: Station) -> bool:
    """Whether the head of the ship table is in sight."""
    return any("Item" in line and "SKU" in line for line in desk.text.splitlines())


async def test_the_head_of_the_ship_table_comes_back_with_the_room(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("enter", "enter")
        assert desk.screen == "ship"
        assert head(desk)
        await desk.press("end")

        await desk.pilot.resize_terminal(80, 20)
        await desk.settled()
        await desk.pilot.resize_terminal(120, 40)
        await desk.settled()

        assert head(desk), desk.text
