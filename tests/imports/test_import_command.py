"""`flask import-products FILE`: what it prints, how it ends, and that a kill costs nothing."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from api.catalog.models.products import Product, Variant
from api.imports.jobs import resume_stalled
from api.imports.models import Import
from api.inventory.models import StockLevel
from api.kernel import clock
from api.platform.db import session
from api.platform.settings import Settings
from tests.support.sheets import a_file, a_simple_row, sizes


def _run(app: Flask, file: Path) -> Result:
    return app.test_cli_runner().invoke(args=["import-products", str(file)])


def test_a_clean_file_ends_in_a_table_and_success(app: Flask, tmp_path: Path) -> None:
    """The second time everything is unchanged."""
    file = tmp_path / "shop.csv"
    file.write_bytes(a_file(*sizes("shirt", "Shirt", "S", "L", variant_inventory_qty="2")))

    first, second = _run(app, file), _run(app, file)

    assert first.exit_code == second.exit_code == 0, first.output
    assert first.output.splitlines()[:-2] == [
        "2 of 2 rows read (100 %)",
        "",
        "             created   changed  unchanged    failed",
        "Products           1         0          0         0",
        "Variants           2         0          0         0",
        "",
        "Opening stock for 2 variants.",
    ]
    assert "flask undo-import" in first.output
    assert "undo" not in second.output
    assert "Products           0         0          1         0" in second.output


def test_failed_rows_are_listed_and_end_in_one(app: Flask, tmp_path: Path) -> None:
    """With what would be right; the rest has landed."""
    file = tmp_path / "shop.csv"
    rows = sizes("shirt", "Shirt", *(f"Size {n}" for n in range(25)), variant_price="dear")
    file.write_bytes(a_file(*rows, a_simple_row("mug", "Mug")))

    result = _run(app, file)

    assert result.exit_code == 1
    assert "row 2, Variant Price: 'dear' Write an amount such as 12.50" in result.output
    assert "... and 6 more" in result.output
    assert session.scalars(select(Product.slug)).all() == ["mug"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory."),
        (b"", "The file is empty."),
        (b"Handle,Title\n", "The file has a header and no products."),
        (b"a,b\n1,2\n", "Shopify's has Handle and Title"),
        (b"Handle,Title\nmug,M\xc3\xbcg\ncup,C\xfcp\n", "The file is not text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_in_one_sentence(
    app: Flask, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """Without a traceback."""
    file = tmp_path / "shop.csv"
    if content is not None:
        file.write_bytes(content)

    result = _run(app, file)

    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


_READER = """
import sys
from api.app import create_app
from api.platform.settings import Settings
app = create_app(Settings(env="test", database_url=sys.argv[1], redis_url=sys.argv[2],
    secret_key="k" * 40, jwt_secret_key="k" * 40, stripe_secret_key="sk_test_x",
    stripe_webhook_secret="whsec_x", log_level="ERROR"))
app.test_cli_runner().invoke(args=["import-products", sys.argv[3]])
"""


def test_killed_in_the_middle_it_is_finished_by_a_worker(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    """kill -9 on a real process: nothing is lost, nothing comes twice."""
    file = tmp_path / "shop.csv"
    rows = []
    for number in range(2_000):
        rows += sizes(f"shirt-{number}", f"Shirt {number}", "S", "L", variant_inventory_qty="1")
    file.write_bytes(a_file(*rows))
    reader = subprocess.Popen(
        [sys.executable, "-c", _READER, settings.database_url, settings.redis_url, str(file)],
        env={**os.environ, "PYTHONPATH": "."},
    )
    try:
        deadline = time.monotonic() + 60
        while not (session.scalar(select(Import.rows_read)) or 0):
            session.rollback()
            assert time.monotonic() < deadline
            assert reader.poll() is None
            time.sleep(0.02)
    finally:
        reader.send_signal(signal.SIGKILL)
        reader.wait()
    session.rollback()
    stopped_at = session.scalar(select(Import.rows_read)) or 0
    assert 0 < stopped_at < 4_000
    session.rollback()

    with clock.frozen(clock.now() + timedelta(seconds=61)):
        resume_stalled()

    done = session.execute(select(Import.status, Import.rows_read, Import.counts)).one()
    assert (done.status, done.rows_read) == ("completed", 4_000)
    assert done.counts["products"] == {"created": 2_000, "changed": 0, "unchanged": 0, "failed": 0}
    for model, expected in ((Product, 2_000), (Variant, 4_000), (StockLevel, 4_000)):
        assert session.scalar(select(func.count()).select_from(model)) == expected
