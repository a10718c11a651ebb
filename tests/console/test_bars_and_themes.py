"""Keys in their groups at every width, colours that can be read, words that are plain."""

from __future__ import annotations

import pytest

from console import settings
from console.flows.formatting import WAITS_FOR_MONEY, fulfilment, plain, visible
from console.flows.transition import wrong
from console.theme import PALETTES, Palette
from tests.console.support.making import an_order

WIDTHS = [(60, 20), (80, 24), (120, 40), (140, 40)]
ON_THE_GROUND = ("ink", "bright", "dim", "faint", "blue", "green", "amber", "red")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(words: str, ground: str) -> float:
    """Contrast as WCAG 2 defines it, from 1 to 21."""
    dark, light = sorted((luminance(words), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def pairs(palette: Palette) -> list[tuple[str, str, str]]:
    """Every colour of words with each ground that it stands on."""
    told = [
        (name, getattr(palette, name), ground)
        for name in ON_THE_GROUND
        for ground in (palette.ground, palette.panel, palette.bar)
        if name != "faint" or ground != palette.bar
    ]
    blocks = ("enter", "good", "wrong", "done", "note", "wait")
    return told + [(name, *getattr(palette, name).split(" on ")) for name in blocks]


@pytest.mark.parametrize("theme", PALETTES)
def test_everything_can_be_read(theme: str) -> None:
    least = 7.0 if theme == "contrast" else 4.5
    weak = {
        (name, ground): round(contrast(words, ground), 1)
        for name, words, ground in pairs(PALETTES[theme])
        if contrast(words, ground) < (least if name != "faint" else min(least, 4.4))
    }

    assert not weak


def test_the_settings_know_every_theme() -> None:
    read = settings.read([], {"STOCKROOM_THEME": "light"})
    assert read.theme == "light"
    with pytest.raises(settings.BadSettings, match="dark, light, contrast"):
        settings.read([], {"STOCKROOM_THEME": "pink"})


async def test_a_theme_is_chosen_by_name_and_kept(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f3")
        await desk.rested()
        before = desk.app.screen._compositor.render_strips()
        assert "#10151c" in str(before)
        await desk.press(":")
        await desk.type("theme")
        await desk.press("enter")

        assert desk.said.startswith("Theme: light")
        strips = str(desk.app.screen._compositor.render_strips())
        assert "#10151c" not in strips
        assert PALETTES["light"].ground in strips
        for key in ("f2", "f7", "f17", "enter"):
            await desk.press(key)
            await desk.rested()
            assert "#10151c" not in str(desk.app.screen._compositor.render_strips()), key

    async with open_console() as again:
        assert again.app.theme == "stockroom-light"


async def test_without_colours_a_theme_changes_nothing(open_console) -> None:
    async with open_console(colours=False) as desk:
        desk.app.take_theme("light")
        await desk.settled()

        strips = desk.app.screen._compositor.render_strips()
        styles = {segment.style for strip in strips for segment in strip}
        assert not any(one and (one.color or one.bgcolor) for one in styles)
        await desk.app.do_theme()
        assert "NO_COLOR keeps all colours out" in desk.said


@pytest.mark.parametrize("size", WIDTHS, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_help_and_the_palette_stand_on_every_bar(open_console, size) -> None:
    async with open_console(size=size) as desk:
        for way in ("f2", "f3", "f17", "f18", "f7", "f12"):
            await desk.press(way)
            lower = desk.text.split("\n")[-1]
            assert "F1 help" in lower, way
            assert ": go to" in lower, way
            assert "Mia" in desk.text.split("\n")[0]


async def test_enter_is_a_block_with_its_verb_and_what_does_not_fit_is_counted(
    open_console,
) -> None:
    async with open_console(size=(60, 20)) as desk:
        await desk.press("f3")
        rows = desk.text.split("\n")
        assert rows[-2].startswith("  ⏎ open  │ ")
        assert rows[-1].rstrip().endswith(tuple(f"+{n}" for n in range(1, 10)))
        enter = desk.app.context.styles.enter
        strip = desk.app.screen._compositor.render_strips()[18]
        assert any(
            " ⏎ open " in segment.text and segment.style.bgcolor == enter.bgcolor
            for segment in strip
        )


async def test_what_a_role_may_not_do_is_neither_shown_nor_done(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f3", "a", "enter")
        assert "c cancel" in desk.text
        person = desk.app.shop.session.person
        kept = tuple(one for one in person.permissions if not one.startswith("orders:"))
        desk.app.shop.session.person = type(person)(
            person.id, person.email, person.full_name, "warehouse", kept
        )
        await desk.press("f2")
        await desk.press("f3", "a", "enter")

        for gone in ("c cancel", "r refund", "n note", "h hold"):
            assert gone not in desk.text, gone
        for key in ("c", "r", "n", "h"):
            await desk.press(key)
            assert desk.said.startswith("Your role does not"), (key, desk.said)


@pytest.mark.parametrize("key", ["f4", "f5", "f17", "f11"])
async def test_no_function_key_is_silent(open_console, key: str) -> None:
    async with open_console() as desk:
        await desk.press("f2", key)

        moved = {"f4": "pick", "f5": "pack", "f17": "attention"}.get(key, "home")
        assert desk.screen == moved
        if moved == "home":
            assert desk.said == "F11 does nothing here: F1 shows what can be done"


async def test_a_long_sentence_is_told_to_its_end(open_console) -> None:
    async with open_console() as desk:
        desk.app.say(wrong("The shop refused it because " + "of this and " * 12 + "the END"))
        await desk.settled()
        assert "the END" in desk.text
        desk.app.frame.entry_bar.say(None)
        await desk.settled()
        assert desk.text.split("\n")[2].startswith("──")


@pytest.mark.parametrize("view", [[], ["tab"], ["tab", "tab"], ["shift+tab"]], ids=len)
async def test_a_search_from_any_view_is_among_all_orders(open_console, view: list[str]) -> None:
    async with open_console() as desk:
        await desk.press("f3", *view)
        before = desk.app.frame.filter
        await desk.press("/")
        await desk.type("1000001")
        await desk.rested()
        query = desk.app.frame.filter.as_query()
        assert query == {"q": "1000001", "sort": "-placed_at"}
        assert "O-1000001" in desk.text
        assert "▸ all" in desk.text

        await desk.press("enter", "tab")
        assert "▸ unpaid" in desk.text
        assert desk.app.frame.filter.as_query() == {
            "payment_status": "unpaid", "q": "1000001", "sort": "-placed_at",
        }  # fmt: skip
        await desk.press("f3", "/")
        await desk.press("escape")
        assert not desk.app.frame.filter.text
        assert before.view.name != "unpaid" or desk.app.frame.filter == before


def test_an_order_without_its_money_does_not_read_to_ship() -> None:
    for status in ("unpaid", "pending", "authorized", "partially_paid", "voided"):
        order = an_order(payment_status=status, open_unit_count=2, status="placed", on_hold=False)
        assert fulfilment(order) == WAITS_FOR_MONEY
    assert fulfilment(an_order(payment_status="paid", open_unit_count=2)).word == "to ship"


def test_values_are_told_in_words() -> None:
    assert plain({"amount": 500, "currency": "EUR"}) == "5.00 €"
    assert plain(True) == "yes"
    assert plain(None) == "none"
    assert plain({"is_new": False, "lines": [1, 2]}) == "is new no, lines 2 lines"
    assert visible("]C101\x1d10") == "]C101␝10"
