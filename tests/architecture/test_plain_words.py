"""Names, docstrings and comments use the words of the field, not metaphors of our own."""

import ast
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What to write instead stands behind each.
FORBIDDEN = re.compile(
    r"\b(?:"
    r"shel(?:f|ves)"  # stock level, location, category, collection, published
    r"|desks?"  # admin, console, screen
    r"|(?:take|takes|taken|taking|took) back"  # undo, revert, discard, revoke
    r"|till"  # until; console
    r"|lexicon"  # search terms
    r"|alarm clock|post room|packing table|case ?file"  # jobs, e-mails, packing, order details
    r"|letters?"  # e-mail
    r"|tray"  # outbox
    r"|houses?|roofs?|doors?|floors?"  # project, entry module, public module, layer
    r"|verbs"  # commands, functions
    r")\b",
    re.IGNORECASE,
)
# Modules in which a letter is one of the alphabet.
ALPHABET = {
    "api/catalog/codes.py",
    "api/catalog/models/i18n.py",
    "api/catalog/queries/search_query.py",
    "api/catalog/queries/spelling.py",
    "api/catalog/schemas/attributes.py",
    "api/catalog/schemas/translations.py",
    "api/catalog/service/categories.py",
    "api/catalog/service/feed_merge.py",
    "api/catalog/service/search_terms.py",
    "api/catalog/texts.py",
    "api/dev/fake_stripe/account.py",
    "api/dev/fake_stripe/rules/currencies.py",
    "api/documents/purchase_order.py",
    "api/imports/formats/cell_parsers.py",
    "api/imports/formats/decoding.py",
    "api/imports/formats/failed_rows_csv.py",
    "api/imports/formats/native/__init__.py",
    "api/imports/formats/native/csv_file.py",
    "api/kernel/text_folding.py",
    "api/platform/http.py",
    "api/platform/postal_rules.py",
    "console/app/app.py",
    "console/app/scan_routing.py",
    "console/flows/filters.py",
    "console/flows/formatting.py",
    "console/flows/tracking.py",
    "console/keys/__init__.py",
    "console/scan/gs1.py",
    "console/scan/input_buffer.py",
    "console/scan/scanner_setup.py",
    "console/screens/base_screen.py",
    "console/screens/palette.py",
    "console/screens/scanner.py",
    "console/screens/ship.py",
    "console/screens/stock_adjust.py",
}
# How many such words a part still has. It may only shrink; a part that is not here has none.
LEFT = {
    "api/imports": 1,  # a member of its answers
}


def part_of(path: Path) -> str:
    """Name the part of the project that a module belongs to: `api/catalog`, `api/worker.py`."""
    return "/".join(path.relative_to(ROOT).parts[:2])


def as_words(identifier: str) -> str:
    """Write an identifier as words: `takeBack`, `TakeBack` and `take_back` are `take back`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", identifier).strip()


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the lines at which docstrings begin, also those below a constant or a field."""
    return {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Read the identifiers, docstrings and comments of a module, with their lines."""
    docstrings = docstring_lines(ast.parse(path.read_text()))
    with path.open("rb") as lines:
        for token in tokenize.tokenize(lines.readline):
            if token.type == tokenize.NAME:
                yield token.start[0], as_words(token.string)
            elif token.type == tokenize.COMMENT or (
                token.type == tokenize.STRING and token.start[0] in docstrings
            ):
                yield token.start[0], " ".join(token.string.split())


def findings(path: Path) -> Iterator[str]:
    """Name the forbidden words of a module, each with its line."""
    own = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    for line, text in prose(path):
        for word in FORBIDDEN.findall(text):
            if word.lower() in ("letter", "letters") and own in ALPHABET:
                continue
            yield f"{own}:{line} {word.lower()}"


def test_the_project_speaks_plainly() -> None:
    found: dict[str, list[str]] = {}
    for folder in ("api", "console"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found.setdefault(part_of(path), []).extend(findings(path))

    too_many = {part: words for part, words in found.items() if len(words) > LEFT.get(part, 0)}
    assert too_many == {}, {
        part: Counter(w.split()[1] for w in too_many[part]) for part in too_many
    }


def test_the_table_names_parts_and_modules_that_exist() -> None:
    assert [name for name in (*LEFT, *ALPHABET) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""Goods on the\nshelf."""\n', ["shelf"]),
        ("count = 1  # what the desk shows\n", ["desk"]),
        ("def take_back(): ...\n", ["take back"]),
        ("class CaseFile: ...\n", ["case file"]),
        ("letter_id = 1\n", ["letter"]),
        ('LIMIT = 3\n"""Till then."""\n', ["till"]),
        ('TABLE = "letters"\nshelfless = doormat = warehouse = 1\n', []),
    ],
)
def test_a_forbidden_word_is_seen(source: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(source)

    assert [finding.partition(" ")[2] for finding in findings(path)] == expected
