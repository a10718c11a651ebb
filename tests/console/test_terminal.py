"""The console in a real pseudo-terminal: quick enough, and no scan damaged.

Gates are three times the goals, and more where a bare Python starts more slowly just then; one key
in fifty, or one round of three, may meet a stall of the machine, which is shared. The figures
themselves are printed.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.console.pty_harness import (
    DOWN,
    END,
    ESC,
    HOME,
    PAGE_DOWN,
    ROOT,
    F,
    StubShop,
    Terminal,
    assert_quick,
    described,
    key_latencies,
    percentile,
    slowness,
    stub_shop,
)

pytestmark = [pytest.mark.serial, pytest.mark.xdist_group("terminal")]

NOISE = 3
IS_SLOW = bool(os.environ.get("STOCKROOM_SLOW"))


@pytest.fixture(scope="module")
def stub() -> Iterator[StubShop]:
    with stub_shop(orders=100_000, open_orders=1_284) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, stub: StubShop) -> Path:
    folder = tmp_path / "home"
    stub.sign_in(folder)
    stub.mood(latency=0.0, is_down=False, fails=0.0)
    return folder


def console(stub: StubShop, home: Path, **options: object) -> Terminal:
    return Terminal(["--url", stub.url, "--home", str(home)], **options)


def at_all_orders(terminal: Terminal) -> None:
    terminal.at_work()
    terminal.send(F[3] + b"a")
    terminal.until("10 000+")
    terminal.quiet()


def cursor(terminal: Terminal) -> dict[str, tuple[float, float]]:
    """How quick the cursor is in a list, and how quick it must be."""
    down = key_latencies(terminal, DOWN, 400 if IS_SLOW else 80)
    pages = key_latencies(terminal, PAGE_DOWN, 100 if IS_SLOW else 25)
    print(f"\ndown {described(down)}\npage {described(pages)}")
    noise = NOISE * slowness()
    return {
        "most keys": (percentile(down, 0.95), 12 * noise),
        "pages": (percentile(pages, 0.95), 20 * noise),
        "nearly all": (percentile(down, 0.98), 50 * noise),
    }


def test_the_first_frame_and_the_first_rows_come_quickly(stub: StubShop, home: Path) -> None:
    def measure() -> dict[str, tuple[float, float]]:
        frames, rows = [], []
        for _ in range(10 if IS_SLOW else 4):
            with console(stub, home) as terminal:
                frames.append(terminal.first_bytes())
                rows.append(terminal.until("O-10"))
                terminal.at_work()
                terminal.quiet()
                memory = terminal.megabytes
        print(f"\nfirst frame {described(frames)}\nwith rows   {described(rows)}\n{memory:.1f} MB")
        assert memory <= 60
        noise = NOISE * slowness()
        return {"first frame": (min(frames), 25 * noise), "rows": (min(rows), 200 * noise)}

    assert_quick(measure)


def test_the_first_rows_stand_before_the_console_is_loaded_and_stay(
    stub: StubShop, home: Path
) -> None:
    with console(stub, home) as terminal:
        terminal.until("O-10")
        early = terminal.picture.text
        assert "Home" not in early, "the console was loaded before the rows came"
        number = next(word for word in early.split() if word.startswith("O-10"))
        while "NEXT" not in terminal.picture.text:
            terminal.pump(0.02)
            assert number in terminal.picture.text, "the rows went away while the console loaded"


@pytest.mark.parametrize(("moods", "words"), [
    ({"is_down": True}, "offline"), ({"latency": 1.0}, "O-10"),
])  # fmt: skip
def test_a_shop_that_does_not_answer_at_once_holds_nothing_up(
    stub: StubShop, home: Path, moods: dict[str, object], words: str
) -> None:
    stub.mood(**moods)
    with console(stub, home) as terminal:
        terminal.until("Home")
        terminal.until(words)
        stub.mood(is_down=False, latency=0.0)


def test_the_first_frame_has_the_colours_of_this_desk(stub: StubShop, home: Path) -> None:
    (home / "theme").write_text("light", encoding="ascii")
    with console(stub, home) as terminal:
        terminal.until("O-10")
        terminal.until("● live")
        assert b"48;2;250;251;252" in terminal.beginning
        assert b"48;2;16;21;28" not in terminal.beginning, "something was painted dark"


@pytest.mark.slow
def test_the_cursor_is_quick_among_a_hundred_thousand_orders(stub: StubShop, home: Path) -> None:
    with console(stub, home) as terminal:
        at_all_orders(terminal)
        assert_quick(partial(cursor, terminal))
        end = terminal.answer(END)
        terminal.until("from the end of 10 000+")
        terminal.until("O-1000000")
        terminal.quiet()
        terminal.answer(HOME)
        memory = terminal.megabytes
    print(f"\nend  {end:.1f}\n{memory:.1f} MB")


def test_the_cursor_is_quick_among_ten_thousand_products(stub: StubShop, home: Path) -> None:
    with console(stub, home) as terminal:
        terminal.at_work()
        terminal.send(F[18])
        terminal.until("1 of 10 000")
        # Every one of them has been seen, and as many as one change takes are chosen.
        terminal.send(END)
        terminal.until("no. 9999", seconds=60)
        terminal.send(b"a")
        terminal.until("2 000 products are chosen")
        terminal.send(HOME)
        terminal.until("1 of 10 000")
        terminal.quiet()
        assert_quick(partial(cursor, terminal))
        memory = terminal.megabytes
    print(f"\n{memory:.1f} MB")
    assert memory <= 66  # with the pages of returns, edits, customers and picking


def test_no_key_waits_for_a_slow_shop(stub: StubShop, home: Path) -> None:
    with console(stub, home) as terminal:
        at_all_orders(terminal)
        stub.mood(latency=2.0)

        def measure() -> dict[str, tuple[float, float]]:
            # Each page asks for the next one and for the order beside the list: all unanswered.
            for _ in range(20):
                terminal.send(PAGE_DOWN + b"\x12")
                terminal.pump(0.02)
            found = key_latencies(terminal, DOWN, 200 if IS_SLOW else 50)
            print(f"\ndown with slow requests {described(found)}")
            noise = NOISE * slowness()
            return {
                "most keys": (percentile(found, 0.95), 15 * noise),
                "nearly all": (percentile(found, 0.98), 50 * noise),
            }

        assert_quick(measure)
        stub.mood(latency=0.0)


def test_screens_change_quickly_and_esc_does_not_wait(stub: StubShop, home: Path) -> None:
    with console(stub, home) as terminal:
        terminal.at_work()
        terminal.quiet(0.3)

        def measure() -> dict[str, tuple[float, float]]:
            changes, escapes = [], []
            for n in range(40 if IS_SLOW else 10):
                for key in (F[7], F[3], F[12]):
                    took = terminal.answer(key)
                    # The first visit builds the screen.
                    if n:
                        changes.append(took)
                    terminal.quiet(0.03)
                escapes.append(terminal.answer(ESC))
                terminal.quiet(0.03)
            print(f"\nscreen change {described(changes)}\nesc           {described(escapes)}")
            noise = NOISE * slowness()
            return {
                "screen change": (percentile(changes, 0.95), 30 * noise),
                "esc": (percentile(escapes, 0.5), 40 * noise),
            }

        assert_quick(measure)


def test_a_scan_fired_before_the_console_is_there_is_kept(stub: StubShop, home: Path) -> None:
    for pause in (0.0, 0.06, 0.2):
        with console(stub, home) as terminal:
            terminal.first_bytes()
            time.sleep(pause)
            terminal.send(b"O-1000042\r")
            terminal.until("Orders ▸ O-1000042")


def codes(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"O-{1_000_000 + chance.randrange(100_000)}" for _ in range(count)]


def fire(terminal: Terminal, sent: list[str], gap: float) -> None:
    """Type like a scanner: each character after this many seconds."""
    for code in sent:
        burst = f"{code}\r".encode()
        if not gap:
            terminal.send(burst)
            terminal.pump(0)
            continue
        for byte in burst:
            terminal.send(bytes([byte]))
            deadline = time.perf_counter() + gap
            while (left := deadline - time.perf_counter()) > 0:
                terminal.pump(left)


def received(home: Path, expected: int, terminal: Terminal) -> list[str]:
    log = home / "scans.log"
    deadline = time.perf_counter() + 120
    while time.perf_counter() < deadline:
        terminal.pump(0.05)
        found = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        if len(found) >= expected:
            break
    return [line.strip("'") for line in found]


def assert_all_arrive(stub: StubShop, home: Path, bursts: list[tuple[float, int]]) -> int:
    everything: list[str] = []
    with console(stub, home) as terminal:
        terminal.at_work()
        asked_before = len(stub.ask("/_scans")["codes"])
        for n, (gap, count) in enumerate(bursts):
            sent = codes(count, seed=n)
            fire(terminal, sent, gap)
            everything += sent
            assert received(home, len(everything), terminal) == everything
        # Everything that came in is worked on, too, one by one and in that order.
        terminal.until(everything[-1], 60)
        asked = stub.ask("/_scans")["codes"][asked_before:]
        deadline = time.perf_counter() + 60
        while len(asked) < len(everything) and time.perf_counter() < deadline:
            terminal.pump(0.1)
            asked = stub.ask("/_scans")["codes"][asked_before:]
        memory = terminal.megabytes
    print(f"\n{len(everything)} scans, {memory:.1f} MB afterwards")
    assert asked == everything
    assert memory <= 75
    return len(everything)


def test_no_scan_is_damaged_or_out_of_order(stub: StubShop, home: Path) -> None:
    bursts = [(0.0, 120), (0.001, 40), (0.002, 30), (0.008, 6), (0.016, 4)]
    assert assert_all_arrive(stub, home, bursts) == 200


@pytest.mark.slow
def test_no_scan_of_ten_thousand_is_damaged(stub: StubShop, home: Path) -> None:
    bursts = [(gap, 2_000) for gap in (0.0, 0.001, 0.002, 0.008, 0.016)]
    assert assert_all_arrive(stub, home, bursts) == 10_000


@pytest.mark.slow
def test_no_scan_is_damaged_beside_a_busy_processor(stub: StubShop, home: Path) -> None:
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        bursts = [(0.0, 300), (0.001, 300), (0.002, 200), (0.008, 30), (0.016, 20)]
        assert assert_all_arrive(stub, home, bursts) == 850
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def test_a_wrong_scan_rings_twice(stub: StubShop, home: Path) -> None:
    with console(stub, home) as terminal:
        terminal.at_work()
        terminal.quiet()
        before = terminal.bells
        terminal.send(b"NOBODY-1\r")
        terminal.until("✖ Unknown code NOBODY-1")
        terminal.quiet()

        assert terminal.bells - before == 2


def test_after_a_power_cut_the_work_goes_on_where_it_stopped(stub: StubShop, home: Path) -> None:
    before = stub.ask("/_effects")["keys"]
    terminal = console(stub, home)
    terminal.at_work()
    terminal.send(F[7])
    terminal.until("MUG-00")
    stub.mood(is_down=True)
    for _ in range(3):
        terminal.send(b"+5\r" + F[10])
        terminal.quiet(0.05)
    terminal.until("3 waiting")
    terminal.kill()
    terminal.close()
    assert stub.ask("/_effects")["keys"] == before
    stub.mood(is_down=False)
    with console(stub, home) as again:
        again.at_work()
        deadline = time.perf_counter() + 20
        while len(stub.ask("/_effects")["keys"]) < len(before) + 3:
            assert time.perf_counter() < deadline
            again.pump(0.1)

    assert len(stub.ask("/_effects")["keys"]) == len(before) + 3


def test_killed_between_two_pieces_of_a_change_the_rest_goes_out_once(
    stub: StubShop, home: Path
) -> None:
    before, prices = stub.ask("/_effects")["keys"], stub.ask("/_effects")["prices"]
    terminal = console(stub, home)
    terminal.at_work()
    terminal.send(F[18])
    terminal.until("1 of 10 000")
    terminal.send(b" " + DOWN * 99)
    terminal.until("100 of 10 000")
    terminal.send(b"r")
    terminal.until("☒ 100")
    terminal.send(b"p")
    terminal.until("price:")
    terminal.send(b"+1\r")
    terminal.until("of 100 products?")
    # Slow enough that the second piece is still to come when the first one has been answered.
    stub.mood(latency=0.4)
    terminal.send(F[10])
    deadline = time.perf_counter() + 20
    while len(stub.ask("/_effects")["keys"]) == len(before):
        assert time.perf_counter() < deadline
        terminal.pump(0.02)
    terminal.kill()
    terminal.close()
    assert len(stub.ask("/_effects")["keys"]) == len(before) + 1
    stub.mood(latency=0.0)
    with console(stub, home) as again:
        again.at_work()
        again.send(F[18])
        again.until("1 of 10 000")
        again.send(b"o")
        again.until("200 of 200", seconds=30)
        again.until("200 changed")

    told = stub.ask("/_effects")
    assert len(told["keys"]) == len(set(told["keys"])) == len(before) + 2
    assert told["prices"]["MUG-00"] == prices.get("MUG-00", 999) + 100
    assert len(told["prices"]) >= 200


def test_a_second_console_in_the_same_folder_is_told_and_leaves_the_terminal_alone(
    stub: StubShop, home: Path
) -> None:
    with console(stub, home) as first:
        first.at_work()
        second = console(stub, home)
        second.until("Another console (process")
        while second.process.poll() is None:
            second.pump(0.05)

        assert second.process.returncode == 1
        assert f"--home {home}-2" in second.picture.text.replace("\n", "")
        second.close()


def test_no_colour_is_sent_where_none_is_wanted(stub: StubShop, home: Path) -> None:
    with console(stub, home, NO_COLOR="1") as terminal:
        terminal.at_work()
        terminal.quiet()
        terminal.answer(F[7])
        terminal.until("POT-CI-11")

        assert not terminal.colours


def test_a_dead_line_is_shown_within_two_seconds(stub: StubShop, home: Path) -> None:
    with console(stub, home) as terminal:
        terminal.until("● live")
        stub.mood(is_down=True)
        start = time.perf_counter()
        terminal.send(F[7])
        terminal.until("offline")
        took = time.perf_counter() - start
    print(f"\noffline shown after {took:.2f} s")

    noise = NOISE * slowness()
    assert took <= 2 * noise


def test_the_package_runs_from_anywhere(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "console", "--help"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0


def test_the_group_separator_survives_typing_and_pasting(stub: StubShop, home: Path) -> None:
    typed, pasted = b"]C10105012345678900\x1d10LOT7\r", b"]C10105012345678900\x1d10LOT8\n"
    with console(stub, home) as terminal:
        terminal.at_work()
        terminal.send(typed)
        terminal.quiet()
        terminal.send(b"\x1b[200~" + pasted + b"\x1b[201~")
        terminal.quiet()
        terminal.send(F[12] + b"\t\t")
        terminal.until("]C10105012345678900␝10LOT7")
        terminal.until("]C10105012345678900␝10LOT8")
