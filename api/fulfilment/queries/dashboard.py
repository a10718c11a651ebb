"""The dashboard figures."""

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, select, true

from api.fulfilment.models import Fulfilment
from api.inventory.models import StockLevel
from api.kernel import clock
from api.orders.models import Order
from api.platform import attention, doctor_runs, health, service_registry
from api.platform.backups import records
from api.platform.db import AnySelect, session
from api.platform.pagination import TOTAL_CAP
from api.platform.settings import Settings


def overview() -> dict[str, Any]:
    """Return the current dashboard figures.

    Each is counted over its own partial index and up to 10,000, so that the cost depends on open
    work and not on the number of past orders. Today begins at midnight UTC.
    """
    is_to_ship = Order.to_ship == true()
    row = session.execute(
        select(
            _capped(select(Order.id).where(is_to_ship)).label("to_ship"),
            _capped(select(Order.id).where(Order.expires_at.is_not(None))).label("unpaid"),
            _capped(select(StockLevel.id).where(StockLevel.below_threshold)).label("low_stock"),
            _capped(
                select(Fulfilment.id).where(
                    Fulfilment.shipped_at >= _midnight(),
                    Fulfilment.voided_at.is_(None),
                )
            ).label("shipped_today"),
            select(Order.placed_at)
            .where(is_to_ship)
            .order_by(Order.placed_at, Order.id)
            .limit(1)
            .scalar_subquery()
            .label("oldest_to_ship_at"),
        )
    ).one()
    return {
        **row._mapping,
        "needs_attention": attention.open_count(),
        "worker": health.worker_state(),
        "doctor": doctor_runs.status_light(),
        "backups": records.state(bool(service_registry.get_service(Settings).backup_url)),
    }


def _capped(rows: AnySelect | Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(TOTAL_CAP).subquery()).scalar_subquery()


def _midnight() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
