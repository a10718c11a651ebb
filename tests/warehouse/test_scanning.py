"""What a scanned code is: the same few statements for every kind, each along an index."""

import re
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event

from api.kernel.principal import SYSTEM
from api.platform.db import db, session
from api.scan import queries
from api.scan.errors import CodeUnknown
from tests.support.plans import copied, plans_of
from tests.support.shop import Shop, Staff
from tests.support.stock import level_of

MOST = 3
"""The signed-in person, what the code means, and what is told of that."""


@pytest.fixture
def codes(shop: Shop) -> dict[str, str]:
    """A shop with something of each kind; returns their codes, with what they are of."""
    shop.sells("MUG", 100)
    staff = shop.staff()
    order = shop.an_order(MUG=2)
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 2}
    body = {"carrier": "DHL", "tracking_number": "JD014600000000", "verified_lines": [line]}
    parcel = staff.posts(f"/orders/{order['id']}/ship", body).json
    location_id = staff.gets("/locations").json["data"][0]["id"]
    staff.posts("/bins", {"location_id": location_id, "code": "A1", "barcode": "XBIN1"})
    staff.posts("/bins", {"location_id": location_id, "code": "A2"})
    return {
        "mug": "variant",
        f"O-{order['number']}": "order",
        order["number"]: "order",
        parcel["number"]: "fulfilment",
        "jd0146 0000 0000": "fulfilment",
        "L-A2": "bin",
        "xbin1": "bin",
    }


def statements(staff: Staff, code: str) -> tuple[Any, int]:
    """Scan a code; returns the answer and how many statements it took."""
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        answer = staff.gets(f"/scan/{code}")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return answer, len(said)


def test_each_kind_takes_at_most_three_statements(shop: Shop, codes: dict[str, str]) -> None:
    staff = shop.staff("warehouse")
    for code, kind in codes.items():
        answer, count = statements(staff, code)
        assert (answer.status_code, answer.json.get("kind")) == (200, kind), answer.json
        assert count <= MOST, code
    assert statements(staff, "nothing-like-it")[0].status_code == 404


def test_an_article_is_told_whole_and_wins_over_a_number(shop: Shop, codes: dict[str, str]) -> None:
    order = next(code for code, kind in codes.items() if kind == "order" and code.isdigit())
    shop.sells(order, 5)

    found = shop.staff().gets(f"/scan/{order}").json

    assert (found["kind"], found["variant"]["sku"]) == ("variant", order)
    assert found["variant"]["levels"][0]["on_hand"] == 5
    assert found["label"].startswith(f"{order}: ")
    assert shop.staff().gets(f"/scan/O-{order}").json["kind"] == "order"


def test_no_kind_is_looked_for_row_by_row(shop: Shop, codes: dict[str, str]) -> None:
    """Without the indexes, each scan would read all levels, bins or parcels."""
    n = "lpad(n::text, 8, '0')"
    bins = {"code": f"'B' || {n}", "barcode": f"'L-B' || {n}"}
    copied("bins", session.scalar(db.text("SELECT id FROM bins LIMIT 1")), 3_000, **bins)
    assert level_of(shop.variants["MUG"])

    for code in (*codes, "unknown"):

        def look(code: str = code) -> None:
            with suppress(CodeUnknown):
                queries.resolve(code, SYSTEM)

        assert (
            re.findall(
                r"Seq Scan on (?:bins|stock_levels)\b", plans_of(look, only_without_index=True)
            )
            == []
        ), code
