"""Scales over a pseudo-terminal: each dialect, weights that move, and scales that say nothing."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from console.client import scale
from console.client.scale import Reading, ScaleFailed, parse_line

Talk = Callable[[bytes], bytes]


@contextmanager
def a_scale(answer: Talk, *, says: bytes = b"") -> Iterator[str]:
    """A scale at a real serial line: `says` comes again and again, `answer` when it is asked."""
    ours, theirs = pty.openpty()
    for end in (ours, theirs):
        tty.setraw(end)
    is_on = True

    def talk() -> None:
        while is_on:
            asking, _, _ = select.select([ours], [], [], 0.05)
            os.write(ours, answer(os.read(ours, 64)) if asking else says)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        is_on = False
        thread.join(2)
        os.close(ours)
        os.close(theirs)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("line", "reading"),
    [
        (b"ST,GS,+  1.234kg", Reading(1234, True)),
        (b"US,GS,+  1.230kg", Reading(1230, False)),
        (b"ST,NT,-  0.020kg", Reading(-20, True)),
        (b"S S     1.2345 kg", Reading(1234, True)),
        (b"S D     1.2 kg", Reading(1200, False)),
        (b"  850 g  ", Reading(850, None)),
        (b"  0,850 kg", Reading(850, None)),
        (b"2.50 lb", Reading(1134, None)),
        (b"\x02001.234", Reading(1234, True)),
        (b"\x02?D", None),
        (b"S I", None),
        (b"OL", None),
        (b"hello", None),
        (b"1.234", None),
        (b"", None),
    ],
)
def test_each_dialect_is_read(line: bytes, reading: Reading | None) -> None:
    assert parse_line(line) == reading


@pytest.mark.pure
@pytest.mark.parametrize(
    ("answers", "grams"),
    [
        # A&D, Kern: while the parcel still moves the scale says so.
        ([b"US,GS,+  0.800kg\r\n", b"ST,GS,+  0.920kg\r\n"], 920),
        # MT-SICS
        ([b"S D     0.915 kg\r\n", b"S S     0.920 kg\r\n"], 920),
        # Toledo 8217: a status with a question mark until the scale rests.
        ([b"\x02?\x41\r", b"\x020000.92\r"], 920),
        # Nothing about rest: two that agree.
        ([b"  910 g\r\n", b"  920 g\r\n", b"  920 g\r\n"], 920),
    ],
    ids=["continuous", "sics", "toledo", "plain"],
)
def test_a_scale_is_asked_until_the_parcel_rests(
    answers: list[bytes], grams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "ASK_EVERY", 0.02)
    left = list(answers)

    def answer(asked: bytes) -> bytes:
        return left.pop(0) if b"W\r" in asked and len(left) > 1 else left[0]

    with a_scale(answer) as port:
        assert scale.read_weight(port, patience=5) == grams


@pytest.mark.pure
def test_a_scale_that_sends_by_itself_is_not_needed_to_be_asked() -> None:
    says = b"US,GS,+  0.400kg\r\nUS,GS,+  0.900kg\r\nST,GS,+  0.920kg\r\n"
    with a_scale(lambda _: b"", says=says) as port:
        assert scale.read_weight(f"{port}:4800", patience=5) == 920


@pytest.mark.pure
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "says nothing"),
        (b"ST,GS,+  0.000kg\r\n", "Nothing lies"),
        (b"US,GS,+  0.500kg\r\n", "come to rest"),
    ],
)
def test_a_weight_that_does_not_come_is_told(answer: bytes, words: str) -> None:
    with a_scale(lambda _: answer) as port, pytest.raises(ScaleFailed, match=words):
        scale.read_weight(port, patience=0.4)


@pytest.mark.pure
def test_a_port_that_is_not_there_is_told() -> None:
    with pytest.raises(ScaleFailed, match="cannot be opened"):
        scale.read_weight("/dev/no-such-scale")
