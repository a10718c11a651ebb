"""Settings: the shop's address, and where the console keeps its state.

Read once, from the command line and the environment; no other module looks at either.
"""

from __future__ import annotations

import shlex
import shutil
import socket
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from console import looks

VERSION = "0.1.0"
"""The release of the console; a test holds it against the shop's."""

DEFAULT_URL = "http://127.0.0.1:8000"

PAPERS = ("packing_slip", "priced_slip", "return_slip", "shipping_label")

SCAN_PREFIXES = ("ctrl+b", "ctrl+backslash")

USAGE = f"""\
usage: python -m console [--url URL] [--home FOLDER]

  --url URL      the shop's API (or STOCKROOM_URL); {DEFAULT_URL} when neither is given
  --home FOLDER  where this console keeps its sign-in and its unsent work
                 (or STOCKROOM_CONSOLE_HOME); your state folder when neither is given
  --help         this text

STOCKROOM_SCAN_PREFIX   key that a scanner sends before each code: ctrl+b, or ctrl+backslash in tmux
STOCKROOM_SOUND         a command to run when a scan is wrong, for terminals that mute the bell
STOCKROOM_THEME         dark, light or contrast; :theme in the console chooses and keeps one
STOCKROOM_STATION       the name of this computer, as PACK-2; its host name when not given
STOCKROOM_SCALE         the serial port of a scale, as /dev/ttyUSB0 or /dev/ttyUSB0:4800
STOCKROOM_AUTO_SHIP     yes: a parcel that is packed leaves with the scan of its label
STOCKROOM_PRINT         yes: slip and label of a packed parcel are printed at this station; or
                        which of packing_slip, priced_slip, return_slip, shipping_label
SENTRY_DSN              where a crash of the console is told; nothing about people is sent
NO_COLOR                no colours: words and symbols carry the meaning
"""


class BadSettings(ValueError):
    """The console cannot start like this; the text says what to change."""


class Settings(NamedTuple):
    """What the console needs to know before it starts."""

    url: str
    """Root of the shop's API, without a trailing slash."""

    home: Path
    """State folder: sign-in, unsent commands, remembered choices. One console at a time."""

    station: str = "this desk"
    """The name of this computer in the title of the sign-in page."""

    scan_prefixes: tuple[str, ...] = SCAN_PREFIXES
    """Keys a programmed scanner sends first: STX (0x02), or FS (0x1C) where tmux takes STX."""

    sound_command: str | None = None
    """Run when a scan is wrong; many terminals mute the bell."""

    theme: str = ""
    """The colours to begin with; without one those that were chosen last."""

    scale: str = ""
    """The serial port of a scale; none when empty."""

    auto_ship: bool = False
    """Whether a packed parcel leaves with the scan of its label, without Enter."""

    prints: tuple[str, ...] = ()
    """Which papers of a packed parcel are printed at this station."""

    sentry_dsn: str = ""
    """Where a crash is told, without anything about people; nowhere when empty."""

    @property
    def is_encrypted(self) -> bool:
        """Whether passwords travel encrypted, or never leave this machine."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "localhost", "::1"}


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Take the settings from the command line first, then from the environment.

    Refuses an unknown option and a URL that is not http or https.
    """
    given = _options(arguments)
    url = given.get("url") or environment.get("STOCKROOM_URL") or DEFAULT_URL
    prefix = environment.get("STOCKROOM_SCAN_PREFIX")
    return Settings(
        url=_checked_url(url),
        home=Path(looks.folder(list(arguments), dict(environment))),
        station=environment.get("STOCKROOM_STATION") or socket.gethostname(),
        scan_prefixes=(prefix,) if prefix else SCAN_PREFIXES,
        sound_command=_checked_sound(environment.get("STOCKROOM_SOUND", "")),
        theme=_checked_theme(environment.get("STOCKROOM_THEME", "")),
        scale=environment.get("STOCKROOM_SCALE", "").strip(),
        prints=_papers(environment.get("STOCKROOM_PRINT", "")),
        auto_ship=_yes(environment, "STOCKROOM_AUTO_SHIP"),
        sentry_dsn=_checked_dsn(environment.get("SENTRY_DSN", "").strip()),
    )


def _options(arguments: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in {"url", "home"}:
            raise BadSettings(f"unknown option {word!r}\n\n{USAGE}")
        if not equals:
            if not rest:
                raise BadSettings(f"--{name} needs a value\n\n{USAGE}")
            value = rest.pop(0)
        given[name] = value
    return given


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSettings(f"the shop's address must be http://... or https://..., not {url!r}")
    return url.rstrip("/")


def _checked_sound(command: str) -> str | None:
    """A command that can be run, found out now and not at the first wrong scan."""
    try:
        words = shlex.split(command)
    except ValueError as broken:
        raise BadSettings(f"STOCKROOM_SOUND cannot be read: {broken}") from broken
    if words and shutil.which(words[0]) is None:
        raise BadSettings(f"STOCKROOM_SOUND names {words[0]!r}, which cannot be run here")
    return command if words else None


def _checked_dsn(dsn: str) -> str:
    """Refuse an address of Sentry where its package is missing, now and not at the first crash."""
    if dsn and find_spec("sentry_sdk") is None:
        raise BadSettings(
            "SENTRY_DSN is set, and the package sentry-sdk is not installed here: "
            "pip install -r requirements-sentry.txt"
        )
    return dsn


def _yes(environment: Mapping[str, str], name: str) -> bool:
    """Whether a switch is on."""
    word = environment.get(name, "").strip().lower()
    if word not in {"", "yes", "no", "1", "0"}:
        raise BadSettings(f"{name} is yes or no, not {word!r}")
    return word in {"yes", "1"}


def _papers(words: str) -> tuple[str, ...]:
    """Read which papers are printed; `yes` is the slip and the label."""
    named = tuple(words.replace(",", " ").lower().split())
    if named in {(), ("no",), ("0",)}:
        return ()
    if named in {("yes",), ("1",)}:
        return ("packing_slip", "shipping_label")
    if unknown := sorted(set(named) - set(PAPERS)):
        raise BadSettings(
            f"STOCKROOM_PRINT is yes, no, or some of {', '.join(PAPERS)}; not {unknown[0]!r}"
        )
    return named


def _checked_theme(name: str) -> str:
    if name not in {"", *looks.PALETTES}:
        raise BadSettings(f"STOCKROOM_THEME is one of {', '.join(looks.PALETTES)}, not {name!r}")
    return name
