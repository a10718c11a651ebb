"""`python -m console`: paint the bars, then the first rows, then load the app.

Loading a terminal framework takes longer than a person should look at nothing. So the bars are
painted with the standard library alone and the keyboard is made raw at once, and what waits to be
shipped is painted before Textual is loaded: a scan fired while the app still loads waits in
the terminal and is not lost. Carriage returns must stay what they are, or the scan's Enter would
arrive as something else.
"""

import gc
import os
import sys
import termios
import tty

from console import looks

NEEDS_TERMINAL = "The console needs a terminal. Open one and start it there."


def main() -> int:
    """Run the console; 0 when it was closed, 1 when it cannot start, 2 for wrong options."""
    # Nothing becomes garbage while loading; collecting would only take time.
    gc.disable()
    # Read by the keyboard parser when it is loaded: how long an Esc may be the start of a key.
    os.environ.setdefault("ESCDELAY", "20")
    is_remote = bool(os.environ.get("TEXTUAL_DRIVER"))
    asks_help = any(word in {"-h", "--help"} for word in sys.argv[1:])
    terminal = None
    if not asks_help and not is_remote:
        if not (os.isatty(0) and os.isatty(2)):
            sys.stderr.write(f"{NEEDS_TERMINAL}\n")
            return 1
        terminal = FirstFrame()
        terminal.paint()
    return _run(terminal)


def _run(terminal: "FirstFrame | None") -> int:
    message, code = "", 0
    try:
        from console.app import first_rows

        rows = first_rows.show(sys.argv[1:], os.environ, 2) if terminal is not None else None
        from console.app import run

        message, code = run.run(sys.argv[1:], os.environ, rows)
    finally:
        if terminal is not None:
            terminal.restore()
    if message:
        (sys.stderr if code else sys.stdout).write(f"{message}\n")
    return code


class FirstFrame:
    """The bars of the console, painted before anything is loaded."""

    def __init__(self) -> None:
        self._before = termios.tcgetattr(0)

    def paint(self) -> None:
        """Make the keyboard raw and show the bars."""
        raw = termios.tcgetattr(0)
        raw[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        raw[tty.IFLAG] &= ~(
            termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR
        )
        raw[tty.CC][termios.VMIN] = 1
        termios.tcsetattr(0, termios.TCSANOW, raw)
        columns, rows = os.get_terminal_size(2)
        os.write(2, self._frame(columns, rows).encode())

    def restore(self) -> None:
        """Leave the terminal as it was found."""
        os.write(2, b"\x1b[?1049l\x1b[?25h\x1b[0m")
        termios.tcsetattr(0, termios.TCSANOW, self._before)

    def _frame(self, columns: int, rows: int) -> str:
        bar, ground, accent = "\x1b[0;7m", "\x1b[0m", ""
        if "NO_COLOR" not in os.environ:
            home = looks.folder(sys.argv[1:], os.environ)
            colours = looks.PALETTES[looks.theme(home, os.environ.get("STOCKROOM_THEME", ""))]
            bar = f"\x1b[0{_colour(38, colours['ink'])}{_colour(48, colours['bar'])}m"
            ground = f"\x1b[0{_colour(38, colours['dim'])}{_colour(48, colours['ground'])}m"
            accent = f"\x1b[0{_colour(38, colours['blue'])}{_colour(48, colours['ground'])}m"
        title = " Stockroom".ljust(columns)
        entry = f" {accent}┃{ground} {accent}▌{ground} "
        keys = " F1 help  F2 home  F3 orders  F7 stock  F8 refund  F9 undo  F12 outbox"
        return (
            "\x1b[?1049h\x1b[?25l"
            f"\x1b[1;1H{bar}{title}"
            f"\x1b[2;1H{ground}\x1b[J{entry}"
            f"\x1b[3;1H{'─' * columns}"
            f"\x1b[{rows - 1};1H{bar}{' ' * columns}"
            f"\x1b[{rows};1H{bar}{keys[:columns].ljust(columns)}"
        )


def _colour(what: int, colour: str) -> str:
    """A colour as a terminal takes it: 38 is that of words, 48 that of their ground."""
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f";{what};2;{red};{green};{blue}"


if __name__ == "__main__":
    sys.exit(main())
