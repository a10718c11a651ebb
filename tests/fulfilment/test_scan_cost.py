"""A scan costs the same however much is in the stock: by its statements, and by its indexes."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from api.inventory import service as inventory_service
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.purchasing.test_receiving import placed
from tests.support.plans import copied, plans_of
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.stock import a_location, stocked

EAN = "5901234123457"
MANY = 4_000


def codes_of(shop: Shop, staff: Staff, sku: str) -> dict[str, str]:
    """Have one of each kind that is scanned in the stockroom; returns a code for each."""
    with transaction():
        place = inventory_service.default_location()
        inventory_service.create_bin(place, f"{sku}-BIN", by=SYSTEM)
    order = placed(staff, (sku, 12, 450))
    transfer = staff.posts(
        "/transfers",
        {"from_location": "MAIN", "to_location": "ANNEX", "lines": [{"code": sku, "quantity": 1}]},
    )
    assert transfer.status_code == 201, transfer.json
    return {
        "variant": sku,
        "case": f"]C1010{EAN}10A1",
        "bin": f"L-{sku}-BIN",
        "purchase_order": order["number"],
        "transfer": transfer.json["number"],
    }


@pytest.fixture
def codes(shop: Shop) -> dict[str, str]:
    """A shop with two places, a mug in one of them, and a code of each kind."""
    mug = shop.sells("MUG", 5)
    a_location("ANNEX", priority=200)
    stocked(mug, 3, at=a_location("THIRD", priority=300))
    staff = shop.staff()
    staff.posts("/barcodes", {"sku": "MUG", "code": EAN, "pack_quantity": 12})
    return codes_of(shop, staff, "MUG")


def asked(staff: Staff, code: str) -> Callable[[], Any]:
    return lambda: staff.gets("/scan", code=code)


def test_each_kind_is_found_by_as_many_statements_however_much_there_is(
    shop: Shop, codes: dict[str, str]
) -> None:
    staff = shop.staff()
    staff.gets("/scan", code="MUG")  # what a process reads once

    def statements() -> dict[str, int]:
        counts = {}
        for kind, code in codes.items():
            with count_statements() as seen:
                assert staff.gets("/scan", code=code).json["kind"] in (kind, "variant")
            counts[kind] = len(seen)
        return counts

    few = statements()
    for number in range(5):
        shop.sells(f"JUG-{number}", 4)
        stocked(shop.variants["MUG"], 1, at=a_location(f"PLACE-{number}"))
        codes_of(shop, staff, f"JUG-{number}")
    order = staff.gets("/purchase-orders").json["data"][-1]
    assert order["number"] == codes["purchase_order"]

    assert statements() == few
    assert max(few.values()) <= 12, few


def test_each_kind_is_found_along_its_index(shop: Shop, codes: dict[str, str]) -> None:
    ids = {
        table: session.execute(text(f"SELECT id FROM {table} ORDER BY id LIMIT 1")).scalar_one()
        for table in ("variants", "bins", "purchase_orders", "transfers", "stock_levels")
    }
    copied("variants", ids["variants"], MANY, sku="'COPY-' || n", barcode="NULL",
           option_values="to_jsonb(ARRAY['copy ' || n])")  # fmt: skip
    with transaction():
        session.execute(
            text(
                "INSERT INTO stock_levels (id, created_at, version, variant_id, location_id,"
                " on_hand, allocated, reserved, below_threshold) SELECT gen_random_uuid(), now(),"
                " 1, v.id, p.id, 5, 0, 0, false FROM variants v, locations p"
                " ON CONFLICT DO NOTHING"
            )
        )
        session.execute(
            text(
                "INSERT INTO barcodes (code, code_key, variant_id, pack_quantity, position)"
                " SELECT 'C-' || sku, 'C-' || sku, id, 1, 0 FROM variants"
            )
        )
    copied("bins", ids["bins"], MANY, code="'B-' || n", barcode="'L-B-' || n")
    number = "1000000 + n"
    copied("purchase_orders", ids["purchase_orders"], MANY, number=number)
    copied("transfers", ids["transfers"], MANY, number=number)
    with transaction():
        session.execute(text("ANALYZE stock_levels, barcodes, variants, products"))

    staff = shop.staff()
    plans = {
        kind: plans_of(asked(staff, code), only_without_index=True) for kind, code in codes.items()
    }

    for kind, plan in plans.items():
        for table in ("variants", "barcodes", "stock_levels", "bins", "purchase_orders",
                      "transfers", "orders"):  # fmt: skip
            assert f"Seq Scan on {table} " not in plan, (kind, plan)
