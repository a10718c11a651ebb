"""Calls go down, events go up: the import contracts hold, and each would notice a violation."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = Path(__file__).with_name("contracts.toml")

# Violations of each contract: the module, what it imports, and what import-linter reports.
VIOLATIONS = {
    "Calls go down": [
        ("api/cart/service.py", "import api.orders.service", "api.cart.service -> "),
        ("api/platform/db.py", "import api.accounts.service", "api.platform.db -> "),
        ("api/unlisted/__init__.py", "", "api.unlisted"),
    ],
    "Inside a domain: route, flow, service, model": [
        ("api/orders/models/__init__.py", "import api.orders.service", "api.orders.models -> "),
        ("api/orders/leftovers.py", "", "api.orders.leftovers"),
    ],
    "The kernel is pure": [("api/kernel/money.py", "import sqlalchemy", "api.kernel.money -> ")],
    "Below the routes nobody speaks HTTP": [
        ("api/shipping/service.py", "import flask", "api.shipping.service -> flask"),
        ("api/catalog/service/inputs.py", "import werkzeug", "api.catalog.service.inputs -> "),
    ],
    "Only entry modules know the embedded stack": [
        ("api/app/__init__.py", "import api.dev.demo_data", "api.app -> api.dev")
    ],
    "API and console share only HTTP": [
        ("console/client/models.py", "import api.kernel.money", "console.client.models -> ")
    ],
    "Inside the console": [
        ("console/widgets/table.py", "import console.screens", "console.widgets.table -> ")
    ],
    "Client, flows and settings run without a terminal": [
        ("console/flows/refund.py", "import textual", "console.flows.refund -> textual")
    ],
}


def lint(folder: Path) -> tuple[int, str]:
    """Run import-linter on the packages of a folder; returns its exit code and what it says."""
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        *("--config", str(CONTRACTS), "--no-cache"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def contracts() -> list[dict[str, Any]]:
    """Read the contracts."""
    listed: list[dict[str, Any]] = tomllib.loads(CONTRACTS.read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return listed


def skeleton(folder: Path) -> None:
    """Make an empty project with every package that the contracts and the violations name."""
    packages = {
        "api.orders.models",
        "api.orders.service",
        "api.catalog.service",
        "api.dev.demo_data",
    }
    for contract in contracts():
        modules = contract.get("source_modules", []) + contract.get("modules", [])
        packages |= {module for module in modules if "*" not in module}
        for container in contract.get("containers", []):
            layers = [layer for layer in contract["layers"] if "(" not in layer]
            packages |= {container, *(f"{container}.{layer}" for layer in layers)}
    for package in packages:
        while package:
            path = folder / package.replace(".", "/")
            path.mkdir(parents=True, exist_ok=True)
            (path / "__init__.py").touch()
            package = package.rpartition(".")[0]


def sections(text: str) -> dict[str, str]:
    """Split what import-linter says of broken contracts by their names."""
    names = "|".join(re.escape(name) for name in VIOLATIONS)
    broken = text.partition("Broken contracts")[2]
    parts = re.split(rf"^({names})$", broken, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_project_keeps_all_its_contracts() -> None:
    code, text = lint(ROOT)

    assert (code, "0 broken" in text) == (0, True), text


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What import-linter says of a project in which every contract is broken, by contract."""
    folder = tmp_path_factory.mktemp("violations")
    skeleton(folder)
    assert lint(folder)[0] == 0, lint(folder)[1]
    for violations in VIOLATIONS.values():
        for file, line, _ in violations:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{line}\n")
    code, text = lint(folder)
    assert code == 1, text
    return sections(text)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_is_caught(contract: str, caught: dict[str, str]) -> None:
    assert contract in caught, sorted(caught)
    for _, _, violation in VIOLATIONS[contract]:
        assert violation in caught[contract], caught[contract]


def test_every_contract_has_been_tried() -> None:
    assert {contract["name"] for contract in contracts()} == set(VIOLATIONS)


def test_no_new_package_comes_in_without_a_layer() -> None:
    layered = [contract for contract in contracts() if contract["type"] == "layers"]

    assert [contract["exhaustive"] for contract in layered] == [True] * len(layered)
