"""A console at work in a test: the real app, the real client, a made-up shop behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from textual import events
from textual._compositor import CompositorUpdate
from textual.keys import _character_to_key
from textual.pilot import Pilot

from console.app.app import ConsoleApp
from console.client import state_dir
from console.client.http import HttpTransport
from console.client.models import SignIn
from console.client.outbox import State
from console.client.parsing import read
from console.screens.base_screen import BaseScreen
from console.settings import Settings
from tests.console.pty_harness import Picture
from tests.console.support.transports import InMemory
from tests.console.support.warehouse import Warehouse
from tests.console.support.wire import WireShop

URL = "https://shop.test"
FOR_LIFE = {"loading", "intake", "sender", "pulse", "claims"}
TYPED = {"enter": "\r", "tab": "\t", "space": " "}


class Station:
    """One console and the hands at its keyboard."""

    def __init__(self, app: ConsoleApp, shop: WireShop, line: InMemory) -> None:
        self.app = app
        self.shop = shop
        self.line = line
        self.keys_pressed = 0
        self.scans = 0
        self.bells = 0
        self.prefix = ""
        """The key that the scanner sends before each code, where it is programmed to."""

        self.pilot: Pilot[None]
        self._painted = Picture(0, 0)

    @property
    def frame(self) -> BaseScreen:
        """The screen that is looked at."""
        return self.app.frame

    @property
    def screen(self) -> str:
        """Its name."""
        return self.app.frame.NAME

    @property
    def text(self) -> str:
        """Everything that can be read on the screen, line by line."""
        size = self.app.size
        update = self.app.screen._compositor.render_strips()
        lines = ["".join(segment.text for segment in strip) for strip in update]
        return "\n".join(lines[: size.height])

    @property
    def painted(self) -> str:
        """What stands on the terminal, which is told only of what has moved."""
        return self._painted.text

    def paint(self, update: object) -> None:
        """Obey what the console sends to its terminal."""
        size = self.app.size
        if (self._painted.columns, self._painted.rows) != tuple(size):
            self._painted = Picture(*size)
        if isinstance(update, CompositorUpdate) and not self.app._batch_count:
            self._painted.feed(update.render_segments(self.app.console).encode())

    @property
    def said(self) -> str:
        """What the entry bar says."""
        feedback = self.app.context.feedback
        return feedback.text if feedback else ""

    @property
    def tone(self) -> str:
        """In which tone."""
        feedback = self.app.context.feedback
        return str(feedback.tone) if feedback else ""

    async def press(self, *keys: str) -> None:
        """Press keys, each by its name or its character, and wait until all is done."""
        for key in keys:
            self.keys_pressed += 1
            self._post(key)
            await self.settled()

    async def type(self, text: str) -> None:
        """Press a key for each character, as fast as may be."""
        self.keys_pressed += len(text)
        for character in text:
            self._post(character)
        await self.settled()

    async def scan(self, *codes: str) -> None:
        """Fire a scanner: the code and an Enter, without any pause, one code after the other."""
        for code in codes:
            self.scans += 1
            if self.prefix:
                self._post(self.prefix)
            for character in code:
                self._post(character)
            self._post("enter")
        await self.settled()

    async def paste(self, text: str) -> None:
        """Paste."""
        self.app.post_message(events.Paste(text))
        await self.settled()

    async def settled(self, *, within: float = 15.0) -> None:
        """Wait until nothing is being done and nothing is on its way."""
        deadline = asyncio.get_running_loop().time() + within
        calm = 0
        while calm < 3:
            assert asyncio.get_running_loop().time() < deadline, f"never calm:\n{self.text}"
            await asyncio.sleep(0.001)
            calm = 0 if self._is_busy() else calm + 1

    async def rested(self) -> None:
        """Wait as long as a person's pause: what waits for the end of typing happens now."""
        await asyncio.sleep(0.16)
        await self.settled()

    async def shows(self, words: str) -> None:
        """Wait until these words stand on the screen."""
        await self._until(lambda: words in self.text)

    async def sent_again(self) -> None:
        """Send at once what waits for its next try, and wait until all has arrived."""
        outbox = self.app.shop.outbox
        self.app.shop.caller.circuit.answered()

        def is_empty() -> bool:
            # Again and again: a try that was under way may put its command off once more.
            outbox._db.execute("UPDATE commands SET next_at = 0")
            self.app.shop.sender.nudge()
            return not outbox.counts().get(State.WAITING)

        await self._until(is_empty)
        await self.rested()

    async def _until(self, is_so: Callable[[], bool], *, within: float = 15.0) -> None:
        deadline = asyncio.get_running_loop().time() + within
        while not is_so():
            assert asyncio.get_running_loop().time() < deadline, f"never so:\n{self.text}"
            await asyncio.sleep(0.01)

    def _is_busy(self) -> bool:
        app = self.app
        pumps = [app, *app.screen_stack, *app.screen.walk_children()]
        waits = any(not pump._message_queue.empty() for pump in pumps)
        draws = app.screen._layout_required or bool(app.screen._dirty_widgets)
        works = any(
            not worker.is_finished and worker.name not in FOR_LIFE for worker in app.workers
        )
        held = not self.line.gate.is_set() or self.shop.moods.latency > 0.1
        under_way = app.shop.caller.oldest_under_way > 0 and not held
        loads = not app._all_here.is_set()
        return waits or draws or app.intake.is_busy or (works and not held) or under_way or loads

    def _post(self, key: str) -> None:
        character = key if len(key) == 1 else TYPED.get(key)
        name = _character_to_key(key) if len(key) == 1 else key
        self.app.post_message(events.Key(name, character))


@contextlib.asynccontextmanager
async def at_work(
    home: Path,
    *,
    size: tuple[int, int] = (80, 24),
    shop: WireShop | None = None,
    signed_in: bool = True,
    colours: bool = True,
    url: str = URL,
    settings: Settings | None = None,
) -> AsyncIterator[Station]:
    """Open a console in this folder and sit down at it."""
    shop = shop or WireShop(Warehouse(300, 40))
    line = InMemory(shop)
    taken = state_dir.open_state_dir(home)
    app = ConsoleApp(
        settings or Settings(url, home),
        taken,
        connect=lambda: HttpTransport(url, by=line),
        colours=colours,
    )
    if signed_in:
        app.shop.session.keep(read(SignIn, shop.sign_in()))
    # Pauses between tries are proved on the client; here nobody waits for them.
    app.shop.caller._sleep = app.shop.refunds._sleep = lambda _: asyncio.sleep(0)
    station = Station(app, shop, line)
    app._display = lambda _, update: station.paint(update)  # type: ignore[method-assign]
    app.bell = lambda: setattr(station, "bells", station.bells + 1)  # type: ignore[method-assign]
    async with app.run_test(size=size) as pilot:
        station.pilot = pilot
        await station.settled()
        yield station
        line.gate.set()
        shop.moods.latency = 0.0
