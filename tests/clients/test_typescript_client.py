"""What a TypeScript storefront generates from the document is typed, and buys.

`openapi-typescript` reads the storefront's document as it is now; `tsc --strict` reads what it
wrote beside a storefront that uses it; then node walks from the catalogue to `paid`.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import Node
from tests.support.served import served
from tests.support.shop import Shop

ROAD = Path(__file__).with_name("typescript_road.ts")
STRICT = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "target": "es2022",
    "module": "nodenext",
    "types": ["node"],
}


@pytest.fixture
def compiled(node: Node, written_documents: dict[str, Path], tmp_path: Path) -> Path:
    """A storefront on types that were generated just now, checked and compiled."""
    types = node.runs(
        "openapi-typescript", written_documents["storefront"], "-o", "storefront.d.ts", cwd=tmp_path
    )
    assert types.returncode == 0, types.stderr
    shutil.copy(ROAD, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": STRICT}))
    (tmp_path / "node_modules").symlink_to(node.folder / "node_modules")

    outcome = node.runs("tsc", "--project", ".", cwd=tmp_path)

    assert outcome.returncode == 0, outcome.stdout
    return tmp_path / "typescript_road.js"


def test_a_storefront_on_the_types_walks_from_the_catalogue_to_paid(
    compiled: Path, shop: Shop
) -> None:
    shop.sells("MUG", 5, price="12.99 EUR")

    with (
        served(shop.app) as base,
        subprocess.Popen(
            ["node", compiled, base],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as storefront,
    ):
        assert storefront.stdout is not None
        intent = storefront.stdout.readline().strip()
        if intent:
            shop.gateway.pay(intent)
        said, failure = storefront.communicate("paid\n", timeout=60)

    assert said.strip() == f"paid {2 * 1299 + 490} EUR", failure


@pytest.mark.slow
def test_types_for_staff_can_be_generated_too(
    node: Node, written_documents: dict[str, Path], tmp_path: Path
) -> None:
    outcome = node.runs(
        "openapi-typescript", written_documents["admin"], "-o", "types.ts", cwd=tmp_path
    )

    assert outcome.returncode == 0, outcome.stderr
    checked = node.runs("tsc", "--strict", "--noEmit", "types.ts", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
