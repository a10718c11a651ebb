"""The ship page fills the window: the goods large, the label and the next step always in sight."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from console.widgets.order_view import order_page
from tests.console.support.warehouse import stable_id
from tests.console.test_looks import SIZES, assert_fits

SHARE = {(80, 24): 0.2, (100, 30): 0.3, (120, 40): 0.5, (140, 40): 0.5}
"""The part of the window's lines that four lines of goods take, at least."""


@pytest.mark.parametrize("size", SHARE, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_ship_page_uses_the_window_and_keeps_its_label_in_sight(
    open_console, size: tuple[int, int]
) -> None:
    async with open_console(size=size) as desk:
        house = desk.shop.warehouse
        n = next(n for n in house.pick({"queue": "to_ship"}, "") if len(house.case(n)["lines"]) > 3)
        house.case(n)["customer_note"] = "Ring at the back door"
        await desk.scan(house.number(n))
        assert desk.screen == "ship"

        for words in ("Ring at the back door", "agreed    DHL Paket", "carrier", "tracking",
                      "ship to", "to check, tracking number", " scan  "):  # fmt: skip
            assert words in desk.text, words
        rows = desk.text.split("\n")
        names = [line.name.split(" · ")[0] for line in desk.frame.history.now.lines]
        first = next(at for at, row in enumerate(rows) if "Item" in row)
        goods = [at for at, row in enumerate(rows) if at > first and any(x in row for x in names)]
        goods = goods[: len(names)]  # one is named by what comes next, too
        each = min(after - at for at, after in pairwise(goods))
        table = 1 + each * len(names)
        assert table >= size[1] * SHARE[size], desk.text
        # Nothing stands empty below: how much leaves and what comes next are the last lines.
        assert rows[-3].strip().startswith("scan")
        assert_fits(desk)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_until_when_it_was_promised_to_leave_stands_on_the_order_and_at_its_parcel(
    open_console, size: tuple[int, int]
) -> None:
    async with open_console(size=size) as desk:
        house = desk.shop.warehouse
        n = next(iter(house.pick({"queue": "to_ship"}, "")))
        until = datetime(2026, 11, 20, 15).astimezone()
        house.case(n)["promised_ship_at"] = until.isoformat()
        house.case(n)["promised_delivery_at"] = (until + timedelta(days=2)).isoformat()
        await desk.scan(house.number(n))
        assert desk.screen == "ship"
        assert "leaves    by 20 Nov 15:00, there by 22 Nov" in desk.text
        assert_fits(desk)
        await desk.press("escape")
        await desk.rested()
        assert desk.screen == "order"
        page = order_page(desk.frame.order, (), desk.app.context.styles, size[0])
        told = " ".join("".join(text for text, _ in (*row.parts, *row.right)) for row in page)
        assert " leaves by 20 Nov 15:00, there by 22 Nov" in told


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_of_many_lines_to_ship_those_around_the_cursor_stand_over_the_label(
    open_console, size: tuple[int, int]
) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f3", "t")
        house = desk.shop.warehouse
        case = house.case(house.find_order(desk.frame.table.current.id))
        line = case["lines"][0]
        case["lines"] = [
            {**line, "id": stable_id("line", n), "title": f"Thing {n:02}"} for n in range(45)
        ]
        await desk.press("enter", "s")
        shown = desk.text.count("Thing ")
        assert shown >= size[1] // 3
        assert f"0 above, {45 - shown + 1} below" in desk.text  # one is named by what comes next
        await desk.press("end")

        assert "Thing 44" in desk.text
        assert "0 below" in desk.text
        assert "tracking" in desk.text
        assert "to check, tracking number" in " ".join(desk.text.split())
        assert_fits(desk)


async def test_what_comes_next_on_the_ship_page_is_a_filled_block(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f3", "t", "enter", "s")
        for line in desk.frame.history.now.lines:
            await desk.scan(*[line.barcode] * line.take)
        assert " scan  the parcel's label " in desk.text
        await desk.type("#JJD0123456789012")
        await desk.press("enter")

        units = sum(line.take for line in desk.frame.history.now.lines)
        assert f"⏎ ship {units} units" in desk.text.split("\n")[-3]
        assert "missing  nothing" in desk.text
        block = [
            segment.style
            for segment in desk.app.screen._compositor.render_strips()[-3]
            if f"ship {units} units" in segment.text
        ]
        assert [one.bgcolor for one in block] == [desk.app.context.styles.enter.bgcolor]


async def test_enter_is_called_by_what_it_does_now(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f3", "t", "enter", "s")
        bar = desk.text.split("\n")[-2]
        assert "⏎" not in bar  # everything must be checked first
        await desk.scan(desk.frame.history.now.lines[0].barcode)
        assert "⏎ ship 1 unit " in desk.text.split("\n")[-2]
        await desk.press("enter")

        assert "⏎ answer " in desk.text.split("\n")[-2]
