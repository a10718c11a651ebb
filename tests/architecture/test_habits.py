"""What people look for at the top of the tree is there, and what it says is so."""

import re
from pathlib import Path

import pytest
import yaml

from api.kernel.release import VERSION
from console.client import sentry

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]
_PATH = re.compile(r"`((?:api|console|tests|docs|migrations|deploy)/[\w./-]*)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_and_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    paths = {path for path in _PATH.findall(text) if not (ROOT / path).exists()}
    links = {link for link in _LINK.findall(text) if not (page.parent / link).exists()}

    assert (paths, links) == (set(), set())


def test_every_decision_is_listed_and_says_why_and_what_it_costs() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text()
    decisions = sorted(folder.glob("[0-9]*.md"))

    assert len(decisions) >= 10
    for page in decisions:
        title, *rest = page.read_text().splitlines()
        number, name = re.fullmatch(r"# (\d+)\. (.+)", title).groups()  # type: ignore[union-attr]
        assert page.name.startswith(f"{int(number):04d}-")
        assert f"{number}. [{name}]({page.name})" in index
        text = "\n".join(rest)
        for part in ("**Question.**", "**Decision.**", "**Why.**", "**Costs.**", "**Kept by**"):
            assert part in text, f"{page.name} has no {part}"


def test_one_release_number_everywhere() -> None:
    latest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert latest is not None
    assert (latest[1], sentry.VERSION) == (VERSION, VERSION)


def test_the_checks_before_a_commit_are_those_of_make_and_download_nothing() -> None:
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    makefile = (ROOT / "Makefile").read_text()

    assert [each["repo"] for each in repos] == ["local"]
    for hook in repos[0]["hooks"]:
        assert hook["language"] == "system"
        runs = hook["entry"].removeprefix(".venv/bin/python -m ").removeprefix("make ")
        assert runs.removesuffix(" --force-exclude") in makefile


def test_the_workflow_runs_what_ci_runs() -> None:
    (job,) = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"].values()

    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
