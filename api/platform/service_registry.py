"""What reaches outside is plugged in by the roof and asked for here, by its protocol."""

from typing import Any

from flask import Flask, current_app

_KEY = "stockroom_ports"


def register(app: Flask, protocol: type[Any], implementation: object) -> None:
    """Plug an implementation into the app."""
    app.extensions.setdefault(_KEY, {})[protocol] = implementation


def get_service(protocol: type[Any]) -> Any:
    """Return what the roof plugged in for a protocol. KeyError when it forgot."""
    return current_app.extensions[_KEY][protocol]
