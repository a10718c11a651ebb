"""Consoles in real terminals at the shop itself: how soon it is there, and how quick the keys are.

Everything is compared with what a bare Python takes to start on the same machine at the same
moment, so that a busy machine does not count, and a key has been answered when the body shows so.
"""

import os
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.pty_harness import (
    DOWN,
    PAGE_DOWN,
    F,
    Terminal,
    assert_quick,
    bare_start,
    body_latencies,
    described,
    percentile,
)
from tests.console.support.real_shop import RealShop, real_shop

pytestmark = [pytest.mark.slow, pytest.mark.serial, pytest.mark.xdist_group("terminal")]

IS_SLOW = bool(os.environ.get("STOCKROOM_SLOW"))
ORDERS = 100_000 if IS_SLOW else 5_000
FIRST_FRAME, WITH_ROWS = 3.0, 25.0
"""In starts of a bare Python. Loading Textual alone takes about 29: the rows come before it."""

DOWN_P95, PAGE_P95 = 1.5, 2.5
"""In starts of a bare Python; what they were before this was measured, and a little."""


@pytest.fixture(scope="module")
def real() -> Iterator[RealShop]:
    """The shop with all those orders."""
    with real_shop(ORDERS) as shop:
        yield shop


def console(real: RealShop, home: Path, **options: object) -> Terminal:
    """Open a console at the shop."""
    return Terminal(["--url", real.shop.url, "--home", str(home)], **options)


def test_the_first_frame_and_the_first_rows_come_quickly(real: RealShop, tmp_path: Path) -> None:
    real.sign_in(tmp_path / "home")

    def measure() -> dict[str, tuple[float, float]]:
        bare, frames, rows, loaded = [], [], [], []
        for _ in range(11 if IS_SLOW else 7):
            bare.append(bare_start())
            with console(real, tmp_path / "home") as terminal:
                frames.append(terminal.first_bytes())
                rows.append(terminal.until(real.first_number, 30))
                loaded.append(terminal.until("● live", 30))
                terminal.quiet()
        print(f"\nbare {described(bare)}\nfirst frame {described(frames)}")
        print(f"with rows {described(rows)}")

        frame, row, whole = (
            statistics.median(took / start for took, start in zip(times, bare, strict=True))
            for times in (frames, rows, loaded)
        )
        print(f"first frame {frame:.2f} x, with rows {row:.1f} x, all loaded {whole:.1f} x")
        return {"first frame": (frame, FIRST_FRAME), "with rows": (row, WITH_ROWS)}

    assert_quick(measure)


def test_the_cursor_is_quick_among_all_orders(real: RealShop, tmp_path: Path) -> None:
    real.sign_in(tmp_path / "home")
    with console(real, tmp_path / "home") as terminal:
        terminal.until("● live", 30)
        terminal.send(F[3] + b"a")
        terminal.until("newest first", 30)
        terminal.quiet(0.4)

        def measure() -> dict[str, tuple[float, float]]:
            bare = [bare_start() for _ in range(5)]
            down = body_latencies(terminal, DOWN, 200 if IS_SLOW else 60)
            pages = body_latencies(terminal, PAGE_DOWN, 60 if IS_SLOW else 20)
            bare += [bare_start() for _ in range(5)]
            start = statistics.median(bare)
            print(f"\ndown {described(down)}\npage {described(pages)}\nbare {start:.1f}")
            return {
                "down": (percentile(down, 0.95), DOWN_P95 * start),
                "page": (percentile(pages, 0.95), PAGE_P95 * start),
            }

        assert_quick(measure)
