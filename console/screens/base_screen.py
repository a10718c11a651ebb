"""What all screens have in common: three bars, a place for questions, a place for problems.

A question to the shop runs as a coroutine on the screen's own loop and is called off when a newer
one replaces it, so it finishes the screen itself instead of posting its answer to it first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from console import keys
from console.client.change_models import ChangeBatch
from console.client.circuit_breaker import pause_after
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.flows.formatting import clock_with_seconds
from console.flows.transition import Feedback
from console.messages import ScreenClosed, ShowMessage, SignInNeeded
from console.scan.code_parsing import Scan
from console.scan.input_buffer import Prompt, Typing
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.textual_patches import PatchedCompositor
from console.widgets.chrome import EntryBar, KeyBar, TitleBar, TooSmall
from console.widgets.panels import ProblemPanel, QuestionPanel

T = TypeVar("T")


class BaseScreen(Screen[None]):
    """A screen of the console. `NAME` is how the registry of actions calls it."""

    NAME: ClassVar[str] = ""
    TYPING: ClassVar[Typing] = Typing.LIST
    HINT: ClassVar[str] = "scan, or type an order number, SKU or barcode"

    WAITS_FOR: ClassVar[frozenset[str]] = frozenset()
    """Actions that wait until what the screen is about has been read."""

    CODES_WAIT: ClassVar[bool] = False
    """Whether codes wait for that, too."""

    AUTO_FOCUS = None
    # Textual declares these as instance variables, so they cannot be ClassVar here.
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (120, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-tall")]  # noqa: RUF012

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._compositor = PatchedCompositor()
        self.context = context
        styles = context.styles
        self.title_bar = TitleBar(styles)
        self.entry_bar = EntryBar(styles, context.entry, self.HINT)
        self.question = QuestionPanel(styles)
        self.problem = ProblemPanel(styles)
        self.key_bar = KeyBar(styles, keys.on_the_bar(self.NAME), context.may)
        self.order_id = ""
        """The order that the screen is about; empty where it is about none."""

        self.read_at: datetime | None = None
        """When what is shown was read from the shop."""

        self.came_by_letter = False
        """Whether a letter on a list opened this screen, and no key was pressed on it since."""

        self._is_read = asyncio.Event()
        self._is_read.set()
        self._asked_again = 0
        self._ask_in = 0.0

    def compose(self) -> ComposeResult:
        """Bars above and below, the screen's own body between."""
        yield self.title_bar
        yield self.entry_bar
        yield self.question
        yield self.problem
        for widget in self.body():
            widget.add_class("body")
            yield widget
        yield self.key_bar
        yield TooSmall(self.context.styles, id="too-small")

    # What a screen fills in

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets, one above the other."""
        return ()

    def crumbs(self) -> tuple[str, ...]:
        """Where we are."""
        return (self.NAME.capitalize(),)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Become current: show what is known of the subject, and begin to read the rest."""

    def show_overlay(self, screen: BaseScreen) -> None:
        """Be laid over another screen, to explain it or to offer what it can do."""

    def come_back(self) -> None:
        """What lay over this screen is gone: ask again what was being asked."""

    def leave(self) -> None:
        """Stop being current; whatever the operator began stays."""

    def why_not(self, action: str) -> str | None:
        """Why an action cannot be done right now, or None."""
        return None

    def doing(self, action: str) -> Callable[[], Awaitable[None]] | None:
        """What carries an action out on this screen; None leaves it to the whole console."""
        method: Callable[[], Awaitable[None]] | None = getattr(self, f"do_{action}", None)
        return method

    def move(self, action: str) -> None:
        """Obey a moving key."""

    def point_out(self, item: str) -> None:
        """Mark something on this screen that was scanned, where it can be marked."""

    async def take_code(self, scan: Scan) -> bool:
        """Use a code here; False leaves it to the whole console, which opens what it means."""
        return False

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A prompt of this screen was answered."""

    def take_change(self, prompt: Prompt, text: str) -> None:
        """A live prompt of this screen changed."""

    def take_cancel(self, prompt: Prompt) -> None:
        """A prompt of this screen was left."""

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command was done or stopped; it may be about what is shown here."""

    def follow(self, news: ChangeBatch) -> None:
        """The shop told what changed; some of it may be shown here."""

    def claims_changed(self) -> None:
        """Others have opened or left orders that may be shown here."""

    def go_back(self) -> bool:
        """Esc: close what is open inside the screen; False when there is nothing to close."""
        return False

    def undo_step(self) -> bool:
        """F9: take a step of the draft back; False when there is no draft with a step."""
        return False

    async def undo_shipment(self, fulfilment_id: str, key: str) -> bool:
        """Ask whether to void the parcel that a command shipped; False where it cannot be."""
        return False

    async def reload(self) -> None:
        """Read again what is shown."""

    def redraw(self) -> None:
        """Draw everything in other colours: as after a change of the window's size."""
        self.post_message(events.Resize(self.size, self.size))

    def tick(self) -> None:
        """Called every second while current, for ages and other things that time changes."""

    def retry_failed_reads(self, seconds: float) -> None:
        """Called every second while current: what did not load is asked for again by itself."""
        if not self.problem.will_pass:
            self._asked_again, self._ask_in = 0, 0.0
            return
        if not self._asked_again:
            self._asked_again, self._ask_in = 1, pause_after(1)
        self._ask_in -= seconds
        if self._ask_in <= 0 and not self.context.shop.caller.circuit.is_open:
            self._asked_again += 1
            self._ask_in = pause_after(self._asked_again)
            self.read_soon()

    # What a screen uses

    def say(self, feedback: Feedback | None) -> None:
        """Tell the operator something."""
        if feedback is not None:
            self.post_message(ShowMessage(feedback))

    def ask(self, prompt: Prompt, text: str = "") -> None:
        """Ask for text in the entry bar."""
        self.context.entry.ask(prompt, text)
        self.entry_bar.refresh()

    def read_soon(self) -> None:
        """Begin to read what is shown; a reading that is under way is called off."""
        self._is_read.set()
        self._is_read = asyncio.Event()
        run_in_background(self, "reading", self._read, self._is_read)

    async def read_again(self) -> None:
        """Read what is shown, and come back when that is done; nobody waits for it."""
        self.read_soon()
        await self._is_read.wait()

    async def ready(self) -> None:
        """Wait until what is being read is here, or could not be read."""
        with self.context.interruptible():
            while not self._is_read.is_set():
                await self._is_read.wait()

    async def _read(self, is_read: asyncio.Event) -> None:
        try:
            await self.reload()
        finally:
            is_read.set()

    async def do_back(self) -> None:
        """Esc."""
        if not self.go_back():
            self.post_message(ScreenClosed())

    async def do_reload(self) -> None:
        """Ctrl+R."""
        self.read_soon()

    def refresh_status_bar(self) -> None:
        """Bring the title up to date; cheap when nothing changed."""
        self.title_bar.show(self.crumbs(), self.context.standing())

    async def asked(self, what: str, question: Awaitable[T], *, is_aside: bool = False) -> T | None:
        """Put a question to the shop; a failure opens the problem panel and gives None.

        What is read aside leaves the panel to the main thing, and does not count as its reading.
        """
        try:
            answer = await question
        except CallFailed as failure:
            if isinstance(failure, SignedOut):
                self.post_message(SignInNeeded(failure))
            self.problem.show(what, failure, kept=self._kept(), is_aside=is_aside)
            return None
        self.problem.hide(what)
        if not is_aside:
            self.read_at = datetime.now(UTC)
        return answer

    async def succeeded(self, what: str, question: Awaitable[object]) -> bool:
        """Put a change to the shop; a failure opens the problem panel."""

        async def told() -> bool:
            await question
            return True

        return bool(await self.asked(what, told(), is_aside=True))

    def _kept(self) -> str:
        if self.read_at is None:
            return ""
        return f"still as of {clock_with_seconds(self.read_at)}"
