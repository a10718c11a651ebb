"""The console as a Textual app: it takes every key and code in order and passes it to its screen.

Keys go to the entry, which takes text and codes; other keys are looked up in the registry of
actions. Codes, answers and actions are done one by one, screen changes included.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import cast

from textual import events
from textual.screen import Screen

from console import keys
from console.app import lazy_imports
from console.app.navigation_history import HistoryEntry
from console.app.pasting import PasteOver, Pasting
from console.app.router import OVERLAYS
from console.client.bootstrap_http import BootstrapReader
from console.client.errors import CallFailed, SignedOut
from console.client.outbox import Command
from console.client.state_dir import StateDir
from console.client.transport import Transport
from console.flows.answered import answered
from console.flows.transition import Tone, noted, wrong
from console.keys import Action
from console.messages import (
    ActionChosen,
    CommandEnded,
    Open,
    OrderDone,
    ScreenClosed,
    ShowMessage,
    SignedIn,
    SignInNeeded,
)
from console.scan.code_parsing import Kind, Scan, read
from console.scan.event_queue import EventQueue
from console.scan.input_buffer import (
    ENTERS,
    Answer,
    Cancelled,
    Changed,
    Code,
    NotSent,
    Outcome,
    Prompt,
)
from console.screens.base_screen import BaseScreen
from console.screens.workers import over, run_in_background
from console.settings import Settings
from console.textual_patches import driver_class

STYLES = [
    Path(__file__).parent.parent / "screens" / f"{name}.tcss"
    for name in ("base_screen", "home", "orders", "stock", "catalog", "attention", "records")
]

TICK = 1.0
"""Seconds between looks at what only time changes: the clock, ages, the line."""

IDLE_AFTER = 1.5
"""Seconds without a key after which memory is tidied up; tidying under the fingers stutters."""

FIRST_ROWS_WITHIN = 0.4
"""Seconds that loading the rest waits for the first rows."""

LOOKS_SLOW_AFTER = 0.25
"""Seconds that a code is looked up before the bar says so."""

GARBAGE_THRESHOLDS = (8_000, 8, 100)

Work = (
    Code | PasteOver | Answer | Action | Open | ScreenClosed | OrderDone | SignedIn | SignInNeeded
)


class ConsoleApp(Pasting):
    """The Textual app of the console."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = cast("list[str | PurePath]", STYLES)
    TITLE = "Stockroom"

    def __init__(
        self,
        settings: Settings,
        folder: StateDir,
        *,
        connect: Callable[[], Transport] | None = None,
        colours: bool = True,
    ) -> None:
        super().__init__(settings, folder, colours=colours, driver=driver_class())
        self._connect = connect or (lambda: lazy_imports.http(settings.url))
        if connect is None and BootstrapReader.can_read(settings.url):
            self.shop.socket.for_early_reads = BootstrapReader(settings.url)
        self.intake: EventQueue[Work | events.Key | events.Paste] = EventQueue(self._take)
        self._scans = folder.scan_log()
        self._follow_ups: deque[Work] = deque()
        self._is_taking = False
        self._last_key = 0.0
        self._is_tidy = False
        self.unsent = 0
        """Commands that still wait, once the console has been closed."""

    # Beginning and end

    def get_default_screen(self) -> Screen[None]:
        """Home, or the sign-in page when nobody is known here."""
        return self.frames["home" if self.shop.session.is_signed_in else "sign_in"]

    def on_mount(self) -> None:
        """Paint first; everything that takes time comes afterwards."""
        self.call_after_refresh(self._after_first_paint)

    async def on_unmount(self) -> None:
        """Close what is open, once nothing uses it; every command is on disk already."""
        await over(self)
        self.unsent = self.shop.waiting
        self._scans.close()
        await self.shop.close()

    async def _after_first_paint(self) -> None:
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        gc.enable()
        shop = self.shop
        if shop.session.is_signed_in and shop.session.person:
            self.context.reader = shop.session.person.id
        shop.sender.finished = self._command_ended
        run_in_background(self, "loading", self._load_remaining)
        run_in_background(self, "sender", shop.sender.run)
        self.follow_the_shop()
        run_in_background(self, "pulse", shop.watch.run)
        run_in_background(self, "claims", shop.claims.run)
        self.set_interval(TICK, self._tick)
        self.listen_as(self.frame)
        await self.frame.show("", None)
        # Last: what was scanned before the console was there is worked on from here.
        run_in_background(self, "intake", self.intake.run)

    async def _load_remaining(self) -> None:
        """Load what the first frame did not need, while the operator already looks at it."""
        if self.shop.socket.for_early_reads is not None and self.shop.session.is_signed_in:
            # The first rows come over the bare line; loading beside them would only delay them.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_ROWS_WITHIN):
                    await self.home.has_rows.wait()
        self.shop.socket.plug(await asyncio.to_thread(self._connect))
        await self.load_screens(lazy_imports.screen, lazy_imports.records)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Take keys and pastes before any widget could; everything else goes its usual way."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._last_key = event.time
            self._is_tidy = False
            self.shop.watch.touched()
            self.shop.claims.worked()
            self._arrived(event)
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            self._arrived(event)
        else:
            await super().on_event(event)

    def _arrived(self, event: events.Key | events.Paste) -> None:
        """Read it now, or behind what is still being done."""
        if not self.intake.is_busy:
            for work in self._read(event):
                self.intake.put(work)
        elif isinstance(event, events.Key) and event.key == "escape" and self.context.awaits_shop:
            self.intake.let_go()
            self.end_paste()
            self.say(noted("Not waited for any longer"))
        else:
            self.intake.put(event)

    def _read(self, event: events.Key | events.Paste) -> list[Work]:
        """What a key means on the screen that it finds, as far as it is more than a letter."""
        if isinstance(event, events.Paste):
            outcomes = self.context.entry.paste(event.text)
            codes = [one for one in outcomes if isinstance(one, Code)]
            if codes:
                return self._log_scans(self.take_paste(codes))
            return [work for outcome in outcomes for work in self._entered(outcome)]
        self.frame.came_by_letter &= event.key in ENTERS
        types = event.is_printable and not event.key.startswith("alt+")
        character = event.character if types else None
        outcome = self.context.entry.key(event.key, character)
        if outcome is not None:
            return self._entered(outcome)
        action = keys.bindings(self.frame.NAME).get(character or event.key)
        if action is None:
            if character is not None or event.key[1:].isdigit():
                name = character or event.key.upper()
                self.say(noted(f"{name} does nothing here: F1 shows what can be done"))
            return []
        if action.id in keys.CURSOR_ACTIONS:
            self.frame.move(action.id)
            return []
        self.after_bang = character == "!"
        if action.id == "commit" and self.context.entry.is_coding:
            # What was typed so far is meant: `2` and F10 is the reason and the review.
            return [*self._entered(Code(self.context.entry.take_code())), action]
        return [action]

    def _log_scans(self, works: Sequence[Work]) -> list[Work]:
        """Keep codes on disk before anything else can go wrong with them."""
        for work in works:
            if isinstance(work, Code):
                self._scans.write(f"{work.raw!r}\n")
        return list(works)

    def _entered(self, outcome: Outcome) -> list[Work]:
        frame = self.frame
        frame.entry_bar.refresh()
        match outcome:
            case Code() | Answer():
                return self._log_scans([outcome])
            case Changed(prompt, text):
                frame.take_change(prompt, text)
            case Cancelled(prompt):
                frame.take_cancel(prompt)
            case NotSent():
                self.say(noted("F10 sends it, Esc leaves it"))
        return []

    # One thing after the other

    async def _take(self, work: Work | events.Key | events.Paste) -> None:
        """Do one thing, and what follows from it, before the next is begun."""
        meant = self._read(work) if isinstance(work, events.Key | events.Paste) else [work]
        self._is_taking = True
        try:
            for one in meant:
                before = self.frame
                await self._do(one)
                await self._wait_for_messages()
                while self._follow_ups:
                    await self._do(self._follow_ups.popleft())
                    await self._wait_for_messages()
                self.frame.came_by_letter = self.frame is not before and one in keys.LETTERS
        finally:
            # Called off in the middle: what was to follow is still to be done.
            self._is_taking = False
            while self._follow_ups:
                self.intake.put(self._follow_ups.popleft())

    async def _do(self, work: Work) -> None:
        match work:
            case Code(raw):
                if self.begin_code(work) and not self.obeyed(raw):
                    await self._code(read(raw))
            case PasteOver():
                self.end_paste()
            case Answer(Prompt(name="paste"), text):
                for one in self._log_scans(self.paste_was_meant(text)):
                    self.intake.put(one)
            case Answer(Prompt(name="take_over"), text):
                await self.take_over(text)
            case Answer(prompt, text) if self.is_command_behind_bang(text):
                # `!OK` from a scanner without a prefix, where `!` is a key that asks something.
                self.frame.take_cancel(prompt)
                self.obeyed(text)
            case Answer(prompt, text):
                await self.frame.take_answer(prompt, text)
            case Action():
                await self._act(work)
            case Open():
                await self.go(HistoryEntry(work.screen, work.subject), work)
            case ScreenClosed():
                await self.leave()
            case OrderDone():
                self.trail.before(work.subject)
                await self.arrive(self.trail.here)
            case SignedIn():
                await self.signed_in()
            case SignInNeeded():
                await self.ask_to_sign_in(work.failure.detail)

    async def _wait_for_messages(self) -> None:
        """Wait until what the screen posted while it worked has reached this app."""
        for pump in (self.screen, self):
            through = asyncio.Event()
            if pump.call_later(through.set):
                await through.wait()

    async def _act(self, action: Action) -> None:
        frame = self.frame
        self.clear_message()
        if action.id in frame.WAITS_FOR:
            await frame.ready()
        refusal = frame.why_not(action.id)
        if refusal is None and not self.context.may(keys.permission(action)):
            refusal = f"Your role does not do this: {action.label or action.id.replace('_', ' ')}"
        if refusal is not None:
            self.say(noted(refusal))
            return
        await (frame.doing(action.id) or self.doing(action.id))()

    async def _code(self, scan: Scan) -> None:
        self.context.note_scan(scan.raw, scan.code or scan.why)
        if scan.kind is Kind.UNREADABLE:
            self.say(wrong(scan.why))
            return
        if scan.kind is Kind.BADGE and self.shop.session.terminal_key:
            await self.switch_to(scan.code)
            return
        if not self.shop.session.is_signed_in:
            self.say(wrong("Sign in first, then scan it again"))
            return
        frame = self.frame
        slow = self.set_timer(
            LOOKS_SLOW_AFTER, lambda: frame.entry_bar.work_on(f"looking up {scan.code} …")
        )
        try:
            if frame.CODES_WAIT:
                await frame.ready()
            if not await frame.take_code(scan):
                await self.open_code(scan)
        finally:
            slow.stop()
            frame.entry_bar.work_on("")

    # What others tell

    def on_open(self, message: Open) -> None:
        """A screen wants to go somewhere."""
        self._follow(message)

    def on_screen_closed(self, message: ScreenClosed) -> None:
        """A screen is done with."""
        self._follow(message)

    def on_order_done(self, message: OrderDone) -> None:
        """An order is done with."""
        self._follow(message)

    def on_signed_in(self, message: SignedIn) -> None:
        """Somebody signed in."""
        self._follow(message)

    def on_sign_in_needed(self, message: SignInNeeded) -> None:
        """The shop does not know the operator any more."""
        self.shop.sender.is_paused = True
        self._follow(message)

    def on_action_chosen(self, message: ActionChosen) -> None:
        """An action was chosen other than by its key."""
        frame = self.frame
        about = getattr(frame, "about", None) if frame.NAME in OVERLAYS else None
        screen = about.NAME if isinstance(about, BaseScreen) else frame.NAME
        self._follow(keys.action(message.action, screen))

    def on_show_message(self, message: ShowMessage) -> None:
        """A screen tells the operator something."""
        if message.feedback is not None:
            self.say(message.feedback)
        else:
            self.context.feedback = None
            self.frame.entry_bar.say(None)

    async def on_command_ended(self, message: CommandEnded) -> None:
        """A command was done or stopped."""
        command, failure = message.command, message.failure
        if isinstance(failure, SignedOut):
            self.intake.put(SignInNeeded(failure))
            return
        self.undo_before = None
        stands = self.context.feedback is not None and self.context.feedback.tone is Tone.WRONG
        if failure is not None:
            self.say(wrong(f"{command.label}: {failure.detail} F12 decides"))
        elif not stands and (told := answered(command)) is not None:
            self.say(told)
        run_in_background(self, "heard", self.tell_screens, command, failure, beside=True)

    def _follow(self, work: Work) -> None:
        """Do it within the current piece of work, or as the next one when there is none."""
        put = self._follow_ups.append if self._is_taking else self.intake.put
        put(work)

    def _command_ended(self, command: Command, failure: CallFailed | None) -> None:
        self.post_message(CommandEnded(command, failure))

    def _tick(self) -> None:
        if not self.screen_stack:
            return  # the console is being closed
        self.frame.refresh_status_bar()
        self.frame.tick()
        self.frame.retry_failed_reads(TICK)
        if not self._is_tidy and asyncio.get_running_loop().time() - self._last_key > IDLE_AFTER:
            self._is_tidy = True
            gc.collect()
