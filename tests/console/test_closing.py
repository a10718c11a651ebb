"""The console is closed while it still works: nothing of it touches what is gone."""

import asyncio

from console.flows.transition import done
from console.screens.workers import run_in_background


async def test_the_clock_ticks_and_answers_come_while_the_screens_go(open_console) -> None:
    async with open_console() as desk:
        app = desk.app

    assert not app.screen_stack
    app._tick()
    app.say(done("Mug +5: done"))


async def test_nobody_asks_the_shop_when_the_line_is_closed(open_console) -> None:
    """What goes on asking is over before the line is, even where it is busy just then."""
    is_busy, has_ended = asyncio.Event(), asyncio.Event()

    async with open_console() as desk:

        async def ask_for_ever() -> None:
            try:
                while True:
                    await desk.app.shop.caller.probe(1.0)
                    is_busy.set()
            finally:
                has_ended.set()

        run_in_background(desk.app, "pulse", ask_for_ever)
        await is_busy.wait()

    assert has_ended.is_set()


async def test_a_command_that_is_out_is_called_off_before_the_outbox_closes(open_console) -> None:
    async with open_console() as desk:
        sending = desk.app.shop.sender._sending
        await desk.press("f7")
        desk.shop.moods.latency = 60.0
        await desk.press("+", "5", "enter", "f10")
        assert sending
        tasks = list(sending.values())
        at_close = []
        close = desk.app.shop.outbox.close
        desk.app.shop.outbox.close = lambda: (at_close.extend(t.done() for t in tasks), close())

    assert at_close == [True]
    assert desk.app.unsent == 1
