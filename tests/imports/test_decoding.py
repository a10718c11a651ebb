"""What a file's bytes say in letters: what is certain, what is a guess, and what is refused."""

from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.products import Product
from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.formats.decoding import Decoding, SheetUnreadable, encoding_called
from api.imports.service import import_jobs
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.moving import counts_of, kept, moved_in
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


@pytest.mark.parametrize(
    "content",
    [
        "Größe\n".encode() + "Größe\n".encode("cp1252"),
        "Größe\n".encode("cp1252") + "Größe\n".encode(),
        b"\xef\xbb\xbfGr\xf6\xdfe\n",
        "Größe\nGrö".encode()[:-1],
        "plain, Grö".encode()[:-1],
    ],
)
def test_what_is_half_utf_8_is_refused(content: bytes) -> None:
    """A wrong letter in a thousand titles is worse than a file that is saved once more."""
    with pytest.raises(SheetUnreadable, match="UTF-8"):
        _read(content)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", "Große Tasse\nCrème brûlée\n"),
        ("cp1252", "Smørrebrød\nBlå kop\n"),
        ("cp1252", "Mañana, 5 m²\n"),
        ("cp1250", "Żółta książka\nGęś\n"),
        ("cp1250", "Žluťoučký kůň\nDětské tričko\n"),
        ("cp1250", "Hűtőszekrény\nKék bögre\n"),
        ("iso8859_2", "Żółta książka\n"),
        ("cp1251", "Мужская рубашка\n"),
        ("cp1253", "Ανδρικό πουκάμισο\n"),
        ("cp1257", "Žalias puodelis\nŠaltas gėrimas\n"),
        ("cp932", "青いマグカップ\n赤いコップ\n"),
        ("gb18030", "蓝色杯子\n红色茶壶\n"),
        ("big5", "藍色杯子\n紅色茶壺\n"),
        ("mac_roman", "Größe, été\n"),
    ],
)
def test_other_encodings_are_known_by_the_words_that_come_out(encoding: str, words: str) -> None:
    """As spreadsheets in other countries save them; nothing of it is in doubt."""
    decoding = Decoding()

    assert "".join(decoding.text([b"Handle,Title\n" + words.encode(encoding)])).endswith(words)
    assert (decoding.encoding, decoding.is_doubtful) == (encoding, False)
    assert decoding.doubt


@pytest.mark.parametrize(
    "content",
    [
        "Kırmızı gömlek\nŞişe\n".encode("cp1254"),
        "ספל כחול\n".encode("cp1255"),
        "マグ\n".encode("cp932"),
        "dveře\n".encode("cp1250"),
        b"\x81\x8d\n",
    ],
)
def test_what_may_be_in_several_encodings_is_in_doubt(content: bytes) -> None:
    decoding = Decoding()
    "".join(decoding.text([content]))

    assert decoding.is_doubtful
    assert decoding.doubt


@pytest.mark.parametrize(
    ("said", "name"),
    [("windows-1250", "cp1250"), ("CP1250", "cp1250"), ("Shift-JIS", "shift_jis"),
     ("latin2", "iso8859-2"), ("UTF8", "utf-8"), ("utf-8-sig", "utf-8")],
)  # fmt: skip
def test_an_encoding_is_known_by_all_its_names(said: str, name: str) -> None:
    assert encoding_called(said) == name


@pytest.mark.parametrize("said", ["klingon", "", "rot13", "idna", "zlib", "unicode_escape"])
def test_what_is_no_encoding_of_files_is_refused(said: str) -> None:
    with pytest.raises(SheetUnreadable, match="No encoding is called"):
        encoding_called(said)


def test_a_file_is_read_in_the_encoding_that_is_said(app: Flask) -> None:
    """And refused when it is not in it."""
    content = "Handle,Title,Variant Price\np-1,ספל כחול,5\n".encode("cp1255")

    found = moved_in(content, encoding="cp1255")

    assert (found["encoding"], found["as_drafts"], found["result"]["problems"]) == (
        "cp1255",
        False,
        0,
    )
    assert session.scalars(select(Product.title)).all() == ["ספל כחול"]
    session.rollback()
    with pytest.raises(SheetUnreadable, match="is not text in utf-8"):
        kept(content, encoding="utf-8")


def test_what_is_in_doubt_stays_off_the_shelf(app: Flask) -> None:
    """With the reason on top; and what the bytes surely are is for sale at once."""
    sure = moved_in("Handle,Title,Variant Price\np-1,Żółta książka,5\n".encode("cp1250"))
    doubtful = moved_in("Handle,Title,Variant Price\nd-1,dveře,5\n".encode("cp1250"))

    assert (sure["encoding"], sure["as_drafts"]) == ("cp1250", False)
    assert doubtful["as_drafts"]
    reasons = imports_queries.list_problems(doubtful["id"], limit=9, cursor=None)["data"]
    assert [(one["row"], "taken in as drafts" in one["reason"]) for one in reasons] == [(1, True)]
    rows = session.execute(select(Product.slug, Product.status))
    assert {row.slug: row.status.value for row in rows} == {
        "p-1": "active",
        "d-1": "draft",
    }


def test_a_file_that_was_guessed_at_says_so_among_its_errors(app: Flask) -> None:
    """In the dry run, and still when that is done for good; nothing failed."""
    content = a_file(a_simple_row("cup", "Cup"), a_simple_row("mug", "Große Tasse")).decode()

    found = moved_in(content.encode("cp1252"), dry_run=True)
    tried = imports_queries.list_problems(found["id"], limit=10, cursor=None)["data"]
    with transaction():
        import_jobs.run(found["id"], by=SYSTEM)
    imports_flows.read_import(found["id"])
    session.rollback()
    done = imports_queries.get_import(found["id"])

    assert [(p["row"], p["value"], p["consequence"].value) for p in tried] == [
        (1, "Große", "value_ignored")
    ]
    assert "Windows-1252" in tried[0]["reason"]
    assert imports_queries.list_problems(found["id"], limit=10, cursor=None)["data"] == tried
    assert (found["result"]["problems"], done["result"]["problems"]) == (1, 1)
    assert counts_of(done) == (2, 0, 0, 0)
    titles = session.scalars(select(Product.title).order_by(Product.title))
    assert titles.all() == ["Cup", "Große Tasse"]
