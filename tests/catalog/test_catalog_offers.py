"""What the rest of the shop asks about variants."""

import pytest
from flask import Flask

from api.catalog.errors import SkuTaken
from api.catalog.queries import variant_lookup
from api.kernel.ids import new_id
from tests.support.catalogue import a_product


def test_an_offer_tells_all_that_a_basket_needs(app: Flask) -> None:
    """One row holds names, price, tax class and weight."""
    (mug,) = a_product(
        "BLUE-MUG",
        price="9.99 EUR",
        barcodes=["4006381333931"],
        tax_class="reduced",
        weight_grams=350,
        images=["https://img.test/mug.jpg"],
    )

    offer = variant_lookup.offers([mug], "EUR")[mug]

    assert offer == variant_lookup.Offer(
        variant_id=mug,
        product_id=offer.product_id,
        product_slug="blue-mug",
        sku="BLUE-MUG",
        barcode="4006381333931",
        product_title="Blue Mug",
        variant_title="",
        image_url="https://img.test/mug.jpg",
        unit_price=999,
        tax_class="reduced",
        weight_grams=350,
        is_for_sale=True,
    )


def test_without_a_price_in_the_currency_nothing_is_for_sale(app: Flask) -> None:
    """No price is ever converted silently."""
    (mug,) = a_product("BLUE-MUG", price="9.99 EUR")

    offer = variant_lookup.offers([mug], "USD")[mug]

    assert (offer.unit_price, offer.is_for_sale) == (None, False)


def test_a_draft_is_not_for_sale_even_with_a_price(app: Flask) -> None:
    """Only what stands on the shelf is sold."""
    (mug,) = a_product("BLUE-MUG", published=False)

    offer = variant_lookup.offers([mug], "EUR")[mug]

    assert (offer.unit_price, offer.is_for_sale) == (999, False)


def test_unknown_variants_are_left_out(app: Flask) -> None:
    """A basket may still hold what was never there."""
    (mug,) = a_product("BLUE-MUG")

    assert list(variant_lookup.offers([mug, new_id()], "EUR")) == [mug]
    assert variant_lookup.offers([], "EUR") == {}


@pytest.mark.parametrize("code", ["BLUE-MUG", "blue-mug", " Blue-Mug ", "4006381333931"])
def test_a_scanned_code_finds_its_variant(app: Flask, code: str) -> None:
    """By SKU in any case, or by barcode."""
    (mug,) = a_product("BLUE-MUG", barcodes=["4006381333931"])

    found = variant_lookup.find_variant(code)

    assert found is not None
    assert (found.variant_id, found.product_title) == (mug, "Blue Mug")


def test_a_strange_code_finds_nothing(app: Flask) -> None:
    """Nor does an empty one."""
    a_product("BLUE-MUG")

    assert variant_lookup.find_variant("RED-MUG") is None
    assert variant_lookup.find_variant("  ") is None


def test_labels_name_the_variant_within_its_product(app: Flask) -> None:
    """Values are joined in the order of the options."""
    small, large = a_product(
        "SHIRT-S",
        "SHIRT-L",
        title="Ocean Shirt",
        options=["Size", "Colour"],
        option_values=[["Small", "Blue"], ["Large", "Blue"]],
    )

    labels = variant_lookup.variant_labels([small, large])

    assert [labels[v].variant_title for v in (small, large)] == ["Small / Blue", "Large / Blue"]
    assert labels[small].product_title == "Ocean Shirt"


def test_a_sku_names_one_variant_whatever_its_case(app: Flask) -> None:
    """The database refuses the second one."""
    a_product("BLUE-MUG")

    with pytest.raises(SkuTaken):
        a_product("blue-mug", slug="another-mug")
