"""What a Python storefront generates from the document is typed, and buys.

`openapi-python-client` reads the storefront's document as it is now; mypy --strict reads what it
wrote beside a storefront that uses it; then that storefront walks from the catalogue to `paid`.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from tests.support.contract import documents
from tests.support.shop import Shop

ROAD = Path(__file__).with_name("python_road.py")
# Pictures and files are sent as they are, which the generator knows by one name alone.
RAW = ("image/jpeg", "image/png", "image/webp", "text/csv", "application/jsonl", "application/pdf")
CONFIG = {
    "post_hooks": [],
    "content_type_overrides": dict.fromkeys(RAW, "application/octet-stream"),
}
PACKAGE, WALK = "shop_client", "python_road"


def generated(into: Path, document: dict[str, Any]) -> Path:
    """Generate the client of a document; a part that it would leave out is an error."""
    (into / "openapi.json").write_text(json.dumps(document))
    (into / "config.json").write_text(json.dumps(CONFIG))
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"),
            *("--path", into / "openapi.json", "--config", into / "config.json"),
            *("--meta", "none", "--output-path", into / PACKAGE),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return into


@pytest.fixture(scope="module")
def storefront(bare_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a storefront in Python on a client that was generated just now."""
    folder = generated(tmp_path_factory.mktemp("python"), documents(bare_app)["storefront"])
    (folder / ROAD.name).write_text(ROAD.read_text())
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] in (PACKAGE, WALK)]:
        del sys.modules[name]


def checked(folder: Path, *what: str) -> subprocess.CompletedProcess[str]:
    """Read what is in a folder with mypy --strict."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
            *("--cache-dir", folder / "cache", *what),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_client_and_a_storefront_on_it_are_typed(storefront: Path) -> None:
    outcome = checked(storefront, "-p", PACKAGE, "-m", WALK)

    assert outcome.returncode == 0, outcome.stdout


def test_a_price_has_a_type_that_mistakes_are_seen_by(storefront: Path) -> None:
    """Of an empty object everything could be asked, and nothing would be found."""
    (storefront / "mistaken.py").write_text(
        f"from {PACKAGE}.models import CartItem\n"
        "def cents(item: CartItem) -> int:\n    return item.total.amount\n"
    )

    outcome = checked(storefront, "-m", "mistaken")

    assert 'Item "None" of "Money | None" has no attribute "amount"' in outcome.stdout


@pytest.mark.slow
def test_the_client_of_staff_can_be_generated_too(bare_app: Flask, tmp_path: Path) -> None:
    assert (generated(tmp_path, documents(bare_app)["admin"]) / PACKAGE / "client.py").exists()


def test_a_storefront_on_the_client_walks_from_the_catalogue_to_paid(
    storefront: Path, shop: Shop
) -> None:
    shop.sells("MUG", 5, price="12.99 EUR")
    client, road = importlib.import_module(PACKAGE), importlib.import_module(WALK)
    wire = {"transport": httpx.WSGITransport(shop.app)}
    base = "http://shop.test"

    order = road.walk(
        client.Client(base, httpx_args=wire),
        lambda token: client.AuthenticatedClient(
            base, token, prefix="", auth_header_name="X-Cart-Token", httpx_args=wire
        ),
        lambda intent, _secret: shop.gateway.pay(intent),
    )

    assert order.payment_status == "paid"
    assert (order.total.amount, order.total.currency) == (2 * 1299 + 490, "EUR")
