"""A dry run says what the run will say: for every format, wherever its batches end."""

import csv
import io
import itertools
from typing import Any

import orjson
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.service import dry_run, import_jobs
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.moving import a_woo_file, counts_of, kept, moved_in
from tests.support.sheets import a_file, a_row, a_simple_row

_MARKS = itertools.count()
HANDLES, CODES = st.sampled_from("abcd"), st.sampled_from(["", "1", "2", "3"])


def report(import_id: Any) -> dict[str, Any]:
    """Return all that an import says, without its ids and moments."""
    session.rollback()
    job = imports_queries.get_import(import_id)
    changes = imports_queries.list_changes(import_id, limit=100, cursor=None)["data"]
    problems = imports_queries.list_problems(import_id, limit=100, cursor=None)["data"]
    return {
        "status": job["status"],
        "result": job["result"],
        "changes": [
            (
                one["row"],
                one["slug"],
                one["kind"],
                sorted((f["field"], str(f["before"]), str(f["after"])) for f in one["fields"]),
            )
            for one in changes
        ],
        "problems": [
            (one["row"], one["column"], one["value"], one["reason"], one["consequence"])
            for one in problems
        ],
        "failed": sorted(imports_queries.failed_rows(import_id), key=str),
    }


def tried_and_run(content: bytes, rows_per_batch: int) -> tuple[Any, Any]:
    """Return what a dry run says, and what the run of the same file says then."""
    before, imports_flows.ROWS_PER_BATCH = imports_flows.ROWS_PER_BATCH, rows_per_batch
    try:
        import_id = kept(content, dry_run=True)
        imports_flows.read_import(import_id)
        tried = report(import_id)
        session.rollback()
        with transaction():
            import_jobs.run(import_id, by=SYSTEM)
        imports_flows.read_import(import_id)
        return tried, report(import_id)
    finally:
        imports_flows.ROWS_PER_BATCH = before


@st.composite
def a_shopify_file(draw: st.DrawFn) -> bytes:
    mark = f"s{next(_MARKS)}"
    rows = []
    for _ in range(draw(st.integers(2, 9))):
        handle, sku, barcode = draw(HANDLES), draw(CODES), draw(CODES)
        cells = {
            "variant_sku": f"{mark}-{sku}" if sku else "",
            "variant_barcode": f"{mark}{barcode}" if barcode else "",
            "variant_price": draw(st.sampled_from(["1.00", "2.00", "dear"])),
            "variant_inventory_qty": draw(st.sampled_from(["", "3"])),
            "type": draw(st.sampled_from(["", "Cups", "Mugs"])),
        }
        title = draw(st.sampled_from(["", f"Title {handle}", f"Other {handle}"]))
        size = draw(st.sampled_from(["", "S", "L"]))
        if size:
            rows.append(
                a_row(
                    f"{mark}-{handle}",
                    title,
                    option1_name="Size" if title else "",
                    option1_value=size,
                    **cells,
                )
            )
        else:
            price = cells.pop("variant_price")
            rows.append(a_simple_row(f"{mark}-{handle}", title or "T", price, **cells))
    return a_file(*rows)


@st.composite
def a_woocommerce_file(draw: st.DrawFn) -> bytes:
    mark = f"w{next(_MARKS)}"
    rows = []
    for _ in range(draw(st.integers(2, 8))):
        name, sku, number = draw(HANDLES), draw(CODES), draw(CODES)
        rows.append(
            {
                "ID": f"{mark}{number}" if number else "",
                "Type": "simple",
                "SKU": f"{mark}-{sku}" if sku else "",
                "Name": f"{mark} {name}",
                "Published": "1",
                "GTIN, UPC, EAN, or ISBN": f"{mark}{draw(CODES)}",
                "Stock": draw(st.sampled_from(["", "3"])),
                "Regular price": draw(st.sampled_from(["1", "2", "dear"])),
                "Categories": draw(st.sampled_from(["", "A", "A > B", "B"])),
            }
        )
    return a_woo_file(*rows)


@st.composite
def a_file_of_lines(draw: st.DrawFn) -> bytes:
    mark = f"j{next(_MARKS)}"
    lines = []
    for _ in range(draw(st.integers(2, 8))):
        slug, sku = draw(HANDLES), draw(CODES)
        document: dict[str, Any] = {"slug": f"{mark}-{slug}"}
        if draw(st.booleans()):
            document["title"] = draw(st.sampled_from(["One", "Two"]))
        if draw(st.booleans()):
            document["external_reference"] = f"{mark}:{draw(HANDLES)}"
        if draw(st.booleans()):
            document["version"] = draw(st.integers(1, 2))
        if draw(st.booleans()):
            document["related"] = [f"{mark}-{draw(HANDLES)}"]
        if sku:
            code = {"code": f"{mark}{draw(st.sampled_from('12'))}", "pack_quantity": 1}
            document["variants"] = [
                {
                    "sku": f"{mark}-{sku}",
                    "barcodes": [code],
                    "stock": draw(st.sampled_from([{}, {"MAIN": 2}])),
                    "prices": {"EUR": {"amount": draw(st.sampled_from([100, 200]))}},
                }
            ]
        lines.append(orjson.dumps(document))
    return b"\n".join(lines) + b"\n"


@st.composite
def our_own_file(draw: st.DrawFn) -> bytes:
    mark = f"h{next(_MARKS)}"
    columns = ["slug", "title", "sku", "barcodes", "price EUR", "stock MAIN"]
    for column in ("external_reference", "version", "related", "options", "option_values"):
        if draw(st.booleans()):
            columns.append(column)
    text = io.StringIO()
    sheet = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    sheet.writeheader()
    for _ in range(draw(st.integers(2, 9))):
        sku, code = draw(CODES), draw(CODES)
        row = {
            "slug": f"{mark}-{draw(HANDLES)}",
            "title": draw(st.sampled_from(["", "One", "Two"])),
            "sku": f"{mark}-{sku}" if sku else "",
            "barcodes": f"{mark}{code}*2" if code else "",
            "price EUR": draw(st.sampled_from(["1.00", "2.00", "", "dear"])),
            "stock MAIN": draw(st.sampled_from(["", "2"])),
            "external_reference": draw(st.sampled_from(["", f"{mark}:{draw(HANDLES)}"])),
            "version": draw(st.sampled_from(["", "1", "2"])),
            "related": draw(st.sampled_from(["", f"{mark}-{draw(HANDLES)}"])),
            "options": "Size",
            "option_values": draw(st.sampled_from(["S", "L"])),
        }
        if draw(st.integers(0, 7)):
            sheet.writerow(row)
        else:
            text.write(f'{row["slug"]},"Bad" ,\n')  # its quotes do not fit
    return text.getvalue().encode()


@pytest.mark.parametrize(
    "files",
    [a_shopify_file(), a_woocommerce_file(), a_file_of_lines(), our_own_file()],
    ids=["shopify", "woocommerce", "lines", "ours"],
)
def test_a_dry_run_reports_what_the_run_reports(app: Flask, files: Any) -> None:
    @settings(
        max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(files, st.integers(1, 5))
    def same(content: bytes, rows_per_batch: int) -> None:
        tried, ran = tried_and_run(content, rows_per_batch)
        assert tried == ran, content.decode()

    same()


def test_duplicates_far_apart_are_told_by_the_dry_run(app: Flask) -> None:
    """More than a batch of rows lies between them."""
    rows = [a_simple_row(f"filler-{n}", f"Filler {n}", variant_sku=f"F{n}") for n in range(600)]
    first = a_simple_row("aa", "AA", variant_sku="DUP", variant_barcode="735135370001")
    last = a_simple_row("zz", "ZZ", variant_sku="DUP", variant_barcode="735135370001")

    tried, ran = tried_and_run(a_file(first, *rows, last), imports_flows.ROWS_PER_BATCH)

    assert tried == ran
    assert [row for row, *_ in tried["problems"]] == [603, 603]


def test_a_dry_run_that_was_killed_says_the_same(app: Flask) -> None:
    """It begins again, because what it had taken in was taken back with it."""
    content = a_file(
        a_simple_row("aa", "AA", variant_sku="DUP"), a_simple_row("zz", "ZZ", variant_sku="DUP")
    )
    before, imports_flows.ROWS_PER_BATCH = imports_flows.ROWS_PER_BATCH, 1
    try:
        import_id = kept(content, dry_run=True)

        def dies(read: int, _total: int) -> None:
            if read == 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            imports_flows.read_import(import_id, on_progress=dies)
        imports_flows.read_import(import_id)
    finally:
        imports_flows.ROWS_PER_BATCH = before

    tried = report(import_id)
    assert tried["result"]["products"]["created"] == 2
    assert len(tried["problems"]) == 1


def test_a_code_that_is_everywhere_costs_no_more(app: Flask) -> None:
    """Only the product that has it is taken in again, not all that would like to."""
    rows = [a_simple_row(f"n{n}", f"N {n}", variant_barcode="0000000000000") for n in range(60)]
    asked: list[int] = []
    before = dry_run.DryRun.before

    def counted(self: dry_run.DryRun, batch: Any) -> Any:
        found = before(self, batch)
        asked.append(sum(map(len, found)))
        return found

    rows_before, imports_flows.ROWS_PER_BATCH = imports_flows.ROWS_PER_BATCH, 5
    dry_run.DryRun.before = counted  # type: ignore[method-assign]
    try:
        found = moved_in(a_file(*rows), dry_run=True)
    finally:
        imports_flows.ROWS_PER_BATCH = rows_before
        dry_run.DryRun.before = before  # type: ignore[method-assign]

    assert counts_of(found) == (60, 0, 0, 0)
    assert max(asked) == 1
