"""The registry of external services (mailer, payment gateway, storage), by their protocols.

`create_app` registers the implementations; tests register fakes.
"""

from typing import Any

from flask import Flask, current_app

_KEY = "stockroom_ports"


def register(app: Flask, protocol: type[object], implementation: object) -> None:
    """Register an implementation of a protocol with the app."""
    app.extensions.setdefault(_KEY, {})[protocol] = implementation


def get_service(protocol: type[object]) -> Any:
    """Return the running app's implementation of a protocol; KeyError when there is none."""
    return current_app.extensions[_KEY][protocol]
