"""Real Postgres and Redis for every test that asks for the app; thrown away at the end.

The schema is built by the migrations, as in production. Each test finds empty tables. A plugin of
pytest that `tests/conftest.py` loads with the first test that is not pure.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import upgrade

from api.app import create_app
from api.platform.db import session
from api.platform.rate_limits import limiter
from api.platform.settings import Settings
from tests.support.contract import ContractClient
from tests.support.emptying import empty_everything
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop
from tests.support.stack import Postgres, Redis, running_postgres, running_redis
from tests.support.town import Town, open_town


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A redis-server of this test session."""
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def settings(
    postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings that point at this session's services."""
    return Settings(
        env="test",
        secret_key="test-secret-key-of-more-than-32-characters",
        jwt_secret_key="test-jwt-secret-of-more-than-32-characters",
        database_url=postgres.create_database("shop").replace(
            "postgresql://", "postgresql+psycopg2://"
        ),
        redis_url=redis_server.url,
        stripe_secret_key="sk_test_scripted",
        stripe_publishable_key="pk_test_scripted",
        stripe_webhook_secret="whsec_test_secret_of_the_tests",
        staff_alert_email="office@shop.test",
        media_root=str(tmp_path_factory.mktemp("media")),
        log_level="ERROR",
        database_pool_size=20,
        rate_limits_enabled=False,
        manual_payment="everybody",
    )


@pytest.fixture(scope="session")
def mailer() -> RecordingMailer:
    """Keeps letters instead of sending them; emptied before each test."""
    return RecordingMailer()


@pytest.fixture(scope="session")
def gateway() -> ScriptedGateway:
    """A payment provider that does as it is told; made new before each test."""
    return ScriptedGateway()


@pytest.fixture(scope="session")
def bare_app(settings: Settings, mailer: RecordingMailer, gateway: ScriptedGateway) -> Flask:
    """The one app of the session, with the migrated schema."""
    app = create_app(settings, mailer=mailer, gateway=gateway)
    app.test_client_class = ContractClient
    with app.app_context():
        upgrade(directory="migrations")
    return app


@pytest.fixture
def app(bare_app: Flask, mailer: RecordingMailer, gateway: ScriptedGateway) -> Iterator[Flask]:
    """The app inside its context, on empty tables and an empty Redis."""
    mailer.sent.clear()
    mailer.failures.clear()
    gateway.forget_everything()
    # It is one for the process: a test that built a shop with limits may have left it counting.
    limiter.enabled = False
    with bare_app.app_context():
        empty_everything()
        yield bare_app
        session.rollback()


@pytest.fixture
def shop(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> Shop:
    """A small shop in Germany, open, with empty shelves."""
    return Shop(app, gateway, mailer).opens()


@pytest.fixture(scope="session")
def whole_town() -> Iterator[Town]:
    """The shop as real processes, and everybody around it: for all journeys and faults."""
    with open_town() as town:
        yield town
