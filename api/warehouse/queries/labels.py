"""The labels of bins and products, and the sheet of commands."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.catalog.models.products import Product, Variant
from api.documents.labels import Label
from api.inventory.models import Bin
from api.platform.bulk_sql import any_of
from api.platform.db import session

MOST_BINS: Final = 200
COMMANDS: Final = (
    ("!OK", "Enter"),
    ("!UNDO", "Undo (F9)"),
    ("!SEND", "Send (F10)"),
    ("!HOME", "Home (F2)"),
    ("!BACK", "Back (Esc)"),
    *((f"!QTY{n}", f"{n} units of the next scan") for n in (2, 3, 5, 10, 12, 24)),
    ("!MOVE", "Move the chosen units"),
    ("!COUNT", "Count this bin"),
    ("!RECEIVE", "Receive (F6)"),
    ("!END", "End a transfer that differs"),
    ("!PUTAWAY", "Put away"),
    ("!REPLENISH", "Replenish"),
    ("!COUNTS", "Counts"),
    ("!LOW", "Low stock"),
    ("!STOCK", "Stock"),
    ("!ORDERS", "Orders"),
    ("!PICK", "Pick (F4)"),
    ("!DONE", "Finish the batch"),
    ("!SHORT", "Units are not there"),
    ("!SKIP", "Come to it last"),
    ("!FULL", "The tote is full"),
    ("!PARK", "Park the batch"),
    ("!LOGOUT", "Sign out"),
)
"""What the console reads as keys: a scanner alone works every screen."""


def labels(
    *,
    kind: str,
    ids: Sequence[UUID] | None,
    location_id: UUID | None,
    zone: str | None,
    copies: int,
    at: frozenset[UUID] | None = None,
) -> list[Label]:
    """Return the labels of bins (at most 200) or variants, or of the commands that are scanned."""
    if kind == "commands":
        found = [Label(code, title) for code, title in COMMANDS]
    elif kind == "products":
        rows = session.execute(
            select(Variant.sku, Variant.barcode, Product.title)
            .join(Product, Product.id == Variant.product_id)
            .where(any_of(Variant.id, ids or []))
            .order_by(Variant.sku_key)
        )
        found = [Label(row.barcode or row.sku, row.sku, row.title) for row in rows]
    else:
        chosen = [] if ids is None else [any_of(Bin.id, ids)]
        chosen += [] if location_id is None else [Bin.location_id == location_id]
        chosen += [] if zone is None else [Bin.zone == zone]
        chosen += [] if at is None else [any_of(Bin.location_id, at)]
        rows = session.execute(
            select(Bin.barcode, Bin.code, Bin.kind, Bin.zone)
            .where(Bin.is_active, *chosen)
            .order_by(Bin.pick_sequence, Bin.code)
            .limit(MOST_BINS)
        )
        found = [
            Label(row.barcode, row.code, " ".join(filter(None, (row.zone, row.kind))))
            for row in rows
        ]
    return [label for label in found for _ in range(copies)]
