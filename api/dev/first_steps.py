"""Bring the database up to date, and fill an empty shop with the demo; one process for both."""

from flask.cli import ScriptInfo

from wsgi import app

if __name__ == "__main__":
    for command in (["db", "upgrade"], ["demo"]):
        if command[0] in app.cli.commands:
            app.cli.main(
                args=command,
                prog_name="flask",
                obj=ScriptInfo(create_app=lambda: app),
                standalone_mode=False,
            )
