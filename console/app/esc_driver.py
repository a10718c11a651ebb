"""Reads the keyboard without the pause that stock Textual makes after Esc.

The stock driver looks for the end of an Esc every 100 ms. This one waits exactly as long as the
parser asks for, and not at all while nothing is pending, so Esc answers within `ESCDELAY` and an
idle console sleeps.
"""

from __future__ import annotations

import os
import selectors
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterable

from textual import constants
from textual._parser import ParseError
from textual._time import get_time
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

LOOK_FOR_EXIT = 0.1
"""Seconds between looks at whether the console is being closed."""

HUNG_UP = 128 + signal.SIGHUP
"""The exit status of a process that a hang-up ended."""

AT_ONCE = 4096
"""Bytes read in one go: far more than a scanner sends in a burst."""


OTHER_SCREEN = "\x1b[?1049h"
"""Goes over to the terminal's other screen, which is empty then."""


class EscDriver(LinuxDriver):
    """The Linux driver with an input thread that wakes up when it should."""

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
        try:
            self._hand_on(parser.feed(""))
        except (EOFError, ParseError):
            # The parser ends this way when it is closed in the middle of a sequence.
            return

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
