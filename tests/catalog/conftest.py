"""Who asks the catalogue: a storefront, and Anna, who manages it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.people import Person, a_staff_member


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("manager")
