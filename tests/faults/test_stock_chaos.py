"""Random receipts, moves, allocations, shipments, counts, transfers under kill -9: all adds up."""

import os
import time
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.purchasing import service as purchasing_service
from tests.faults import stock_chaos
from tests.inventory.test_lots import kept_in_lots
from tests.support import chance
from tests.support.books import differences
from tests.support.stock import a_location, goods

OPERATIONS = int(os.environ.get("STOCKROOM_STOCK_OPERATIONS", "20000"))
SECONDS = float(os.environ.get("STOCKROOM_STOCK_SECONDS", "10"))
"""As many of the operations as fit: what a slow machine does not get to is told."""
SKUS = ("SC-MUG", "SC-JUG", "SC-TEA", "SC-OIL")
TRACKED = ("SC-TEA", "SC-OIL")
BACK_ORDERED = ("SC-JUG", "SC-TEA")
LIMIT = 12
OF_ORDERS = {"movement-causes", "allocation-lines", "lots-of-parcels", "shipped-in-journal"}
"""Invariants that ask for the orders themselves, which this has none of."""


WAITING = "SELECT sum(back_ordered) FROM stock_levels GROUP BY variant_id"


def allow_back_orders(variant_ids: list[UUID]) -> None:
    """Let orders wait for up to LIMIT units of each."""
    with transaction():
        session.execute(
            text(
                "UPDATE variants SET back_orders = 'allow', back_order_limit = :limit"
                " WHERE id = ANY(:ids)"
            ),
            {"limit": LIMIT, "ids": variant_ids},
        )


def test_stock_adds_up_whatever_was_killed(app: Flask) -> None:
    seed = chance.seed()
    places = [a_location("MAIN", priority=1), a_location("ANNEX", priority=2)]
    variants = {sku: goods(sku, 60, at=places[0]) for sku in SKUS}
    for sku in TRACKED:
        kept_in_lots(variants[sku])
    allow_back_orders([variants[sku] for sku in BACK_ORDERED])
    cost: dict[str, Any] = {"pack_quantity": 1}
    with transaction():
        supplier = purchasing_service.create_supplier(
            {"name": "Potter", "currency": "EUR"}, by=SYSTEM
        )
        for variant_id in variants.values():
            session.execute(
                text(
                    "INSERT INTO supplier_items (id, created_at, supplier_id, variant_id,"
                    " pack_quantity, unit_cost, is_preferred) VALUES"
                    " (gen_random_uuid(), now(), :supplier, :variant, :pack_quantity, 333, true)"
                ),
                {"supplier": supplier, "variant": variant_id, **cost},
            )
    opened = stock_chaos.open_shop(SKUS, TRACKED, variants, places)

    began = time.monotonic()
    outcome = stock_chaos.run(app, opened, seed=seed, operations=OPERATIONS, patience=SECONDS)

    print(f"{time.monotonic() - began:.0f} s, {outcome.in_words()}")
    assert outcome.failures == []
    assert all(units <= LIMIT for units in session.scalars(text(WAITING)))
    assert outcome.kills > 3, "hardly anything was killed"
    assert outcome.done.total() > 100, "hardly anything happened"
    wrong = [one for one in differences() if one.partition(":")[0] not in OF_ORDERS]
    assert wrong == []
