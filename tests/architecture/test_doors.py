"""A domain is used through its public modules: what import-linter cannot say is checked here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FOUNDATION = {"kernel", "platform"}
ENTRY_MODULES = {"app", "blueprints", "worker", "cli", "event_handlers", "dev"}
PUBLIC_MODULES = {"service", "queries", "events", "errors", "states"}
# Public modules that only one domain has, and why others may import them.
PUBLIC_MODULES_OF = {
    "pricing": {"totals"},  # pure arithmetic
    # Pure: what applies to a cart, how codes are written, what discounts take off an amount.
    "promotions": {"calculation", "codes", "shares"},
    "shipping": {"rules"},  # pure: zones, bands, what a method carries
    "tax": {"rules", "vat_ids"},  # pure: treatments, destinations, who is in the EU
    "payments": {"gateways"},  # the protocol of whoever takes the money
    "stored_value": {"codes", "policy"},  # how long a typed code may be; pure arithmetic
    "accounts": {"roles"},  # the kinds of accounts that its columns hold
    "carriers": {"gateways", "rules"},  # the protocol of who buys labels; pure: which there are
    "fulfilment": {"carriers"},  # pure: how tracking numbers are written
    "documents": {
        "customs_form",
        "escpos",
        "labels",
        "manifest",
        "parcel_label",
        "purchase_order",
        "slips",
        "surface",
        "trial_page",
        "words",
    },  # values in, bytes out
    "catalog": {"codes", "texts", "fields"},  # pure: barcodes, slugs, the table of fields
}
# Modules that are not public, and the modules of higher layers that may use them all the same.
ALLOWED_USERS = {
    "flows": {"flows", "jobs", "commands"},  # a longer flow that contains a shorter one
    "models": {"queries"},  # reading joins tables
    "schemas": {"schemas", "routes", "admin_routes"},  # one schema for one thing
}
# The console paints its first frame before it pays for the rest.
# What only some requests, jobs or commands need is not in the memory of every process.
LATE_IMPORTS = {
    "api/accounts/passwords.py",
    "api/app.py",  # the commands of `flask`
    "api/catalog/codes.py",  # 16 MB to read GS1 elements
    "api/catalog/flows.py",  # Pillow
    "api/catalog/service/media.py",  # a type of the same
    "api/documents/labels.py",  # 20 MB for the few who print labels
    "api/imports/formats/workbook.py",
    "api/platform/backups/jobs.py",
    "api/platform/storage.py",  # what reaches a bucket
    "api/documents/page.py",
    "api/documents/parcel_label.py",
    "api/documents/pictures.py",
    "api/documents/purchase_order.py",
    "api/documents/font.py",
    "api/documents/slips.py",
    "api/returns/flows/returns.py",  # Pillow
    "api/platform/sentry.py",  # a package that most shops never use
    "api/platform/backups/storage.py",  # packages that a shop may lack
    "console/__main__.py",
    "console/client/scale.py",  # a serial port, for stations with a scale
    "console/client/sentry.py",
}
IMPORTS_BY_NAME = {
    "api.carriers.gateways.karrio_kit",  # packages that most shops never install
    "console.app.lazy_imports",  # loads the HTTP client after the first frame
    "console.screens.records",  # a QR code, for the few who ever set up a second factor
    "api.dev.bootstrap_venv",  # asks whether this Python has what an environment needs
}


@dataclass(frozen=True)
class Use:
    """One import of something in the shop: `api.checkout.routes` uses `api.cart.service`."""

    importer: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} -> {self.target}"


def uses(importer: str, source: str) -> Iterator[Use]:
    """Find what a module imports, written out in full."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Use(importer, name.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{importer}:{node.lineno} imports relatively"
            for name in node.names:
                yield Use(importer, f"{node.module}.{name.name}", node.lineno)


def is_forbidden(use: Use) -> bool:
    """Tell whether an import reaches into another domain past its public modules."""
    importer, target = use.importer.split("."), use.target.split(".")
    if target[0] != "api" or len(target) < 3 or target[1] in FOUNDATION | ENTRY_MODULES:
        return False
    if importer[1] in ENTRY_MODULES or importer[1] == target[1]:
        return False
    module = target[2]
    if module in PUBLIC_MODULES | PUBLIC_MODULES_OF.get(target[1], set()):
        return False
    importing_module = importer[2] if len(importer) > 2 else ""
    return importing_module not in ALLOWED_USERS.get(module, set())


def late_imports(source: str) -> list[int]:
    """Find the lines of imports that do not stand at the top of their module."""
    tree = ast.parse(source)
    at_top = {id(node) for node in tree.body}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in at_top
    ]


def modules(*packages: str) -> Iterator[tuple[str, Path]]:
    """List the modules of packages by their dotted names."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), path


def test_domains_are_used_through_their_public_modules() -> None:
    forbidden = [
        str(use)
        for name, path in modules("api")
        for use in uses(name, path.read_text())
        if is_forbidden(use)
    ]

    assert forbidden == []


def test_imports_stand_at_the_top_of_their_module() -> None:
    late = [
        f"{path.relative_to(ROOT)}:{line}"
        for _, path in modules("api", "console")
        if str(path.relative_to(ROOT)) not in LATE_IMPORTS
        for line in late_imports(path.read_text())
    ]

    assert late == []


def test_nothing_is_imported_by_a_name_in_a_string() -> None:
    by_string = {
        name
        for name, path in modules("api", "console")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr)
        in ("__import__", "import_module")
    }

    assert by_string <= IMPORTS_BY_NAME


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("api.checkout.routes", "from api.inventory.models import StockLevel"),
        ("api.checkout.routes", "from api.inventory import models"),
        ("api.checkout.routes", "import api.inventory.models"),
        ("api.checkout.manual_payment_limits", "from api.orders.flows import place"),
        ("api.returns.routes", "from api.payment_sync import flows"),
        ("api.returns.flows", "from api.orders.schemas import OrderSchema"),
        ("api.notifications.jobs", "from api.accounts.passwords import check"),
        ("api.reports.queries", "from api.orders.routes import blueprint"),
        ("api.reports.jobs", "from api.checkout.jobs import expire_unpaid_orders"),
        ("api.orders.queries", "from api.catalog.commands import refresh_catalogue"),
    ],
)
def test_a_forbidden_import_is_seen(importer: str, line: str) -> None:
    assert [is_forbidden(use) for use in uses(importer, line)] == [True]


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("api.checkout.flows", "from api.inventory import service as inventory"),
        ("api.checkout.flows", "from api.inventory.service import Demand"),
        ("api.checkout.flows", "from api.payment_sync import flows"),
        ("api.checkout.flows", "from api.pricing.totals import Totals"),
        ("api.cart.queries", "from api.catalog.models import Variant"),
        ("api.returns.routes", "from api.orders.schemas import OrderSchema"),
        ("api.orders.service", "from api.orders.models import Order"),
        ("api.orders.service", "from api.platform.db import session"),
        ("api.blueprints", "from api.orders.routes import blueprint"),
        ("api.event_handlers", "from api.checkout import jobs"),
        ("api.dev.demo_data", "from api.orders.models import Order"),
    ],
)
def test_an_allowed_import_is_allowed(importer: str, line: str) -> None:
    assert [is_forbidden(use) for use in uses(importer, line)] == [False]


def test_an_import_inside_a_function_is_seen() -> None:
    source = "import os\ndef ship():\n    import json\n    return json, os\nif os:\n    import re\n"

    assert sorted(late_imports(source)) == [3, 6]
