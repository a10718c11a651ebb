"""The console as a Textual app: every key and code comes in here, in order, and finds its screen.

Keys do not go to widgets. They go to the entry, which takes what is text or part of a code; what
it leaves is looked up in the registry of actions. Codes, answers and actions are then done by one
consumer, one by one, screen change included, so a scan that follows another finds the screen that
the first one opened. Only the cursor moves at once.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import shlex
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import cast

from textual import constants, events
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen

from console import keys
from console.app.driver import PromptDriver
from console.app.trail import Stop, Trail
from console.client import stock
from console.client.errors import CallFailed, SignedOut
from console.client.folder import StateFolder
from console.client.outbox import Command
from console.client.shop import Shop
from console.client.transport import Transport
from console.flows import undo
from console.flows.step import Feedback, Tone, done, good, noted, wrong
from console.keys import Action
from console.messages import (
    CommandEnded,
    Finished,
    Left,
    LineChanged,
    Open,
    Pressed,
    Said,
    SignedIn,
    SignInNeeded,
)
from console.scan.codes import Kind, Scan, read
from console.scan.entry import Answer, Cancelled, Changed, Code, Entry, Kept, Outcome
from console.scan.intake import Intake
from console.screens.counter import Counter
from console.screens.frame import Frame
from console.screens.help import HelpScreen
from console.screens.home import HomeScreen
from console.screens.level import LevelScreen
from console.screens.order import OrderScreen
from console.screens.orders import OrdersScreen
from console.screens.palette import PaletteScreen
from console.screens.refund import RefundScreen
from console.screens.ship import ShipScreen
from console.screens.sign_in import SignInScreen
from console.screens.stock import StockScreen
from console.screens.tray import TrayScreen
from console.settings import Settings
from console.theme import THEME, paints

SCREENS: tuple[type[Frame], ...] = (
    HomeScreen, OrdersScreen, OrderScreen, ShipScreen, RefundScreen, StockScreen, LevelScreen,
    TrayScreen, HelpScreen, PaletteScreen, SignInScreen,
)  # fmt: skip
OVERLAYS = frozenset({"help", "palette"})
STYLES = sorted((Path(__file__).parent.parent / "screens").glob("*.tcss"))

IDLE_AFTER = 5.0
"""Seconds without a key after which memory is tidied up; tidying under the fingers stutters."""

LOOKS_SLOW_AFTER = 0.25
"""Seconds that a code is looked up before the bar says so."""

GARBAGE_THRESHOLDS = (20_000, 50, 1_000)

Work = Code | Answer | Action | Open | Left | Finished | SignedIn | SignInNeeded


class ConsoleApp(App[None]):
    """The counter."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = cast("list[str | PurePath]", STYLES)
    TITLE = "Stockroom"

    def __init__(
        self,
        settings: Settings,
        folder: StateFolder,
        *,
        connect: Callable[[], Transport] | None = None,
        colours: bool = True,
        driver: type[Driver] | None = None,
    ) -> None:
        # Without colours the terminal's own are used, which then are left out altogether.
        super().__init__(driver_class=driver or _driver(), ansi_color=None if colours else True)
        self.settings = settings
        self.shop = Shop(settings, folder)
        self._connect = connect or (lambda: _load_http(settings.url))
        entry = Entry(prefixes=frozenset(settings.scan_prefixes))
        self.counter = Counter(self.shop, paints(colours=colours), entry)
        self.frames: dict[str, Frame] = {one.NAME: one(self.counter) for one in SCREENS}
        self.trail = Trail()
        self.intake: Intake[Work] = Intake(self._take)
        self._scans = folder.scans.open("a", encoding="utf-8", buffering=1)
        self._follow_ups: deque[Work] = deque()
        self._is_restanding = False
        self._last_key = 0.0
        self._is_tidy = False
        self._undo_before: int | None = None
        self.unsent = 0
        """Commands that still wait, once the console has been closed."""

        for name, frame in self.frames.items():
            self.install_screen(frame, name)
        self.register_theme(THEME)
        self.theme = THEME.name

    # -- beginning and end

    def get_default_screen(self) -> Screen[None]:
        """Home, or the sign-in page when nobody is known here."""
        return self.frames["home" if self.shop.session.is_signed_in else "sign_in"]

    def on_mount(self) -> None:
        """Paint first; everything that takes time comes afterwards."""
        self.call_after_refresh(self._after_first_paint)

    @property
    def frame(self) -> Frame:
        """The screen that is looked at."""
        return cast("Frame", self.screen)

    async def on_unmount(self) -> None:
        """Close what is open; every command is on disk already."""
        self.unsent = self.shop.waiting
        self._scans.close()
        await self.shop.close()

    def _after_first_paint(self) -> None:
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        gc.enable()
        shop = self.shop
        shop.caller.changed = shop.outbox.changed = self._line_changed
        shop.sender.finished = self._command_ended
        self.run_worker(self._plug_in(), name="transport")
        self.run_worker(self.intake.run(), name="intake")
        self.run_worker(shop.sender.run(), name="sender")
        self.run_worker(shop.keep_pulse(), name="pulse")
        self.set_interval(1.0, self._tick)
        self._listen_as(self.frame)
        self.intake.put(Open(self.frame.NAME))

    async def _plug_in(self) -> None:
        """Load httpx while the operator already looks at the first frame."""
        self.shop.socket.plug(await asyncio.to_thread(self._connect))

    # -- keys

    async def on_event(self, event: events.Event) -> None:
        """Take keys and pastes before any widget could; everything else goes its usual way."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._last_key = event.time
            self._is_tidy = False
            self._key(event)
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            for outcome in self.counter.entry.paste(event.text):
                self._entered(outcome)
        else:
            await super().on_event(event)

    def _key(self, event: events.Key) -> None:
        types = event.is_printable and not event.key.startswith("alt+")
        character = event.character if types else None
        outcome = self.counter.entry.key(event.key, character)
        if outcome is not None:
            self._entered(outcome)
            return
        action = keys.bindings(self.frame.NAME).get(character or event.key)
        if action is None:
            if character is not None:
                self._say(noted(f"{character} does nothing here: F1 shows what can be done"))
        elif action.id in keys.MOVES:
            self.frame.move(action.id)
        elif action.id == "back" and self.intake.let_go():
            self._say(noted("Not waited for any longer"))
        else:
            self._press(action)

    def _press(self, action: Action) -> None:
        if action.id == "commit" and self.counter.entry.is_coding:
            # What was typed so far is meant: `2` and F10 is the reason and the review.
            self._entered(Code(self.counter.entry.take_code()))
        self.intake.put(action)

    def _entered(self, outcome: Outcome) -> None:
        frame = self.frame
        match outcome:
            case Code(raw):
                # Written down before anything else can go wrong with it.
                self._scans.write(f"{raw!r}\n")
                self.intake.put(outcome)
            case Answer():
                self.intake.put(outcome)
            case Changed(prompt, text):
                frame.take_change(prompt, text)
            case Cancelled(prompt):
                frame.take_cancel(prompt)
            case Kept():
                pass
        frame.entry_bar.refresh()

    # -- one thing after the other

    async def _take(self, work: Work) -> None:
        """Do one thing, and what follows from it, before the next is begun."""
        await self._do(work)
        await self._messages_are_through()
        while self._follow_ups:
            await self._do(self._follow_ups.popleft())
            await self._messages_are_through()

    async def _do(self, work: Work) -> None:
        match work:
            case Code(raw):
                await self._code(read(raw))
            case Answer(prompt, text):
                await self.frame.take_answer(prompt, text)
            case Action():
                await self._act(work)
            case Open():
                await self._go(Stop(work.screen, work.subject), work)
            case Left():
                await self._leave()
            case Finished():
                self.trail.before(work.subject)
                await self._arrive(self.trail.here)
            case SignedIn():
                await self._signed_in()
            case SignInNeeded():
                await self._ask_to_sign_in(work.failure.detail)

    async def _messages_are_through(self) -> None:
        """Wait until what the screen posted while it worked has reached this app."""
        for pump in (self.screen, self):
            through = asyncio.Event()
            if pump.call_later(through.set):
                await through.wait()

    async def _act(self, action: Action) -> None:
        frame = self.frame
        refusal = frame.why_not(action.id)
        if refusal is not None:
            self._say(noted(refusal))
            return
        method = getattr(frame, f"do_{action.id}", None) or getattr(self, f"do_{action.id}")
        await method()

    async def _code(self, scan: Scan) -> None:
        tray = cast("TrayScreen", self.frames["tray"])
        tray.note_scan(scan.raw, scan.code or scan.why)
        if scan.kind is Kind.UNREADABLE:
            self._say(wrong(scan.why))
            return
        if not self.shop.session.is_signed_in:
            self._say(wrong("Sign in first, then scan it again"))
            return
        frame = self.frame
        slow = self.set_timer(
            LOOKS_SLOW_AFTER, lambda: frame.entry_bar.work_on(f"looking up {scan.code} …")
        )
        try:
            if not await frame.take_code(scan):
                await self._open_code(scan)
        finally:
            slow.stop()
            frame.entry_bar.work_on("")

    async def _open_code(self, scan: Scan) -> None:
        """A code that the screen had no use for opens what it means."""
        try:
            answer = await self.counter.what_is(scan.code)
        except SignedOut as failure:
            self._follow_ups.append(SignInNeeded(failure))
            return
        except CallFailed as failure:
            self._say(wrong(f"{scan.code} was not looked up. {failure.detail}"))
            return
        if answer is None:
            self._say(wrong(f"Unknown code {scan.code}: no order, no SKU, no barcode"))
        elif answer.kind == "order":
            self._say(good(f"Order {answer.label}"))
            await self._go(Stop("order", answer.id))
        elif answer.variant is not None and len(answer.variant.levels) == 1:
            self._say(good(answer.label))
            await self._go(Stop("level", answer.variant.levels[0].id))
        else:
            sku = answer.variant.sku if answer.variant else scan.code
            self._say(good(answer.label))
            await self._go(Stop("stock", f"/{sku}"))

    # -- going about

    async def _go(self, stop: Stop, opened: Open | None = None) -> None:
        if self.frame.NAME in OVERLAYS:
            await self.pop_screen()
        self.trail.go(stop)
        await self._arrive(stop, opened)

    async def _arrive(self, stop: Stop, opened: Open | None = None) -> None:
        before, frame = self.frame, self.frames[stop.screen]
        if frame is not before:
            self._close_prompt(before)
            before.leave()
            await self._bring_up(frame)
        self._listen_as(frame)
        await frame.show(stop.subject, opened.order if opened else None)

    async def _bring_up(self, frame: Frame) -> None:
        """Put an installed screen on top: 8 ms, where switching modes takes 60.

        The screen that the console began with cannot be switched away, so the others lie above it.
        """
        stack = self.screen_stack
        if frame is stack[0]:
            await self.pop_screen()
        elif len(stack) == 1:
            await self.push_screen(frame)
        else:
            await self.switch_screen(frame)

    async def _leave(self) -> None:
        if self.frame.NAME in OVERLAYS:
            self._close_prompt(self.frame)
            await self.pop_screen()
            self._listen_as(self.frame)
        elif self.trail.back():
            await self._arrive(self.trail.here)
        elif self.frame.NAME != "home":
            await self._arrive(Stop("home"))

    def _close_prompt(self, frame: Frame) -> None:
        entry = self.counter.entry
        entry.take_code()
        if entry.prompt is not None and frame.NAME not in OVERLAYS:
            prompt = entry.prompt
            entry.close()
            frame.take_cancel(prompt)
        entry.close()

    def _listen_as(self, frame: Frame) -> None:
        """Typing means what it means on this screen from now on."""
        entry = self.counter.entry
        entry.typing = frame.TYPING
        entry.commands = keys.command_characters(frame.NAME)
        frame.entry_bar.say(self.counter.feedback)
        frame.restand()

    async def _overlay(self, frame: Frame) -> None:
        self._close_prompt(self.frame)
        await self.push_screen(frame)
        self._listen_as(frame)

    # -- signing in

    async def _ask_to_sign_in(self, why: str) -> None:
        if self.frame.NAME != "sign_in":
            if self.frame.NAME in OVERLAYS:
                await self.pop_screen()
            await self._arrive(Stop("sign_in", why))

    async def _signed_in(self) -> None:
        self.shop.sender.resume()
        person = self.shop.session.person
        assert person is not None
        if self.counter.reader != person.id:
            self.counter.forget(person.id)
            self.trail.start_over()
        await self._arrive(self.trail.here)

    # -- what can be done anywhere

    async def do_home(self) -> None:
        """F2."""
        await self._go(Stop("home"))

    async def do_orders(self) -> None:
        """F3."""
        await self._go(Stop("orders"))

    async def do_to_ship(self) -> None:
        """`:q`."""
        await self._go(Stop("orders", "to_ship"))

    async def do_stock(self) -> None:
        """F7."""
        await self._go(Stop("stock"))

    async def do_low_stock(self) -> None:
        """`:l`."""
        await self._go(Stop("stock", "low"))

    async def do_refund(self) -> None:
        """F8 where no order is at hand: the refund asks for it."""
        await self._go(Stop("refund"))

    async def do_tray(self) -> None:
        """F12."""
        await self._go(Stop("tray"))

    async def do_earlier(self) -> None:
        """Back along the trail."""
        await self._leave()

    async def do_later(self) -> None:
        """Forward along the trail."""
        if self.trail.forward():
            await self._arrive(self.trail.here)
        else:
            self._say(noted("This is where you have come to"))

    async def do_help(self) -> None:
        """F1."""
        page = cast("HelpScreen", self.frames["help"])
        if self.frame is not page:
            about = self.frame
            await self._overlay(page)
            page.explain(about)

    async def do_palette(self) -> None:
        """`:`."""
        page = cast("PaletteScreen", self.frames["palette"])
        if self.frame.NAME in OVERLAYS:
            await self._leave()
        about = self.frame
        await self._overlay(page)
        page.offer(about)

    async def do_switch_user(self) -> None:
        """`:w`: sign out; unsent work stays in its operator's name."""
        failure = await self.shop.desk.sign_out()
        told = " (the shop could not be told)" if failure else ""
        await self._ask_to_sign_in(f"Signed out{told}. Who works here now?")

    async def do_quit(self) -> None:
        """Ctrl+Q."""
        self.exit()

    async def do_undo(self) -> None:
        """F9: a step of the draft at hand, or else the last command."""
        if self.frame.undo_step():
            return
        person = self.shop.session.person
        latest = self.shop.outbox.latest_by(person.id, before=self._undo_before) if person else []
        match undo.plan(latest):
            case undo.Drop(command):
                self.shop.drop(command)
                self._say(done(f"Taken back before it was sent: {command.label}"))
                await self._everyone_hears(command, None)
            case undo.TakeBack(command):
                self.shop.give(stock.taking_back(command))
                self._say(done(f"{command.label}: taken back, the opposite is being sent"))
            case undo.Cannot(command, why):
                self._undo_before = command.id
                rest = latest[1:]
                again = f". F9 again: {rest[0].label}" if rest else ""
                self._say(noted(f"{why}{again}"))
            case undo.Nothing():
                self._undo_before = None
                self._say(noted("Nothing to take back"))

    # -- what others tell

    def on_open(self, message: Open) -> None:
        """A screen wants to go somewhere."""
        self._follow(message)

    def on_left(self, message: Left) -> None:
        """A screen is done with."""
        self._follow(message)

    def on_finished(self, message: Finished) -> None:
        """An order is done with."""
        self._follow(message)

    def on_signed_in(self, message: SignedIn) -> None:
        """Somebody signed in."""
        self._follow(message)

    def on_sign_in_needed(self, message: SignInNeeded) -> None:
        """The shop does not know the operator any more."""
        self.shop.sender.is_paused = True
        self._follow(message)

    def on_pressed(self, message: Pressed) -> None:
        """An action was chosen other than by its key."""
        self._follow(keys.action(message.action, self._pressed_on()))

    def on_said(self, message: Said) -> None:
        """A screen tells the operator something."""
        self._say(message.feedback)

    def on_line_changed(self, _: LineChanged) -> None:
        """The line or the outbox changed: once per burst of changes is enough."""
        self._is_restanding = False
        self.frame.restand()

    async def on_command_ended(self, message: CommandEnded) -> None:
        """A command was done or stopped."""
        command, failure = message.command, message.failure
        if isinstance(failure, SignedOut):
            self.intake.put(SignInNeeded(failure))
            return
        self._undo_before = None
        quiet = self.counter.feedback is not None and self.counter.feedback.tone is Tone.WRONG
        if failure is not None:
            self._say(wrong(f"{command.label}: {failure.detail} F12 decides"))
        elif not quiet:
            self._say(done(f"{command.label}: done"))
        self.run_worker(self._everyone_hears(command, failure), group="heard")

    async def _everyone_hears(self, command: Command, failure: CallFailed | None) -> None:
        for frame in self.frames.values():
            if frame.is_running:
                await frame.command_ended(command, failure)

    def _follow(self, work: Work) -> None:
        """Do it within the current piece of work, or as the next one when there is none."""
        if self.intake.is_working:
            self._follow_ups.append(work)
        else:
            self.intake.put(work)

    def _pressed_on(self) -> str:
        frame = self.frame
        about = getattr(frame, "about", None) if frame.NAME in OVERLAYS else None
        return about.NAME if isinstance(about, Frame) else frame.NAME

    def _say(self, feedback: Feedback) -> None:
        self.counter.feedback = feedback
        self.frame.entry_bar.say(feedback)
        if feedback.tone is Tone.WRONG:
            # Twice: a single bell is what terminals ring for anything.
            self.bell()
            self.bell()
            if self.settings.sound_command:
                self.run_worker(_play(shlex.split(self.settings.sound_command)), group="sound")

    def _command_ended(self, command: Command, failure: CallFailed | None) -> None:
        self.post_message(CommandEnded(command, failure))

    def _line_changed(self) -> None:
        if not self._is_restanding:
            self._is_restanding = True
            self.post_message(LineChanged())

    def _tick(self) -> None:
        frame = self.frame
        frame.restand()
        frame.tick()
        if not self._is_tidy and asyncio.get_running_loop().time() - self._last_key > IDLE_AFTER:
            self._is_tidy = True
            gc.collect()


def _driver() -> type[Driver] | None:
    # A driver named in the environment, as the browser edition does, has precedence.
    return None if constants.DRIVER else PromptDriver


def _load_http(url: str) -> Transport:
    # Loaded by name and in a thread: importing httpx takes longer than the first frame may.
    http = importlib.import_module("console.client.http")
    return cast("Transport", http.HttpTransport(url))


async def _play(command: Sequence[str]) -> None:
    sound = await asyncio.create_subprocess_exec(*command)
    await sound.wait()
