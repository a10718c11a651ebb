"""Where the e-mails go that the shop sends: how `mailbox_server` is started."""

import sys
from pathlib import Path

from api.dev.processes import Service, answers


def service(folder: Path, *, port: int) -> Service:
    """Describe the mailbox; new e-mails appear in `folder`/new."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Service(
        name="mailbox",
        command=(sys.executable, "-m", "api.dev.mailbox_server", str(port), str(folder.absolute())),
        is_ready=lambda: answers(port),
        folder=Path(__file__).parents[2],
    )
