"""Letters as texts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError, UndefinedError

from api.notifications import rendering
from api.notifications.states import EmailKind

TEMPLATES = Path(rendering.__file__).parent / "templates"
FOUR = datetime(2026, 3, 5, 4, 3, tzinfo=UTC)


def test_every_kind_of_letter_has_a_template_and_no_template_is_left_over() -> None:
    whole = {path.stem for path in TEMPLATES.glob("[!_]*.txt")}

    assert whole == {kind.value for kind in EmailKind}


def test_a_missing_word_is_an_error_and_never_a_gap() -> None:
    with pytest.raises(UndefinedError, match="'email' is undefined"):
        rendering.render("welcome", shop_name="Mugs", public_url="https://mugs.test", name="Ada")


def test_a_template_reaches_nothing_but_what_it_is_given() -> None:
    escape = rendering._templates.from_string("{{ name.__class__.__mro__ }}")

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


def test_moments_and_units_are_written_for_people() -> None:
    assert rendering.moment(FOUR) == "5 March 2026, 04:03 UTC"
    assert rendering.day(FOUR) == "5 March 2026"
    assert [rendering.units(1), rendering.units(2)] == ["1 unit", "2 units"]


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.txt")), ids=lambda path: path.stem)
def test_templates_end_their_lines_cleanly(path: Path) -> None:
    assert all(line == line.rstrip() for line in path.read_text().splitlines())
