"""Queues of the print server CUPS, by its command `lp`.

CUPS has a queue of its own: a paper that it took counts as printed here, and its own page shows
what becomes of it.
"""

import re
import subprocess
from typing import Final

from api.printing.gateways import NotTaken, Sheet, Surroundings, Target
from api.printing.states import PrintFormat

QUEUE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}")
_SECONDS: Final = 20
_UNSAFE: Final = re.compile(r"[^\w .,#-]")


class CupsGateway:
    """Hands papers to `lp`."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._server = surroundings.cups_server

    def send(self, target: Target, sheet: Sheet) -> None:
        """Hand a paper to a queue of CUPS. Raises `NotTaken`."""
        command = ["lp", "-d", target.address, "-t", _UNSAFE.sub(" ", sheet.title)[:120]]
        command += ["-n", str(sheet.copies)]
        if self._server:
            command[1:1] = ["-h", self._server]
        if target.format is not PrintFormat.PDF:
            command += ["-o", "raw"]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and the queue's name is checked
                command, input=sheet.content, capture_output=True, timeout=_SECONDS, check=False
            )
        except FileNotFoundError as missing:
            raise NotTaken("the command lp of CUPS is not installed here") from missing
        except subprocess.TimeoutExpired as late:
            raise NotTaken("CUPS does not answer") from late
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().removeprefix("lp: ")
            raise NotTaken(f"CUPS says: {said[:300] or 'nothing'}")
