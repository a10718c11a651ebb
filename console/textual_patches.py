"""Everything that reaches into Textual's own modules: two patched classes, and what they build on.

`tests/console/test_textual_patches.py` fails on the release of Textual that makes a patch needless.
"""

from __future__ import annotations

import os
import selectors
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterable

from textual import constants
from textual._compositor import Compositor, CompositorMap, ReflowResult
from textual._time import get_time
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

LOOK_FOR_EXIT = 0.1
"""Seconds between looks at whether the console is being closed."""

HUNG_UP = 128 + signal.SIGHUP
"""The exit status of a process that a hang-up ended."""

AT_ONCE = 4096
"""Bytes read in one go: far more than a scanner sends in a burst."""

OTHER_SCREEN = "\x1b[?1049h"
"""Goes over to the terminal's other screen, which is empty then."""


class EscDriver(LinuxDriver):
    """The Linux driver, whose input thread wakes up when it should.

    The stock driver looks for the end of an Esc every 100 ms. This one waits exactly as long as the
    parser asks for, and not at all while nothing is pending, so Esc answers within `ESCDELAY`.
    """

    _has_begun = False

    def write(self, data: str) -> None:
        """Send to the terminal; what was painted while the console loaded stays until it draws.

        The start is on the other screen already. After a pause in the background it is not.
        """
        if data == OTHER_SCREEN and not self._has_begun:
            self._has_begun = True
            return
        super().write(data)

    def run_input_thread(self) -> None:
        """Hand every key on; the end of an Esc as soon as it is due."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")().decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_until_due(parser)):
                    arrived = self._read()
                    if not arrived:
                        # The terminal is gone, and whoever started us may have kept the signal
                        # to itself. Everything that counts is on disk: end as a hang-up would.
                        os._exit(HUNG_UP)
                    if text := decode(arrived):
                        self._hand_on(parser.feed(text))
                self._hand_on(parser.tick())
        self._hand_on(parser.feed(""))

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, AT_ONCE)
        except OSError:
            return b""

    def _hand_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)


def driver_class() -> type[Driver] | None:
    """This one, unless another is named in the environment, as the browser edition does."""
    return None if constants.DRIVER else EscDriver


def _until_due(parser: XTermParser) -> float:
    due = parser._timeout_time
    if due is None:
        return LOOK_FOR_EXIT
    return min(LOOK_FOR_EXIT, max(0.0, due - get_time()))


class PatchedCompositor(Compositor):
    """A compositor that repaints every widget that has moved.

    Textual paints what has moved since the last layout. But a look-up in between, such as which
    widget is under the mouse, may already work out the new places, and Textual then takes those for
    the last layout: what moved is never painted, and a line of the old picture stays.
    """

    def __init__(self) -> None:
        super().__init__()
        self._laid_out: CompositorMap = {}

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay everything out and note what has moved since this was done last."""
        self._full_map = self._laid_out
        moved = super().reflow(parent, size)
        self._laid_out = self._full_map
        return moved

    def clear(self) -> None:
        """The screen closes: hold no widget any longer."""
        super().clear()
        self._laid_out = {}
