"""Files become products and stock: once, in full, and on after every kind of interruption."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from api.catalog.models.media import ProductImage
from api.catalog.models.navigation import Category
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.queries import (
    admin_detail,
    admin_list,
    storefront_detail,
    storefront_list,
    variant_lookup,
)
from api.catalog.queries.filters import ProductFilter
from api.catalog.service import products as product_service
from api.catalog.service import reindex
from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.errors import ImportNotFound
from api.imports.events import ImportFinished
from api.imports.jobs import resume_stalled
from api.imports.models import Import, ImportChunk
from api.imports.service import apply_batch, import_jobs
from api.inventory.models import StockLevel
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import Base, db, session, transaction
from tests.support.catalogue import a_product
from tests.support.events import facts_of
from tests.support.sheets import a_file, a_row, a_simple_row, sizes
from tests.support.sql import count_statements
from tests.support.stock import counters
from tests.support.work import drain


def _keep(content: bytes, currency: str = "EUR") -> UUID:
    with transaction():
        return import_jobs.open_import(
            [content], filename="shop.csv", currency=currency, by=SYSTEM, announce=False
        )


def _read(content: bytes) -> dict[str, Any]:
    import_id = _keep(content)
    imports_flows.read_import(import_id)
    return imports_queries.get_import(import_id)


def _counts(found: dict[str, Any], what: str = "products") -> tuple[int, int, int, int]:
    counts = found["result"][what]
    return counts["created"], counts["changed"], counts["unchanged"], counts["failed"]


def _problems(found: dict[str, Any]) -> list[tuple[int, str, str]]:
    listed = imports_queries.list_problems(found["id"], limit=100, cursor=None)["data"]
    return [(p["row"], p["column"], p["value"]) for p in listed]


def _rows_of(model: type[Base]) -> list[Any]:
    return [tuple(row) for row in session.execute(select(model.__table__))]


def _variant(sku: str) -> UUID:
    found = variant_lookup.find_variant(sku)
    assert found is not None, sku
    return found.variant_id


def test_a_file_becomes_products_with_options_pictures_and_stock(app: Flask) -> None:
    """On the shelf, in a category named after their type, in stock."""
    picture = "https://cdn.test/shirt.jpg"
    rows = sizes("shirt", "Ocean Shirt", "S", "L", variant_inventory_qty="5")
    rows[0] |= {"Type": "Shirts", "Tags": "blue, new", "Image Src": picture, "Published": "true"}
    rows[1] |= {"Variant Inventory Qty": "0", "Variant SKU": "SHIRT-LARGE"}

    found = _read(a_file(*rows, a_simple_row("mug", "Mug", published="false")))

    assert (found["status"], found["error"]) == ("completed", None)
    assert found["progress"] == {"rows_read": 3, "rows_total": 3}
    assert _counts(found) == (2, 0, 0, 0)
    assert _counts(found, "variants") == (3, 0, 0, 0)
    assert found["result"]["stock_opened"] == 2
    page = storefront_detail.get_storefront_product("shirt", currency="EUR")
    assert page["breadcrumbs"] == [{"slug": "shirts", "name": "Shirts"}]
    assert [(image["url"], image["alt"]) for image in page["images"]] == [(picture, "")]
    assert page["options"] == [{"name": "Size", "values": ["S", "L"]}]
    assert [(v["sku"], v["in_stock"], v["price"]["amount"]) for v in page["variants"]] == [
        ("SHIRT-S", True, 2000),
        ("SHIRT-LARGE", False, 2000),
    ]
    assert counters(_variant("SHIRT-S")).on_hand == 5
    assert admin_list.list_products(currency="EUR", status="draft")["data"][0]["slug"] == "mug"


def test_reading_the_same_file_again_changes_nothing(app: Flask) -> None:
    """No row and no version of the catalogue or the shelves, whatever was wrong in the file."""
    rows = sizes("shirt", "Shirt", "S", "M", "L", variant_inventory_qty="5", type="Shirts")
    rows[1]["Variant Price"] = "dear"
    rows[2]["Variant SKU"] = "TAKEN"
    content = a_file(
        *rows,
        a_simple_row("other", "Other", variant_sku="taken", image_src="https://cdn.test/o.jpg"),
        a_simple_row("", ""),
        a_simple_row("cap", "Cap", variant_inventory_qty="-2", variant_taxable="false"),
    )
    tables = (Category, Product, ProductImage, Variant, VariantPrice, StockLevel)
    first = _read(content)
    before = [_rows_of(table) for table in tables]

    second = _read(content)

    assert [_rows_of(table) for table in tables] == before
    assert _counts(first) == (3, 0, 0, 1)
    assert _counts(second) == (0, 0, 3, 1)
    assert _problems(first) == _problems(second)
    assert (4, "Variant SKU", "TAKEN") not in _problems(first)
    assert (5, "Variant SKU", "taken") in _problems(first)
    assert second["result"]["stock_opened"] == 0


def test_a_changed_file_changes_only_what_differs(app: Flask) -> None:
    """The stock that the warehouse has counted since stays."""
    _read(a_file(*sizes("shirt", "Shirt", "S", "L", variant_inventory_qty="5")))

    rows = sizes("shirt", "Shirt", "S", "L", variant_inventory_qty="50")
    rows[1]["Variant Price"] = "30.00"
    found = _read(a_file(*rows, *sizes("shirt", "", "XL", variant_inventory_qty="8")))

    assert _counts(found) == (0, 1, 0, 0)
    assert _counts(found, "variants") == (1, 1, 1, 0)
    assert [counters(_variant(f"SHIRT-{size}")).on_hand for size in ("S", "L", "XL")] == [5, 5, 8]


def test_problems_name_row_column_value_and_what_would_be_right(app: Flask) -> None:
    """Also those that only the shop can know."""
    a_product("MUG-1", slug="own-mug", barcodes=["111"])
    shirt = sizes("shirt", "Shirt", "S", "M", "L", "L", variant_inventory_qty="4")
    shirt[1] |= {"Variant SKU": "mug-1"}
    shirt[2] |= {"Variant Barcode": "111"}
    found = _read(
        a_file(
            *shirt,
            a_row("orphan", option1_value="S", variant_price="5"),
        )
    )

    listed = imports_queries.list_problems(found["id"], limit=100, cursor=None)["data"]
    assert [(p["row"], p["column"], p["value"], p["consequence"].value) for p in listed] == [
        (3, "Variant SKU", "mug-1", "value_ignored"),
        (4, "Variant Barcode", "111", "value_ignored"),
        (5, "Option1 Value", "L", "row_skipped"),
        (6, "Title", "", "product_skipped"),
    ]
    assert listed[0]["reason"] == (
        "This SKU belongs to own-mug already, and a SKU names one variant:"
        " this one is called SHIRT-M here."
    )
    assert "own-mug" in listed[1]["reason"]
    assert found["result"]["rows_failed"] == 2
    assert _counts(found, "variants") == (3, 0, 0, 1)
    assert [counters(_variant(f"SHIRT-{size}")).on_hand for size in "SML"] == [4, 4, 4]


def test_one_sku_for_everything_still_moves_everything_in(app: Flask) -> None:
    """As many shops do: each variant has its stock and a name, the same in every reading."""
    rows = sizes("shirt", "Shirt", "S", "M", variant_sku="ALL", variant_inventory_qty="3")
    mugs = [
        a_simple_row(f"mug-{n}", f"Mug {n}", variant_sku="all", variant_inventory_qty="2")
        for n in range(3)
    ]
    # A name that is made for one may be what another is really called.
    named = a_simple_row("jar", "Jar", variant_sku="MUG-2")
    content = a_file(named, *rows, *mugs)

    first = _read(content)
    skus = set(session.scalars(select(Variant.sku)))
    second = _read(content)

    assert _counts(first, "variants") == (6, 0, 0, 0)
    assert {"ALL", "SHIRT-M", "MUG-0", "MUG-1", "MUG-2"} < skus
    assert first["result"]["stock_opened"] == 5
    assert _counts(second, "variants") == (0, 0, 6, 0)
    assert set(session.scalars(select(Variant.sku))) == skus
    assert _problems(first) == _problems(second)


def test_rows_that_stand_apart_come_together_in_one_product(app: Flask) -> None:
    """Within one batch and across batches; the second reading changes nothing."""
    shirt = sizes("shirt", "Shirt", "S", "M", "L")
    content = a_file(shirt[0], a_simple_row("mug", "Mug"), shirt[1], shirt[2])

    first, second = _read(content), _read(content)

    page = storefront_detail.get_storefront_product("shirt", currency="EUR")
    assert [v["title"] for v in page["variants"]] == ["S", "M", "L"]
    assert _counts(first) == (2, 1, 0, 0)
    assert _counts(second) == (0, 0, 3, 0)


def test_a_hundred_variants_of_one_handle_are_one_product(app: Flask) -> None:
    """With a hundred pictures."""
    rows = sizes("beads", "Beads", *(f"Colour {n}" for n in range(100)))
    for number, row in enumerate(rows):
        row["Image Src"] = row["Variant Image"] = f"https://cdn.test/{number}.jpg"

    found = _read(a_file(*rows))

    assert _counts(found, "variants") == (100, 0, 0, 0)
    page = storefront_detail.get_storefront_product("beads", currency="EUR")
    assert [v["image_url"] for v in page["variants"]] == [i["url"] for i in page["images"]]


def test_skus_made_for_two_products_that_read_alike_stay_apart(app: Flask) -> None:
    """And stay the same when the file is read again in another order."""
    one, two = sizes("a-b", "One", "C"), sizes("a", "Two", "B C")
    _read(a_file(*one, *two))
    before = set(session.scalars(select(Variant.sku)))

    found = _read(a_file(*two, *one))

    assert _counts(found) == (0, 0, 2, 0)
    assert set(session.scalars(select(Variant.sku))) == before
    assert "A-B-C" in before
    assert len(before) == 2


def test_a_category_is_used_again_however_it_is_written(app: Flask) -> None:
    """What makes the same address is the same category."""
    _read(
        a_file(
            a_simple_row("one", "One", type="T-Shirts"),
            a_simple_row("two", "Two", type="t shirts"),
            a_simple_row("three", "Three", product_category="Apparel > T-Shirts"),
        )
    )

    assert list(session.scalars(select(Category.name))) == ["T-Shirts"]
    wanted = ProductFilter(currency="EUR", category="t-shirts")
    assert len(storefront_list.list_storefront_products(wanted)["data"]) == 3


def test_what_staff_edited_is_overruled_only_by_what_the_file_says(app: Flask) -> None:
    """An empty cell says nothing."""
    _read(a_file(a_simple_row("mug", "Mug", vendor="Kiln")))
    product_id = session.scalars(select(Product.id)).one()
    session.rollback()
    with transaction():
        product_service.edit_product(
            product_id,
            {"description": "Ours", "vendor": "Forge"},
            expected_version=1,
            by=SYSTEM,
        )

    found = _read(a_file(a_simple_row("mug", "Mug", vendor="Kiln")))

    assert _counts(found) == (0, 1, 0, 0)
    product = admin_detail.get_product(product_id)
    assert (product["description"], product["vendor"]) == ("Ours", "Kiln")


def test_a_file_that_breaks_off_in_the_middle_fails_and_keeps_what_it_read(app: Flask) -> None:
    """It says why, and nobody tries it again."""
    found = _read(a_file(a_simple_row("mug", "Müg")) + b"cup,K\xe4nnchen\n")

    assert found["status"] == "failed"
    assert "not text in UTF-8" in found["error"]
    assert facts_of(ImportFinished)[-1].status == "failed"
    with pytest.raises(InvalidState), transaction():
        import_jobs.cancel(found["id"], by=SYSTEM)


def test_the_file_is_thrown_away_when_it_was_read(app: Flask) -> None:
    """Whichever end it took."""
    _read(a_file(a_simple_row("mug", "Mug")))
    _read(b"Handle,Title\nmug,\xff\n")

    assert session.scalar(select(func.count()).select_from(ImportChunk)) == 0


def test_a_large_file_is_kept_in_pieces_and_read_whole(app: Flask) -> None:
    """Also where a piece ends inside of a letter."""
    long_body = "ä" * 150_000
    content = a_file(
        *(a_simple_row(f"p-{n}", f"P {n}", **{"body_(html)": long_body}) for n in range(3))
    )
    import_id = _keep(content)
    assert session.scalar(select(func.count()).select_from(ImportChunk)) == 4
    session.rollback()

    imports_flows.read_import(import_id)

    assert set(session.scalars(select(Product.description))) == {long_body}


class _PowerCut(BaseException):
    """The process is gone; nothing is caught."""


def _cut_after(monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """Let reading die while the batch after so many is being written."""
    taken = 0
    whole = apply_batch.take_batch

    def take_batch(*args: Any, **kwargs: Any) -> None:
        nonlocal taken
        whole(*args, **kwargs)
        taken += 1
        if taken > batches:
            raise _PowerCut

    monkeypatch.setattr(apply_batch, "take_batch", take_batch)
    # A dead process gives nothing back.
    monkeypatch.setattr(import_jobs, "release_claim", lambda *_: None)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports_flows, "ROWS_PER_BATCH", 10)


def _forty() -> bytes:
    rows = []
    for number in range(20):
        rows += sizes(f"shirt-{number}", f"Shirt {number}", "S", "L", variant_inventory_qty="3")
    rows[5]["Variant Price"] = "dear"
    return a_file(*rows)


@pytest.mark.usefixtures("small_batches")
def test_another_reader_goes_on_where_one_died(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was half done is not there, what was done is not done again, and all of it counts."""
    import_id = _keep(_forty())
    with monkeypatch.context() as patch:
        _cut_after(patch, 2)
        with pytest.raises(_PowerCut):
            imports_flows.read_import(import_id)
    half = imports_queries.get_import(import_id)
    assert (half["status"], half["progress"]) == ("running", {"rows_read": 20, "rows_total": 40})
    assert session.scalar(select(func.count()).select_from(Product)) == 10
    session.rollback()

    assert imports_flows.read_import(import_id) is False  # the dead one may still be alive
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        resume_stalled()

    found = imports_queries.get_import(import_id)
    assert found["status"] == "completed"
    assert _counts(found) == (20, 0, 0, 0)
    assert _counts(found, "variants") == (39, 0, 0, 1)
    assert found["result"]["stock_opened"] == 39
    assert _problems(found) == [(7, "Variant Price", "dear")]


@pytest.mark.usefixtures("small_batches")
def test_a_reader_that_was_taken_for_dead_writes_nothing_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise two readers would count the same products."""
    import_id = _keep(_forty())
    whole, others = apply_batch.take_batch, 0

    def take_batch(*args: Any, **kwargs: Any) -> None:
        nonlocal others
        if not others:
            others = 1
            session.execute(update(Import).where(Import.id == import_id).values(reader=new_id()))
        whole(*args, **kwargs)

    monkeypatch.setattr(apply_batch, "take_batch", take_batch)

    imports_flows.read_import(import_id)

    assert imports_queries.get_import(import_id)["progress"]["rows_read"] == 0
    assert session.scalar(select(func.count()).select_from(Product)) == 0


@pytest.mark.usefixtures("small_batches")
def test_a_cancelled_import_stops_after_the_products_it_is_at(app: Flask) -> None:
    """What came in before stays."""
    import_id = _keep(_forty())

    def cancel(read: int, total: int) -> None:
        if read == 10:
            with transaction():
                import_jobs.cancel(import_id, by=SYSTEM)

    imports_flows.read_import(import_id, on_progress=cancel)

    found = imports_queries.get_import(import_id)
    assert (found["status"], found["progress"]["rows_read"]) == ("cancelled", 10)
    assert session.scalar(select(func.count()).select_from(Product)) == 5


@pytest.mark.usefixtures("small_batches")
def test_what_breaks_is_tried_again_and_given_up_after_five_times(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not stay "running" for ever; a batch that gets through begins the count anew."""
    import_id = _keep(_forty())

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(apply_batch, "take_batch", broken)
    states = []
    for _ in range(5):
        with pytest.raises(RuntimeError):
            imports_flows.read_import(import_id)
        states.append(imports_queries.get_import(import_id)["status"].value)
        session.rollback()

    assert states == ["running"] * 4 + ["failed"]
    assert imports_queries.get_import(import_id)["error"] == "RuntimeError: the disk is full"
    session.rollback()
    assert imports_flows.read_import(import_id) is False


def test_a_worker_reads_what_was_handed_in_and_shops_see_it(app: Flask) -> None:
    """The fact wakes the job; stock and shop window follow."""
    with transaction():
        import_id = imports_flows.open_import(
            BytesIO(a_file(a_simple_row("mug", "Mug", variant_inventory_qty="3"))),
            filename="shop.csv",
            currency="EUR",
            by=SYSTEM,
        )

    drain()

    assert imports_queries.get_import(import_id)["status"] == "completed"
    page = app.test_client().get("/api/v1/products/mug").get_json()
    assert (page["in_stock"], page["for_sale"]) == (True, True)


def test_five_hundred_rows_cost_as_many_statements_as_fifty(app: Flask) -> None:
    """One per table and batch, not one per row."""
    counts = []
    for size in (50, 480):
        rows = [
            a_simple_row(f"p-{size}-{n}", f"P {n}", variant_inventory_qty="3", type="Mugs")
            for n in range(size)
        ]
        import_id = _keep(a_file(*rows))
        with count_statements() as statements:
            imports_flows.read_import(import_id)
        counts.append(statements.count)

    assert counts[1] <= counts[0] + 4


def test_an_unknown_import_is_not_found(app: Flask) -> None:
    """Nor its problems."""
    for ask in (
        lambda: imports_queries.get_import(new_id()),
        lambda: imports_queries.list_problems(new_id(), limit=5, cursor=None),
    ):
        with pytest.raises(ImportNotFound):
            ask()


def test_unfinished_imports_and_problems_are_found_by_their_indexes(app: Flask) -> None:
    """Every minute somebody asks for the first; the second may be a hundred thousand rows."""
    asked = {
        "ix_imports_unfinished": "SELECT id FROM imports WHERE status IN ('pending', 'running')"
        " AND heartbeat_at < now()",
        "ix_import_problems_in_order": "SELECT reason FROM import_problems"
        f" WHERE import_id = '{new_id()}' ORDER BY row, id LIMIT 26",
    }
    with db.engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for index, statement in asked.items():
            rows = connection.execute(text(f"EXPLAIN {statement}"))
            plan = "\n".join(row[0] for row in rows)
            assert index in plan, plan
            assert "Sort" not in plan, plan


def test_after_many_rows_the_database_knows_how_many_there_are(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it plans for an empty shop until it looks by itself, minutes later."""
    monkeypatch.setattr(imports_flows, "TELL_PLANNER_AT_ROWS", 40)
    believed = text("SELECT reltuples FROM pg_class WHERE relname = 'variants'")
    with transaction():
        reindex.analyze_tables()
    assert session.scalar(believed) == 0

    _read(_forty())

    assert session.scalar(believed) == 39, "one row was wrong"
