"""Ways to a printer: TCP, CUPS, a folder.

`send` returns once the printer has taken all bytes. It raises `NotTaken`: nothing was printed, or
perhaps a part; sending everything again prints everything.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from api.printing.states import Connection, PrintFormat


class NotTaken(Exception):
    """The printer did not take the paper. Its text is a reason for people, without a full stop."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a paper is sent."""

    connection: Connection
    address: str
    format: PrintFormat


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper to send: `name` is unique and fits into a file name, `title` is for people."""

    name: str
    title: str
    content: bytes
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the settings say of printing."""

    folder: Path | None
    cups_server: str
    ports: tuple[range, ...]


class Gateway(Protocol):
    """One way to a printer."""

    def send(self, target: Target, sheet: Sheet) -> None:
        """Hand a paper to the printer. Raises `NotTaken`."""
