"""The WSGI application for gunicorn, Vercel and `flask --app wsgi`."""

import gc
import os
import sys

# Almost nothing that is loaded below is garbage: looking for some is a fifth of the start-up time.
was_collecting = gc.isenabled()
gc.disable()

import click  # noqa: E402

from api.app import create_app  # noqa: E402
from api.platform.settings import Settings, SettingsError  # noqa: E402


def _is_command() -> bool:
    """Tell whether `flask` looks for a command of the shop: those answer no requests."""
    context = click.get_current_context(silent=True)
    return context is not None and context.parent is None


try:
    app = create_app(Settings.from_env(os.environ), answers_requests=not _is_command())
except SettingsError as error:
    sys.exit(str(error))

if was_collecting:  # gunicorn.conf.py collects once, before it forks
    gc.freeze()
    gc.enable()
