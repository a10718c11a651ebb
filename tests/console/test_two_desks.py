"""Two consoles in real terminals and the shop itself, which others change at the same time."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.benchmarks.meter import family
from tests.console.pty_harness import Terminal
from tests.console.support.real_shop import RealShop
from tests.support.live import PASSWORD
from tests.support.town import Town
from tests.support.waiting import eventually

pytestmark = pytest.mark.serial

SOON = 2.0
"""Seconds within which the other desk shows it, on a machine that is not busy otherwise."""

PATIENCE = 12.0
JON = "jon.reed@shop.test"


def seen_after(terminal: Terminal, text: str) -> float:
    """Seconds until a text stands on the screen, from now on."""
    start = time.perf_counter()
    terminal.until(text, PATIENCE)
    return time.perf_counter() - start


def gone_after(terminal: Terminal, text: str) -> float:
    """Seconds until a text no longer stands there."""
    start = time.perf_counter()
    while text in terminal.body:
        assert time.perf_counter() - start < PATIENCE, terminal.picture.text
        terminal.pump(0.02)
    return time.perf_counter() - start


def test_two_desks_see_what_the_other_does(whole_town: Town, tmp_path: Path) -> None:
    town = whole_town
    real = RealShop(town.shop, town.owner)
    town.owner.sells("LAMP", 20, title="Desk Lamp")
    orders = [town.a_paid_order("LAMP", by=town.visitor(f"lamp{n}@example.test")) for n in range(3)]
    first, second, third = (order["number"] for order in orders)
    if not town.shop.sql("SELECT 1 FROM users WHERE email = :email", email=JON):
        create = ("create-staff", JON, "--name", "Jon Reed", "--role", "warehouse")
        town.shop.flask(*create, "--password-stdin", typed=PASSWORD)
    real.sign_in(tmp_path / "anna")
    real.sign_in(tmp_path / "jon", JON)
    options = ["--url", town.shop.url, "--home"]
    with (
        Terminal([*options, str(tmp_path / "anna")]) as anna,
        Terminal([*options, str(tmp_path / "jon")], columns=80, rows=24) as jon,
    ):
        for desk in (anna, jon):
            desk.until(first, PATIENCE)
        # Jon opens an order: Anna sees who has it. She opens it, too, and is told.
        jon.send(f"{second}\r".encode())
        jon.until(f"{second} ▸ Ship", PATIENCE)
        claimed = seen_after(anna, "⚑ Jon Reed")
        # Somebody ships the first order past both of them: it leaves Anna's queue.
        town.owner.ships(orders[0])
        shipped = gone_after(anna, f" {first} ")
        # Two note the same order at once; Anna looks at it and follows.
        anna.send(f"{third}\r".encode())
        anna.until(f"{third} ▸ Ship", PATIENCE)
        anna.send(b"\x1b")
        anna.until("TIMELINE", PATIENCE)
        town.owner.commands(f"/orders/{orders[2]['id']}/notes", {"text": "Leave it at the door."})
        noted = seen_after(anna, "Leave it at the door.")
        # Anna ships the order that Jon has open: his parcel is empty, and he knows by whom.
        town.owner.ships(orders[1])
        lost = seen_after(jon, "Olivia Owner")
        assert second in jon.picture.text
    print(f"\nseen after {claimed:.1f}, {shipped:.1f}, {noted:.1f} and {lost:.1f} s")
    assert min(claimed, shipped, noted, lost) <= SOON
    assert max(claimed, shipped, noted, lost) <= 3 * SOON
    # Who leaves lets go of what was open.
    assert eventually(
        lambda: town.shop.sql("SELECT count(*) FROM order_claims") == [(0,)], what="no claims"
    )


def test_a_shop_that_stands_still_is_called_away_within_three_seconds(
    whole_town: Town, tmp_path: Path
) -> None:
    RealShop(whole_town.shop, whole_town.owner).sign_in(tmp_path / "home")
    arguments = ["--url", whole_town.shop.url, "--home", str(tmp_path / "home")]
    with Terminal(arguments) as desk:
        desk.until("● live", PATIENCE)
        desk.quiet(0.5)
        # The web server and the processes that it has forked, which are those that answer.
        pids = list(family(whole_town.shop.pid("web")))
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            away = seen_after(desk, "offline")
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        back = seen_after(desk, "● live")
    print(f"\ncalled away after {away:.1f} s, back after {back:.1f} s")
    assert away <= 4.5
