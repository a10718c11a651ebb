"""What holds for every test, and when the rest is loaded.

The app takes seconds to import, so its fixtures (tests/support/app_fixtures.py) come with the first
test that may want them: those of the folders in `WITHOUT_APP` start at once.
"""

import gc
import os
import sys
from collections.abc import Generator
from gc import collect, freeze
from pathlib import Path
from typing import Any

import pytest

WITHOUT_APP = {"kernel"}
"""The folders whose tests need nothing but what they test."""
APP_FIXTURES = "tests.support.app_fixtures"
SERVICES = {"postgres", "redis_server", "whole_town"}
"""The fixtures that start programs."""
MANY = 10
"""The collections of the youngest objects after which all are looked at: half a million objects."""

# Some processes of every run would otherwise compile the app and rewrite the tests again each time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = ["tests.support.hypothesis_profile", "tests.support.scheduling"]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """Load the fixtures of the app before the first test file that may ask for them."""
    if file_path.name.startswith("test_") and file_path.parent.name not in WITHOUT_APP:
        parent.config.pluginmanager.import_plugin(APP_FIXTURES)


def pytest_collection_finish() -> None:
    """Leave what is loaded alone: looking for garbage in it took a tenth of the time of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Look for garbage between tests: with a large heap, that stops a process for seconds."""
    outcome = yield
    # The imported functions: the tests of the console replace those of the module.
    _, young, old = gc.get_count()
    if young >= MANY or old:
        collect()
        freeze()
    return outcome


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start no program, which `make test-fast` runs alone, and skip slow ones.

    A run of everything has to end within twenty minutes on two cores.
    """
    for item in items:
        if item.get_closest_marker("slow") and not os.environ.get("STOCKROOM_SLOW"):
            item.add_marker(pytest.mark.skip(reason="slow: set STOCKROOM_SLOW=1"))
        starts = SERVICES & set(getattr(item, "fixturenames", ()))
        of_programs = "tests/dev/" in item.nodeid
        if not starts and not of_programs and item.get_closest_marker("serial") is None:
            item.add_marker("pure")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show beside a failure what the processes of the running shop said last."""
    report = yield
    town = getattr(item, "funcargs", {}).get("whole_town")
    # With the last test its shop has been torn down as well.
    if report.failed and town is not None and town.shop.is_open:
        report.sections.append(("The running shop said last", town.said()))
    return report
