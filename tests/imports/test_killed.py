"""kill -9 on real processes in the middle of an export and of an undo: others go on."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import orjson
from flask import Flask
from sqlalchemy import func, select, text

from api.catalog.models.products import Product
from api.imports import queries as imports_queries
from api.imports.jobs import resume_stalled
from api.imports.models import Export
from api.inventory.models import StockLevel, StockMovement
from api.kernel import clock
from api.platform.db import session
from api.platform.settings import Settings
from tests.support.moving import moved_in
from tests.support.sheets import a_file, a_simple_row

GOODS = 800
_COMMAND = """
import sys
from api.app import create_app
from api.platform.settings import Settings
app = create_app(Settings(env="test", database_url=sys.argv[1], redis_url=sys.argv[2],
    secret_key="k" * 40, jwt_secret_key="k" * 40, stripe_secret_key="sk_test_x",
    stripe_webhook_secret="whsec_x", log_level="ERROR"))
app.test_cli_runner().invoke(args=sys.argv[3:])
"""


def _shop() -> dict[str, object]:
    rows = (a_simple_row(f"p-{n}", f"P {n}", variant_inventory_qty="2") for n in range(GOODS))
    return moved_in(a_file(*rows))


def _kill_in_the_middle(settings: Settings, command: list[str], progress: str) -> int:
    """Start a command, and kill it as soon as it has come anywhere; returns how far."""
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, settings.database_url, settings.redis_url, *command],
        env={**os.environ, "PYTHONPATH": "."},
    )
    try:
        deadline = time.monotonic() + 60
        while not (session.scalar(text(progress)) or 0):
            session.rollback()
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    session.rollback()
    done = int(session.scalar(text(progress)) or 0)
    session.rollback()
    assert 0 < done < GOODS
    return done


def test_an_export_is_written_on(app: Flask, settings: Settings, tmp_path: Path) -> None:
    """The worker finishes what the command began, each product once."""
    _shop()
    command = ["export-products", str(tmp_path / "shop.jsonl")]
    _kill_in_the_middle(settings, command, "SELECT products_written FROM exports")

    with clock.frozen(clock.now() + timedelta(seconds=61)):
        resume_stalled()

    export_id = session.scalars(select(Export.id)).one()
    session.rollback()
    assert imports_queries.get_export(export_id)["status"] == "completed"
    lines = b"".join(imports_queries.export_chunks(export_id)).splitlines()
    assert [orjson.loads(line)["slug"] for line in lines] == [f"p-{n}" for n in range(GOODS)]


def test_an_undo_is_gone_on_with(app: Flask, settings: Settings) -> None:
    """Nothing is taken back twice: the journal has two lines for each shelf."""
    found = _shop()
    _kill_in_the_middle(
        settings,
        ["undo-import", str(found["id"])],
        "SELECT (undo_counts ->> 'archived')::int FROM imports",
    )

    with clock.frozen(clock.now() + timedelta(seconds=61)):
        resume_stalled()

    back = imports_queries.get_import(found["id"])  # type: ignore[arg-type]
    assert (back["status"], back["undo"]["archived"]) == ("undone", GOODS)
    assert back["undo"]["stock_taken_back"] == GOODS
    assert session.scalar(select(func.count()).where(Product.status == "archived")) == GOODS
    assert session.scalar(select(func.sum(StockLevel.on_hand))) == 0
    assert session.scalar(select(func.count()).select_from(StockMovement)) == 2 * GOODS
