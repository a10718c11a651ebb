"""How addresses, SKUs and searchable words are made."""

import pytest

from api.catalog import texts
from api.catalog.queries.search_query import tsquery_text


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Blue Mug", "blue-mug"),
        ("Crème Brûlée, 2 pcs.", "creme-brulee-2-pcs"),
        ("Größe L/XL", "grosse-l-xl"),
        ("Smørrebrød & Bœuf", "smorrebrod-boeuf"),
        ("snake_case_name", "snake-case-name"),
        ("お茶 カップ", "お茶-カップ"),
        ("!!!", ""),
        ("x" * 200, "x" * 120),
    ],
)
def test_a_name_becomes_an_address(name: str, slug: str) -> None:
    """Letters of other scripts stay; accents and punctuation go."""
    assert texts.slug_from(name) == slug


def test_a_missing_sku_is_made_from_slug_and_values() -> None:
    """Always the same one, so that a second reading of a file finds it."""
    assert texts.sku_from("blue-shirt", ()) == "BLUE-SHIRT"
    assert texts.sku_from("blue-shirt", ("Extra Large", "Sky")) == "BLUE-SHIRT-EXTRA-LARGE-SKY"


def test_a_sku_that_would_be_too_long_ends_in_a_mark() -> None:
    """The mark is made from the whole, so that long names which begin alike stay apart."""
    small = texts.sku_from("very-long-name-" * 6, ("Small",))
    large = texts.sku_from("very-long-name-" * 6, ("Large",))

    assert len(small) <= texts.LONGEST_SKU
    assert small[:50] == large[:50]
    assert small != large


def test_a_description_is_searched_without_its_markup() -> None:
    """Scripts and styles are no words of the shop."""
    html = (
        "<style>p{color:red}</style><p>Soft&nbsp;wool,<br>warm &amp; light</p><script>x()</script>"
    )

    assert texts.body_words(html) == "soft wool warm light"


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("", ""),
        (" ,;! ", ""),
        ("mu", "('mu':*)"),
        ("mug", "('mug':*)"),
        ("blue mu", "('blue' | 'blues' | 'bluees') & ('mu':*) | ('bluemu':*)"),
        ("berry", "('berry':* | 'berries')"),
        (
            "blue mug x",
            "('blue' | 'blues' | 'bluees') & ('mug' | 'mugs' | 'muges')"
            " | ('bluemug' | 'bluemugs' | 'bluemuges')",
        ),
        ("dresses", "('dresses':* | 'dresse' | 'dress')"),
        ("it's", "('it':*)"),
    ],
)
def test_what_is_typed_becomes_a_question(typed: str, query: str) -> None:
    """The last word may be only begun; quotes and operators of people mean nothing."""
    assert tsquery_text(typed) == query
