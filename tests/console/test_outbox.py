"""The outbox: what was pressed is on disk, goes out in order, and takes effect once."""

import asyncio
import contextlib
import itertools
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from console.client import state_dir, stock
from console.client.api_client import ApiClient
from console.client.circuit_breaker import CircuitBreaker
from console.client.errors import CallFailed, Conflict
from console.client.http import HttpTransport
from console.client.models import SignIn
from console.client.outbox import Command, NewCommand, Outbox, State
from console.client.outbox_worker import KEY_LIVES, OutboxWorker
from console.client.parsing import read
from console.client.refunds import CommandResult, DirectCommands
from console.client.session import Session
from console.client.transport import LazyTransport
from tests.console.pty_harness import ROOT, stub_shop
from tests.console.support.making import a_level, an_order, eur
from tests.console.support.transports import InMemory
from tests.console.support.warehouse import Warehouse
from tests.console.support.wire import WireShop

LEVELS = list(Warehouse(1, 1).levels.values())


def adjust(level: int = 0, change: int = 1) -> NewCommand:
    """Put units on one of the made-up levels."""
    wire = LEVELS[level].as_wire()
    return stock.adjust(read(type(a_level()), wire), change, reason="found")


class Desk:
    """An outbox with its sender on a made-up shop, without pauses between tries."""

    def __init__(self, home: Path) -> None:
        self.shop = WireShop(Warehouse(50, 20))
        self.line = InMemory(self.shop)
        self.time = 5_000.0
        session = Session(home / "sign-in.json", "https://shop.test")
        session.keep(read(SignIn, self.shop.sign_in()))
        self.me = session.person.id
        socket = LazyTransport()
        socket.plug(HttpTransport("https://shop.test", by=self.line))
        self.caller = ApiClient(socket, session, circuit=CircuitBreaker(jitter=lambda: 0.0))
        self.outbox = Outbox(home / "outbox.sqlite3", now=lambda: self.time)
        self.sender = OutboxWorker(self.outbox, self.caller, now=lambda: self.time)
        self.ended: list[tuple[Command, CallFailed | None]] = []
        self.sender.finished = lambda command, failure: self.ended.append((command, failure))

    def give(self, *drafts: NewCommand) -> list[Command]:
        return [self.outbox.put(draft, operator=self.me) for draft in drafts]

    async def until(self, done: Callable[[], bool], seconds: float = 3.0) -> None:
        """Let time pass, as fast as the sender sleeps, until something is so."""
        async with asyncio.timeout(seconds):
            while not done():
                self.time += 1
                self.sender.nudge()
                await asyncio.sleep(0.001)

    def states(self) -> list[str]:
        return [str(one.state) for one in reversed(self.outbox.recent())]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    yield made
    await made.caller.socket.close()
    made.outbox.close()


@contextlib.asynccontextmanager
async def sending(desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(desk.sender.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_a_command_is_on_disk_when_it_is_acknowledged(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    made = outbox.put(adjust(), operator="mia")
    again = Outbox(tmp_path / "outbox.sqlite3")

    assert again.get(made.key) == made
    assert outbox._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert outbox._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    again.close()
    outbox.close()


async def test_commands_of_one_level_go_strictly_in_order_and_others_flow_on(desk: Desk) -> None:
    first, second, other = desk.give(adjust(0), adjust(0), adjust(1))

    assert [one.key for one in desk.outbox.next_per_aggregate(desk.me)] == [first.key, other.key]
    desk.outbox.stop(first, Conflict("No.", status=409))
    assert [one.key for one in desk.outbox.next_per_aggregate(desk.me)] == [other.key]
    desk.outbox.drop(desk.outbox.get(first.key))
    assert [one.key for one in desk.outbox.next_per_aggregate(desk.me)] == [second.key, other.key]


async def test_what_waits_is_sent_and_done(desk: Desk) -> None:
    desk.give(*(adjust(n % 3) for n in range(9)))
    async with sending(desk):
        await desk.until(lambda: desk.states() == ["done"] * 9)

    assert len(desk.shop.keys) == 9
    assert all(failure is None for _, failure in desk.ended)


async def test_a_shop_that_is_down_loses_nothing(desk: Desk) -> None:
    desk.shop.moods.is_down = True
    (command,) = desk.give(adjust())
    async with sending(desk):
        await desk.until(lambda: desk.outbox.get(command.key).tries >= 2)
        assert desk.outbox.get(command.key).is_unsent
        desk.shop.moods.is_down = False
        desk.caller.circuit.answered()
        await desk.until(lambda: desk.states() == ["done"])

    assert desk.shop.keys == [command.key]


async def test_a_lost_answer_is_asked_for_under_the_same_key_and_happens_once(desk: Desk) -> None:
    desk.shop.moods.loses_next_answer = True
    (command,) = desk.give(adjust())
    async with sending(desk):
        await desk.until(lambda: desk.states() == ["done"])

    assert desk.shop.keys == [command.key]
    assert desk.outbox.get(command.key).tries == 2


@pytest.mark.parametrize("status", [409, 412, 422, 403, 404])
async def test_a_refusal_stops_its_level_and_no_other(desk: Desk, status: int) -> None:
    desk.shop.moods.refuses_with = status
    refused, behind = desk.give(adjust(0), adjust(0))
    async with sending(desk):
        await desk.until(lambda: bool(desk.ended))
        desk.shop.moods.refuses_with = 0
        (other,) = desk.give(adjust(1))
        await desk.until(lambda: desk.outbox.get(other.key).state is State.DONE)

    assert desk.outbox.get(refused.key).state is State.STOPPED
    assert desk.outbox.get(behind.key).tries == 0
    assert desk.ended[0][1].status == status


async def test_a_refused_command_sent_again_has_a_new_key_and_keeps_its_place(desk: Desk) -> None:
    refused, behind = desk.give(adjust(0), adjust(0))
    desk.outbox.mark_sending(refused)
    desk.outbox.stop(refused, Conflict("No.", status=409))
    desk.outbox.retry(desk.outbox.get(refused.key))
    (head,) = desk.outbox.next_per_aggregate(desk.me)

    assert head.id == refused.id
    assert head.key != refused.key
    assert behind.key not in [one.key for one in desk.outbox.next_per_aggregate(desk.me)]


async def test_a_sign_in_that_ended_pauses_everything_until_somebody_signs_in(desk: Desk) -> None:
    desk.shop.forget_tokens()
    (command,) = desk.give(adjust())
    async with sending(desk):
        await desk.until(lambda: desk.sender.is_paused)
        assert desk.outbox.get(command.key).state is State.WAITING
        desk.caller.session.keep(read(SignIn, desk.shop.sign_in()))
        desk.sender.resume()
        await desk.until(lambda: desk.states() == ["done"])


async def test_commands_of_somebody_else_wait_for_somebody_else(desk: Desk) -> None:
    theirs = desk.outbox.put(adjust(0), operator="jon")
    mine = desk.outbox.put(adjust(1), operator=desk.me)
    behind_theirs = desk.outbox.put(adjust(0), operator=desk.me)
    async with sending(desk):
        await desk.until(lambda: desk.outbox.get(mine.key).state is State.DONE)

    assert desk.outbox.get(theirs.key).tries == 0
    assert desk.outbox.get(behind_theirs.key).tries == 0


async def test_a_command_taken_back_at_the_last_moment_does_not_go(desk: Desk) -> None:
    (command,) = desk.give(adjust())
    (head,) = desk.outbox.next_per_aggregate(desk.me)
    desk.outbox.drop(command)
    await desk.sender._try(head)

    assert desk.shop.keys == []
    assert desk.outbox.get(command.key).state is State.DROPPED


async def test_a_try_of_unknown_fate_is_not_repeated_after_the_shop_forgot_its_key(
    desk: Desk,
) -> None:
    (command,) = desk.give(adjust())
    desk.outbox.mark_sending(command)
    desk.time += KEY_LIVES + 1
    async with sending(desk):
        await desk.until(lambda: bool(desk.ended))

    stopped = desk.outbox.get(command.key)
    assert stopped.state is State.STOPPED
    assert not stopped.is_unsent
    assert desk.shop.keys == []


def test_old_answered_commands_are_cleared_away_and_open_ones_never(tmp_path: Path) -> None:
    now = itertools.count(0, 3_000_000)
    outbox = Outbox(tmp_path / "outbox.sqlite3", now=lambda: 0.0)
    done = outbox.put(adjust(), operator="mia")
    outbox.done(done, status=200)
    waits = outbox.put(adjust(), operator="mia")
    outbox.close()
    next(now)
    later = Outbox(tmp_path / "outbox.sqlite3", now=lambda: float(next(now)))

    assert [one.key for one in later.recent()] == [waits.key]
    later.close()


def test_a_second_console_in_the_same_folder_is_told_clearly(tmp_path: Path) -> None:
    first = state_dir.open_state_dir(tmp_path / "home")
    with pytest.raises(state_dir.StateDirInUse) as refused:
        state_dir.open_state_dir(tmp_path / "home")

    assert f"process {os.getpid()}" in str(refused.value)
    assert "--home" in str(refused.value)
    first.release()
    state_dir.open_state_dir(tmp_path / "home").release()


# Money


class Till:
    """A refund desk beside the outbox, with pauses that are only counted."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.unknown: list[int] = []
        self.pauses: list[float] = []
        self.before_pause: Callable[[], None] = lambda: None
        self.refunds = DirectCommands(desk.outbox, desk.caller, sleep=self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.before_pause()
        await asyncio.sleep(0)

    def draft(self) -> NewCommand:
        house = self.desk.shop.warehouse
        n = house.pick({"queue": "to_ship"}, "")[0]
        case = house.case(n)
        order = an_order(id=case["id"])
        line = case["lines"][0]
        return NewCommand(
            "refund", f"order:{order.id}", f"/api/v1/admin/orders/{order.id}/refunds",
            {"lines": [{"order_line_id": line["id"], "quantity": 1, "restock": True}],
             "shipping": False, "reason": "late",
             "expected_amount": line["unit_price"]}, "refund",
        )  # fmt: skip

    async def send(self, draft: NewCommand | None = None, key: str = "key-1") -> object:
        return await self.refunds.send(
            draft or self.draft(), operator=self.desk.me, key=key, unknown=self.unknown.append
        )


@pytest.fixture
def till(desk: Desk) -> Till:
    return Till(desk)


async def test_a_refund_is_sent_and_its_amount_comes_back(till: Till) -> None:
    outcome = await till.send()

    assert outcome.fate is CommandResult.GIVEN
    assert outcome.refund.amount.currency == eur(1).currency
    assert till.desk.states() == ["done"]


async def test_a_lost_refund_answer_is_asked_for_again_and_the_money_leaves_once(
    till: Till,
) -> None:
    till.desk.shop.moods.loses_next_answer = True
    outcome = await till.send()

    assert outcome.fate is CommandResult.GIVEN
    assert till.unknown == [1]
    assert till.desk.shop.keys == ["key-1"]


async def test_a_refund_that_never_left_is_not_kept_for_later(till: Till) -> None:
    till.desk.shop.moods.is_down = True
    outcome = await till.send()

    assert outcome.fate is CommandResult.NOT_SENT
    assert till.desk.states() == ["dropped"]


async def test_once_it_may_have_left_even_a_dead_line_does_not_end_the_asking(till: Till) -> None:
    moods = till.desk.shop.moods
    moods.loses_next_answer = True

    def next_mood() -> None:
        moods.is_down = len(till.pauses) < 4
        if not moods.is_down:
            till.desk.caller.circuit.answered()

    till.before_pause = next_mood
    outcome = await till.send()

    assert outcome.fate is CommandResult.GIVEN
    assert till.unknown == [1, 2, 3, 4]
    assert till.desk.shop.keys == ["key-1"]


async def test_a_refused_refund_says_why_and_leaves_nothing_behind(till: Till) -> None:
    draft = till.draft()
    draft.body["expected_amount"] = {"amount": 1, "currency": "EUR"}
    outcome = await till.send(draft)

    assert outcome.fate is CommandResult.REFUSED
    assert outcome.failure.code == "amount_changed"
    assert till.desk.outbox.open_commands() == []


async def test_a_provider_that_is_down_leaves_the_refund_to_the_shop(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = CallFailed("The provider is down.", code="gateway_unavailable", status=503)

    async def refuse(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(till.desk.caller, "command", refuse)
    outcome = await till.send()

    assert outcome.fate is CommandResult.PENDING
    assert till.desk.states() == ["done"]


async def test_a_refund_that_nobody_waits_for_stays_in_the_tray_and_is_never_sent_by_itself(
    till: Till,
) -> None:
    draft = till.draft()
    command = till.desk.outbox.put(draft, operator=till.desk.me, key="k", state=State.ASKING)
    till.desk.outbox.mark_sending(command)
    async with sending(till.desk):
        till.desk.sender.nudge()
        await asyncio.sleep(0.02)

    assert till.desk.shop.keys == []
    assert till.refunds.unresolved(draft.aggregate) == till.desk.outbox.get("k")
    outcome = await till.refunds.ask_again(till.desk.outbox.get("k"), unknown=till.unknown.append)
    assert outcome.fate is CommandResult.GIVEN
    assert till.refunds.unresolved(draft.aggregate) is None


# Power cuts


def _run_until_killed(url: str, home: str, commands: int) -> None:
    """A console without a screen that gives commands until its process is killed."""
    program = f"""
import asyncio, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from console.client import state_dir
from console.client.http import HttpTransport
from console.client.services import Services
from console.settings import Settings
from tests.console.test_outbox import adjust

async def main():
    shop = Services(Settings({url!r}, Path({home!r})), state_dir.open_state_dir(Path({home!r})))
    shop.socket.plug(HttpTransport({url!r}))
    sending = asyncio.create_task(shop.sender.run())
    n = 0
    while True:
        n += 1
        command = shop.give(adjust(n % 5))
        print(command.key, flush=True)
        await asyncio.sleep(0.004)

asyncio.run(main())
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(commands)]
    # Killed in the middle of whatever it is doing, as by a power cut.
    process.kill()
    acknowledged += process.stdout.read().splitlines()
    process.wait()
    process.stdout.close()
    with (Path(home) / "acknowledged").open("a", encoding="ascii") as out:
        out.writelines(f"{key}\n" for key in acknowledged if len(key) == 36)


async def _drain(url: str, home: Path) -> None:
    session = Session(home / "sign-in.json", url)
    socket = LazyTransport()
    socket.plug(HttpTransport(url))
    caller = ApiClient(socket, session, circuit=CircuitBreaker(jitter=lambda: 0.0))
    outbox = Outbox(home / "outbox.sqlite3")
    sender = OutboxWorker(outbox, caller)
    task = asyncio.create_task(sender.run())
    async with asyncio.timeout(60):
        while outbox.counts():
            outbox._db.execute("UPDATE commands SET next_at = 0 WHERE state = 'waiting'")
            sender.nudge()
            await asyncio.sleep(0.02)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await socket.close()
    outbox.close()


def _kill_again_and_again(kills: int) -> tuple[list[str], dict[str, object], list[Command]]:
    chance = random.Random(7)
    with stub_shop(orders=50, open_orders=20) as shop, tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        shop.sign_in(home)
        shop.mood(fails=0.3)
        for _ in range(kills):
            _run_until_killed(shop.url, str(home), chance.randint(10, 40))
        asyncio.run(_drain(shop.url, home))
        outbox = Outbox(home / "outbox.sqlite3")
        commands = list(reversed(outbox.recent(100_000)))
        outbox.close()
        keys = (home / "acknowledged").read_text(encoding="ascii").split()
        return keys, shop.ask("/_effects"), commands


def _assert_once_and_in_order(
    acknowledged: list[str], effects: dict[str, object], commands: list[Command]
) -> None:
    keys = effects["keys"]
    stored = {one.key for one in commands}

    assert len(acknowledged) > 20
    assert set(acknowledged) <= stored, "an acknowledged command was lost"
    assert sorted(keys) == sorted(stored), "a command was lost or doubled"
    assert all(one.state is State.DONE for one in commands)
    for level in {one.aggregate for one in commands}:
        wanted = [one.key for one in commands if one.aggregate == level]
        path = f"stock/{level.partition(':')[2]}"
        assert [key for where, key in effects["order"] if where == path] == wanted


@pytest.mark.serial
def test_no_command_is_lost_or_doubled_over_power_cuts_and_a_failing_shop() -> None:
    _assert_once_and_in_order(*_kill_again_and_again(3))


@pytest.mark.slow
@pytest.mark.serial
def test_no_command_is_lost_or_doubled_over_twenty_power_cuts() -> None:
    acknowledged, effects, commands = _kill_again_and_again(20)
    _assert_once_and_in_order(acknowledged, effects, commands)
    tries = sum(one.tries for one in commands)
    print(f"{len(commands)} commands, {tries} tries, {len(effects['keys'])} effects")
