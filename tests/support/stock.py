"""Builders that put goods on shelves: `mug = goods("BLUE-MUG", 10)`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.inventory import service as inventory_service
from api.inventory.models import Location, StockLevel, StockMovement
from api.inventory.service import AllocationRequest
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_product

A_WHILE = timedelta(minutes=15)


@dataclass(frozen=True)
class Counters:
    """What a level says of itself."""

    on_hand: int
    allocated: int = 0
    reserved: int = 0


def a_location(code: str = "MAIN", *, priority: int = 100, is_active: bool = True) -> UUID:
    """Have a place that holds goods; opens its own transaction."""
    with transaction():
        return inventory_service.create_location(
            code, code.title(), priority=priority, is_active=is_active, by=SYSTEM
        )


def goods(sku: str, quantity: int, *, at: UUID | None = None, threshold: int | None = None) -> UUID:
    """Sell a new product of which this many lie at one location; returns its variant."""
    (variant_id,) = a_product(sku)
    stocked(variant_id, quantity, at=at, threshold=threshold)
    return variant_id


def stocked(
    variant_id: UUID, quantity: int, *, at: UUID | None = None, threshold: int | None = None
) -> None:
    """Open a level of a variant with so many pieces; opens its own transaction."""
    with transaction():
        inventory_service.set_opening_stock([(variant_id, quantity)], location_id=at, by=SYSTEM)
        if threshold is not None:
            level = level_of(variant_id, at=at)
            inventory_service.set_threshold(level, threshold, expected_version=1, by=SYSTEM)


def demand(quantities: Mapping[UUID, int]) -> list[AllocationRequest]:
    """Ask for goods, one order line per variant."""
    return [
        AllocationRequest(new_id(), variant_id, quantity)
        for variant_id, quantity in quantities.items()
    ]


def allocated(quantities: Mapping[UUID, int], *, cart_id: UUID | None = None) -> UUID:
    """Let a new order have goods, one line per variant; returns the order's id."""
    order_id = new_id()
    with transaction():
        inventory_service.allocate(order_id, demand(quantities), cart_id=cart_id, by=SYSTEM)
    return order_id


def held(quantities: Mapping[UUID, int], *, owner_id: UUID | None = None) -> UUID:
    """Let a cart hold goods for a while; returns the cart's id."""
    owner = owner_id or new_id()
    with transaction():
        inventory_service.reserve(owner, quantities, until=clock.now() + A_WHILE)
    return owner


def level_of(variant_id: UUID, *, at: UUID | None = None) -> UUID:
    """Return the level of a variant, at one location when it has several."""
    levels = select(StockLevel.id).where(StockLevel.variant_id == variant_id)
    if at is not None:
        levels = levels.where(StockLevel.location_id == at)
    return session.scalars(levels).one()


def counters(variant_id: UUID, *, at: UUID | None = None) -> Counters:
    """Read what the level of a variant says now."""
    row = session.execute(
        select(StockLevel.on_hand, StockLevel.allocated, StockLevel.reserved).where(
            StockLevel.id == level_of(variant_id, at=at)
        )
    ).one()
    return Counters(*row)


def journal(variant_id: UUID) -> list[tuple[str, int, int, int, int]]:
    """Read a variant's journal: kind; changes of on hand, allocated, reserved; on hand after."""
    rows = session.execute(
        select(
            StockMovement.kind,
            StockMovement.on_hand_change,
            StockMovement.allocated_change,
            StockMovement.reserved_change,
            StockMovement.on_hand_after,
        )
        .join(StockLevel, StockLevel.id == StockMovement.level_id)
        .where(StockLevel.variant_id == variant_id)
        .order_by(StockMovement.id)
    )
    return [(row[0].value, *row[1:]) for row in rows]


def location_codes() -> list[str]:
    """List the codes of all locations, in the order of preference."""
    return list(session.scalars(select(Location.code).order_by(Location.priority, Location.id)))
