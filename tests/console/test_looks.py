"""Every screen in each of its looks: full, empty, loading, failed, stale, and without colours."""

from datetime import UTC, datetime, timedelta

import pytest

from console.flows.transition import Question
from tests.console.support.station import Station
from tests.console.support.warehouse import Warehouse, wire_time
from tests.console.support.wire import WireShop

SIZES = [(80, 24), (120, 40)]
WAYS = {
    "home": ["f2"],
    "orders": ["f3"],
    "order": ["f3", "a", "down", "enter"],
    "ship": ["f3", "t", "enter", "s"],
    "refund": ["f3", "a", "enter", "f8"],
    "stock": ["f7"],
    "level": ["f7", "enter"],
    "catalogue": ["f18"],
    "attention": ["f17"],
    "outbox": ["f12"],
}
SHOWS = {
    "home": ("to ship", "Customer", "O-1000"),
    "orders": ("▸ to ship", "Customer", "O-1000"),
    "order": ("Qty", "SHIP TO", "paid"),
    "ship": ("Open", "carrier", "[DHL]", "to ship, nothing stays open"),
    "refund": ("Bought", "reason", "1 changed mind", "of "),
    "stock": ("On hand", "Free", "MUG-00", "✖ out"),
    "level": ("on hand", "history", "Change", "shipped"),
    "catalogue": ("▸ all", "archived", "☐", "Product", "Teapot cast iron", "from 5.08"),
    "attention": ("▸ open", "overpaid", "24.88 €", "orphan money", "12.90 €"),
    "outbox": ("commands", "calls", "scans", "Nothing waits, nothing was refused."),
}
WHAT = {
    "home": "The queue did not load",
    "orders": "The orders did not load",
    "order": "The order did not load",
    "ship": "The order did not load",
    "refund": "The order did not load",
    "stock": "The stock levels did not load",
    "level": "The level did not load",
    "catalogue": "The catalogue did not load",
    "attention": "The attention list did not load",
}
SUBJECT = {"order": True, "ship": True, "refund": True, "level": True}


async def walk(desk: Station, screen: str) -> None:
    await desk.press(*WAYS[screen])
    assert desk.screen == screen


async def arrive_cold(desk: Station, screen: str) -> None:
    """Get to a screen whose subject has never been read."""
    from_list = desk.app.frames["stock" if screen == "level" else "orders"]
    await desk.press("f7" if screen == "level" else "f3")
    await desk.rested()  # the pane beside the list reads its order a moment later
    subject = from_list.table.current.id if screen in SUBJECT else ""
    desk.app.context.forget(desk.app.context.reader)
    await desk.press("f12")
    desk.app.post_message(_open(screen, subject))


def _open(screen: str, subject: str) -> object:
    from console.messages import Open  # noqa: PLC0415 - beside its only use

    return Open(screen, subject)


def assert_fits(desk: Station) -> None:
    """Every line has exactly the width of the window, and all of them are on the terminal."""
    width, height = desk.app.size
    lines = desk.text.split("\n")
    assert len(lines) == height
    strips = desk.app.screen._compositor.render_strips()
    assert {strip.cell_length for strip in strips[:height]} == {width}
    assert desk.painted.split("\n") == lines


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", WAYS)
async def test_full(open_console, screen: str, size: tuple[int, int]) -> None:
    async with open_console(size=size) as desk:
        await walk(desk, screen)

        for words in SHOWS[screen]:
            assert words in desk.text, words
        assert "F1 help" in desk.text
        assert "● live" in desk.text
        assert_fits(desk)


@pytest.mark.parametrize("screen", ["orders", "stock", "catalogue"])
async def test_a_wide_window_shows_list_and_detail_side_by_side(open_console, screen: str) -> None:
    async with open_console(size=(120, 40)) as desk:
        await walk(desk, screen)
        await desk.rested()

        beside = {"orders": ("ITEMS", "SHIP TO", "TIMELINE"), "stock": ("history", "Change"),
                  "catalogue": ("published", "SKU", "MUG-00")}  # fmt: skip
        for words in beside[screen]:
            assert words in desk.text, words
        before = desk.text
        await desk.press("down", "down")
        await desk.rested()
        assert desk.text != before


async def test_home_drops_the_currency_from_all_rows_once_it_is_known(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        home = desk.app.frames["home"]
        desk.app.context.currency = ""
        home.table.invalidate()
        await desk.settled()
        assert desk.text.count(" EUR ") > 3

        await home._read_overview()
        await desk.settled()

        assert " EUR " not in desk.text


async def test_home_tells_whether_the_last_backup_can_be_restored(open_console) -> None:
    async with open_console(size=(140, 40)) as desk:
        assert "BACKUPS" not in desk.text
        night = datetime.now(UTC) - timedelta(hours=5, minutes=1)
        desk.shop.warehouse.backups = {
            "state": "failed", "last_backup_at": wire_time(night), "last_proved_at": None,
        }  # fmt: skip

        await desk.app.frames["home"]._read_overview()
        await desk.settled()

        assert "the last one cannot be restored" in desk.text
        assert "made 5h ago, proved never" in desk.text


async def test_a_narrow_window_shows_the_list_alone(open_console) -> None:
    async with open_console(size=(119, 40)) as desk:
        await desk.press("f3")
        await desk.rested()

        assert "ITEMS" not in desk.text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("screen", "words"),
    [("home", "✔ Nothing waits to be shipped."),
     ("orders", "No order in 'all' fits nothing like this."),
     ("stock", "No stock in any location fits nothing like this."),
     ("catalogue", "No product in any state fits nothing like this.")],
)  # fmt: skip
async def test_empty(open_console, screen: str, words: str, size: tuple[int, int]) -> None:
    shop = WireShop(Warehouse(0, 0))
    async with open_console(size=size, shop=shop) as desk:
        await desk.press(*WAYS[screen])
        if screen != "home":
            await desk.type("/nothing like this")
            await desk.rested()

        assert words in desk.text
        assert_fits(desk)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("screen", "words"),
    [("orders", "Reading …"), ("order", "Reading the order …"), ("ship", "Reading the order …"),
     ("refund", "Reading the order …"), ("stock", "Reading …"), ("catalogue", "Reading …"),
     ("level", "Reading the level …")],
)  # fmt: skip
async def test_loading(open_console, screen: str, words: str, size: tuple[int, int]) -> None:
    async with open_console(size=size) as desk:
        if screen in SUBJECT:
            await arrive_cold(desk, screen)
            desk.line.gate.clear()
        else:
            desk.line.gate.clear()
            await desk.press(*WAYS[screen])
        await desk.settled()

        assert desk.screen == screen
        assert words in desk.text
        assert_fits(desk)
        desk.line.gate.set()
        await desk.settled()
        assert words not in desk.text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", WHAT)
async def test_failed(open_console, screen: str, size: tuple[int, int]) -> None:
    async with open_console(size=size) as desk:
        if screen in SUBJECT:
            await arrive_cold(desk, screen)
        desk.shop.moods.is_down = True
        await desk.settled()
        if screen not in SUBJECT:
            desk.app.frames[screen].read_at = None
            await desk.press(*WAYS[screen], "ctrl+r")

        assert desk.screen == screen
        assert f"✖ {WHAT[screen]}" in desk.text
        for words in ("why", "what to do", "Check the network; the console keeps asking."):
            assert words in desk.text, words
        assert "Reading" not in desk.text
        assert_fits(desk)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", WHAT)
async def test_stale(open_console, screen: str, size: tuple[int, int]) -> None:
    async with open_console(size=size) as desk:
        await walk(desk, screen)
        desk.shop.moods.is_down = True
        await desk.press("ctrl+r")

        assert f"✖ {WHAT[screen]}" in desk.text
        assert "still as of" in desk.text
        assert "✖ offline" in desk.text
        assert SHOWS[screen][0] in desk.text
        assert_fits(desk)
        desk.shop.moods.is_down = False
        desk.app.shop.caller.circuit.answered()
        await desk.press("ctrl+r")
        assert "did not load" not in desk.text
        assert "● live" in desk.text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_an_answer_that_is_not_as_agreed_names_the_field(
    open_console, size: tuple[int, int]
) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f3")
        desk.shop.moods.drops_field = "refundable"
        await desk.press("enter")

        assert "The answer has no field 'refundable'." in desk.text
        assert "update the older one" in desk.text


@pytest.mark.parametrize("screen", ["orders", "order", "level"])
async def test_what_did_not_load_comes_by_itself_when_the_shop_is_back(
    open_console, screen: str
) -> None:
    async with open_console() as desk:
        if screen in SUBJECT:
            await arrive_cold(desk, screen)
        desk.shop.moods.is_down = True
        await desk.settled()
        if screen not in SUBJECT:
            await desk.press(*WAYS[screen])
        assert "did not load" in desk.text
        desk.shop.moods.is_down = False
        desk.app.shop.caller.circuit.answered()
        for _ in range(3):
            desk.app._tick()
            await desk.settled()

        assert "did not load" not in desk.text
        assert SHOWS[screen][0] in desk.text


async def test_a_slow_shop_is_called_slow_and_the_keys_stay_quick(open_console) -> None:
    async with open_console() as desk:
        desk.line.gate.clear()
        await desk.press("ctrl+r")
        desk.app.shop.caller._under_way = dict.fromkeys(desk.app.shop.caller._under_way, 0.0)
        desk.app._tick()
        await desk.press("down", "down")

        assert "◔ slow" in desk.text
        assert desk.app.frame.table.cursor == 2


async def test_waiting_commands_are_counted_in_the_bar(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f7")
        desk.shop.moods.is_down = True
        for _ in range(3):
            await desk.press("+", "5", "enter", "f10")
        await desk.press("ctrl+r")

        assert "3 waiting" in desk.text
        assert "offline" in desk.text
        assert "5~" in desk.text or "15~" in desk.text
        await desk.press("f12")
        assert desk.text.count("waiting") >= 3


async def test_a_refused_command_waits_in_the_tray_with_what_the_shop_said(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f7", "down", "=", "3", "enter")
        level = desk.app.frame.level_at_hand()
        desk.shop.warehouse.level(level.id).on_hand = 11
        await desk.press("f10")

        assert desk.tone == "wrong"
        assert "The level has moved since it was read." in desk.said
        assert "⚠ 1 for you" in desk.text
        await desk.press("f12")
        assert "refused 409: needs you" in desk.text
        assert "the shop says: current on hand 11" in desk.text
        await desk.press("enter")
        assert desk.screen == "level"
        assert "11" in desk.text
        await desk.press("f12", "d", "f10")
        assert "dropped, it was not done" in desk.said
        assert desk.shop.warehouse.level(level.id).on_hand == 11


async def test_a_refused_count_can_be_put_on_top_of_what_stands_there_now(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f7", "down", "=", "3", "enter")
        level = desk.shop.warehouse.level(desk.app.frame.level_at_hand().id)
        level.on_hand = 11
        await desk.press("f10", "f12")
        assert "y puts 3 in the place of 11; d leaves 11" in desk.text
        await desk.press("y", "f10")
        assert level.on_hand == 3
        await desk.press("f9")

        assert level.on_hand == 11


async def test_the_calls_are_listed_with_their_answers_and_times(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f12", "tab")

        assert "/admin/overview" in desk.text
        assert "200" in desk.text
        await desk.scan("]C10105012345600017")
        await desk.press("f12", "tab")
        assert " ]C10105012345600017 " in desk.text


async def test_help_lists_the_keys_of_its_screen_and_presses_them(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f3", "f1")
        assert "Help ▸ Orders" in desk.text
        assert "Ship the order, whole or in part" in desk.text
        assert_fits(desk)
        await desk.press("enter")

        assert desk.screen == "order"


async def test_help_says_what_cannot_be_done_right_now(open_console) -> None:
    async with open_console() as desk:
        await desk.scan("O-1000101")
        await desk.press("f1")

        assert "not now: Everything has been shipped" in " ".join(desk.text.split())


async def test_the_sums_of_an_order_are_explained_and_a_shop_without_them_is_named(
    open_console,
) -> None:
    async with open_console() as desk:
        await desk.scan("O-1000101")
        await desk.press("?")
        assert "O-1000101 is a made-up order." in desk.text
        await desk.press("?")
        assert "HOW ITS SUMS CAME ABOUT" not in desk.text

        desk.shop.moods.drops_field = "explanation"
        await desk.press("?")
        assert "The answer has no field 'explanation'." in desk.text


async def test_the_palette_offers_what_can_be_done_and_leaves_with_esc(open_console) -> None:
    async with open_console() as desk:
        await desk.type(":ref")
        assert "refund" in desk.text
        assert_fits(desk)
        await desk.press("escape")

        assert desk.screen == "home"
        assert desk.app.context.entry.prompt is None


async def test_the_sign_in_page_warns_of_a_line_that_can_be_listened_to(open_console) -> None:
    async with open_console(signed_in=False, url="http://shop.example") as desk:
        assert "⚠ not encrypted" in desk.text
        assert "http://shop.example" in desk.text
        assert_fits(desk)


async def test_the_sign_in_page_counts_what_was_kept(open_console) -> None:
    async with open_console(signed_in=False) as desk:
        from tests.console.test_outbox import adjust  # noqa: PLC0415 - only here

        desk.app.shop.outbox.put(adjust(), operator="jon")
        await desk.press("escape")

        assert "Kept from before: 1 × adjust." in desk.text


@pytest.mark.parametrize("size", [(59, 30), (100, 19)])
async def test_a_window_that_is_too_small_says_so_and_recovers(
    open_console, size: tuple[int, int]
) -> None:
    async with open_console(size=size) as desk:
        assert "Make the window larger, please." in desk.text
        assert "Customer" not in desk.text


@pytest.mark.parametrize("screen", WAYS)
async def test_without_colours_words_and_symbols_say_everything(open_console, screen: str) -> None:
    async with open_console(colours=False) as desk:
        await walk(desk, screen)

        for words in SHOWS[screen]:
            assert words in desk.text, words
        styles = [
            segment.style
            for strip in desk.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style
        ]
        coloured = [one for one in styles if one.color and not one.color.is_default]
        assert not [one for one in coloured if one.color.name not in {"default"}]


async def test_nothing_in_a_name_can_move_the_cursor_of_the_terminal(open_console, shop) -> None:
    card = shop.warehouse.case(299)
    card["customer_name"] = "Eve\x1b[2J\x07\u202egnp\nX"
    async with open_console() as desk:
        await desk.press("f3", "a")

        assert "\x1b" not in desk.text
        assert "Eve·[2J··gnp X" in desk.text


async def test_a_window_may_change_its_size_at_any_time(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f3", "enter")
        for width, height in ((140, 40), (60, 20), (50, 15), (120, 24), (80, 24)):
            await desk.pilot.resize_terminal(width, height)
            await desk.settled()
            assert_fits(desk)
            assert ("Make the window larger" in desk.text) == (width < 60 or height < 20)
        assert "SHIP TO" in desk.text


async def test_the_mouse_may_press_keys_and_choose_rows(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f3")
        await desk.pilot.click("#orders", offset=(10, 5))
        await desk.settled()
        assert desk.frame.table.cursor == 4
        # F7 stands on the lower row of the key bar.
        at = desk.text.split("\n")[-1].index("F7 stock")
        await desk.pilot.click("#keys", offset=(at, 1))
        await desk.settled()

        assert desk.screen == "stock"


async def test_help_on_the_sign_in_page_leads_back_to_its_question(open_console) -> None:
    async with open_console(signed_in=False) as desk:
        await desk.press("f1")
        assert "Help ▸ Sign in" in desk.text
        await desk.press("escape")
        await desk.type("mia")

        assert "mia▌" in desk.text


async def test_a_line_that_moved_is_painted_where_it_stands_now(open_console) -> None:
    """Somebody may look where a panel stands before the room that it wants was made."""
    async with open_console(size=(120, 36)) as desk:
        await walk(desk, "catalogue")
        panel = desk.frame.question
        for height in (1, 2, 3):
            panel.show(Question("Which way? " * 20 * height, ()))
            desk.frame._compositor.update_widgets({panel})
            assert panel.is_on_screen
            await desk.settled()
            assert_fits(desk)
            panel.show(None)
            await desk.settled()
            assert_fits(desk)
