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


class OneShopTogether(LoadFileScheduling):
    """File by file, but what shares a running shop together."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((shop for shop, users in ONE_SHOP.items() if file.startswith(users)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneShopTogether | None:
    """Take the place of `--dist loadfile`."""
    return OneShopTogether(config, log) if config.getoption("dist") == "loadfile" else None
