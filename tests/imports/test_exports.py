"""The catalogue as a file: whole, of one moment, for a while, and on after every interruption."""

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import func, select

from api.catalog.models.products import Product
from api.catalog.queries import export_documents
from api.catalog.service import products as product_service
from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.errors import ExportNotFound, ExportNotReady
from api.imports.jobs import forget_old_files, resume_stalled
from api.imports.models import ExportChunk
from api.imports.policy import EXPORTS_KEPT, FileFormat
from api.imports.service import export_jobs, import_jobs
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_product
from tests.support.moving import counts_of, moved_in, moved_out
from tests.support.people import a_customer, a_staff_member
from tests.support.sheets import a_file, a_simple_row, sizes
from tests.support.sql import count_statements
from tests.support.work import drain

URL = "/api/v1/admin/exports"


def _many(count: int) -> None:
    moved_in(a_file(*(a_simple_row(f"p-{n}", f"P {n}", vendor=f"V {n % 2}") for n in range(count))))


def _opened(kind: FileFormat = FileFormat.JSONL, **filters: str) -> Any:
    with transaction():
        return export_jobs.open_export(kind, filters, by=SYSTEM, announce=False)


def test_an_export_is_asked_for_watched_and_fetched(app: Flask) -> None:
    """202 with the address of the job; gzip for those who take it."""
    client, anna = app.test_client(), a_staff_member("manager")
    _many(3)
    asked = client.post(URL, json={"format": "jsonl"}, headers=anna.headers)
    assert asked.status_code == 202
    where = asked.headers["Location"]
    early = client.get(f"{where}/file", headers=anna.headers)
    assert (early.status_code, early.get_json()["code"]) == (409, "export_not_ready")
    drain()

    done = client.get(where, headers=anna.headers).get_json()
    plain = client.get(f"{where}/file", headers={**anna.headers, "Accept-Encoding": "identity"})
    packed = client.get(f"{where}/file", headers={**anna.headers, "Accept-Encoding": "gzip"})

    assert done["status"] == "completed"
    assert done["progress"] == {"products_written": 3, "products_total": 3}
    assert plain.headers["Content-Disposition"] == 'attachment; filename="products.jsonl"'
    assert plain.content_length == done["size_bytes"] == len(plain.data)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert [orjson.loads(line)["slug"] for line in plain.data.splitlines()] == ["p-0", "p-1", "p-2"]
    listed = client.get(f"{URL}?include=total", headers=anna.headers).get_json()
    assert (listed["data"][0]["id"], listed["page"]["total"]) == (done["id"], 1)


@pytest.mark.parametrize(
    ("body", "slugs"),
    [
        ({"status": "draft"}, {"d"}),
        ({"category": "shirts"}, {"a"}),
        ({"vendor": "Kiln"}, {"b"}),
        ({"q": "ocean"}, {"a"}),
        ({}, {"a", "b", "d"}),
    ],
)
def test_filters_choose_what_is_written(app: Flask, body: dict[str, str], slugs: set[str]) -> None:
    """As the staff list's do."""
    moved_in(
        a_file(
            a_simple_row("a", "Ocean", type="Shirts"),
            a_simple_row("b", "Mug", vendor="Kiln"),
            a_simple_row("d", "Draft", published="false"),
        )
    )

    assert {orjson.loads(line)["slug"] for line in moved_out(**body).splitlines()} == slugs


def test_strangers_and_wrong_questions_are_refused(app: Flask) -> None:
    """With a clear answer."""
    client, anna = app.test_client(), a_staff_member("manager")
    assert client.post(URL, json={}).status_code == 401
    assert client.post(URL, json={}, headers=a_customer().headers).status_code == 403
    for body in ({"format": "xml"}, {"status": "gone"}, {"colour": "red"}):
        assert client.post(URL, json=body, headers=anna.headers).status_code == 422
    assert client.get(f"{URL}/{a_product('X')[0]}", headers=anna.headers).status_code == 404


def test_what_shopify_is_given_comes_back_the_same(app: Flask) -> None:
    """By way of their columns."""
    rows = sizes("shirt", "Shirt", "S", "L", vendor="Kiln", tags="a, b", variant_barcode="")
    rows[0] |= {"Image Src": "https://cdn.test/a.jpg", "Image Alt Text": "A", "SEO Title": "Buy"}
    moved_in(a_file(*rows, a_simple_row("mug", "Mug", variant_compare_at_price="20.00")))
    out = moved_out(FileFormat.SHOPIFY, currency="EUR")

    found = moved_in(out)

    assert found["format"] == "shopify"
    assert counts_of(found) == (0, 0, 2, 0)


class _PowerCut(BaseException):
    """The process is gone."""


def test_a_writer_that_dies_is_followed_by_another(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each product is in the file once, and none that came later."""
    _many(25)
    monkeypatch.setattr(imports_flows, "PRODUCTS_PER_PIECE", 10)
    export_id = _opened()

    def cut(written: int, total: int) -> None:
        if written == 20:
            raise _PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(export_jobs, "release_export", lambda *_: None)
        with pytest.raises(_PowerCut):
            imports_flows.write_export(export_id, on_progress=cut)
    session.rollback()
    a_product("LATE")
    session.rollback()
    assert imports_flows.write_export(export_id) is False
    with clock.frozen(clock.now() + import_jobs.LEASE * 2):
        resume_stalled()

    assert imports_queries.get_export(export_id)["status"] == "completed"
    lines = b"".join(imports_queries.export_chunks(export_id)).splitlines()
    assert [orjson.loads(line)["slug"] for line in lines] == [f"p-{n}" for n in range(25)]


def test_each_product_is_of_one_moment(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a snapshot, one that is edited in between would be half old and half new."""
    moved_in(a_file(a_simple_row("mug", "Mug", vendor="Old", image_src="https://cdn.test/o.jpg")))
    product_id = session.scalars(select(Product.id)).one()
    session.rollback()
    export_id = _opened()
    rest = export_documents._add_images_and_variants

    def meanwhile(*args: Any) -> None:
        other = app.app_context()
        with other, transaction():
            product_service.edit_product(
                product_id,
                {"vendor": "New", "images": []},
                expected_version=1,
                by=SYSTEM,
            )
        rest(*args)

    monkeypatch.setattr(export_documents, "_add_images_and_variants", meanwhile)

    imports_flows.write_export(export_id)

    (line,) = b"".join(imports_queries.export_chunks(export_id)).splitlines()
    found = orjson.loads(line)
    assert (found["vendor"], len(found["images"])) == ("Old", 1)


def test_a_cancelled_export_has_no_file(app: Flask) -> None:
    """And cannot be cancelled twice."""
    _many(2)
    export_id = _opened()
    with transaction():
        export_jobs.cancel_export(export_id, by=SYSTEM)

    assert imports_flows.write_export(export_id) is False
    with pytest.raises(ExportNotReady, match="cancelled"):
        imports_queries.exported_file(export_id)
    session.rollback()
    with pytest.raises(InvalidState), transaction():
        export_jobs.cancel_export(export_id, by=SYSTEM)


def test_what_breaks_is_given_up_after_five_times(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not stay "running" for ever."""
    export_id = _opened()

    def broken(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(export_jobs, "write_piece", broken)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            imports_flows.write_export(export_id)
        session.rollback()

    found = imports_queries.get_export(export_id)
    assert (found["status"], found["error"]) == ("failed", "RuntimeError: the disk is full")


def test_files_are_forgotten_when_their_time_is_over(app: Flask) -> None:
    """With their pieces."""
    _many(2)
    export_id = _opened()
    imports_flows.write_export(export_id)
    session.rollback()
    with clock.frozen(clock.now() + EXPORTS_KEPT * 0.9):
        forget_old_files()
    assert imports_queries.get_export(export_id)
    session.rollback()
    with clock.frozen(clock.now() + EXPORTS_KEPT * 1.1):
        forget_old_files()

    with pytest.raises(ExportNotFound):
        imports_queries.get_export(export_id)
    assert session.scalar(select(func.count()).select_from(ExportChunk)) == 0


def test_ninety_products_cost_as_many_statements_as_two(app: Flask) -> None:
    """So many for a piece, not for a product."""
    counts = []
    for count in (2, 90):
        _many(count)
        export_id = _opened(FileFormat.CSV)
        with count_statements() as statements:
            imports_flows.write_export(export_id)
        counts.append(statements.count)
        session.rollback()

    assert counts[0] == counts[1]


def test_a_large_catalogue_is_written_and_fetched_in_pieces(app: Flask) -> None:
    """No more of it in memory than one piece."""
    body = "x" * 20_000
    moved_in(
        a_file(*(a_simple_row(f"p-{n}", f"P {n}", **{"body_(html)": body}) for n in range(1_000)))
    )
    export_id = _opened()
    tracemalloc.start()
    try:
        imports_flows.write_export(export_id)
        size = sum(len(chunk) for chunk in imports_queries.export_chunks(export_id))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size > 20_000_000
    assert peak < 16_000_000


def test_the_command_writes_a_file(app: Flask, tmp_path: Path) -> None:
    """Its format by its name."""
    _many(2)
    for name in ("shop.csv", "shop.jsonl"):
        file = tmp_path / name
        result = app.test_cli_runner().invoke(args=["export-products", str(file)])
        assert result.exit_code == 0, result.output
        assert "2 products" in result.output
    assert (tmp_path / "shop.csv").read_bytes().startswith(b"\xef\xbb\xbfslug,")
    again = app.test_cli_runner().invoke(
        args=["import-products", "--dry-run", str(tmp_path / "shop.jsonl")]
    )
    assert again.exit_code == 0, again.output
    assert "This was a dry run" in again.output
