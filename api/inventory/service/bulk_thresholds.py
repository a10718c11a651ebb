"""Bulk update of low-stock thresholds."""

from uuid import UUID

from sqlalchemy import select, tuple_

from api.inventory.errors import LevelNotFound
from api.inventory.models import Location, StockLevel
from api.inventory.service.level_settings import set_threshold
from api.kernel.principal import Principal
from api.platform.bulk_request import Batch, Done, Row
from api.platform.db import require_transaction


def set_many_thresholds(batch: Batch, *, by: Principal) -> dict[str, object]:
    """Set the thresholds at which levels count as low; returns the result of each row.

    A row names its level by `id`, or by `variant_id` and the code of its `location`. Locks all of
    them first, in id order, so that batches over the same levels wait instead of deadlocking.
    """
    by_location = _ids_of(batch)
    level_ids = [*by_location.values(), *(row["id"] for row in batch.rows if "id" in row)]
    require_transaction().execute(
        select(StockLevel.id)
        .where(StockLevel.id.in_(level_ids))
        .order_by(StockLevel.id)
        .with_for_update()
    )

    def act(row: Row) -> Done:
        level_id = row.get("id") or by_location.get((row["variant_id"], row["location"]))
        if level_id is None:
            raise LevelNotFound(variant_id=row["variant_id"], location=row["location"])
        version = set_threshold(
            level_id, row["low_stock_threshold"], expected_version=row.get("version"), by=by
        )
        return Done(level_id, version)

    return batch.carry_out(act)


def _ids_of(batch: Batch) -> dict[tuple[UUID, str], UUID]:
    """Look up the levels that are named by variant and location, in one statement."""
    pairs = [(row["variant_id"], row["location"]) for row in batch.rows if "id" not in row]
    if not pairs:
        return {}
    rows = require_transaction().execute(
        select(StockLevel.variant_id, Location.code, StockLevel.id)
        .join(Location, Location.id == StockLevel.location_id)
        .where(tuple_(StockLevel.variant_id, Location.code).in_(pairs))
    )
    return {(row.variant_id, row.code): row.id for row in rows}
