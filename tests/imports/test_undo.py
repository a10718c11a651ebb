"""What an import did is taken back, but for what somebody has touched since."""

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from api.catalog.events import CatalogChanged
from api.catalog.models.prices import PriceHistoryEntry
from api.catalog.models.products import Product, Variant
from api.catalog.queries import export_documents, storefront_detail, variant_lookup
from api.catalog.service import products as product_service
from api.imports import flows as imports_flows
from api.imports import policy
from api.imports import queries as imports_queries
from api.imports.errors import NothingToUndo
from api.imports.models import Import, ImportChange
from api.imports.service import import_jobs, undo_jobs
from api.inventory import service as inventory_service
from api.inventory.jobs import on_catalog_changed
from api.inventory.models import AdjustReason, StockLevel, StockMovement
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.moving import changes_of, counts_of, kept, moved_in, moved_out, undone
from tests.support.sheets import a_file, a_row, a_simple_row, sizes
from tests.support.stock import counters
from tests.support.threads import at_once
from tests.support.waiting import Held, eventually


def _status(slug: str) -> str | None:
    found = session.scalar(select(Product.status).where(Product.slug == slug))
    session.rollback()
    return found.value if found else None


def _product(slug: str) -> Product:
    found = session.scalars(select(Product).where(Product.slug == slug)).one()
    session.rollback()
    return found


def _find_one_more(level_id: UUID) -> None:
    """Somebody finds a unit that nobody knew of, and puts it there."""
    with transaction():
        inventory_service.adjust(
            level_id,
            change=1,
            on_hand=None,
            expected_on_hand=None,
            reason=AdjustReason.FOUND,
            note=None,
            by=SYSTEM,
        )


def test_created_products_go_and_changed_ones_get_back_what_they_had(app: Flask) -> None:
    """Prices by way of their history, stock by way of the journal."""
    moved_in(a_file(*sizes("shirt", "Shirt", "S", "L", vendor="Kiln")))
    before = moved_out()
    rows = sizes("shirt", "New Shirt", "S", "L", vendor="Forge", variant_price="30.00")
    rows[0] |= {"Image Src": "https://cdn.test/new.jpg", "Tags": "new"}
    found = moved_in(
        a_file(
            *rows,
            a_simple_row("mug", "Mug", variant_inventory_qty="5"),
            a_simple_row("card", "Card", price=""),
        )
    )
    assert counts_of(found) == (2, 1, 0, 0)

    back = undone(found["id"])

    assert back["status"] == "undone"
    undo = back["undo"]
    assert (undo["products_total"], undo["restored"], undo["archived"], undo["removed"]) == (
        3, 1, 1, 1,
    )  # fmt: skip
    assert (undo["conflicts"], undo["stock_taken_back"], undo["stock_left"]) == (0, 1, 0)
    assert (_status("mug"), _status("card"), _status("shirt")) == ("archived", None, "active")
    documents = [line for line in moved_out().splitlines() if b'"slug":"shirt"' in line]
    assert [_plain(line) for line in documents] == [_plain(line) for line in before.splitlines()]
    assert session.scalar(select(func.sum(StockLevel.on_hand))) == 0
    assert session.scalar(select(func.count()).select_from(StockMovement)) == 2
    prices = session.scalars(
        select(PriceHistoryEntry.amount)
        .join(Variant, Variant.id == PriceHistoryEntry.variant_id)
        .where(Variant.sku == "SHIRT-S")
        .order_by(PriceHistoryEntry.since)
    )
    assert list(prices) == [2000, 3000, 2000]


def _plain(line: bytes) -> bytes:
    return re.sub(rb'"version":\d+', b"", line)


def test_what_somebody_changed_since_is_left_alone_and_named(app: Flask) -> None:
    """So is stock that has moved."""
    moved_in(a_file(a_simple_row("cup", "Cup")))
    found = moved_in(
        a_file(
            a_simple_row("cup", "Better Cup"),
            a_simple_row("mug", "Mug", variant_inventory_qty="5"),
            a_simple_row("jar", "Jar", variant_inventory_qty="5"),
        )
    )
    for slug in ("cup", "mug"):
        product = _product(slug)
        with transaction():
            product_service.edit_product(
                product.id, {"vendor": "Ours"}, expected_version=product.version, by=SYSTEM
            )
    level = session.scalars(
        select(StockLevel.id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .where(Variant.sku == "JAR")
    ).one()
    session.rollback()
    _find_one_more(level)

    undo = undone(found["id"])["undo"]

    assert (undo["conflicts"], undo["archived"], undo["stock_left"]) == (2, 1, 1)
    assert undo["stock_taken_back"] == 0
    assert _product("cup").title == "Better Cup"
    assert (_status("mug"), _status("jar")) == ("active", "archived")
    told = {
        change["slug"]: (change["undone"], change["undo_note"])
        for change in changes_of(found["id"])
    }
    assert told["cup"][0] == "conflict"
    assert "Somebody changed it since" in told["mug"][1]
    assert "moved since" in told["jar"][1]


def test_undone_twice_is_undone_once(app: Flask) -> None:
    """Whoever asks, however often."""
    found = moved_in(a_file(a_simple_row("mug", "Mug", variant_inventory_qty="5")))

    first, second = undone(found["id"]), undone(found["id"])

    assert first == second
    assert session.scalar(select(func.count()).select_from(StockMovement)) == 2


def test_dry_runs_and_old_imports_cannot_be_undone(app: Flask) -> None:
    """They say why."""
    dry = moved_in(a_file(a_simple_row("mug", "Mug")), dry_run=True)
    old = moved_in(a_file(a_simple_row("mug", "Mug")))
    with pytest.raises(NothingToUndo, match="dry run"), transaction():
        undo_jobs.request_undo(dry["id"], by=SYSTEM)
    with (
        clock.frozen(clock.now() + policy.UNDO_KEPT * 2),
        pytest.raises(NothingToUndo, match="30 days"),
        transaction(),
    ):
        undo_jobs.request_undo(old["id"], by=SYSTEM)


def test_a_mended_file_brings_back_what_the_undo_put_away(app: Flask) -> None:
    """What the shop archived itself stays in the archive."""
    content = a_file(a_simple_row("mug", "Mug"), a_simple_row("cup", "Cup"))
    found = moved_in(content)
    undone(found["id"])
    assert _status("mug") == "archived"

    again = moved_in(content)

    assert (_status("mug"), _status("cup")) == ("active", "active")
    assert counts_of(again) == (0, 2, 0, 0)
    with transaction():
        product_service.archive_product(_product("mug").id, expected_version=None, by=SYSTEM)
    moved_in(content)
    assert (_status("mug"), _status("cup")) == ("archived", "active")


class _PowerCut(BaseException):
    """The process is gone."""


def test_a_mended_file_that_is_undone_as_well_leaves_the_archive_as_it_was(app: Flask) -> None:
    """With the price of the first file: what it brought back goes away again."""
    first = moved_in(a_file(a_simple_row("mug", "Mug", "9.99")))
    undone(first["id"])
    before = moved_out()
    second = moved_in(a_file(a_simple_row("mug", "Mug", "12.00")))
    assert _status("mug") == "active"

    undone(second["id"])

    assert _status("mug") == "archived"
    assert _plain(moved_out()) == _plain(before)


@pytest.mark.parametrize("is_edited", [False, True])
def test_imports_are_taken_back_one_after_the_other(app: Flask, is_edited: bool) -> None:
    """The last one first; what somebody changed in between stays as it is."""
    first = moved_in(a_file(*sizes("shirt", "Shirt", "S", "L"), a_simple_row("mug", "Mug")))
    dearer = sizes("shirt", "Dear Shirt", "S", "L", "XL", variant_price="30.00")
    second = moved_in(a_file(*dearer, a_simple_row("mug", "Mug", "19.00")))
    third = moved_in(a_file(a_simple_row("mug", "Mug", "29.00")))
    for later in (third, second):
        assert undone(later["id"])["undo"]["conflicts"] == 0
    if is_edited:
        product = _product("mug")
        with transaction():
            product_service.edit_product(
                product.id, {"vendor": "Ours"}, expected_version=product.version, by=SYSTEM
            )

    undo = undone(first["id"])["undo"]

    assert (undo["archived"], undo["conflicts"]) == ((1, 1) if is_edited else (2, 0))
    assert _status("shirt") == "archived"
    assert _status("mug") == ("active" if is_edited else "archived")


def test_an_undo_that_dies_is_gone_on_with_by_another_worker(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is taken back twice, and nothing is forgotten."""
    rows = [a_simple_row(f"p-{n}", f"P {n}", variant_inventory_qty="3") for n in range(12)]
    found = moved_in(a_file(*rows))
    monkeypatch.setattr(undo_jobs, "UNDONE_AT_ONCE", 5)
    whole, done = undo_jobs.undo_batch, 0

    def undo_batch(*args: object, **kwargs: object) -> bool:
        nonlocal done
        is_more = whole(*args, **kwargs)  # type: ignore[arg-type]
        done += 1
        if done == 2:
            raise _PowerCut
        return is_more

    with transaction():
        undo_jobs.request_undo(found["id"], by=SYSTEM)
    with monkeypatch.context() as patch:
        patch.setattr(undo_jobs, "undo_batch", undo_batch)
        patch.setattr(undo_jobs, "release_undo", lambda _: None)
        with pytest.raises(_PowerCut):
            imports_flows.undo_import(found["id"])
    assert imports_queries.get_import(found["id"])["undo"]["archived"] == 5
    session.rollback()
    assert imports_flows.undo_import(found["id"]) is False
    with clock.frozen(clock.now() + import_jobs.LEASE * 2):
        assert imports_flows.undo_import(found["id"]) is True

    back = imports_queries.get_import(found["id"])
    assert (back["status"], back["undo"]["archived"]) == ("undone", 12)
    assert back["undo"]["stock_taken_back"] == 12
    assert session.scalar(select(func.count()).select_from(StockMovement)) == 24


def test_variants_that_a_file_added_go_off_sale(app: Flask) -> None:
    """Their prices are in the history, so they stay as rows."""
    moved_in(a_file(*sizes("shirt", "Shirt", "S")))
    found = moved_in(a_file(*sizes("shirt", "Shirt", "S", "L", variant_inventory_qty="2")))

    undo = undone(found["id"])["undo"]

    assert (undo["restored"], undo["conflicts"]) == (1, 0)
    variant = variant_lookup.find_variant("SHIRT-L")
    assert variant is not None
    assert (
        storefront_detail.get_storefront_product("shirt", currency="EUR")["variants"][-1]["price"]
        is None
    )
    assert counters(variant.variant_id).on_hand == 0


def test_what_can_be_undone_is_forgotten_after_a_while(app: Flask) -> None:
    """The counts stay."""
    found = moved_in(a_file(a_simple_row("mug", "Mug"), a_row("bad", option1_value="x")))
    with transaction():
        session.execute(update(Import).values(finished_at=clock.now() - policy.UNDO_KEPT * 2))
    with transaction():
        assert import_jobs.purge_imports() is False

    assert session.scalar(select(func.count()).select_from(ImportChange)) == 0
    assert session.scalar(text("SELECT count(*) FROM import_failed_rows")) == 0
    assert counts_of(imports_queries.get_import(found["id"])) == (1, 0, 0, 1)


def _on_hand(sku: str) -> int:
    variant = variant_lookup.find_variant(sku)
    assert variant is not None
    return counters(variant.variant_id).on_hand


def test_a_mended_file_opens_the_stock_that_an_undo_took_back(app: Flask) -> None:
    """However often, and for products that the shop had before too."""
    moved_in(a_file(a_simple_row("cup", "Cup")))
    for quantity in ("5", "8"):
        found = moved_in(
            a_file(
                a_simple_row("mug", "Mug", variant_inventory_qty=quantity),
                a_simple_row("cup", "Cup", variant_inventory_qty=quantity),
            )
        )
        assert found["result"]["stock_opened"] == 2
        assert (_on_hand("MUG"), _on_hand("CUP")) == (int(quantity), int(quantity))
        fields = [field for one in changes_of(found["id"]) for field in one["fields"]]
        assert {
            "field": "variants.CUP.stock.MAIN",
            "before": None,
            "after": int(quantity),
        } in fields
        undo = undone(found["id"])["undo"]
        assert (undo["stock_taken_back"], undo["stock_left"]) == (2, 0)
        assert (_on_hand("MUG"), _on_hand("CUP")) == (0, 0)


def test_what_was_counted_after_an_undo_is_not_opened_again(app: Flask) -> None:
    """The warehouse knows better than a file."""
    content = a_file(a_simple_row("mug", "Mug", variant_inventory_qty="5"))
    undone(moved_in(content)["id"])
    variant = variant_lookup.find_variant("MUG")
    assert variant is not None
    level = session.scalars(
        select(StockLevel.id).where(StockLevel.variant_id == variant.variant_id)
    ).one()
    session.rollback()
    with transaction():
        inventory_service.adjust(
            level,
            change=None,
            on_hand=2,
            expected_on_hand=0,
            reason=AdjustReason.COUNT,
            note=None,
            by=SYSTEM,
        )

    assert moved_in(content)["result"]["stock_opened"] == 0
    assert _on_hand("MUG") == 2


def test_a_dry_run_after_an_undo_opens_nothing(app: Flask) -> None:
    """It tells what would be opened, and leaves the shelf."""
    content = a_file(a_simple_row("mug", "Mug", variant_inventory_qty="5"))
    undone(moved_in(content)["id"])

    found = moved_in(content, dry_run=True)

    assert found["result"]["stock_opened"] == 1
    assert _on_hand("MUG") == 0
    assert _status("mug") == "archived"


def test_stock_reaches_the_empty_shelves_that_the_shop_made(app: Flask) -> None:
    """Prices came first, and a worker has given each new variant a shelf since."""
    moved_in(a_file(a_simple_row("mug", "Mug")))
    with transaction():
        on_catalog_changed([CatalogChanged(slugs=("mug",))])

    found = moved_in(a_file(a_simple_row("mug", "Mug", variant_inventory_qty="5")))

    assert found["result"]["stock_opened"] == 1
    assert _on_hand("MUG") == 5


def test_who_imports_again_and_who_counts_queue(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the file held the product first, each would wait for what the other has."""
    content = a_file(a_simple_row("mug", "Mug", variant_inventory_qty="5"))
    undone(moved_in(content)["id"])
    import_id = kept(content)
    level = session.scalars(select(StockLevel.id)).one()
    session.rollback()
    before, lock = Held(), export_documents.lock_products

    def held(*names: Any) -> list[UUID]:
        found = lock(*names)
        before.stand()
        return found

    monkeypatch.setattr("api.imports.service.apply_batch.lock_products", held)

    def imports() -> bool:
        return imports_flows.read_import(import_id)

    def counts() -> bool:
        before.wait()
        _find_one_more(level)
        return True

    def looks_on() -> bool:
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        eventually(lambda: session.scalar(waiting), what="who counts waits for the shelf")
        before.let_go()
        return True

    outcomes = at_once(app, [imports, counts, looks_on])

    assert (outcomes.errors, outcomes.results) == ([], [True] * 3)
    assert _on_hand("MUG") == 6
