"""Each index of the catalogue serves the question it was made for, among thousands of rows."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from api.catalog.queries import (
    admin_list,
    storefront_detail,
    storefront_list,
    storefront_navigation,
    variant_lookup,
)
from api.catalog.queries import redirects as redirect_queries
from api.catalog.queries.filters import ProductFilter
from api.catalog.service import products as product_service
from api.catalog.service.denormalization import refresh_price_ranges
from api.catalog.service.feed_merge import FeedMerge, FeedProduct
from api.catalog.service.inputs import ProductInput, VariantInput
from api.kernel.ids import new_id
from api.platform.db import db, session, transaction
from tests.support.catalogue import a_category
from tests.support.emptying import empty_everything
from tests.support.plans import plans_of, refresh_statistics, tables_read_whole

PRODUCTS = 4_000

_FILL = """
    INSERT INTO products (id, version, created_at, slug, title, description, status, vendor,
        product_type, tags, options, in_stock, search_title, search_words, search_body,
        external_reference, category_id)
    SELECT ids.id, 1, now(), 'product-' || n, 'Product ' || n, '',
        CASE WHEN n % 10 = 0 THEN 'draft' ELSE 'active' END,
        '', '', '[]', '[]', true, 'product ' || n, 'sku' || n,
        CASE WHEN n % 500 = 0 THEN 'rare' ELSE 'common' END, 'elsewhere:' || n, :category
    FROM unnest(:ids) WITH ORDINALITY AS ids(id, n);
    INSERT INTO variants (id, version, created_at, product_id, sku, barcode, option_values, title,
        weight_grams, tax_class, position, in_stock)
    SELECT p.id, 1, now(), p.id, 'SKU-' || p.slug, 'B' || p.slug, '[]', '', 0, 'standard', 0, true
    FROM products p;
    INSERT INTO barcodes (code, code_key, variant_id, pack_quantity, position)
    SELECT barcode, barcode, id, 1, 0 FROM variants;
    INSERT INTO price_history (id, variant_id, currency, amount, since)
    SELECT gen_random_uuid(), v.id, 'EUR', day, now() - day * interval '1 day'
    FROM variants v, generate_series(1, 5) AS day;
    INSERT INTO variant_prices (variant_id, currency, amount)
    SELECT id, 'EUR', 100 + (hashtext(sku) % 1000 + 1000) FROM variants;
    INSERT INTO product_images (id, product_id, url, alt, position)
    SELECT id, id, 'https://img.test/' || slug, '', 0 FROM products;
    INSERT INTO category_members (category_id, product_id, is_direct, position)
    SELECT :category, id, true, length(slug) FROM products WHERE slug LIKE '%77';
    INSERT INTO category_members (category_id, product_id, is_direct, position)
    SELECT c.id, p.id, true, length(p.slug) FROM products p
    JOIN categories c ON c.slug = 'other-' || (substr(p.slug, 9)::int % 300);
    INSERT INTO category_members (category_id, product_id, is_direct, position)
    SELECT c.id, p.id, true, 0 FROM products p, categories c WHERE c.slug = 'everything';
    INSERT INTO collections (id, slug, title, description, seo_title, seo_description, kind, match,
        rules, sort, is_visible, version, created_at)
    VALUES (:category, 'gifts', 'Gifts', '', '', '', 'manual', 'all', '[]', 'position', true, 1,
        now());
    INSERT INTO collection_members (collection_id, product_id, position)
    SELECT :category, id, length(slug) FROM products WHERE slug LIKE '%33';
    INSERT INTO collections (id, slug, title, description, seo_title, seo_description, kind, match,
        rules, sort, is_visible, version, created_at)
    SELECT id, 'all-' || slug, name, '', '', '', 'manual', 'all', '[]', 'position', true, 1, now()
    FROM categories WHERE slug LIKE 'other-%';
    INSERT INTO collection_members (collection_id, product_id, position)
    SELECT c.id, p.id, length(p.slug) FROM products p
    JOIN collections c ON c.slug = 'all-other-' || (substr(p.slug, 9)::int % 300);
    INSERT INTO search_words (word, products, edits)
    SELECT translate(n::text, '0123456789', 'abcdefghij') || 'product', n,
        ARRAY[translate(n::text, '0123456789', 'abcdefghij') || 'product']
    FROM generate_series(1, 30000) AS n;
    INSERT INTO translations (subject_id, language, kind, texts)
    SELECT id, 'de', 'product', '{"title": "Ding"}' FROM products;
    INSERT INTO old_slugs (kind, slug, subject_id)
    SELECT 'product', 'former-' || slug, id FROM products;
    UPDATE products SET in_stock = false WHERE slug NOT LIKE '%5';
    INSERT INTO attributes (id, version, created_at, code, name, kind, unit, is_filterable,
        is_visible, position)
    VALUES (:category, 1, now(), 'width', 'Width', 'number', 'cm', true, true, 0);
    INSERT INTO product_attributes (product_id, attribute_id, value, number)
    SELECT id, :category, to_jsonb(length(slug)), length(slug) FROM products;
    INSERT INTO traits (kind, key, label)
    SELECT 'vendor', 'maker ' || n, 'Maker ' || n FROM generate_series(1, 500) AS n;
    UPDATE products SET traits = ARRAY[(SELECT t.id FROM traits t WHERE t.key = 'maker ' ||
        (1 + substr(products.slug, 9)::int % 500))];
"""


@pytest.fixture(scope="module")
def crowd(bare_app: Flask) -> Iterator[list[UUID]]:
    """A shop of thousands, with statistics as a running one has them; nobody changes it."""
    with bare_app.app_context():
        empty_everything()
        yield _filled()
        session.rollback()


def _filled() -> list[UUID]:
    mugs = a_category("Mugs")
    a_category("Everything")
    for number in range(300):
        a_category(f"Other {number}", below=mugs if number % 2 else None)
    ids = [new_id() for _ in range(PRODUCTS)]
    with transaction():
        for statement in _FILL.split(";\n"):
            if statement.strip():
                bound = {"ids": [str(i) for i in ids], "category": str(mugs)}
                session.execute(
                    text(
                        statement.replace(":ids", "CAST(:ids AS uuid[])").replace(
                            ":category", "CAST(:category AS uuid)"
                        )
                    ),
                    {k: v for k, v in bound.items() if f":{k}" in statement},
                )
        refresh_price_ranges(ids)
    refresh_statistics()
    return ids


# Tables of a few rows here, which are read whole because that is quicker.
_SMALL = {
    *("attributes", "attribute_choices", "product_attributes", "product_types"),
    *("product_type_attributes", "categories", "collections", "traits", "sweep_attempts"),
}


def _listed(**query: Any) -> Callable[[], Any]:
    how = ("sort", "languages", "with_facets", "with_total")
    wanted = {name: query.pop(name) for name in [*query] if name not in how}
    return lambda: storefront_list.list_storefront_products(
        ProductFilter(currency="EUR", **wanted), limit=20, **query
    )


def _at_the_desk(**query: Any) -> Callable[[], Any]:
    return lambda: admin_list.list_products(currency="EUR", **query)


_QUESTIONS: list[tuple[str, str, Callable[[], Any]]] = [
    ("newest", "ix_products_newest", _listed()),
    ("by name", "ix_products_by_name", _listed(sort="name")),
    ("by price", "ix_product_price_ranges_by_price", _listed(sort="price")),
    ("by price down", "ix_product_price_ranges_by_price", _listed(sort="-price")),
    ("of a category", "pk_category_members", _listed(category="mugs")),
    ("of a category in order", "ix_category_members_in_order",
     _listed(category="mugs", sort="position")),
    ("of a large category by price", "ix_product_price_ranges_by_price",
     _listed(category="everything", sort="price")),
    ("of a large category by name", "ix_products_by_name",
     _listed(category="everything", sort="name")),
    ("of a collection", "ix_collection_members_in_order", _listed(collection="gifts")),
    ("in stock", "ix_products_newest_in_stock", _listed(in_stock=True)),
    ("of a maker", "ix_products_traits", _listed(vendor=("Maker 77",))),
    ("which maker", "uq_traits_kind_key", _listed(vendor=("Maker 77",))),
    ("in other words", "pk_translations", _listed(languages=("de",))),
    ("facets", "pk_product_price_ranges", _listed(category="mugs", with_facets=True)),
    ("facets of numbers", "pk_product_attributes", _listed(category="mugs", with_facets=True)),
    ("facets of a search", "ix_products_search", _listed(q="rare", with_facets=True)),
    ("how many are found", "ix_products_search", _listed(q="rare", with_total=True)),
    ("a typo", "ix_search_words_edits", _listed(q="abproducd")),
    ("words begun", "pk_search_words",
     lambda: storefront_list.autocomplete("abproduc", currency="EUR", limit=5)),
    ("an old address", "pk_old_slugs",
     lambda: redirect_queries.resolve_slug("product", "former-product-1711")),
    ("rare words", "ix_products_search", _listed(q="rare")),
    ("words of titles", "ix_products_search_titles", _listed(q="1711")),
    ("words of makers and tags", "ix_products_search_heads", _listed(q="common")),
    ("a code", "ix_products_search", _listed(q="sku1711")),
    ("a page", "uq_products_slug",
     lambda: storefront_detail.get_storefront_product("product-1711", currency="EUR")),
    ("its variants", "uq_variants_product_id_option_values",
     lambda: storefront_detail.get_storefront_product("product-1711", currency="EUR")),
    ("its pictures", "uq_product_images_product_id_url",
     lambda: storefront_detail.get_storefront_product("product-1711", currency="EUR")),
    ("a category", "uq_categories_slug",
     lambda: storefront_navigation.get_storefront_category("other-17")),
    ("a scan by SKU", "uq_variants_sku_key",
     lambda: variant_lookup.find_variant("sku-product-1711")),
    ("a scan by barcode", "uq_barcodes_code_key",
     lambda: variant_lookup.find_variant("Bproduct-1711")),
    ("what is due on the shelf", "ix_products_to_publish", product_service.due_to_publish),
    ("staff's newest", "pk_products", _at_the_desk()),
    ("staff's drafts", "ix_products_off_the_shelf", _at_the_desk(status="draft")),
    ("staff's by name", "ix_products_by_name", _at_the_desk(sort="name")),
    ("staff's of a maker", "ix_products_traits", _at_the_desk(vendor="Maker 77")),
    ("staff's of a category", "pk_category_members", _at_the_desk(category="mugs")),
    ("staff's of a large category by name", "ix_products_by_name",
     _at_the_desk(category="everything", sort="name")),
    ("staff's of a collection", "pk_collection_members", _at_the_desk(collection="gifts")),
    ("staff's rare words", "ix_products_search", _at_the_desk(q="rare")),
    ("staff's code", "ix_products_search", _at_the_desk(q="sku1711")),
    ("an external reference", "uq_products_external_reference",
     _at_the_desk(external_reference="elsewhere:1711")),
]  # fmt: skip


def test_questions_are_answered_from_their_index(crowd: list[UUID]) -> None:
    """And no table of thousands is read from beginning to end."""
    plan = plans_of(lambda: variant_lookup.offers(crowd[2_000:2_005], "EUR"))
    for index in ("pk_variants", "pk_products", "pk_variant_prices"):
        assert index in plan, plan
    assert tables_read_whole(plan) - _SMALL == set(), plan
    # So few that it is not quicker to read all of these small tables.
    chosen = _at_the_desk(ids=crowd[2_000:2_010], expand={"variants"}, limit=100)
    of_products = [
        ("staff's chosen products", "pk_products"),
        ("their variants", "uq_variants_product_id_option_values"),
        ("their prices", "pk_variant_prices"),
        ("their barcodes", "ix_barcodes_variant_id"),
    ]
    for name, index, ask in [*_QUESTIONS, *((*one, chosen) for one in of_products)]:
        plan = plans_of(ask)
        assert index in plan, f"{name}: {index} is not used\n{plan}"
        scanned = tables_read_whole(plan) - _SMALL
        assert not scanned, f"{name} reads all of {scanned}\n{plan}"


def test_a_small_category_is_sorted_and_not_looked_for_along_the_whole_shop(
    crowd: list[UUID],
) -> None:
    """What is in few places of an order is a thousand rows apart in it."""
    for ask, whole in (
        (_listed(category="other-17", sort="price"), "ix_product_price_ranges_by_price"),
        (_listed(category="other-17", sort="name"), "ix_products_by_name"),
        (_at_the_desk(category="other-17", sort="name"), "ix_products_by_name"),
    ):
        plan = plans_of(ask)
        assert "category_members" in plan
        assert whole not in plan, plan


def test_arrivals_find_what_is_known_by_reference_slug_and_code(crowd: list[UUID]) -> None:
    """A file of a hundred thousand rows asks this for every batch."""
    drafts = [
        ProductInput(
            title="P",
            slug=f"product-{n}",
            external_reference=f"elsewhere:{n}",
            variants=(VariantInput(sku=f"sku-product-{n}", barcode=f"Bproduct-{n}"),),
        )
        for n in range(2_000, 2_010)
    ]

    plan = plans_of(lambda: FeedMerge([FeedProduct(draft) for draft in drafts]))

    for index in (
        "uq_products_external_reference",
        "uq_products_slug",
        "uq_variants_product_id_option_values",
        "uq_variants_sku_key",
        "uq_barcodes_code_key",
        "ix_barcodes_variant_id",
        "pk_variant_prices",
        "uq_product_images_product_id_url",
    ):
        assert index in plan, f"{index}\n{plan}"
    # Nothing is related to anything here: the table is empty.
    assert tables_read_whole(plan) - _SMALL - {"product_relations"} == set(), plan


def test_what_refers_to_a_row_is_found_when_that_row_goes(crowd: list[UUID]) -> None:
    """Without these, removing one category or picture would read whole tables."""
    by_index = {
        "ix_products_category_id": "SELECT 1 FROM products WHERE category_id = :id",
        "ix_category_members_product_id": "SELECT 1 FROM category_members WHERE product_id = :id",
        "ix_variants_image_id": "SELECT 1 FROM variants WHERE image_id = :id",
        "ix_categories_parent_id": "SELECT 1 FROM categories WHERE parent_id = :id",
    }
    with db.engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for index, statement in by_index.items():
            rows = connection.execute(text(f"EXPLAIN {statement}"), {"id": new_id()})
            assert index in "\n".join(row[0] for row in rows)


def test_everything_below_a_category_is_one_range_of_paths(crowd: list[UUID]) -> None:
    """The slugs from the root are in byte order."""
    with db.engine.connect() as connection:
        rows = connection.execute(
            text("EXPLAIN SELECT id FROM categories WHERE path LIKE 'other-17/%'")
        )
        assert "uq_categories_path" in "\n".join(row[0] for row in rows)
