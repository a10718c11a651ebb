"""What a file's bytes say in letters: what is certain, what is a guess, and what is refused."""

from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models import Product
from api.imports import flows, queries, service
from api.imports.formats.decoding import Decoding, SheetUnreadable
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.moving import counts_of, moved_in
from tests.support.sheets import a_file, a_simple_row

WORDS = "Größe é\n\"L'été\", 5 m² – 10 €; 'Ça' ½ Šárka\n"


def _read(*chunks: bytes) -> tuple[str, str | None]:
    decoding = Decoding()
    found = "".join(decoding.text(chunks))
    return found, decoding.doubt


def _bytes(content: bytes) -> Iterable[bytes]:
    return (content[at : at + 1] for at in range(len(content)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_certain_is_read_without_a_word(encoding: str) -> None:
    """In one piece, and byte by byte."""
    content = WORDS.encode(encoding)

    assert _read(content) == (WORDS, None)
    if encoding != "utf-16":
        assert _read(*_bytes(content)) == (WORDS, None)


def test_what_spreadsheets_on_windows_write_is_read_and_named() -> None:
    """By its first word that a person can look at; also when it begins in a later piece."""
    content = WORDS.encode("cp1252")

    assert _read(content) == (WORDS, "Größe")
    assert _read(b"plain\n", b"and simple\n", content) == (f"plain\nand simple\n{WORDS}", "Größe")
    assert _read(*_bytes(content))[0] == WORDS


@pytest.mark.parametrize(
    "content",
    [
        "Größe\n".encode() + "Größe\n".encode("cp1252"),
        "Größe\n".encode("cp1252") + "Größe\n".encode(),
        b"\xef\xbb\xbfGr\xf6\xdfe\n",
        "Größe\nGrö".encode()[:-1],
        "plain, Grö".encode()[:-1],
        "Мужская рубашка\n".encode("cp1251"),
        "Ανδρικό πουκάμισο\n".encode("cp1253"),
        "Łódź, gęś\n".encode("cp1250"),
        "Größe, été\n".encode("mac-roman"),
        b"\x81\x8d",
    ],
)
def test_what_may_be_something_else_is_refused(content: bytes) -> None:
    """A wrong letter in a thousand titles is worse than a file that is saved once more."""
    with pytest.raises(SheetUnreadable, match="UTF-8"):
        _read(content)


def test_a_file_that_was_guessed_at_says_so_among_its_errors(app: Flask) -> None:
    """In the dry run, and still when that is done for good; nothing failed."""
    content = a_file(a_simple_row("cup", "Cup"), a_simple_row("mug", "Große Tasse")).decode()

    found = moved_in(content.encode("cp1252"), dry_run=True)
    tried = queries.list_problems(found["id"], limit=10, cursor=None)["data"]
    with transaction():
        service.run(found["id"], by=SYSTEM)
    flows.read_import(found["id"])
    session.rollback()
    done = queries.get_import(found["id"])

    assert [(p["row"], p["value"], p["consequence"].value) for p in tried] == [
        (1, "Große", "value_ignored")
    ]
    assert "Windows-1252" in tried[0]["reason"]
    assert queries.list_problems(found["id"], limit=10, cursor=None)["data"] == tried
    assert (found["result"]["problems"], done["result"]["problems"]) == (1, 1)
    assert counts_of(done) == (2, 0, 0, 0)
    titles = session.scalars(select(Product.title).order_by(Product.title))
    assert titles.all() == ["Cup", "Große Tasse"]
