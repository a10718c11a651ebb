"""One folding for all that is written and all that is searched for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.text_folding import counted, fold, spelled_out, words


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Cœur", "coeur"),
        ("Bœuf bourguignon", "boeuf bourguignon"),
        ("Smørrebrød", "smorrebrod"),
        ("Blåbær", "blabaer"),
        ("10µF", "10uf"),
        ("10 μF", "10 uf"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("café", "cafe"),
        ("cafe\u0301", "cafe"),
        ("ＡＦｕｌｌ", "afull"),
        ("Þórður Guðmundsson", "thordur gudmundsson"),
        ("Đorđe Đoković", "dorde dokovic"),
        ("Łódź", "lodz"),
        ("Diyarbakır", "diyarbakir"),
        ("IŞIKLI", "isikli"),
        ("İstanbul", "istanbul"),
        ("Nguyễn Văn Đức", "nguyen van duc"),
        ("Ħobż", "hobz"),
        ("Þingvellir", "thingvellir"),
        ("Năsturel Țară", "nasturel tara"),
        ("col·lecció", "colleccio"),
        ("paraŀlel", "parallel"),
        ("Ɖevi Ŋutsu", "devi nutsu"),
        ("ﬁne ĳs", "fine ijs"),
        ("Αθήνα", "αθηνα"),
        ("ΟΔΟΣ", "οδοσ"),
        ("Чашка", "чашка"),
        ("お茶 カップ", "お茶 カップ"),
        ("がぎ", "がぎ"),
        ("Jean-Luc d'Artagnan", "jean luc d artagnan"),
    ],
)
def test_what_is_written_is_found_by_what_keyboards_type(written: str, typed: str) -> None:
    assert words(written) == typed


def test_a_greek_mu_is_a_letter_of_greek_words() -> None:
    """Only where a Latin letter follows it is the sign of a unit."""
    assert fold("μέλι") == "μελι"


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("Jürgen Großmüller", "juergen grossmueller"),
        ("Ju\u0308rgen", "juergen"),
        ("Åse Sørensen", "aase soerensen"),
        ("Émile", ""),
        ("Anna", ""),
    ],
)
def test_umlauts_are_found_as_two_letters_too(written: str, spelled: str) -> None:
    assert spelled_out(written) == spelled


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert words(words(text)) == words(text)


def test_one_is_counted_as_one() -> None:
    assert [counted(n, "product") for n in (0, 1, 1200)] == [
        "0 products",
        "1 product",
        "1,200 products",
    ]
    assert counted(1, "delivery waits", "deliveries wait") == "1 delivery waits"
