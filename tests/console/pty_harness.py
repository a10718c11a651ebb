"""The console in a real pseudo-terminal, with a stopwatch.

Answers the terminal's part of the conversation, so the console marks where each frame ends
(synchronised output), and keeps a picture of the screen. Times are from the write of a key's bytes
to the end of the frame that answers it, in milliseconds; the drawing of a real terminal is not in
them. Run as a program, it prints the table of figures:

    python -m tests.console.pty_harness [--orders N] [--rounds N]
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.cells import cell_len

ROOT = Path(__file__).resolve().parents[2]
FRAME_END = b"\x1b[?2026l"
SYNC_QUERY = b"\x1b[?2026$p"
SYNC_ANSWER = b"\x1b[?2026;2$y"
UP, DOWN, PAGE_DOWN, END, HOME, ESC = (
    b"\x1b[A", b"\x1b[B", b"\x1b[6~", b"\x1b[F", b"\x1b[H", b"\x1b",
)  # fmt: skip
F = {2: b"\x1bOQ", 3: b"\x1bOR", 18: b"\x1b[17;2~", 7: b"\x1b[18~", 8: b"\x1b[19~", 9: b"\x1b[20~",
     10: b"\x1b[21~", 12: b"\x1b[24~"}  # fmt: skip
COLOUR = re.compile(rb"\x1b\[(?:[0-9]+[;:])*(?:3[0-8]|4[0-8])(?:[;:][0-9]+)*m")
ROUNDS = 3
TOKEN = re.compile(
    rb"\x1b\[(?P<args>[0-9;:?<>=]*)(?P<inter>[ -/]*)(?P<final>[@-~])|\x1b[()][0-9A-B]|\x1b[=>78]"
)


@dataclass
class Picture:
    """What stands on the screen: just enough of a terminal to read the text."""

    columns: int
    rows: int
    cells: list[list[str]] = field(default_factory=list)
    x: int = 0
    y: int = 0

    def __post_init__(self) -> None:
        self.cells = [[" "] * self.columns for _ in range(self.rows)]

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join("".join(row) for row in self.cells)

    def feed(self, data: bytes) -> None:
        """Obey output."""
        at = 0
        for match in TOKEN.finditer(data):
            self._write(data[at : match.start()])
            at = match.end()
            self._obey(match)
        self._write(data[at:])

    def _obey(self, match: re.Match[bytes]) -> None:
        final, args = match["final"], (match["args"] or b"")
        if final == b"H":
            numbers = [int(n or 1) for n in args.split(b";")] if args else [1, 1]
            self.y, self.x = numbers[0] - 1, (numbers[1] if len(numbers) > 1 else 1) - 1
        elif final == b"J":
            self.cells[self.y][self.x :] = [" "] * (self.columns - self.x)
            for row in self.cells[self.y + 1 :]:
                row[:] = [" "] * self.columns
        elif final in b"hl" and args == b"?1049":
            self.x = self.y = 0
            for row in self.cells:
                row[:] = [" "] * self.columns

    def _write(self, raw: bytes) -> None:
        for character in raw.decode("utf-8", "replace"):
            if character == "\r":
                self.x = 0
            elif character == "\n":
                self.y += 1
            elif character >= " ":
                width = cell_len(character)
                if 0 <= self.y < self.rows and 0 <= self.x < self.columns:
                    self.cells[self.y][self.x] = character
                    for more in range(self.x + 1, min(self.x + width, self.columns)):
                        self.cells[self.y][more] = ""
                self.x += width


class Terminal:
    """A console process behind a pseudo-terminal."""

    def __init__(
        self, arguments: list[str], *, columns: int = 120, rows: int = 40, **environment: str
    ) -> None:
        self.picture = Picture(columns, rows)
        self.frames = 0
        self.bytes_seen = 0
        self.bells = 0
        self.colours = 0
        self.beginning = b""
        """The first bytes, as they came."""

        self._pending = b""
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        # The size of somebody's own window is not that of this one.
        not_ours = ("STOCKROOM", "TEXTUAL", "COLUMNS", "LINES")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(not_ours)}
        env = {**clean, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        env.pop("NO_COLOR", None) if "NO_COLOR" not in environment else None
        self.started = time.perf_counter()
        # The first terminal that the leader of a session opens is its own. Python could do it in
        # `preexec_fn`, but that copies this whole process first, which takes longer than the start.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", 'tty=$1; shift; exec "$@" <>"$tty" >&0 2>&0', "sh",
             os.ttyname(self._slave), sys.executable, "-m", "console", *arguments],
            stdin=subprocess.DEVNULL, cwd=ROOT, env=env, start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, politely first."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                os.write(self._master, b"\x11")
            deadline = time.perf_counter() + 2
            while self.process.poll() is None and time.perf_counter() < deadline:
                self.pump(0.05)
        self.kill()
        os.close(self._master)
        os.close(self._slave)

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def pump(self, seconds: float) -> bool:
        """Take in what the console writes for at most this long; False when nothing came."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self.bytes_seen += len(data)
        if len(self.beginning) < 1 << 16:
            self.beginning += data
        if SYNC_QUERY in data:
            os.write(self._master, SYNC_ANSWER)
        self.bells += data.count(b"\x07")
        self.colours += len(COLOUR.findall(data))
        data = self._pending + data
        self.frames += data.count(FRAME_END)
        cut = data.rfind(b"\x1b")
        # An escape sequence may be cut in two by the read.
        if cut >= 0 and not TOKEN.match(data, cut) and len(data) - cut < 32:
            data, self._pending = data[:cut], data[cut:]
        else:
            self._pending = b""
        self.picture.feed(data)
        return True

    def until(self, text: str, seconds: float = 10.0) -> float:
        """Wait until a text stands on the screen; milliseconds since the process was started."""
        deadline = time.perf_counter() + seconds
        while text not in self.picture.text:
            is_over = self.process.poll() is not None and not self.pump(0.05)
            if time.perf_counter() > deadline or is_over:
                raise AssertionError(f"{text!r} never appeared on:\n{self.picture.text}")
            self.pump(0.02)
        return (time.perf_counter() - self.started) * 1000

    def at_work(self) -> None:
        """Wait until the console is loaded, its shop answers, and it shows the orders."""
        self.until("● live", 30)
        self.until("O-10")

    def first_bytes(self) -> float:
        """Wait for the first frame; milliseconds since the process was started."""
        while not self.bytes_seen:
            self.pump(1.0)
        return (time.perf_counter() - self.started) * 1000

    def quiet(self, seconds: float = 0.15) -> None:
        """Wait until nothing has been written for this long."""
        while self.pump(seconds):
            pass

    def answer(self, keys: bytes, seconds: float = 3.0) -> float:
        """Type, and wait for the end of the next frame; milliseconds between the two."""
        before = self.frames
        start = time.perf_counter()
        self.send(keys)
        while self.frames == before:
            left = seconds - (time.perf_counter() - start)
            if left <= 0:
                return seconds * 1000
            self.pump(left)
        return (time.perf_counter() - start) * 1000

    @property
    def body(self) -> str:
        """What stands between the bars: the clock and the line above change by themselves."""
        return "\n".join("".join(row) for row in self.picture.cells[3:-2])

    def answer_in_the_body(self, keys: bytes, seconds: float = 3.0) -> float:
        """Type, and wait until the body shows something else; milliseconds between the two."""
        before, start = self.body, time.perf_counter()
        self.send(keys)
        while self.body == before:
            left = seconds - (time.perf_counter() - start)
            if left <= 0:
                return seconds * 1000
            self.pump(left)
        return (time.perf_counter() - start) * 1000

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        match = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert match is not None
        return int(match[1]) / 1024

    @property
    def cpu_seconds(self) -> float:
        """Processor time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@dataclass
class StubShop:
    """The made-up shop as a process; `home` is a console's folder that is signed in to it."""

    process: subprocess.Popen[str]
    url: str

    def ask(self, path: str, body: object = None) -> dict[str, object]:
        """Speak to the shop beside the console's back."""
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, raw, method="POST" if raw else "GET")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"{}")

    def mood(self, **moods: object) -> None:
        """Change how it behaves."""
        self.ask("/_moods", moods)

    def sign_in(self, home: Path) -> None:
        """Make this folder one of a console that is signed in."""
        tokens = self.ask("/_sign_in")
        home.mkdir(parents=True, exist_ok=True)
        kept = {
            "url": self.url, "person": tokens["user"], "access_token": tokens["access_token"],
            "refresh_token": tokens["refresh_token"], "access_ends": time.time() + 900,
        }  # fmt: skip
        (home / "sign-in.json").write_text(json.dumps(kept), encoding="utf-8")


@contextlib.contextmanager
def stub_shop(orders: int = 100_000, open_orders: int = 1_284, port: int = 0) -> Iterator[StubShop]:
    """Run the made-up shop in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.console.support.server", "--orders", str(orders),
         "--open", str(open_orders), "--port", str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield StubShop(process, f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


CALM_START_MS = 10.0
"""What a bare Python takes to start on a calm machine such as the goals were set on."""


def bare_start() -> float:
    """Start a Python that does nothing; milliseconds."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
    return (time.perf_counter() - start) * 1000


def slowness() -> float:
    """How many times slower the machine is at this moment than a calm one; 1 at the least."""
    return max(1.0, statistics.median(bare_start() for _ in range(7)) / CALM_START_MS)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def assert_quick(measure: Callable[[], dict[str, tuple[float, float]]]) -> None:
    """Measure up to three rounds: each figure must be within its limit in one of them.

    `measure` gives what each figure was and what it may be. A stall of a shared machine spoils one
    round; a console that has become slower is too slow in all.
    """
    late: dict[str, str] = {}
    for n in range(ROUNDS):
        figures = measure()
        late = {
            name: f"{took:.1f} instead of {limit:.1f}"
            for name, (took, limit) in figures.items()
            if took > limit and (not n or name in late)
        }
        if not late:
            return
    raise AssertionError(f"too slow in {ROUNDS} rounds: {late}")


def described(values: list[float]) -> str:
    """p50 / p95 / max."""
    middle, high = statistics.median(values), percentile(values, 0.95)
    return f"p50 {middle:6.1f}  p95 {high:6.1f}  max {max(values):6.1f}  (n={len(values)})"


def first_frames(shop: StubShop, times: int) -> tuple[list[float], list[float], list[float]]:
    """Start the console again and again: first frame, live with rows, memory."""
    frames, rows, memory = [], [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            shop.sign_in(home)
            with Terminal(["--url", shop.url, "--home", str(home)]) as terminal:
                frames.append(terminal.first_bytes())
                rows.append(terminal.until("O-10"))
                terminal.at_work()
                terminal.quiet()
                memory.append(terminal.megabytes)
    return frames, rows, memory


def key_latencies(terminal: Terminal, keys: bytes, times: int) -> list[float]:
    """Press one key again and again, each time when the last frame is through."""
    found = []
    for _ in range(times):
        found.append(terminal.answer(keys))
        terminal.quiet(0.02)
    return found


def body_latencies(terminal: Terminal, keys: bytes, times: int) -> list[float]:
    """Press one key again and again, each time when the body has shown the last one."""
    found = []
    for _ in range(times):
        found.append(terminal.answer_in_the_body(keys))
        terminal.quiet(0.02)
    return found


def main() -> None:
    """Print the table of figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    with stub_shop(options.orders) as shop, tempfile.TemporaryDirectory() as folder:
        print(f"load {os.getloadavg()[0]:.2f}, {options.orders} orders, milliseconds")
        frames, rows, memory = first_frames(shop, options.rounds)
        print("first frame          ", described(frames))
        print("live with rows       ", described(rows))
        print(f"memory                {statistics.median(memory):.1f} MB")
        home = Path(folder) / "home"
        shop.sign_in(home)
        with Terminal(["--url", shop.url, "--home", str(home)]) as terminal:
            terminal.at_work()
            terminal.quiet()
            terminal.send(F[3] + b"a")
            terminal.until("10 000+")
            terminal.quiet()
            print("down                 ", described(key_latencies(terminal, DOWN, 200)))
            print("page down            ", described(key_latencies(terminal, PAGE_DOWN, 60)))
            print("end                  ", described(key_latencies(terminal, END, 1)))
            terminal.answer(HOME)
            shop.mood(latency=2.0)
            busy = []
            for _ in range(20):
                terminal.send(b"\x12")
            for _ in range(60):
                busy.append(terminal.answer(DOWN))
                terminal.quiet(0.02)
            print("down, slow requests  ", described(busy))
            shop.mood(latency=0.0)
            time.sleep(2.5)
            terminal.quiet()
            screens = []
            for _ in range(15):
                for key in (F[7], F[3], F[12], F[2]):
                    screens.append(terminal.answer(key))
                    terminal.quiet(0.05)
            print("screen change        ", described(screens))
            escapes = []
            for _ in range(15):
                terminal.answer(F[12])
                terminal.quiet(0.05)
                escapes.append(terminal.answer(ESC))
                terminal.quiet(0.05)
            print("esc                  ", described(escapes))
            print(f"memory after use      {terminal.megabytes:.1f} MB")
            before, clock = terminal.cpu_seconds, time.perf_counter()
            deadline = clock + 5
            while time.perf_counter() < deadline:
                terminal.pump(0.5)
            used = (terminal.cpu_seconds - before) / (time.perf_counter() - clock)
            print(f"idle                  {used * 100:.1f} % CPU")


if __name__ == "__main__":
    main()
