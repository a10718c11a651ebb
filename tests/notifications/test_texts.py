"""Letters as texts."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import meta
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.nodes import Getattr

from api.documents import words
from api.kernel.money import Money
from api.notifications import rendering
from api.notifications.states import EmailKind

TEMPLATES = Path(rendering.__file__).parent / "templates"
FOUR = datetime(2026, 3, 5, 4, 3, tzinfo=UTC)


def test_every_kind_of_email_has_a_template_and_no_template_is_left_over() -> None:
    whole = {path.stem for path in TEMPLATES.glob("[!_]*.txt")}

    assert whole == {kind.value for kind in EmailKind}


def test_a_missing_word_is_an_error_and_never_a_gap() -> None:
    with pytest.raises(UndefinedError, match="'email' is undefined"):
        rendering.render("welcome", shop_name="Mugs", public_url="https://mugs.test", name="Ada")


def test_a_template_reaches_nothing_but_what_it_is_given() -> None:
    escape = rendering._environment("en").from_string("{{ name.__class__.__mro__ }}")

    with pytest.raises(SecurityError):
        escape.render(name="Ada")


def test_a_subject_is_one_line_whatever_stands_in_it() -> None:
    subject, text = rendering.render(
        "low_stock",
        shop_name="Mugs",
        public_url="https://mugs.test",
        level={"sku": "A\nBcc: x@y.test", "title": "T", "variant_title": "", "location": "L"},
        available=1,
        threshold=2,
    )

    assert subject == "Low stock: A Bcc: x@y.test, 1 left"
    assert text.startswith("T (A Bcc: x@y.test) runs low.\n")


@pytest.mark.parametrize(
    ("language", "told", "promised"),
    [
        ("en", "1 of them is not in stock and will follow. In May", "\nWhat is in stock leaves us"),
        ("de", "Davon ist 1 nicht vorrätig und folgt. In May", "\nWas vorrätig ist, verlässt uns"),
    ],
)
def test_a_confirmation_tells_what_follows(language: str, told: str, promised: str) -> None:
    line = {"quantity": 2, "title": "Mug", "variant_title": "", "sku": "MUG", "removed_at": None}
    money = Money(999, "EUR")
    order = {
        **dict.fromkeys(("subtotal", "shipping_total", "total", "tax_total", "tendered"), money),
        **dict.fromkeys(("placed_at", "promised_ship_at", "promised_delivery_at"), FOUR),
        "number": "1001",
        "shipping_method": {"name": "Parcel"},
        "shipping_address": {"label_lines": ["Ada"]},
        "lines": [
            {**line, "total": money, "back_ordered_quantity": 1, "back_order_note": "In\nMay"}
        ],
    }

    _, text = rendering.render(
        "order_confirmed", language, shop_name="Mugs", public_url="", name="Ada", order=order
    )

    assert f"    {told}\n" in text
    assert promised in text


def test_moments_and_units_are_written_for_people() -> None:
    assert words.moment(FOUR) == "5 March 2026, 04:03 UTC"
    assert words.day(FOUR) == "5 March 2026"
    assert [words.units(1), words.units(2)] == ["1 unit", "2 units"]


def test_other_languages_write_days_units_and_amounts_their_way() -> None:
    assert words.moment(FOUR, "de") == "5. März 2026, 04:03 UTC"
    assert [words.units(1, "de"), words.units(2, "de")] == ["1 Stück", "2 Stück"]
    amounts = (Money(123456, "EUR"), Money(500, "JPY"))
    assert [words.money(one, "de") for one in amounts] == ["1234,56 EUR", "500 JPY"]


@pytest.mark.parametrize(
    ("wanted", "kind", "written"),
    [
        ("de", "welcome", "de"),
        ("de-AT", "welcome", "de"),
        ("fr", "welcome", "en"),
        (None, "welcome", "en"),
        ("de", "low_stock", "en"),
    ],
)
def test_an_email_without_a_text_in_a_language_is_english(
    wanted: str | None, kind: str, written: str
) -> None:
    assert rendering.language_of(wanted, kind) == written


FOR_STAFF = {"approval", "attention", "low_stock", "refund_failed", "second_factor_reset",
             "staff_invitation"}  # fmt: skip


@pytest.mark.parametrize("language", words.LANGUAGES[1:])
def test_every_email_to_customers_has_a_text_of_the_same_words(language: str) -> None:
    translated = {path.stem: path for path in (TEMPLATES / language).glob("*.txt")}
    english = {path.stem: path for path in TEMPLATES.glob("*.txt")}

    assert set(translated) == set(english) - FOR_STAFF
    for name, path in translated.items():
        assert words_of(path) == words_of(english[name]), name


def words_of(path: Path) -> set[str]:
    """Return what a template is given, and which parts of it are used."""
    tree = rendering._environment("en").parse(path.read_text())
    parts = {node.attr for node in tree.find_all(Getattr)}
    return meta.find_undeclared_variables(tree) | parts


def test_the_days_of_an_email_are_those_of_the_shop() -> None:
    late = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
    shop = {"shop_name": "Mugs", "public_url": "https://mugs.test", "name": None, "link": "L"}

    _, text = rendering.render(
        "password_reset", zone=ZoneInfo("Europe/Berlin"), expires_at=late, **shop
    )

    assert "until 6 March 2026, 00:30 CET" in text


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("**/*.txt")), ids=lambda path: path.stem)
def test_templates_end_their_lines_cleanly(path: Path) -> None:
    assert all(line == line.rstrip() for line in path.read_text().splitlines())
