"""The scanner's own page: what it sends, what to programme into it, and the prefix that is kept."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console.client.errors import CallFailed
from console.client.models import OrderDetail, ScanAnswer
from console.flows.formatting import Sense
from console.flows.transition import done, noted
from console.scan import code_parsing, gs1, scanner_setup
from console.scan.input_buffer import Typing
from console.scan.scanner_setup import Heard, Key
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.text_layout import Line, wrapped

REMEMBERED = "scan_prefix"
"""As the navigation looks it up when the console starts."""

LEFT_ALONE = frozenset({"ctrl+q", "ctrl+s"})
"""Keys of the console's own that no scanner sends."""

MARKS = {Sense.GOOD: "✔", Sense.BAD: "✖", Sense.PART: "⚠", Sense.QUIET: "·"}


class ScannerScreen(BaseScreen):
    """Whatever is scanned here is shown as it comes, and does nothing else."""

    NAME = "scanner"
    TYPING = Typing.SCAN
    HINT = "scan any label: nothing is done with it here"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="scanner")
        self.heard = Heard()

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Listen."""
        self.heard = Heard()
        self.context.entry.listener = self._hear
        self._draw()

    def leave(self) -> None:
        """Listen no more."""
        self.context.entry.listener = None

    def why_not(self, action: str) -> str | None:
        """Only a prefix that was heard can be kept."""
        if action == "commit" and not self.heard.prefix:
            return "No prefix was heard: programme one, then scan a label"
        return None

    async def do_commit(self) -> None:
        """F10: this is what the scanner sends before each code."""
        prefix = self.heard.prefix
        self.context.shop.outbox.remember(REMEMBERED, prefix)
        self.context.entry.prefixes |= {prefix}
        self.context.entry.marks_codes = True
        self.say(done(f"{scanner_setup.name_of(prefix)} begins a code on every page from now on"))
        self._draw()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    def _hear(self, key: str, character: str | None) -> bool:
        """Take a key that a scanner may have sent, before it can mean anything."""
        is_sent = character is not None or key in scanner_setup.STOPS or key.startswith("ctrl+")
        if not self.is_current or not is_sent or key in LEFT_ALONE:
            return False
        self.heard = scanner_setup.heard(self.heard, Key(key, character))
        if self.heard.is_whole:
            run_in_background(self, "known", self._ask, self.heard)
        self._draw()
        return True

    async def _ask(self, code: Heard) -> None:
        """Ask what the shop calls it: then it can be told whether letters arrive as printed."""
        read = code_parsing.read(code.text)
        try:
            answer = await self.context.look_up(read.code) if read.code else None
        except CallFailed:
            self.say(noted("The shop could not be asked what this label is"))
            return
        if answer is not None and self.heard == code:
            self.heard = Heard(code.prefix, code.text, code.suffix, _printed(answer, read.code))
            self._draw()

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles, width = self.context.styles, self.size.width
        kept, code = self.context.shop.outbox.remembered(REMEMBERED), self.heard
        before = f"{scanner_setup.name_of(kept)} before each code" if kept else "no prefix"
        lines = [
            Line(),
            Line((("   arrived    ", styles.dim), (_arrived(code), styles.bright))),
            Line((("   kept       ", styles.dim), (before, styles.ink))),
            Line(),
        ]
        for part, sense, words in scanner_setup.verdicts(code):
            mark = f" {MARKS[sense]} {part:<11}"
            for n, row in enumerate(wrapped(words, width - 17)):
                lead = mark if n == 0 else " " * len(mark)
                lines.append(Line(((lead, styles.senses[sense]), (row, styles.ink))))
        lines += [Line(), Line(((" PROGRAMME INTO THE SCANNER", styles.heading),))]
        for part, words in scanner_setup.PROGRAMME:
            for n, row in enumerate(wrapped(words, width - 17)):
                lead = f"   {part if n == 0 else '':<11}"
                lines.append(Line(((lead, styles.dim), (row, styles.ink))))
        self.sheet.show(lines)


def _printed(answer: ScanAnswer, code: str) -> str | None:
    """How the shop writes what was scanned; None where it is known by another name."""
    names = [answer.variant.sku, answer.variant.barcode] if answer.variant else []
    names += [answer.order.number] if answer.order else []
    names += (
        [answer.fulfilment.number, answer.fulfilment.tracking_number] if answer.fulfilment else []
    )
    wanted = code.casefold()
    return next((name for name in names if name and name.casefold() == wanted), None)


def _arrived(code: Heard) -> str:
    end = scanner_setup.name_of(code.suffix) if code.suffix else "…" if code.text else ""
    before = scanner_setup.name_of(code.prefix) if code.prefix else ""
    parts = [part.replace(gs1.GS, "␝") for part in (before, code.text, end) if part]
    return "  ".join(parts) or "nothing yet"
