"""One shop with a workshop in it for all tests of the platform."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.platform.db import session, transaction
from api.platform.settings import Settings
from tests.support import workshop as room
from tests.support.workshop import Bench, build_workshop, built_tables


@pytest.fixture(scope="session")
def built_workshop(bare_app: Flask, settings: Settings) -> Iterator[Flask]:
    """The shop with the workshop, on the database and Redis of this session."""
    workshop = build_workshop(settings)
    with built_tables(workshop):
        yield workshop


@pytest.fixture
def workshop(app: Flask, built_workshop: Flask) -> Flask:
    """The shop with the workshop, on empty tables.

    Not inside its context, so that each request has its own, as in production. What the test reads
    itself, it reads through the session's other shop.
    """
    with transaction():
        session.execute(room.SHELVES.delete())
    return built_workshop


@pytest.fixture
def bench(workshop: Flask) -> Bench:
    """What happens inside of the workshop's views; nothing, until a test says otherwise."""
    room.bench.__init__()  # type: ignore[misc]
    return room.bench


@pytest.fixture
def client(workshop: Flask, bench: Bench) -> FlaskClient:
    """Someone who calls the workshop from outside."""
    return FlaskClient(workshop, workshop.response_class)
