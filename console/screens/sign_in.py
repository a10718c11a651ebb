"""Sign in: e-mail, Enter, password, Enter. Unsent work of anybody is kept meanwhile.

F2 is for whoever was invited: the code of the e-mail, then a password of their own, twice. It also
takes the code that makes this console a shared terminal: there a badge and its PIN are enough.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from textual.widget import Widget

from console.client.errors import CallFailed, SignedOut, TooMany
from console.client.models import OrderDetail, Person
from console.flows.transition import Tone, done, noted, waiting, wrong
from console.messages import SignedIn
from console.scan import code_parsing
from console.scan.code_parsing import Kind
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.text_layout import Line, Part, fit, width_of

EMAIL = Prompt("email", "E-mail:", is_live=True, tab_goes_on=True)
PASSWORD = Prompt("password", "Password:", is_secret=True, is_live=True, tab_goes_on=True)
CODE = Prompt("code", "Code of the e-mail:", tab_goes_on=True)
CHOSEN = Prompt("chosen", "A password of your own:", is_secret=True, is_live=True)
AGAIN = Prompt("again", "Once more:", is_secret=True, is_live=True)
PIN = Prompt("pin", "PIN:", is_secret=True, is_live=True)
APP = Prompt("app", "Code of your app:", is_secret=True, is_live=True)
SECRETS = frozenset({"password", "chosen", "again", "app", "pin"})
ASKS_FOR_CODE = frozenset({"second_factor_required", "second_factor_wrong"})
REMEMBERED = "email"
ENROLS = "E-"
SECRET_NAMES = {"app": "app's code", "pin": "PIN"}


class SignInScreen(BaseScreen):
    """Who is working here?"""

    NAME = "sign_in"
    HINT = "Who is working here?"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="sign-in")
        self.email = self.badge = ""
        self.why = ""
        self._code = self._chosen = self._password = ""
        self._is_asking = False
        self.entry_bar.shows_text = False

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Not anywhere yet."""
        return ("Stockroom", "Sign in")

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Ask for the e-mail; `subject` says why one has to sign in."""
        self.why = subject
        self.email = self.email or self.context.shop.outbox.remembered(REMEMBERED)
        self.come_back()

    def come_back(self) -> None:
        """Ask for what is missing."""
        self.ask(PASSWORD if self.email else EMAIL)
        self._draw()

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """Go on to the password, then to the shop."""
        scan = code_parsing.read(text)
        if prompt.name in {"email", "password", "pin"} and scan.kind is Kind.BADGE:
            self.take_badge(scan.code)
            return
        if prompt.name == "email":
            self.email = text.strip()
            self.ask(PASSWORD if self.email else EMAIL, "")
            self._draw()
            return
        shop = self.context.shop
        if prompt.name == "code" and text.strip().upper().startswith(ENROLS):
            run_in_background(self, "sign-in", self._enrol, text.strip())
        elif prompt.name == "code":
            self._code = text.strip()
            self.ask(CHOSEN if self._code else CODE)
        elif not text:
            self.ask(prompt)
        elif prompt.name == "password":
            self._password = text
            run_in_background(
                self, "sign-in", self._enter, partial(shop.auth.sign_in, self.email, text)
            )
        elif prompt.name == "pin":
            way_in = partial(shop.auth.sign_in_by_badge, self.badge, text)
            run_in_background(self, "sign-in", self._enter, way_in)
        elif prompt.name == "app":
            way_in = partial(shop.auth.sign_in, self.email, self._password, text)
            run_in_background(self, "sign-in", self._enter, way_in)
        elif prompt.name == "chosen":
            self._chosen = text
            self.ask(AGAIN)
        elif text != self._chosen:
            self.say(wrong("The two passwords differ. Choose one again"))
            self.ask(CHOSEN)
        else:
            run_in_background(
                self, "sign-in", self._enter, partial(shop.auth.join, self._code, text)
            )
        self._draw()

    def take_change(self, prompt: Prompt, text: str) -> None:
        """What is typed appears in the box."""
        if prompt.name == "email":
            self.email = text
        self._draw()

    def take_badge(self, code: str) -> None:
        """Somebody showed their badge: their PIN is all that is missing."""
        if not self.context.shop.session.terminal_key:
            self.say(wrong("This console is no shared terminal: sign in with your e-mail"))
            return
        self.badge, self._password = code, ""
        self.ask(PIN, "")
        self._draw()

    def take_cancel(self, prompt: Prompt) -> None:
        """Esc goes back to the e-mail."""
        self._password = self.badge = ""
        self.ask(EMAIL, self.email)
        self._draw()

    async def do_invited(self) -> None:
        """Join with the code of an invitation."""
        self.ask(CODE)
        self._draw()

    async def do_enter(self) -> None:
        """Enter without a prompt: begin again."""
        if not self._is_asking:
            self.come_back()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    async def _enter(self, way_in: Callable[[], Awaitable[Person]]) -> None:
        self._is_asking = True
        self.say(waiting("Asking the shop …"))
        try:
            person = await way_in()
        except CallFailed as failure:
            self._refused(failure)
            return
        finally:
            self._is_asking = False
        self._code = self._chosen = self._password = ""
        if not self.badge:
            self.email = person.email
            self.context.shop.outbox.remember(REMEMBERED, self.email)
        self.badge = ""
        self.problem.hide()
        self.say(done(f"Hello {person.full_name}"))
        self.post_message(SignedIn())

    async def _enrol(self, code: str) -> None:
        try:
            name = await self.context.shop.auth.enrol(code)
        except CallFailed as failure:
            self.say(wrong(failure.detail))
            self.ask(CODE)
        else:
            self.say(done(f"This console is {name} now: scan a badge"))
            self.ask(EMAIL, "")
        self._draw()

    def _refused(self, failure: CallFailed) -> None:
        if failure.code in ASKS_FOR_CODE and self._password:
            is_first = isinstance(failure, SignedOut)
            self.say(noted("And a code of your app") if is_first else wrong(failure.detail))
            self.ask(APP)
            self._draw()
            return
        self._password = ""
        if isinstance(failure, SignedOut):
            self.say(wrong(failure.detail))
        elif isinstance(failure, TooMany):
            wait = f" again in {failure.retry_after:.0f} s" if failure.retry_after else " later"
            self.say(wrong(f"Too many tries:{wait}"))
        else:
            self.say(wrong("Not signed in"))
            self.problem.show("This did not let you in", failure)
        self.ask(PIN if self.badge else CHOSEN if self._code else PASSWORD)
        self._draw()

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles, shop = self.context.styles, self.context.shop
        prompt = self.context.entry.prompt
        at_password = prompt is not None and prompt.name in SECRETS
        joins = prompt is not None and prompt.name in ("code", "chosen", "again")
        width = min(64, max(40, self.size.width - 20))
        left = " " * max(1, (self.size.width - width) // 2)
        edge = styles.faint

        def row(*parts: Part) -> Line:
            used = sum(width_of(text) for text, _ in parts)
            inside = ((left, edge), ("│  ", edge), *parts, (" " * (width - used - 5), edge))
            return Line((*inside, (" │", edge)))

        def field(name: str, text: str, here: bool) -> Line:
            shown, at = self.context.entry.shown if here else (text, len(text))
            room = width - 22
            start = max(0, at - room)
            typed: tuple[Part, ...] = ((shown[start:at], styles.bright),)
            if here:
                typed += (("▌", styles.accent), (shown[at : start + room], styles.bright))
            mark = ("▶ " if here else "  ", styles.accent)
            return row(mark, (f"{name:<12}", styles.bright if here else styles.dim), *typed)

        warning = "" if shop.is_encrypted else "⚠ not encrypted: others can read the password"
        lines = [Line()] * max(1, (self.size.height - 22) // 2)
        lines += [
            Line(((left, edge), ("╭" + "─" * (width - 2) + "╮", edge))),
            row(),
            row(("STOCKROOM", styles.bright)),
            row((fit(self.why or self._hint(), width - 6), styles.dim)),
            row(),
            field(
                "badge" if self.badge else "code" if joins else "e-mail",
                self.badge or (self._code if joins else self.email),
                not at_password and prompt is not None,
            ),
            field(SECRET_NAMES.get(prompt.name if prompt else "", "password"), "", at_password),
            row(),
            row((fit(f"  shop        {shop.url}", width - 6), styles.dim)),
            row((warning, styles.tones[Tone.NOTE])),
            Line(((left, edge), ("╰" + "─" * (width - 2) + "╯", edge))),
        ]
        lines += [Line(), *self._kept_work(left)]
        self.sheet.show(lines)

    def _hint(self) -> str:
        if self.context.shop.session.terminal_key:
            return "Scan your badge, or type your e-mail."
        return "Sign in to ship, refund and count."

    def _kept_work(self, left: str) -> list[Line]:
        commands = self.context.shop.outbox.open_commands()
        if not commands:
            return []
        kinds = Tally(command.kind for command in commands)
        told = ", ".join(f"{count} × {kind}" for kind, count in kinds.items())
        words = f"{left}  Kept from before: {told}. It goes on when its operator signs in."
        return [Line(((words, self.context.styles.dim),))]
