"""Which tests run in one worker, one after the other; a plugin that tests/conftest.py loads."""

import pytest
from xdist.scheduler import LoadFileScheduling

ONE_SHOP = {
    "the town": ("tests/faults/", "tests/journeys/"),
    "the copy": (
        "tests/dev/test_demo.py",
        "tests/dev/test_readme.py",
        "tests/dev/test_run.py",
        "tests/dev/test_storefront.py",
        "tests/dev/test_stripe_commands.py",
    ),
}
"""Tests that share a running shop: it is started once, and meets one test at a time."""
LONG = (
    "tests/faults/",
    "tests/journeys/",
    "tests/dev/",
    "tests/console/test_operations.py",
    "tests/contract/",
    "tests/payment_sync/",
    "tests/clients/",
    "tests/imports/",
    "tests/console/",
    "tests/platform/",
)
"""What is begun first, in this sequence: begun last, one worker would end minutes after the others.

A file of two tests may take a minute, so their number, by which xdist would sort, says little.
"""


class OneShopTogether(LoadFileScheduling):
    """File by file, but what shares a running shop together."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((shop for shop, users in ONE_SHOP.items() if file.startswith(users)), file)


def pytest_configure(config: pytest.Config) -> None:
    """Have xdist give out the files in the sequence of the tests."""
    config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones first."""

    def place(item: pytest.Item) -> int:
        return next((n for n, long in enumerate(LONG) if item.nodeid.startswith(long)), len(LONG))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneShopTogether | None:
    """Take the place of `--dist loadfile`."""
    return OneShopTogether(config, log) if config.getoption("dist") == "loadfile" else None
