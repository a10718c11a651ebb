"""The tools of node, where node is: installed once into the environment, and kept there."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.support.contract import documents

WANTED = Path(__file__).with_name("package.json")
INSTALLS_IN_SECONDS = 300


@dataclass(frozen=True)
class Node:
    """Programs of node and where they are."""

    folder: Path

    def runs(self, program: str, *arguments: Any, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run an installed program in a folder and wait for it."""
        return subprocess.run(
            [self.folder / "node_modules" / ".bin" / program, *arguments],
            cwd=cwd,
            env={
                **os.environ,
                "REDOCLY_TELEMETRY": "off",
                "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )


@pytest.fixture(scope="session")
def node() -> Node:
    """The tools that package.json names; the test is skipped where they cannot be had."""
    if shutil.which("node") is None or (npm := shutil.which("npm")) is None:
        pytest.skip("node and npm are not on this machine")
    version = hashlib.sha256(WANTED.read_bytes()).hexdigest()[:12]
    folder = Path(sys.prefix) / "node" / version
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(WANTED.read_text())
        quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
        try:
            subprocess.run(
                [npm, "install", *quiet],
                cwd=folder,
                capture_output=True,
                text=True,
                check=True,
                timeout=INSTALLS_IN_SECONDS,
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm did not install the tools within {INSTALLS_IN_SECONDS} s")
        except subprocess.CalledProcessError as failed:
            pytest.skip(f"npm could not install the tools: {failed.stderr[-300:]}")
        (folder / "installed").touch()
    return Node(folder)


@pytest.fixture
def written_documents(bare_app: Flask, tmp_path: Path) -> dict[str, Path]:
    """The documents as files, by their audience."""
    written = {}
    for audience, document in documents(bare_app).items():
        written[audience] = tmp_path / f"{audience}.json"
        written[audience].write_text(json.dumps(document, indent=2))
    return written
