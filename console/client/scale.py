"""A scale at a serial port: what it says is read as grams, and only when it rests.

Scales of shops speak one of a few dialects, told apart by the form of their lines:

* continuous or on request, as A&D, Kern, Dini Argeo, Ohaus and many others: `ST,GS,+  1.234kg`,
  where `ST` is a stable and `US` an unstable weight, or just `  1.234 kg`;
* Mettler-Toledo MT-SICS: `S S     1.234 kg`, where `S D` is an unstable weight;
* Toledo 8213/8217, which answers `W` with STX, the weight and CR, or with STX, `?` and a status.

A scale that waits to be asked is sent `W` and CR, which those that send by themselves ignore.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, Protocol

ASK = b"W\r"
BAUD = 9600
PATIENCE = 5.0
"""Seconds until a parcel rests on the scale."""

ASK_EVERY = 0.5
AGREE = 2
"""Weights in a row that must be the same where a scale does not say that it rests."""

_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "lb": Decimal("453.59237"),
          "oz": Decimal("28.349523125")}  # fmt: skip
_WEIGHT = re.compile(
    r"(?P<sign>[-+]?)\s*(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>kg|g|lb|oz)?\b", re.IGNORECASE
)
_UNSTABLE = re.compile(r"^(?:US|S D|SD|D)\b|\?", re.IGNORECASE)
_STABLE = re.compile(r"^(?:ST|S S)\b", re.IGNORECASE)
_ERROR = re.compile(r"^(?:OL|UL|ER|S [I+-]|EL|ET)\b", re.IGNORECASE)


class ScaleFailed(Exception):
    """No weight came; the text says why."""


class Reading(NamedTuple):
    """One line of a scale: grams, and whether it says that it rests; None where it says nothing."""

    grams: int
    is_stable: bool | None


class Port(Protocol):
    """A serial port."""

    def write(self, data: bytes, /) -> int | None:
        """Send."""

    def read(self, size: int = 1, /) -> bytes:
        """Wait a moment for so many bytes; what came until then."""

    def close(self) -> None:
        """Let go of it."""


def parse_line(raw: bytes) -> Reading | None:
    """Read one line of a scale; None for one without a weight. Toledo sends kilograms bare."""
    is_toledo = raw.startswith(b"\x02")
    text = raw.decode("ascii", "replace").strip("\x02\x03\r\n \t")
    if not text or _ERROR.match(text):
        return None
    is_stable: bool | None = None
    if _UNSTABLE.search(text):
        is_stable = False
    elif _STABLE.match(text) or is_toledo:
        is_stable = True
    found = _WEIGHT.search(text)
    if found is None:
        return None
    unit = (found["unit"] or "kg").lower()
    if found["unit"] is None and not is_toledo:
        return None
    grams = Decimal(found["number"].replace(",", ".")) * _GRAMS[unit]
    sign = -1 if found["sign"] == "-" else 1
    return Reading(sign * int(grams.to_integral_value()), is_stable)


def weigh(
    port: Port,
    *,
    patience: float = PATIENCE,
    now: Callable[[], float] = time.monotonic,
) -> int:
    """Wait for a weight at rest, in grams; asks for it as long as nothing comes.

    Raises `ScaleFailed` when the scale is silent, does not come to rest, or is empty.
    """
    ends, asked = now() + patience, float("-inf")
    held, last, same = b"", None, 0
    heard = False
    while now() < ends:
        if now() - asked >= ASK_EVERY:
            port.write(ASK)
            asked = now()
        held += port.read(64)
        *lines, held = re.split(rb"[\r\n]+", held)
        for raw in lines:
            reading = parse_line(raw)
            if reading is None:
                continue
            heard = True
            same = same + 1 if reading.grams == last else 1
            last = reading.grams
            at_rest = reading.is_stable or (reading.is_stable is None and same >= AGREE)
            if at_rest and reading.grams > 0:
                return reading.grams
    if not heard:
        raise ScaleFailed("The scale says nothing: is it on, and at this port?")
    if last is not None and last <= 0:
        raise ScaleFailed("Nothing lies on the scale")
    raise ScaleFailed("The scale does not come to rest")


def open_port(address: str) -> Port:
    """Open a serial port, as `/dev/ttyUSB0` or `/dev/ttyUSB0:4800`. Raises `ScaleFailed`."""
    import serial  # type: ignore[import-untyped]  # noqa: PLC0415 - only stations with a scale pay for it

    path, _, baud = address.partition(":")
    if address.startswith("COM") or baud.isdigit() or not baud:
        speed = int(baud) if baud.isdigit() else BAUD
    else:
        raise ScaleFailed(f"{address} names no port and speed")
    try:
        port: Port = serial.Serial(path, speed, timeout=0.05)
    except (serial.SerialException, ValueError) as failure:
        raise ScaleFailed(f"The scale at {path} cannot be opened: {failure}") from failure
    return port


def read_weight(address: str, *, patience: float = PATIENCE) -> int:
    """Weigh what lies on the scale at a port, in grams. Raises `ScaleFailed`."""
    port = open_port(address)
    try:
        return weigh(port, patience=patience)
    except OSError as failure:
        raise ScaleFailed(f"The scale was unplugged: {failure}") from failure
    finally:
        port.close()
