"""The page that tests a scanner: it hears what one sends, and keeps its prefix."""

import pytest

from console.flows.formatting import Sense
from console.scan import scanner_setup
from console.scan.scanner_setup import Heard, Key
from tests.console.support.station import Station


def after(*keys: tuple[str, str | None]) -> Heard:
    """What is heard after these keys."""
    heard = Heard()
    for name, character in keys:
        heard = scanner_setup.heard(heard, Key(name, character))
    return heard


def typed(text: str) -> list[tuple[str, str | None]]:
    """Keys that type a text."""
    return [(character, character) for character in text]


def senses(code: Heard) -> dict[str, Sense]:
    """How each part of it is judged."""
    return {one.part: one.sense for one in scanner_setup.verdicts(code)}


def test_a_scanner_as_it_should_be() -> None:
    code = after(("ctrl+b", None), *typed("]C101"), ("ctrl+right_square_bracket", None),
                 *typed("17"), ("enter", None))  # fmt: skip

    assert (code.prefix, code.suffix) == ("ctrl+b", "enter")
    assert senses(code)["before"] is senses(code)["behind"] is Sense.GOOD
    assert senses(code)["separator"] is Sense.GOOD


@pytest.mark.parametrize(
    ("code", "part", "sense"),
    [
        (Heard(text="4006381333931", suffix="enter"), "before", Sense.BAD),
        (Heard(text="4006381333931", suffix="tab"), "behind", Sense.PART),
        (Heard(text="4006381333931"), "behind", Sense.BAD),
        (Heard(text="swan-neck-12", suffix="enter", known_as="SWAN-NECK-12"), "letters", Sense.BAD),
        (Heard(text="SWAN", suffix="enter", known_as="SWAN"), "letters", Sense.GOOD),
        (Heard(text="SWAN", suffix="enter"), "letters", Sense.PART),
        (Heard(text="SWANß12", suffix="enter"), "letters", Sense.BAD),
        (Heard(text="4006381333931", suffix="enter"), "letters", Sense.QUIET),
        (Heard(text="]C1010950110153000310AB", suffix="enter"), "separator", Sense.PART),
        (Heard(text="4006381333931", suffix="enter"), "separator", Sense.QUIET),
        (Heard(), "before", Sense.QUIET),
    ],
)
def test_each_part_is_judged(code: Heard, part: str, sense: Sense) -> None:
    assert senses(code)[part] is sense


def test_the_next_code_begins_afresh() -> None:
    code = after(("ctrl+b", None), *typed("A1"), ("enter", None), ("enter", None), *typed("B2"))

    assert code == Heard(text="B2")


async def page(desk: Station) -> None:
    """Go to the scanner's page by name."""
    await desk.press(":")
    await desk.type("scanner")
    await desk.press("enter")
    assert desk.screen == "scanner"


async def test_what_is_scanned_is_shown_and_does_nothing(open_console) -> None:
    async with open_console() as desk:
        await page(desk)
        await desk.scan("mug-00")
        assert desk.screen == "scanner"
        assert "mug-00  Enter" in desk.text
        assert "MUG-00 arrived as mug-00" in desk.text
        assert "Programme a prefix" in desk.text
        await desk.press("f10")
        assert desk.said.startswith("No prefix was heard")
        await desk.press("escape")
        assert desk.screen == "home"
        assert desk.shop.keys == []


@pytest.mark.parametrize("prefix", ["ctrl+b", "ctrl+f"])
async def test_a_kept_prefix_begins_a_code_on_every_page_also_next_time(
    open_console, prefix: str
) -> None:
    async with open_console() as desk:
        await page(desk)
        desk._post(prefix)
        await desk.scan("MUG-00")
        assert "as they are printed" in desk.text
        await desk.press("f10")
        assert "begins a code on every page" in desk.said
    async with open_console() as desk:
        await desk.press("f3")
        desk._post(prefix)
        await desk.scan("mug-00")

        assert desk.screen == "stock"
        assert desk.shop.keys == []


async def test_help_lies_over_the_page_and_hears_its_own_keys(open_console) -> None:
    async with open_console() as desk:
        await page(desk)
        await desk.press("f1")
        assert desk.screen == "help"
        await desk.press("escape")
        assert desk.screen == "scanner"
