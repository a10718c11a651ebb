"""What `make run` does, from the lock to the last goodbye."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from honcho.environ import parse

from api.dev import demo_users, environment, stack
from api.dev.errors import DevError
from api.dev.pidfiles import InstanceLock, PidFile
from api.dev.ports import Ports
from api.dev.processes import LOOPBACK, Service
from api.dev.supervisor import StopAsked, Supervisor
from api.dev.terminal import Terminal, own_foreground
from api.platform.setting_aliases import own_names
from api.platform.settings import Settings, SettingsError


def run(folder: Path) -> None:
    """Run the whole shop until someone asks to stop; its data lives in `folder`.

    `Trouble` when it cannot start, or when a part keeps failing; everything is stopped then too.
    """
    _make_writable(folder)
    environ = _environment()
    terminal = Terminal(sys.stdout)
    with InstanceLock(folder) as lock, own_foreground():
        register = PidFile(folder / "children.json")
        supervisor = Supervisor(logs=folder / "log", register=register, terminal=terminal)
        supervisor.listen_to_signals()
        if ended := register.end_leftovers():
            supervisor.say(f"Ended what a killed run had left behind: {', '.join(ended)}.")
        ports = Ports(folder / "ports.json")
        port = stack.choose_web_port(environ, ports)
        supervisor.say("Starting Stockroom ...")
        parts = stack.embedded(environ, folder, web_port=port, durable=True, ports=ports)
        pages = stack.storefront(parts, ports.of("storefront"))
        for sentence in ports.moved:
            supervisor.say(sentence)
        _refuse_unfit_settings(parts)
        environment.write(folder, parts.environment)
        try:
            _start(supervisor, parts, pages)
            lock.announce(f"http://{LOOPBACK}:{port}")
            supervisor.say(summary(parts, folder / "log"))
            supervisor.watch()
        except StopAsked:
            supervisor.say("Asked to stop while starting.")
        finally:
            supervisor.say("Stopping ...")
            supervisor.stop_all()
        supervisor.say("Stopped. Everything is kept for the next make run.")


def _refuse_unfit_settings(parts: stack.StackServices) -> None:
    try:
        Settings.from_env(parts.environment)
    except SettingsError as unfit:
        raise DevError(str(unfit)) from None


def _start(supervisor: Supervisor, parts: stack.StackServices, pages: Service) -> None:
    if parts.services:
        supervisor.start(*parts.services)
    if parts.cluster is not None:
        parts.cluster.ensure_database()
    supervisor.run_to_end(stack.first_steps(parts.environment, demo=True))
    supervisor.start(stack.web(parts.environment), stack.worker(parts.environment), pages)


def summary(parts: stack.StackServices, logs: Path) -> str:
    """Tell a person what runs where and what to do next."""
    address = f"http://{LOOPBACK}:{parts.environment['PORT']}"
    rows = {
        "API": f"{address}/api/v1",
        "Docs": f"{address}/docs",
        **parts.places,
        "Logs": f"{stack.short(logs)}, one file for each part; warnings appear here too",
    }
    if parts.environment["PORT"] != "8000" and not os.environ.get("PORT"):
        rows["API"] += " (port 8000 is taken; PORT chooses another)"
    staff = [f"{login.email} ({login.role})" for login in demo_users.STAFF]
    lines = [
        "",
        "Stockroom is running.",
        "",
        *(f"  {name:<12}{place}" for name, place in rows.items()),
        "",
        f"  {'Staff':<12}{', '.join(staff[:2])},",
        f"  {'':<12}{', '.join(staff[2:])}",
        f"  {'Customer':<12}{demo_users.CUSTOMER.email}",
        f"  {'Password':<12}{demo_users.PASSWORD} (for each of them)",
        "",
        "  The console, in another terminal:  make console",
        "  To stop:                           Ctrl-C here, or make stop",
        "",
    ]
    return "\n".join(lines)


def clean(folder: Path) -> None:
    """Forget the demo shop: databases, payments, e-mails and logs; `Trouble` while it runs."""
    lock = InstanceLock(folder)
    if lock.is_held():
        raise DevError("Stockroom is running in this folder: stop it first with make stop.")
    for place in stack.data_folders(folder):
        if place.exists():
            shutil.rmtree(place)
            print(f"Removed {place}.")


def _environment() -> Mapping[str, str]:
    """Return the variables of the shell, and of `.env` where the shell says nothing.

    Under the shop's own names, so that SMTP_HOST replaces the embedded mailbox as SMTP_URL does.
    """
    file = stack.ROOT / ".env"
    try:
        written: dict[str, str] = parse(file.read_text()) if file.exists() else {}
    except ValueError as error:
        raise DevError(f"The file {file} cannot be understood: {error}.") from None
    named, _ = own_names(written | dict(os.environ))  # what is wrong is told with the settings
    return named


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o711, exist_ok=True)  # the user of PostgreSQL passes through
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as error:
        raise DevError(
            f"Stockroom keeps its data in {folder}, which cannot be written to "
            f"({error.strerror}): make that folder writable, or use a checkout that is yours."
        ) from None
