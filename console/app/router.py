"""The router: screens, navigation history, overlays, and the sign-in page."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from textual.app import App
from textual.driver import Driver
from textual.theme import Theme

from console import keys, looks
from console.app.navigation_history import HistoryEntry, NavigationHistory
from console.client.errors import CallFailed
from console.client.outbox import Command
from console.client.services import Services
from console.client.state_dir import StateDir
from console.flows.transition import Feedback, Tone
from console.messages import Open
from console.scan.input_buffer import InputBuffer
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.home import HomeScreen
from console.screens.sign_in import SignInScreen
from console.screens.workers import run_in_background
from console.settings import Settings
from console.theme import PALETTES, Palette, next_theme, styles
from console.widgets.line_widget import LineWidget

LOADED_LATER = {
    "orders": "OrdersScreen", "order": "OrderScreen", "ship": "ShipScreen",
    "refund": "RefundScreen", "stock": "StockScreen", "stock_level": "StockLevelScreen",
    "catalog": "CatalogScreen", "attention": "AttentionScreen", "outbox": "OutboxScreen",
    "bin": "BinScreen", "put_away": "PutAwayScreen", "replenish": "ReplenishScreen",
    "count": "CountScreen", "receive": "ReceiveScreen", "order_edit": "OrderEditScreen",
    "return_case": "ReturnScreen", "pick": "PickScreen", "pack": "PackScreen",
    "hand_over": "HandOverScreen",
    "help": "HelpScreen", "palette": "PaletteScreen", "scanner": "ScannerScreen",
}  # fmt: skip
"""Screens that nobody sees in the first frame, by their module in `console.screens`."""

MODULES = {"replenish": "put_away"}
"""Screens that stand in the module of another one."""

SCAN_PREFIX = "scan_prefix"
"""Under this name the set-up page keeps the key that this computer's scanner sends first."""

OVERLAYS = frozenset({"help", "palette"})

CLAIMING = frozenset({"order", "ship", "refund"})
"""Screens on which somebody works at one order, which others see."""


class Router(App[None]):
    """Opens and closes screens, and keeps the navigation history."""

    def __init__(
        self,
        settings: Settings,
        folder: StateDir,
        *,
        colours: bool = True,
        driver: type[Driver] | None = None,
    ) -> None:
        # Without colours the terminal's own are used, which then are left out altogether.
        super().__init__(driver_class=driver, ansi_color=None if colours else True)
        self.settings = settings
        self.shop = Services(settings, folder)
        kept = self.shop.outbox.remembered(SCAN_PREFIX)
        entry = InputBuffer(
            prefixes=frozenset((*settings.scan_prefixes, *((kept,) if kept else ())))
        )
        entry.marks_codes = bool(kept)
        self._theme = looks.theme(settings.home, settings.theme)
        self._has_colours = colours
        self.context = AppContext(self.shop, styles(colours=colours, theme=self._theme), entry)
        self.frames: dict[str, BaseScreen] = {}
        self.trail = NavigationHistory()
        self._all_here = asyncio.Event()
        self._screens_of_records: Mapping[str, type[BaseScreen]] = {}
        self.home = HomeScreen(self.context)
        self._put_in_place(self.home)
        self._put_in_place(SignInScreen(self.context))
        for name, palette in PALETTES.items():
            self.register_theme(_as_textual(name, palette))
        self.theme = _registered(self._theme)

    @property
    def frame(self) -> BaseScreen:
        """The screen that is looked at."""
        return cast("BaseScreen", self.screen)

    @property
    def frame_below(self) -> BaseScreen:
        """The screen that is looked at, or the one that the help or the palette lies over."""
        if self.frame.NAME in OVERLAYS and len(self.screen_stack) > 1:
            return cast("BaseScreen", self.screen_stack[-2])
        return self.frame

    def say(self, feedback: Feedback) -> None:
        """Tell the operator something, wherever they are; loudly when it is wrong."""
        self.context.feedback = feedback
        if not self.screen_stack:
            return  # the console is being closed
        self.frame.entry_bar.say(feedback)
        if feedback.tone is Tone.WRONG:
            # Twice: a single bell is what terminals ring for anything.
            self.bell()
            self.bell()
            if self.settings.sound_command:
                run_in_background(self, "sound", _play, shlex.split(self.settings.sound_command))

    def take_theme(self, name: str = "") -> str:
        """Show everything in another theme, or in the next one, and keep it on this computer."""
        self._theme = name or next_theme(self._theme)
        looks.keep_theme(self.settings.home, self._theme)
        self.context.styles.become(styles(colours=self._has_colours, theme=self._theme))
        self.theme = _registered(self._theme)
        for frame in self.frames.values():
            for drawn in frame.query(LineWidget):
                drawn.repaint()
            if frame.is_running:
                frame.redraw()
        return self._theme

    def clear_message(self) -> None:
        """Clear the last message once the operator goes on; errors and open questions stay."""
        feedback = self.context.feedback
        if feedback is not None and feedback.tone not in (Tone.WRONG, Tone.WAIT):
            self.context.feedback = None
            self.frame.entry_bar.say(None)

    async def load_screens(
        self,
        load: Callable[[str, str], type[BaseScreen]],
        records: Callable[[], Mapping[str, type[BaseScreen]]],
    ) -> None:
        """Load the screens behind the first one, while that is looked at already."""
        for name, class_name in LOADED_LATER.items():
            module = MODULES.get(name, name)
            kind = await asyncio.to_thread(load, f"console.screens.{module}", class_name)
            self._put_in_place(kind(self.context))
        self._screens_of_records = await asyncio.to_thread(records)
        self._all_here.set()

    async def screen_called(self, name: str) -> BaseScreen:
        """A screen by its name, as soon as it is loaded."""
        if name not in self.frames:
            await self._all_here.wait()
        if name not in self.frames:
            # Of the many kinds of records an operator looks at few: theirs are made when they are.
            self._put_in_place(self._screens_of_records[name](self.context))
        return self.frames[name]

    async def go(self, stop: HistoryEntry, opened: Open | None = None) -> None:
        """Open a screen and add it to the history."""
        if self.frame.NAME in OVERLAYS:
            await self.pop_screen()
        self.trail.go(stop)
        await self.arrive(stop, opened)

    async def arrive(self, stop: HistoryEntry, opened: Open | None = None) -> None:
        """Make an entry of the history the current one; returns when its subject is shown."""
        before, frame = self.frame, await self.screen_called(stop.screen)
        if frame is not before:
            self._close_prompt(before)
            before.leave()
            await self._show_on_top(frame)
        self.listen_as(frame)
        self.shop.claims.open(stop.subject if stop.screen in CLAIMING else "")
        await frame.show(stop.subject, opened.order if opened else None)

    async def leave(self) -> None:
        """Go back: close the overlay first, then follow the history."""
        if self.frame.NAME in OVERLAYS:
            self._close_prompt(self.frame)
            await self.pop_screen()
            self.listen_as(self.frame)
            self.frame.come_back()
        elif self.trail.back():
            await self.arrive(self.trail.here)
        elif self.frame.NAME != "home":
            await self.arrive(HistoryEntry("home"))

    async def lay_over(self, frame: BaseScreen) -> None:
        """Put the help or the palette on top of the current screen."""
        below = self.frame
        self._close_prompt(below)
        await self.push_screen(frame)
        self.listen_as(frame)
        frame.show_overlay(below)

    async def ask_to_sign_in(self, why: str) -> None:
        """Show the sign-in page; the history is kept."""
        if self.frame.NAME != "sign_in":
            if self.frame.NAME in OVERLAYS:
                await self.pop_screen()
            await self.arrive(HistoryEntry("sign_in", why))

    async def signed_in(self) -> None:
        """Go on where the same person stopped; somebody else begins at home."""
        self.shop.sender.resume()
        person = self.shop.session.person
        assert person is not None
        if self.context.reader != person.id:
            self.context.forget(person.id)
            self.shop.watch.begin_anew()
            self.trail.start_over()
        await self.arrive(self.trail.here)

    async def tell_screens(self, command: Command, failure: CallFailed | None) -> None:
        """A command was done, dropped or stopped: every screen that shows it hears of it."""
        for frame in self.frames.values():
            if frame.is_running:
                await frame.command_ended(command, failure)

    def listen_as(self, frame: BaseScreen) -> None:
        """Typing means what it means on this screen from now on."""
        entry = self.context.entry
        entry.typing = frame.TYPING
        entry.commands = keys.command_characters(frame.NAME)
        frame.entry_bar.say(self.context.feedback)
        frame.refresh_status_bar()

    def _put_in_place(self, frame: BaseScreen) -> None:
        self.frames[frame.NAME] = frame
        self.install_screen(frame, frame.NAME)

    async def _show_on_top(self, frame: BaseScreen) -> None:
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

    def _close_prompt(self, frame: BaseScreen) -> None:
        entry = self.context.entry
        entry.take_code()
        if entry.prompt is not None and frame.NAME not in OVERLAYS:
            prompt = entry.prompt
            entry.close()
            frame.take_cancel(prompt)
        entry.close()


async def _play(command: Sequence[str]) -> None:
    sound = await asyncio.create_subprocess_exec(*command)
    await sound.wait()


def _registered(theme: str) -> str:
    return f"stockroom-{theme}"


def _as_textual(name: str, one: Palette) -> Theme:
    """A theme as Textual's own style sheets take it."""
    return Theme(
        name=_registered(name),
        primary=one.blue,
        foreground=one.ink,
        background=one.ground,
        surface=one.ground,
        panel=one.panel,
        success=one.green,
        warning=one.amber,
        error=one.red,
        dark=name != "light",
    )
