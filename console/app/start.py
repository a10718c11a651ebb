"""From the command line to a running console, and back with something to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console import settings
from console.app.application import ConsoleApp
from console.client import folder
from console.flows.words import counted


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, int]:
    """Run the console until it is closed; what to print afterwards, and the exit code.

    Refuses wrong options, and a state folder in which another console already works.
    """
    if any(word in {"-h", "--help"} for word in arguments):
        return settings.USAGE, 0
    try:
        chosen = settings.read(arguments, environment)
    except settings.BadSettings as refusal:
        return str(refusal), 2
    try:
        home = folder.take(chosen.home)
    except (folder.FolderInUse, OSError) as refusal:
        return str(refusal), 1
    app = ConsoleApp(chosen, home, colours="NO_COLOR" not in environment)
    app.run()
    waiting = app.unsent
    said = (
        f"{counted(waiting, 'command waits', 'commands wait')} in {chosen.home}, to go out when the"
        " console runs again."
    )
    return (said if waiting else ""), app.return_code or 0
