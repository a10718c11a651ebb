"""Bring the database up to date and, when asked, fill an empty shop with the demo.

Run as `python -m api.dev.first_steps [demo]`; one process for both, because a second one would cost
the person who waits another second.
"""

import sys

from flask.cli import ScriptInfo

from wsgi import app

if __name__ == "__main__":
    for command in (
        ["db", "upgrade"],
        *([word] for word in sys.argv[1:] if word in app.cli.commands),
    ):
        app.cli.main(
            args=command,
            prog_name="flask",
            obj=ScriptInfo(create_app=lambda: app),
            standalone_mode=False,
        )
