"""Reorder rules, and purchase orders from what they suggest."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction
from api.purchasing import queries
from api.purchasing.errors import NothingToReorder, ReorderReversed
from api.purchasing.models import ReorderRule
from api.purchasing.service import locations
from api.purchasing.service.purchase_orders import create_purchase_order


def set_reorder_rule(
    level_id: UUID,
    *,
    minimum: int | None,
    reorder_point: int | None,
    maximum: int | None,
    by: Principal,
) -> None:
    """Say when a level is ordered again and up to how many units; without a point, never.

    The minimum is the level's threshold. Raises `LevelNotFound`, and `ReorderReversed` when the
    three do not rise.
    """
    session = require_transaction()
    given = [one for one in (minimum, reorder_point, maximum) if one is not None]
    if given != sorted(given) or (maximum is not None and maximum == reorder_point):
        raise ReorderReversed
    inventory_queries.level(level_id, at=by.locations)
    inventory_service.set_threshold(level_id, minimum, expected_version=None, by=by)
    if reorder_point is None:
        session.execute(delete(ReorderRule).where(ReorderRule.level_id == level_id))
    else:
        values = {"reorder_point": reorder_point, "maximum": maximum}
        session.execute(
            insert(ReorderRule)
            .values(level_id=level_id, created_at=clock.now(), **values)
            .on_conflict_do_update(constraint="pk_reorder_rules", set_=values)
        )
    audit.record(
        "stock.reorder_rule_set", by=by, subject_id=level_id,
        minimum=minimum, reorder_point=reorder_point, maximum=maximum,
    )  # fmt: skip


def reorder(
    supplier_id: UUID,
    *,
    location_id: UUID | None = None,
    location: str | None = None,
    level_ids: Sequence[UUID] | None = None,
    by: Principal,
) -> UUID:
    """Draft a purchase order of all that should be ordered from a supplier; returns its id.

    With `level_ids` only of these levels: what should not be ordered of them is left out.
    Raises `LocationNotFound`, `NothingToReorder` and what `create_purchase_order` raises.
    """
    place = locations.find(location_id, location, by)
    lines: list[dict[str, object]] = [
        {"code": one["sku"], "quantity": one["order_quantity"]}
        for one in queries.to_order(supplier_id, place, level_ids=level_ids)
    ]
    if not lines:
        raise NothingToReorder
    return create_purchase_order(supplier_id=supplier_id, location_id=place, lines=lines, by=by)
