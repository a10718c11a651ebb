"""The outbox: what waits to be sent, what the shop refused, and every call that was made."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console import keys
from console.client.approvals import held
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail
from console.client.outbox import Command, State
from console.client.refunds import CommandResult
from console.flows.transition import Question, done, noted, waiting, wrong
from console.messages import Open, SignInNeeded
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.outbox_view import calls_page, commands_page, scans_page
from console.widgets.text_layout import Line
from console.widgets.view_tabs import ViewTabs

PAGES = ("commands", "calls", "scans")
AGAIN = Prompt("outbox_again", "send it again?", sends=True)
DROP = Prompt("outbox_drop", "drop it?", sends=True)
SCREEN_OF = {"ship": "ship", "refund": "refund", "note": "order", "hold": "order",
             "release": "order", "adjust": "level", "receive": "receive",
              "batch": "catalogue"}  # fmt: skip
"""Where a command was made, by its kind: there it can be looked at and put right."""


class OutboxScreen(BaseScreen):
    """Pending, stopped and recent commands; the request log; the last scans."""

    NAME = "outbox"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.views = ViewTabs(context.styles, id="views")
        self.sheet = CursorWidget(context.styles, id="outbox")
        self.page = PAGES[0]
        self.cursor = 0
        self._commands: list[Command] = []
        self._asked = ""
        """Key of the command that is asked about."""

    def body(self) -> Iterable[Widget]:
        """Three pages under their names."""
        return (self.views, self.sheet)

    def crumbs(self) -> tuple[str, ...]:
        """Which page."""
        return ("Outbox", self.page)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Show what is here now."""
        self.problem.hide()
        self._draw()

    async def reload(self) -> None:
        """Look again."""
        self._draw()

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """Something moved."""
        if self.is_current:
            self._draw()

    def tick(self) -> None:
        """Ages and retries move by themselves."""
        self._draw()

    def move(self, action: str) -> None:
        """The cursor goes from command to command; the other pages scroll."""
        if self.page != "commands":
            self.sheet.move(action)
            return
        self.cursor = keys.moved(action, self.cursor, len(self._commands))
        self._draw()
        if self._commands:
            self.sheet.reveal(self._commands[self.cursor].key)

    def why_not(self, action: str) -> str | None:
        """What the command under the cursor allows."""
        if action not in {"enter", "again", "drop"}:
            return None
        command = self._chosen()
        if command is None:
            return "No command is chosen"
        if action == "enter":
            return None
        if refusal := _why_not(command, action):
            return refusal
        if action == "again" and self.context.shop.refunds.is_waited_for(command):
            return "It is being asked about right now"
        return None

    async def do_enter(self) -> None:
        """Go to where the command was made."""
        command = self._chosen()
        if command is not None:
            subject = command.aggregate.partition(":")[2]
            self.post_message(Open(SCREEN_OF.get(command.kind, "order"), subject))

    async def do_again(self) -> None:
        """Ask again about money; send again what was refused."""
        self._ask(AGAIN, "Send again", "F10 sends it. Esc: no.")

    async def do_drop(self) -> None:
        """Give the command up."""
        self._ask(DROP, "Give up", "F10 drops it, it will not be done. Esc: no.")

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """F10: what was asked about is done, if it can still be."""
        asked, self._asked = self._asked, ""
        self.question.show(None)
        command = next((one for one in self._commands if one.key == asked), None)
        action = "again" if prompt is AGAIN else "drop"
        why_not = "It is not there any more" if command is None else _why_not(command, action)
        if command is None or why_not:
            self.say(noted(why_not or ""))
        elif prompt is AGAIN:
            self._send_again(command)
        else:
            self.context.shop.drop(command)
            self.say(done(f"{command.label}: dropped, it was not done"))
        self._draw()

    def take_cancel(self, prompt: Prompt) -> None:
        """Never mind."""
        self._asked = ""
        self.question.show(None)

    def _ask(self, prompt: Prompt, what: str, hint: str) -> None:
        command = self._chosen()
        if command is not None:
            self._asked = command.key
            self.question.show(Question(f"{what}: {command.label}?", ()), hint)
            self.ask(prompt)

    def _send_again(self, command: Command) -> None:
        if command.state is State.ASKING:
            run_in_background(self, "refund", self._ask_again, command, beside=True)
            return
        self.context.shop.send_again(command)
        self.say(noted(f"{command.label}: sent again"))

    async def do_next_view(self) -> None:
        """The page to the right."""
        self._turn(1)

    async def do_last_view(self) -> None:
        """The page to the left."""
        self._turn(-1)

    def on_cursor_widget_chosen(self, message: CursorWidget.Chosen) -> None:
        """A click goes to a command."""
        message.stop()
        keys = [one.key for one in self._commands]
        if message.item in keys:
            self.cursor = keys.index(message.item)
            self._draw()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    async def _ask_again(self, command: Command) -> None:
        self.say(waiting(f"{command.label}: asking again under the same key"))
        try:
            outcome = await self.context.shop.refunds.ask_again(
                command,
                unknown=lambda tries: self.say(waiting(f"Not known yet, asked {tries} times")),
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            return
        if outcome.fate in (CommandResult.GIVEN, CommandResult.PENDING):
            self.say(done(f"{command.label}: the shop has done it, once"))
        elif outcome.fate is CommandResult.HELD:
            self.say(noted(f"{command.label}: {held(outcome.approvers)}"))
        else:
            why = outcome.failure.detail if outcome.failure else ""
            self.say(wrong(f"{command.label}: {outcome.fate}, nothing happened. {why}"))
        self._draw()

    def _turn(self, by: int) -> None:
        self.page = PAGES[(PAGES.index(self.page) + by) % len(PAGES)]
        self.sheet.top = 0
        self._draw()

    def _chosen(self) -> Command | None:
        if self.page != "commands" or not self._commands:
            return None
        return self._commands[self.cursor]

    def _draw(self) -> None:
        shop, styles, width = self.context.shop, self.context.styles, self.size.width
        lines: list[Line]
        if self.page == "commands":
            pending = shop.outbox.open_commands()
            open_keys = {one.key for one in pending}
            over = [one for one in shop.outbox.recent() if one.key not in open_keys]
            self._commands = sorted(pending, key=_urgency) + over
            self.cursor = min(max(0, self.cursor), max(0, len(self._commands) - 1))
            operator = shop.session.person.id if shop.session.person else ""
            lines = commands_page(self._commands, self.cursor, operator, styles, width)
        elif self.page == "calls":
            lines = calls_page(shop.caller.journal.calls, styles, width)
        else:
            lines = scans_page(self.context.scans, styles, width)
        position = f"{shop.url}" + ("" if shop.is_encrypted else " ⚠ not encrypted")
        self.views.show(PAGES, self.page, note="", position=position)
        self.sheet.show(lines)
        self.refresh_status_bar()


def _urgency(command: Command) -> tuple[int, int]:
    order = {State.STOPPED: 0, State.ASKING: 0, State.WAITING: 1}
    return (order[command.state], command.id)


def _why_not(command: Command, action: str) -> str | None:
    if command.state in (State.DONE, State.DROPPED):
        return "That is over: nothing to send and nothing to drop"
    if action == "drop" and command.unanswered:
        return "It may have happened already: y asks again, under the same key"
    if action == "again" and command.state is State.WAITING:
        return "It waits already and goes by itself"
    return None
