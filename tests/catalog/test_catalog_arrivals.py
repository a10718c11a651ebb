"""Products that arrive from another shop: stored, renewed, left alone or refused."""

from dataclasses import replace
from typing import Any

from flask import Flask
from sqlalchemy import func, select, text

from api.catalog.events import CatalogChanged, PriceChanged
from api.catalog.models.products import Product, Variant
from api.catalog.queries import admin_detail, admin_list, storefront_detail
from api.catalog.service import bulk_upsert
from api.catalog.service import products as product_service
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import ImageInput, PriceInput, ProductInput, VariantInput
from api.catalog.service.upsert_results import UpsertResult, VariantResult
from api.catalog.states import ProductStatus
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.outbox import OutboxEvent
from tests.support.catalogue import a_category, a_product, money
from tests.support.sql import count_statements

FRONT = "https://img.test/front.jpg"


def _shirt(**changes: Any) -> ProductInput:
    draft = ProductInput(
        title="Shirt",
        slug="shirt",
        external_reference="elsewhere:shirt",
        options=("Size",),
        images=(ImageInput(FRONT),),
        variants=(
            VariantInput(option_values=("S",), sku="S-1", prices=(PriceInput(money("9 EUR")),)),
            VariantInput(option_values=("L",), prices=(PriceInput(money("9 EUR")),)),
        ),
    )
    return replace(draft, **changes)


def _take_in(*drafts: ProductInput, status: str = "active") -> list[UpsertResult]:
    with transaction():
        return bulk_upsert.upsert_feed(
            [FeedProduct(draft, ProductStatus(status)) for draft in drafts], by=SYSTEM
        )


def _outcomes(arrived: UpsertResult) -> tuple[str, list[str]]:
    return arrived.outcome.value, [variant.outcome.value for variant in arrived.variants]


def _counts() -> tuple[int, int, int]:
    return (
        session.scalar(select(func.count()).select_from(Variant)) or 0,
        session.scalar(select(func.sum(Product.version))) or 0,
        session.scalar(select(func.sum(Variant.version))) or 0,
    )


def test_what_is_new_is_stored_and_put_on_the_shelf(app: Flask) -> None:
    """A missing SKU is made."""
    (made,) = _take_in(_shirt())

    assert _outcomes(made) == ("created", ["created", "created"])
    page = storefront_detail.get_storefront_product("shirt", currency="EUR")
    assert [v["sku"] for v in page["variants"]] == ["S-1", "SHIRT-L"]


def test_the_same_description_twice_changes_nothing(app: Flask) -> None:
    """No version, no row, no fact."""
    _take_in(_shirt())
    before, facts = _counts(), session.scalar(select(func.count()).select_from(OutboxEvent))

    (made,) = _take_in(_shirt())

    assert _outcomes(made) == ("unchanged", ["unchanged", "unchanged"])
    assert _counts() == before
    assert session.scalar(select(func.count()).select_from(OutboxEvent)) == facts


def test_what_differs_is_changed_and_told(app: Flask) -> None:
    """Only the variant that differs has a new version."""
    _take_in(_shirt())
    dearer = VariantInput(option_values=("S",), prices=(PriceInput(money("11 EUR")),))

    (made,) = _take_in(_shirt(variants=(dearer, VariantInput(option_values=("XL",)))))

    assert _outcomes(made) == ("changed", ["changed", "created"])
    product = admin_detail.get_product(made.product_id)  # type: ignore[arg-type]
    assert [(v["sku"], v["version"]) for v in product["variants"]] == [
        ("S-1", 2),
        ("SHIRT-L", 1),
        ("SHIRT-XL", 1),
    ]
    assert product["version"] == 2
    (told,) = session.scalars(select(OutboxEvent.body).where(OutboxEvent.name == PriceChanged.name))
    assert (told["before"], told["after"]) == (900, 1100)
    assert admin_list.list_products(currency="EUR", q="shirtxl")["data"] != []


def test_a_new_price_leaves_the_rows_of_the_product_alone(app: Flask) -> None:
    """Its words are the same, and writing them again is what costs most; a new SKU is a word."""
    (made,) = _take_in(_shirt())
    written = text("SELECT xmin::text FROM products WHERE id = :id")
    rows = [session.scalar(written, {"id": made.product_id})]
    for changes in ({"prices": (PriceInput(money("11 EUR")),)}, {"sku": "S-9"}):
        draft = VariantInput(option_values=("S",), **changes)  # type: ignore[arg-type]
        (again,) = _take_in(_shirt(variants=(draft,)))
        assert _outcomes(again) == ("changed", ["changed"])
        rows.append(session.scalar(written, {"id": made.product_id}))

    assert rows[0] == rows[1] != rows[2]
    assert admin_list.list_products(currency="EUR", q="S-9")["data"] != []


def test_what_is_not_said_is_not_erased(app: Flask) -> None:
    """An empty cell knows less than the shop."""
    full = _shirt(
        description="<p>Soft</p>",
        vendor="Kiln",
        tags=("new",),
        variants=(
            VariantInput(
                sku="S-1",
                barcode="123",
                weight_grams=200,
                tax_class="reduced",
                option_values=("S",),
                image_url=FRONT,
                prices=(PriceInput(money("9 EUR")),),
            ),
        ),
    )
    (made,) = _take_in(full)
    product = admin_detail.get_product(made.product_id)  # type: ignore[arg-type]

    (again,) = _take_in(_shirt(images=(), variants=(VariantInput(option_values=("S",)),), title=""))

    assert _outcomes(again) == ("unchanged", ["unchanged"])
    assert admin_detail.get_product(made.product_id) == product  # type: ignore[arg-type]


def _passed_over(variant: VariantResult) -> list[tuple[str, object]]:
    return [(refusal.code, refusal.facts["owner"]) for refusal in variant.passed_over]


def test_a_code_of_another_product_is_passed_over(app: Flask) -> None:
    """The variant lands under a SKU of its own; whose code it is is said."""
    a_product("S-1", slug="other", barcodes=["123"])
    small = VariantInput(option_values=("S",), sku="S-1", barcode="123")

    (made,) = _take_in(_shirt(variants=(small, VariantInput(option_values=("L",)))))

    assert _outcomes(made) == ("created", ["created", "created"])
    landed, large = made.variants
    assert _passed_over(landed) == [("sku_taken", "other"), ("barcode_taken", "other")]
    assert landed.passed_over[0].facts["given"] == "SHIRT-S"
    assert large.passed_over == []
    assert landed.variant_id is not None
    there = admin_detail.get_variant(landed.variant_id)
    assert (there["sku"], there["barcode"]) == ("SHIRT-S", None)


def test_a_known_variant_keeps_its_sku_when_the_one_it_should_get_is_taken(app: Flask) -> None:
    """What else is said of it lands."""
    _take_in(_shirt())
    a_product("S-2", slug="other")
    dearer = VariantInput(option_values=("S",), sku="s-2", prices=(PriceInput(money("12 EUR")),))

    (made,) = _take_in(_shirt(variants=(dearer,)))

    (small,) = made.variants
    assert (small.outcome, _passed_over(small)) == ("changed", [("sku_taken", "other")])
    assert small.variant_id is not None
    assert admin_detail.get_variant(small.variant_id)["sku"] == "S-1"


def test_two_arrivals_with_the_same_code_both_land(app: Flask) -> None:
    """Also within one go, and whatever the case; the first one has the code."""
    twin = VariantInput(option_values=("S",), sku="s-1", barcode=None)

    first, second = _take_in(
        _shirt(), _shirt(slug="twin", external_reference="elsewhere:twin", variants=(twin,))
    )

    assert (first.outcome, second.outcome) == ("created", "created")
    assert first.variants[0].passed_over == []
    assert _passed_over(second.variants[0]) == [("sku_taken", "shirt")]


def test_a_repeated_sku_within_a_product_does_not_rename_the_first(app: Flask) -> None:
    """Nor the second time, when it looks like the same variant with other values."""
    draft = _shirt(
        variants=(
            VariantInput(option_values=("S",), sku="ONE"),
            VariantInput(option_values=("L",), sku="ONE"),
        )
    )

    for expected in ("created", "unchanged"):
        (made,) = _take_in(draft)
        assert _outcomes(made) == (expected, [expected, expected])
        assert [len(variant.passed_over) for variant in made.variants] == [0, 1]


def test_one_sku_for_everything_costs_one_statement_more(app: Flask) -> None:
    """Not one for each variant."""
    counts = []
    for size in (3, 60):
        variants = tuple(VariantInput(option_values=(f"{n}",), sku="ALL") for n in range(size))
        slug = f"shirt-{size}"
        draft = _shirt(slug=slug, external_reference=slug, images=(), variants=variants)
        with count_statements() as statements:
            (made,) = _take_in(draft)
        assert made.outcome == "created"
        counts.append(statements.count)

    assert counts[1] <= counts[0]


def test_a_renamed_value_is_known_by_its_sku(app: Flask) -> None:
    """The variant stays the same one, with its stock and its history."""
    (made,) = _take_in(_shirt())
    (variant_id, _) = (variant.variant_id for variant in made.variants)

    (again,) = _take_in(_shirt(variants=(VariantInput(option_values=("Small",), sku="S-1"),)))

    assert again.variants[0].variant_id == variant_id
    assert admin_detail.get_variant(variant_id)["title"] == "Small"  # type: ignore[arg-type]


def test_a_product_of_our_own_at_the_same_address_is_adopted(app: Flask) -> None:
    """When it has no reference yet; one with another reference is not touched."""
    a_product("S-1", slug="shirt", options=["Size"], option_values=[["S"]])
    a_product("HAT", slug="hat", external_reference="elsewhere:other")

    adopted, refused = _take_in(
        _shirt(), _shirt(slug="hat", external_reference="elsewhere:hat", variants=())
    )

    assert _outcomes(adopted) == ("changed", ["changed", "created"])
    assert (refused.outcome, refused.refusal and refused.refusal.code) == ("refused", "slug_taken")


def test_other_options_than_those_known_are_refused(app: Flask) -> None:
    """It could not be said which of the old variants is meant."""
    _take_in(_shirt())

    (made,) = _take_in(
        _shirt(options=("Size", "Colour"), variants=(VariantInput(option_values=("S", "Blue")),))
    )

    assert made.refusal is not None
    assert made.refusal.code == "options_do_not_fit"


def test_an_unknown_product_needs_a_title(app: Flask) -> None:
    """A known one does not."""
    (made,) = _take_in(_shirt(title=""))

    assert (made.outcome, made.refusal and made.refusal.code) == ("refused", "title_missing")


def test_an_arrival_publishes_but_never_takes_off_the_shelf(app: Flask) -> None:
    """What staff archived stays archived."""
    (made,) = _take_in(_shirt(), status="draft")
    product_id = made.product_id
    assert product_id is not None
    states = []
    for status in ("draft", "active", "draft", "archived"):
        _take_in(_shirt(), status=status)
        states.append(admin_detail.get_product(product_id)["status"])
        session.rollback()
    with transaction():
        product_service.archive_product(product_id, expected_version=None, by=SYSTEM)
    _take_in(_shirt(), status="active")

    assert states == ["draft", "active", "active", "active"]
    assert admin_detail.get_product(product_id)["status"] == "archived"


def test_a_product_is_shelved_once_and_staff_may_move_it(app: Flask) -> None:
    """A category of its own is not overruled."""
    shirts, sale = a_category("Shirts"), a_category("Sale")
    (made,) = _take_in(_shirt(category_ids=(shirts,)))
    product_id = made.product_id
    assert product_id is not None
    with transaction():
        product_service.edit_product(
            product_id, {"category_ids": [sale]}, expected_version=1, by=SYSTEM
        )

    (again,) = _take_in(_shirt(category_ids=(shirts,)))

    assert again.outcome == "unchanged"
    assert admin_detail.get_product(product_id)["category_ids"] == [sale]


def test_two_hundred_products_cost_as_many_statements_as_two(app: Flask) -> None:
    """One per table, whatever comes."""
    counts = []
    for size, base in ((2, 0), (200, 1000)):
        drafts = [
            _shirt(
                slug=f"s-{n}",
                external_reference=f"elsewhere:{n}",
                variants=(
                    VariantInput(option_values=("S",), prices=(PriceInput(money("9 EUR")),)),
                ),
            )
            for n in range(base, base + size)
        ]
        with count_statements() as statements:
            _take_in(*drafts)
        counts.append(statements.count)
        changed = [
            replace(d, variants=(replace(d.variants[0], prices=(PriceInput(money("8 EUR")),)),))
            for d in drafts
        ]
        with count_statements() as statements:
            _take_in(*changed)
        counts.append(statements.count)
        with count_statements() as statements:
            _take_in(*changed)
        counts.append(statements.count)

    # A thousand rows go out in one statement; facts and rows beyond that in a few more.
    assert counts[3] <= counts[0] + 3
    assert counts[4] <= counts[1] + 3
    assert counts[5] == counts[2] <= 12


def test_skus_that_changed_places_stay_where_they_are(app: Flask) -> None:
    """The rest of the same go lands, and no fact is told of what stayed as it was."""
    _take_in(_shirt())
    swapped = _shirt(
        variants=(
            VariantInput(option_values=("S",), sku="SHIRT-L"),
            VariantInput(option_values=("L",), sku="S-1"),
        )
    )

    made, other = _take_in(
        swapped,
        _shirt(slug="b", external_reference="b", variants=(VariantInput(option_values=("M",)),)),
    )

    assert (made.outcome, other.outcome) == ("unchanged", "created")
    assert _outcomes(made) == ("unchanged", ["unchanged", "unchanged"])
    assert [_passed_over(variant) for variant in made.variants] == [[("sku_taken", "shirt")]] * 2
    slugs = [
        slug
        for body in session.scalars(
            select(OutboxEvent.body)
            .where(OutboxEvent.name == CatalogChanged.name)
            .order_by(OutboxEvent.id)
        )
        for slug in body["slugs"]
    ]
    assert slugs == ["shirt", "b"]
