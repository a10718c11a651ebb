"""The worker's work by request: who may call, what is done, and that it ends in time."""

import dataclasses
import time

import pytest
from flask import Flask
from sqlalchemy import text

from api.app import create_app
from api.platform import cron
from api.platform.db import session
from api.platform.settings import Settings
from tests.support.shop import Shop


def asked(settings: Settings, secret: str, sent: str | None) -> int:
    """Call the route of a shop with a secret; returns the status."""
    app = create_app(dataclasses.replace(settings, cron_secret=secret))
    headers = {} if sent is None else {"Authorization": f"Bearer {sent}"}
    return app.test_client().get("/cron/work", headers=headers).status_code


def test_without_a_secret_there_is_nothing_to_call(settings: Settings) -> None:
    assert asked(settings, "", "") == 404
    assert asked(settings, "", "anything") == 404


def test_who_has_not_the_secret_is_refused(settings: Settings) -> None:
    assert asked(settings, "the-secret", None) == 403
    assert asked(settings, "the-secret", "another") == 403


def test_nothing_is_begun_when_the_time_is_over(app: Flask, shop: Shop) -> None:
    shop.sells("MUG", 3)
    shop.an_order(MUG=1)
    waiting = session.scalar(text("SELECT count(*) FROM facts WHERE relayed_at IS NULL"))
    assert waiting

    done = cron.work_until(time.monotonic() - 1)

    assert done == {"facts": 0, "deliveries": 0, "periodic": 0, "is_finished": False}
    still = session.scalar(text("SELECT count(*) FROM facts WHERE relayed_at IS NULL"))
    assert still == waiting
    assert cron.work_until(time.monotonic() + 60)["is_finished"] is True


def test_what_takes_minutes_is_left_to_a_worker(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr("api.platform.jobs.run_periodic", lambda name: ran.append(name) or True)

    cron.work_until(time.monotonic() + 60)

    assert "sweep-payments" in ran
    assert "backup" not in ran
    assert "run-backfills" not in ran
