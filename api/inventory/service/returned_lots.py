"""The lots of units that were shipped once and come back."""

from uuid import UUID

from sqlalchemy import select

from api.catalog.queries import variant_lookup
from api.inventory.errors import LotNotFound, LotNotTracked, LotRequired
from api.inventory.models.lots import Lot
from api.inventory.service.lots import LotLabel
from api.platform.db import require_transaction


def lot_that_came_back(variant_id: UUID, lot: str | None, *, is_needed: bool) -> UUID | None:
    """Find the lot of units that were shipped once and come back.

    Raises `LotNotTracked`, `LotNotFound` where nobody has received the lot, and `LotRequired` for
    an article with lots when none is named although it `is_needed`.
    """
    variant = variant_lookup.variant_labels([variant_id])[variant_id]
    if not variant.lot_tracking:
        if lot is not None:
            raise LotNotTracked(sku=variant.sku)
        return None
    if lot is None:
        if is_needed:
            raise LotRequired(sku=variant.sku)
        return None
    label = LotLabel(variant_id, variant.sku, lot)
    lot_id = require_transaction().scalar(
        select(Lot.id).where(Lot.variant_id == variant_id, Lot.code == label.key[1])
    )
    if lot_id is None:
        raise LotNotFound(f"Nobody has received lot {label.key[1]} of {variant.sku}.")
    return lot_id
