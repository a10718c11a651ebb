"""A dry run reads everything, changes nothing, and tells what would change."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from api.catalog.models.products import Product
from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.errors import NotADryRun
from api.imports.formats.csv_reader import WHY
from api.imports.service import import_jobs
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.moving import (
    changes_of,
    counts_of,
    failed_file_of,
    moved_in,
    moved_out,
    problems_of,
)
from tests.support.sheets import a_file, a_row, a_simple_row, sizes

_COUNTED = (
    *("products", "variants", "variant_prices", "categories", "stock_levels", "stock_movements"),
    *("price_history", "product_images", "old_slugs"),
)


def _shop() -> list[Any]:
    """Return how many rows there are of everything, and what the products say."""
    counts = [session.scalar(text(f"SELECT count(*) FROM {table}")) for table in _COUNTED]
    session.rollback()
    return [*counts, moved_out()]


def _told() -> int:
    """Return how many facts of the catalogue there are."""
    found = session.scalar(
        text("SELECT count(*) FROM facts WHERE name ~ '^(Catalogue|Product|Price)'")
    )
    session.rollback()
    return found or 0


def test_nothing_is_written_and_all_is_told(app: Flask) -> None:
    """New, changed field by field, and how many stay; then it is run for good."""
    moved_in(a_file(*sizes("shirt", "Shirt", "S", "L"), a_simple_row("cup", "Cup")))
    before, told = _shop(), _told()
    rows = sizes("shirt", "Shirt", "S", "L", variant_inventory_qty="5", type="Shirts")
    rows[1]["Variant Price"] = "30.00"
    content = a_file(
        *rows,
        a_simple_row("cup", "Cup"),
        a_simple_row("mug", "Mug", variant_inventory_qty="5"),
        a_row("bad", option1_value="x"),
    )

    found = moved_in(content, dry_run=True)

    assert (found["is_dry_run"], found["status"]) == (True, "completed")
    assert counts_of(found) == (1, 1, 1, 1)
    assert _shop() == before
    assert _told() == told
    shirt, mug = changes_of(found["id"])
    assert (shirt["slug"], shirt["kind"], mug["slug"], mug["kind"]) == (
        "shirt", "changed", "mug", "created",
    )  # fmt: skip
    fields = {one["field"]: (one["before"], one["after"]) for one in shirt["fields"]}
    assert fields["product_type"] == ("", "Shirts")
    assert fields["variants.SHIRT-L.prices"] == (
        {"EUR": {"amount": 2000, "compare_at": None}},
        {"EUR": {"amount": 3000, "compare_at": None}},
    )
    assert len(problems_of(found)) == 1
    session.rollback()
    with transaction():
        import_jobs.run(found["id"], by=SYSTEM)
    imports_flows.read_import(found["id"])
    ran = imports_queries.get_import(found["id"])
    assert (ran["is_dry_run"], counts_of(ran)) == (False, (1, 1, 1, 1))
    assert set(session.scalars(select(Product.slug))) == {"shirt", "cup", "mug"}
    session.rollback()
    with pytest.raises(NotADryRun), transaction():
        import_jobs.run(found["id"], by=SYSTEM)


def test_the_file_of_a_dry_run_is_forgotten_after_a_while(app: Flask) -> None:
    """Then it is to be handed in again."""
    found = moved_in(a_file(a_simple_row("mug", "Mug")), dry_run=True)
    with clock.frozen(clock.now() + import_jobs.LEASE * 10_000):
        with transaction():
            import_jobs.purge_imports()
        with pytest.raises(NotADryRun), transaction():
            import_jobs.run(found["id"], by=SYSTEM)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_failed_rows_come_back_as_they_were(app: Flask, separator: str) -> None:
    """To the letter, with a reason at the end; mended, they are read like any file."""
    shirt = sizes("shirt", 'Shirt "Ocean", soft', "S", "L", "XL", variant_price=" 12.50 ")
    shirt[1]["Variant Price"] = "dear"
    content = a_file(
        *shirt,
        a_row("orphan", option1_value="S", variant_price="5"),
        a_row("orphan", option1_value="L", variant_price="5"),
        separator=separator,
        line_end="\r\n",
        mark=True,
    )
    found = moved_in(content)

    handed_back = failed_file_of(found["id"])
    session.rollback()

    lines = handed_back.decode().split("\r\n")
    assert lines[0].endswith(f"{separator}{WHY}")
    original = content.decode("utf-8-sig").split("\r\n")
    assert len(lines) == 5
    assert lines[1].startswith(original[2])
    assert "Write an amount such as 12.50" in lines[1]
    nameless, named = f"orphan{separator}{separator}", f"orphan{separator}Orphan{separator}"
    mended = handed_back.replace(b"dear", b"13").replace(nameless.encode(), named.encode(), 1)
    again = moved_in(mended)
    assert WHY not in again["result"]["ignored_columns"]
    assert counts_of(again, "variants")[0] >= 1


def test_a_handle_far_apart_is_told_as_it_would_land(app: Flask) -> None:
    """Its later rows know the product only from the earlier ones, which a dry run has not kept."""
    shirt = sizes("shirt", "Shirt", "S", "L")
    found = moved_in(a_file(shirt[0], a_simple_row("mug", "Mug"), shirt[1]), dry_run=True)

    assert problems_of(found) == []


def test_products_that_come_in_parts_are_counted_as_they_would_land(app: Flask) -> None:
    """Pictures that stand apart change one; what is described once more is not created twice."""
    shirt = sizes("shirt", "Shirt", "S", "M")
    content = a_file(
        shirt[0],
        a_simple_row("mug", "Mug"),
        a_row("mug", image_src="https://cdn.test/mug.jpg"),
        a_simple_row("cup", "Cup"),
        {**shirt[1], "Title": "Shirt", "Option1 Name": "Size"},
        a_row("cup", image_src="https://cdn.test/cup.jpg"),
    )

    tried, done = moved_in(content, dry_run=True), moved_in(content)

    assert counts_of(tried) == counts_of(done) == (3, 2, 0, 0)
    assert counts_of(tried, "variants") == counts_of(done, "variants") == (4, 0, 0, 0)
