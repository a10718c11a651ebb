"""Products, variants and prices through the service: what lands, what is refused."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from api.catalog.errors import (
    BarcodeTaken,
    CategoryNotFound,
    CompareAtNotAbovePrice,
    CurrencyTwice,
    ExternalReferenceTaken,
    ImageUnknown,
    OptionCombinationTaken,
    OptionsDoNotFit,
    SkuTaken,
    SlugTaken,
)
from api.catalog.events import CatalogChanged, PriceChanged, ProductArchived, ProductPublished
from api.catalog.models.prices import PriceRange
from api.catalog.models.products import Product
from api.catalog.queries import admin_detail, admin_list, storefront_detail, variant_lookup
from api.catalog.service import products as product_service
from api.catalog.service import stock_status
from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import ImageInput, PriceInput, ProductInput, VariantInput
from api.kernel.errors import DomainError, InvalidState, Stale
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.platform.outbox import OutboxEvent
from tests.support.catalogue import a_category, a_product, money


def _product_of(variant_id: UUID) -> UUID:
    return variant_lookup.variant_labels([variant_id])[variant_id].product_id


def _facts(kind: type[Event]) -> list[dict[str, object]]:
    return list(
        session.scalars(
            select(OutboxEvent.body).where(OutboxEvent.name == kind.name).order_by(OutboxEvent.id)
        )
    )


def _ranges(product_id: UUID) -> dict[str, tuple[int, int, int | None]]:
    rows = session.execute(
        select(
            PriceRange.currency, PriceRange.lowest, PriceRange.highest, PriceRange.compare_at
        ).where(PriceRange.product_id == product_id)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def test_a_product_without_a_slug_or_sku_gets_both(app: Flask) -> None:
    """From its title and its values."""
    draft = ProductInput(
        title="Ocean Shirt",
        options=("Size",),
        variants=(VariantInput(option_values=("S",)), VariantInput(option_values=("L",))),
    )

    with transaction():
        stored = product_service.create_product(draft, by=SYSTEM)

    product = admin_detail.get_product(stored.product_id)
    assert product["slug"] == "ocean-shirt"
    assert [v["sku"] for v in product["variants"]] == ["OCEAN-SHIRT-S", "OCEAN-SHIRT-L"]
    assert product["status"] == "draft"


@pytest.mark.parametrize(
    ("second", "refusal"),
    [
        ({"slug": "blue-mug"}, SlugTaken),
        ({"sku": "Blue-Mug"}, SkuTaken),
        ({"barcodes": ["4006381333931"]}, BarcodeTaken),
        ({"external_reference": "shop:1"}, ExternalReferenceTaken),
    ],
)
def test_what_names_one_thing_names_no_other(
    app: Flask, second: dict[str, object], refusal: type[DomainError]
) -> None:
    """The database decides, and nothing of the second product stays."""
    a_product("BLUE-MUG", slug="blue-mug", barcodes=["4006381333931"], external_reference="shop:1")

    with pytest.raises(refusal):
        a_product(second.pop("sku", "RED-MUG"), title="Red Mug", **second)

    assert session.scalar(select(func.count()).select_from(Product)) == 1


def test_two_variants_with_the_same_values_are_refused(app: Flask) -> None:
    """They could not be told apart in a basket."""
    with pytest.raises(OptionCombinationTaken):
        a_product("A", "B", options=["Size"], option_values=[["L"], ["L"]])


@pytest.mark.parametrize("values", [(), ("L", "Blue"), ("",)])
def test_a_variant_needs_one_value_for_each_option(app: Flask, values: tuple[str, ...]) -> None:
    """No fewer, no more, none empty."""
    draft = ProductInput(
        title="Shirt", options=("Size",), variants=(VariantInput(option_values=values),)
    )

    with pytest.raises(OptionsDoNotFit), transaction():
        product_service.create_product(draft, by=SYSTEM)


def test_five_hundred_variants_are_one_product(app: Flask) -> None:
    """Stored and read in a handful of statements."""
    skus = [f"BEAD-{i:03}" for i in range(500)]

    ids = a_product(*skus)

    product = storefront_detail.get_storefront_product("bead-000", currency="EUR")
    assert [v["id"] for v in product["variants"]] == ids
    assert len(product["options"][0]["values"]) == 500


def test_prices_in_one_currency_come_once_and_compare_at_lies_above(app: Flask) -> None:
    """A reduction that is none is refused before anything is written."""
    (mug,) = a_product("BLUE-MUG", price="9.99 EUR")
    euro, dearer = money("9.99 EUR"), money("12.00 EUR")

    for prices, refusal in (
        ([PriceInput(euro), PriceInput(dearer)], CurrencyTwice),
        ([PriceInput(dearer, compare_at=euro)], CompareAtNotAbovePrice),
        ([PriceInput(euro, compare_at=euro)], CompareAtNotAbovePrice),
        ([PriceInput(euro, compare_at=money("20.00 USD"))], CompareAtNotAbovePrice),
    ):
        with pytest.raises(refusal), transaction():
            variant_service.replace_prices(mug, prices, expected_version=1, by=SYSTEM)

    assert admin_detail.get_variant(mug)["version"] == 1


def test_a_changed_price_is_told_and_moves_the_range(app: Flask) -> None:
    """Per currency, with what it was before."""
    small, large = a_product("SHIRT-S", "SHIRT-L", price=["10.00 EUR", "12.00 USD"])
    product_id = _product_of(small)

    with transaction():
        variant_service.replace_prices(
            large,
            [PriceInput(money("8.00 EUR"), compare_at=money("11.00 EUR"))],
            expected_version=1,
            by=SYSTEM,
        )

    assert _ranges(product_id) == {"EUR": (800, 1000, 1100), "USD": (1200, 1200, None)}
    told = [(f["currency"], f["before"], f["after"]) for f in _facts(PriceChanged)]
    assert told == [("EUR", 1000, 800), ("USD", 1200, None)]
    with transaction():
        variant_service.replace_prices(small, [], expected_version=1, by=SYSTEM)
    assert _ranges(product_id) == {"EUR": (800, 800, 1100)}


def test_naming_the_same_prices_again_changes_nothing(app: Flask) -> None:
    """No version, no fact."""
    (mug,) = a_product("BLUE-MUG", price="9.99 EUR")

    with transaction():
        variant_service.replace_prices(
            mug, [PriceInput(money("9.99 EUR"))], expected_version=1, by=SYSTEM
        )

    assert admin_detail.get_variant(mug)["version"] == 1
    assert _facts(PriceChanged) == []


def test_commands_move_a_product_and_nothing_else_does(app: Flask) -> None:
    """Draft, active, archived and back to draft; the first day on the shelf is remembered."""
    (mug,) = a_product("BLUE-MUG", published=False)
    product_id = _product_of(mug)

    with transaction():
        product_service.publish_product(product_id, expected_version=1, by=SYSTEM)
    first = admin_detail.get_product(product_id)
    with transaction():
        product_service.archive_product(product_id, expected_version=2, by=SYSTEM)
    with pytest.raises(InvalidState) as refused, transaction():
        product_service.publish_product(product_id, expected_version=3, by=SYSTEM)
    with transaction():
        product_service.unarchive_product(product_id, expected_version=3, by=SYSTEM)
        product_service.publish_product(product_id, expected_version=4, by=SYSTEM)

    assert refused.value.facts["current"] == "archived"
    assert refused.value.facts["allowed"] == ["unarchive"]
    last = admin_detail.get_product(product_id)
    assert (last["status"], last["version"]) == ("active", 5)
    assert last["published_at"] == first["published_at"] is not None
    assert len(_facts(ProductPublished)) == 2
    assert len(_facts(ProductArchived)) == 1


def test_an_edit_says_what_changed_and_on_which_version(app: Flask) -> None:
    """The second of two people is told, and an edit that changes nothing leaves no trace."""
    (mug,) = a_product("BLUE-MUG", published=False)
    product_id = _product_of(mug)
    with transaction():
        product_service.edit_product(
            product_id, {"title": "Sea Mug", "slug": "sea-mug"}, expected_version=1, by=SYSTEM
        )

    with pytest.raises(Stale), transaction():
        product_service.edit_product(product_id, {"vendor": "Kiln"}, expected_version=1, by=SYSTEM)
    with transaction():
        product_service.edit_product(
            product_id, {"title": "Sea Mug"}, expected_version=2, by=SYSTEM
        )

    product = admin_detail.get_product(product_id)
    assert (product["title"], product["version"], product["vendor"]) == ("Sea Mug", 2, "")
    changes = session.scalars(
        select(AuditEntry.changes).where(AuditEntry.action == "product.edited")
    ).all()
    assert changes == [{"title": "Sea Mug", "slug": "sea-mug"}]
    assert _facts(CatalogChanged)[-1]["slugs"] == ["blue-mug", "sea-mug"]


def test_pictures_are_replaced_and_those_that_stay_keep_their_variants(app: Flask) -> None:
    """A variant whose picture is gone shows none of its own, and its version tells."""
    front, back, side = "https://i.test/front", "https://i.test/back", "https://i.test/side"
    draft = ProductInput(
        title="Shirt",
        options=("Side",),
        images=(ImageInput(front), ImageInput(back)),
        variants=(
            VariantInput(sku="F", option_values=("Front",), image_url=front),
            VariantInput(sku="B", option_values=("Back",), image_url=back),
        ),
    )
    with transaction():
        stored = product_service.create_product(draft, by=SYSTEM)

    with transaction():
        product_service.edit_product(
            stored.product_id,
            {"images": [ImageInput(side, "From the side"), ImageInput(front)]},
            expected_version=1,
            by=SYSTEM,
        )

    product = admin_detail.get_product(stored.product_id)
    assert [(i["url"], i["alt"]) for i in product["images"]] == [
        (side, "From the side"),
        (front, ""),
    ]
    assert [(v["image_url"], v["version"]) for v in product["variants"]] == [(front, 1), (None, 2)]


def test_a_variant_shows_only_pictures_of_its_own_product(app: Flask) -> None:
    """Another product's picture is not found."""
    (mug,) = a_product("BLUE-MUG", images=["https://i.test/mug"])
    (cup,) = a_product("RED-CUP", images=["https://i.test/cup"])

    with pytest.raises(ImageUnknown), transaction():
        variant_service.edit_variant(
            mug, {"image_url": "https://i.test/cup"}, expected_version=1, by=SYSTEM
        )
    with transaction():
        variant_service.edit_variant(
            cup, {"image_url": "https://i.test/cup"}, expected_version=1, by=SYSTEM
        )

    assert admin_detail.get_variant(cup)["image_url"] == "https://i.test/cup"


def test_a_variant_is_added_last_and_found_by_its_code(app: Flask) -> None:
    """The product's version rises, because it has one variant more."""
    small, _ = a_product("SHIRT-S", "SHIRT-L", title="Shirt")
    product_id = _product_of(small)

    with transaction():
        added = variant_service.add_variant(
            product_id,
            VariantInput(
                option_values=("SHIRT-XL",), prices=(PriceInput(money("5.00 EUR")),), sku="XL-77"
            ),
            by=SYSTEM,
        )

    product = admin_detail.get_product(product_id)
    assert [v["id"] for v in product["variants"]][-1] == added
    assert product["version"] == 3
    assert _ranges(product_id)["EUR"] == (500, 999, None)
    found = admin_list.list_products(currency="EUR", q="xl77")
    assert [line["id"] for line in found["data"]] == [product_id]


def test_a_changed_code_is_found_at_once_and_the_old_one_no_more(app: Flask) -> None:
    """Search words follow in the same transaction."""
    (mug,) = a_product("BLUE-MUG", title="Cup")

    with transaction():
        variant_service.edit_variant(mug, {"sku": "NAVY-MUG"}, expected_version=1, by=SYSTEM)

    assert len(admin_list.list_products(currency="EUR", q="navy-mug")["data"]) == 1
    assert admin_list.list_products(currency="EUR", q="blue-mug")["data"] == []


def test_a_sku_changed_to_one_that_is_taken_is_refused(app: Flask) -> None:
    """Also when only the case differs."""
    (mug,) = a_product("BLUE-MUG")
    a_product("RED-MUG")

    with pytest.raises(SkuTaken), transaction():
        variant_service.edit_variant(mug, {"sku": "red-mug"}, expected_version=1, by=SYSTEM)


def test_a_product_is_in_stock_while_any_variant_is(app: Flask) -> None:
    """Told by inventory; no version rises, and a repetition says nothing."""
    small, large = a_product("SHIRT-S", "SHIRT-L", title="Shirt", slug="shirt")
    before = len(_facts(CatalogChanged))

    def stock() -> tuple[bool, list[bool]]:
        page = storefront_detail.get_storefront_product("shirt", currency="EUR")
        return page["in_stock"], [v["in_stock"] for v in page["variants"]]

    assert stock() == (False, [False, False])
    for arrived, left, expected in (
        ([small, large], [], (True, [True, True])),
        ([], [small], (True, [False, True])),
        ([], [small], (True, [False, True])),
        ([], [large], (False, [False, False])),
    ):
        with transaction():
            stock_status.update_in_stock(arrived, left)
        assert stock() == expected
    assert len(_facts(CatalogChanged)) - before == 3
    assert admin_detail.get_variant(small)["version"] == 1


def test_two_variants_that_sell_out_at_once_leave_the_product_sold_out(app: Flask) -> None:
    """Without the lock on the product each would see the other still there."""
    for round_number in range(10):
        first, second = a_product(
            f"A-{round_number}", f"B-{round_number}", slug=f"pair-{round_number}"
        )
        with transaction():
            stock_status.update_in_stock([first, second], [])

        def sell_out(variant_id: UUID) -> None:
            with app.app_context(), transaction():
                stock_status.update_in_stock([], [variant_id])

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(sell_out, (first, second)))

        assert (
            storefront_detail.get_storefront_product(f"pair-{round_number}", currency="EUR")[
                "in_stock"
            ]
            is False
        )
        session.rollback()


def test_ten_people_who_take_the_same_sku_leave_one_product(app: Flask) -> None:
    """Without the unique key in the database several would look, see nothing and write."""

    def create(number: int) -> str:
        with app.app_context():
            try:
                a_product("BLUE-MUG", slug=f"mug-{number}")
            except SkuTaken:
                return "taken"
            return "created"

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(create, range(10)))

    assert sorted(answers) == ["created"] + ["taken"] * 9


def test_a_category_that_is_not_there_is_refused(app: Flask) -> None:
    """At creation and when a product moves."""
    with pytest.raises(CategoryNotFound):
        a_product("BLUE-MUG", category_ids=[new_id()])
    mugs = a_category("Mugs")
    (mug,) = a_product("BLUE-MUG", category_ids=[mugs])

    with pytest.raises(CategoryNotFound), transaction():
        product_service.edit_product(
            _product_of(mug), {"category_ids": [new_id()]}, expected_version=2, by=SYSTEM
        )

    assert admin_detail.get_product(_product_of(mug))["category_ids"] == [mugs]
