"""A shop in another time zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import text

from api.platform.db import session, transaction
from api.platform.settings import Settings

DAY_THERE, DAY_IN_UTC = "2026-04-01", "2026-03-31"
"""The days of the moment that `late_in_berlin` writes."""


@contextmanager
def late_in_berlin(app: Flask, table: str, column: str) -> Iterator[None]:
    """Say that everything in a table was done half past one at night in Berlin, where the shop is.

    Opens its own transaction.
    """
    with transaction():
        session.execute(text(f"UPDATE {table} SET {column} = '2026-03-31 23:30+00'"))
    services = app.extensions["stockroom_ports"]
    before = services[Settings]
    services[Settings] = replace(before, time_zone="Europe/Berlin")
    try:
        yield
    finally:
        services[Settings] = before
