"""The dashboard figures."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, ScalarSelect, Uuid, func, literal, select, true

from api.fulfilment.models import Fulfilment
from api.inventory import queries as inventory_queries
from api.inventory.models import StockLevel
from api.kernel import clock
from api.kernel.principal import Principal
from api.orders.models import Order
from api.platform import approvals, attention, doctor_runs, health
from api.platform.approvals import WaitingCommand
from api.platform.attention import AttentionItem
from api.platform.backups import records
from api.platform.bulk_sql import any_of
from api.platform.db import AnySelect, session
from api.platform.pagination import TOTAL_CAP
from api.platform.settings import current_settings


def overview(by: Principal) -> dict[str, object]:
    """Return the current dashboard figures; of their locations alone, if `by` is limited to some.

    Each is counted over its own partial index and up to 10,000, so that the cost depends on open
    work and not on the number of past orders. Today begins at midnight UTC.
    """
    is_to_ship = [
        Order.to_ship == true(),
        inventory_queries.has_units(Order.id),
        *_is_at(Order.id, by, is_open=True),
    ]
    levels = [] if by.locations is None else [any_of(StockLevel.location_id, by.locations)]
    unpaid = [Order.expires_at.is_not(None), *_is_at(Order.id, by)]
    row = session.execute(
        select(
            _capped(select(Order.id).where(*is_to_ship)).label("to_ship"),
            _capped(select(Order.id).where(*unpaid)).label("unpaid"),
            _capped(select(StockLevel.id).where(StockLevel.below_threshold, *levels)).label(
                "low_stock"
            ),
            _capped(
                select(Fulfilment.id).where(
                    Fulfilment.shipped_at >= _midnight(),
                    Fulfilment.voided_at.is_(None),
                    *_is_at(Fulfilment.order_id, by),
                )
            ).label("shipped_today"),
            _capped(select(WaitingCommand.id).where(*approvals.is_open(by))).label(
                "awaiting_approval"
            ),
            select(Order.placed_at)
            .where(*is_to_ship)
            .order_by(Order.placed_at, Order.id)
            .limit(1)
            .scalar_subquery()
            .label("oldest_to_ship_at"),
        )
    ).one()
    return {
        **row._mapping,
        "needs_attention": attention.open_count(*_is_at(AttentionItem.order_id, by)),
        "worker": health.worker_state(),
        "doctor": doctor_runs.status_light(),
        "backups": records.state(bool(current_settings().backup_url)),
    }


def _is_at(order_id: object, by: Principal, *, is_open: bool = False) -> list[ColumnElement[bool]]:
    if by.locations is None:
        return []
    at = literal(sorted(by.locations), ARRAY(Uuid))
    return [inventory_queries.is_allocated_at(order_id, at, is_open=is_open)]


def _capped(rows: AnySelect | Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(TOTAL_CAP).subquery()).scalar_subquery()


def _midnight() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
