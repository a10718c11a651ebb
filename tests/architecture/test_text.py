"""The text itself: nothing is left undone, everything says what it is for, nothing is too long."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_MODULE = 400
VAGUE_NAMES = {
    "utils",
    "helpers",
    "helper",
    "manager",
    "managers",
    "common",
    "misc",
    "data",
    "info",
}
NEEDS_NO_WORDS = {"Meta"}  # marshmallow's own name for its options
_UNDONE = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def sources(*folders: str) -> list[Path]:
    """List the Python files below some folders of this repository."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


def named(path: Path) -> str:
    """Write a path as it is read in a message."""
    return str(path.relative_to(ROOT))


def remarks(path: Path) -> Iterator[tokenize.TokenInfo]:
    """Read what a module says to people: its comments and its texts."""
    with path.open("rb") as lines:
        for token in tokenize.tokenize(lines.readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                yield token


def undocumented(path: Path) -> Iterator[str]:
    """Name what a module shows to others without saying what it is for."""
    tree = ast.parse(path.read_text())
    if not ast.get_docstring(tree):
        yield named(path)
    for owner, definition in _public(tree, ""):
        if not ast.get_docstring(definition):
            yield f"{named(path)}:{definition.lineno} {owner}{definition.name}"


def _public(node: ast.Module | ast.ClassDef, owner: str) -> Iterator[tuple[str, Definition]]:
    for child in node.body:
        if not isinstance(child, Definition) or child.name.startswith("_"):
            continue
        if child.name in NEEDS_NO_WORDS:
            continue
        if any(
            isinstance(mark, ast.Attribute) and mark.attr == "setter"
            for mark in child.decorator_list
        ):
            continue
        yield owner, child
        if isinstance(child, ast.ClassDef):
            yield from _public(child, f"{owner}{child.name}.")


def test_nothing_is_left_undone() -> None:
    undone = [
        f"{named(path)}:{remark.start[0]}"
        for path in sources("api", "console", "migrations", "tests")
        if path != Path(__file__)
        for remark in remarks(path)
        if _UNDONE.search(remark.string)
    ]

    assert undone == []


def test_every_public_thing_says_what_it_is_for() -> None:
    silent = [name for path in sources("api", "console") for name in undocumented(path)]

    assert silent == []


def test_every_package_says_what_lives_in_it() -> None:
    packages = [path for path in sources("api", "console") if path.name == "__init__.py"]
    silent = [
        named(path) for path in packages if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    nameless = [
        named(folder)
        for root in ("api", "console")
        for folder in (ROOT / root).rglob("*")
        if folder.is_dir() and any(folder.glob("*.py")) and not (folder / "__init__.py").exists()
    ]

    assert (silent, nameless) == ([], [])


@pytest.mark.parametrize("folder", ["api", "console"])
def test_a_module_is_one_thought(folder: str) -> None:
    long = {
        named(path): lines
        for path in sources(folder)
        if (lines := len(path.read_text().splitlines())) > LONGEST_MODULE
    }

    assert long == {}


def test_no_module_is_called_by_a_word_that_says_nothing() -> None:
    assert [named(p) for p in sources("api", "console") if p.stem in VAGUE_NAMES] == []


def test_the_check_sees_what_is_not_documented() -> None:
    source = ("class Shelf:", "    def count(self): ...", "    def _hidden(self): ...")
    tree = ast.parse("\n".join(source))

    assert [owner + definition.name for owner, definition in _public(tree, "")] == [
        "Shelf",
        "Shelf.count",
    ]
