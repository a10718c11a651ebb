"""Starts the console from the command line, and returns its exit code and last message."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from console import settings
from console.app.app import ConsoleApp
from console.client import sentry, state_dir
from console.client.models import OrderCard, Page
from console.flows.formatting import counted


class ReportingConsole(ConsoleApp):
    """A console that reports crashes to Sentry, with the last request to the shop."""

    def _handle_exception(self, error: Exception) -> None:
        """Report a crash and exit as usual."""
        calls = self.shop.caller.journal.calls
        last = calls[0].request_id if calls else "-"
        with contextlib.suppress(Exception):  # a second fault must not hide the first
            sentry.report(self.settings.sentry_dsn, error, request_id=last)
        super()._handle_exception(error)


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    first_rows: Page[OrderCard] | None = None,
) -> tuple[str, int]:
    """Run the console until it is closed; what to print afterwards, and the exit code.

    It begins with the rows that stand on the terminal already, where there are any.

    Refuses wrong options, and a state folder in which another console already works.
    """
    if any(word in {"-h", "--help"} for word in arguments):
        return settings.USAGE, 0
    try:
        chosen = settings.read(arguments, environment)
    except settings.BadSettings as refusal:
        return str(refusal), 2
    try:
        home = state_dir.open_state_dir(chosen.home)
    except (state_dir.StateDirInUse, OSError) as refusal:
        return str(refusal), 1
    colours = "NO_COLOR" not in environment
    kind = ReportingConsole if chosen.sentry_dsn else ConsoleApp
    app = kind(chosen, home, colours=colours)
    app.home.first_rows = first_rows
    app.run()
    waiting = app.unsent
    said = (
        f"{counted(waiting, 'command waits', 'commands wait')} in {chosen.home}, to go out when the"
        " console runs again."
    )
    return (said if waiting else ""), app.return_code or 0
