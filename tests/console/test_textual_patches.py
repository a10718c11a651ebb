"""Each patch of Textual is still needed, and what it builds on is still there.

A test that fails on a new release of Textual names the patch that may go.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from textual import constants
from textual._compositor import Compositor
from textual._time import get_time
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.geometry import Size
from textual.widgets import Static

import console
from console.textual_patches import OTHER_SCREEN, PatchedCompositor

PACKAGE = Path(console.__file__).parent
PRIVATE = re.compile(r"^\s*(?:from|import) textual(?:\.\w+)*\._|^from textual import _", re.M)


def test_one_module_alone_reaches_into_textual() -> None:
    reaching = [file.name for file in PACKAGE.rglob("*.py") if PRIVATE.search(file.read_text())]

    assert reaching == ["textual_patches.py"]


class TwoLines(App[None]):
    """A line above another."""

    def compose(self) -> ComposeResult:
        """Make the lines."""
        yield Static("above", id="above")
        yield Static("below")


@pytest.mark.parametrize("kind", [Compositor, PatchedCompositor])
async def test_stock_textual_forgets_to_paint_what_a_look_up_has_seen_move(
    kind: type[Compositor],
) -> None:
    """Once the stock compositor paints it, `PatchedCompositor` may go."""
    app, size = TwoLines(), Size(20, 5)
    async with app.run_test(size=(20, 5)):
        compositor = kind()
        compositor.reflow(app.screen, size)
        compositor._dirty_regions.clear()
        app.query_one("#above").styles.height = 3
        app.screen._clear_arrangement_cache()
        compositor._full_map_invalidated = True
        assert compositor.full_map  # a look-up between the change and its layout

        compositor.reflow(app.screen, size)

        assert bool(compositor._dirty_regions) == (kind is PatchedCompositor)
        compositor.clear()


def test_the_stock_driver_looks_for_the_end_of_an_escape_every_tenth_of_a_second() -> None:
    """Once it waits as long as its parser asks for, `EscDriver.run_input_thread` may go."""
    assert "selector.select(0.1)" in inspect.getsource(LinuxDriver.run_input_thread)


def test_the_stock_driver_goes_to_the_other_screen_itself() -> None:
    """`EscDriver.write` leaves out exactly this; once Textual does not write it, it may go."""
    begins = inspect.getsource(LinuxDriver.start_application_mode)

    assert repr(OTHER_SCREEN).strip("'") in begins


def test_the_parser_says_until_when_an_escape_is_open_by_the_clock_of_textual() -> None:
    """`_until_due` reads it; once the parser has a public way to tell, `_timeout_time` may go."""
    parser = XTermParser()
    assert parser._timeout_time is None
    assert list(parser.feed("\x1b")) == []

    assert parser._timeout_time is not None
    left = parser._timeout_time - get_time()
    assert 0 < left <= constants.ESCAPE_DELAY


@pytest.mark.parametrize("begun", ["", "a", "\x1b", "\x1b[", "\x1b[M", "\x1b[200~abc"])
def test_a_terminal_may_close_in_the_middle_of_a_sequence(begun: str) -> None:
    """Stock Textual expects an error here; none comes, so `EscDriver` catches none."""
    parser = XTermParser()
    list(parser.feed(f"b{begun}"))

    assert all(isinstance(event, Key) for event in parser.feed(""))
