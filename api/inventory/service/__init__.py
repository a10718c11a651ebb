"""Writes of the inventory. Other packages call these functions and nothing below them."""

from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.models import AdjustReason, BinKind, MovementKind
from api.inventory.service.adjustments import adjust, adjust_as_held
from api.inventory.service.allocations import AllocationRequest, allocate, release
from api.inventory.service.bins import create_bin, edit_bin
from api.inventory.service.bulk_thresholds import set_many_thresholds
from api.inventory.service.expectations import expected_at
from api.inventory.service.level_settings import edit_level, set_threshold
from api.inventory.service.locations import (
    create_location,
    default_location,
    edit_location,
    open_level,
)
from api.inventory.service.opening_stock import (
    OpeningLevel,
    UnopenedLevels,
    lock_unopened,
    open_stock,
    revert_opening_stock,
    set_opening_stock,
)
from api.inventory.service.reconciliation import mark_stock_status, reconcile
from api.inventory.service.reservations import (
    expire_reservations,
    levels_to_sweep,
    release_reservation,
    reserve,
)
from api.inventory.service.shipments import restock, ship, void_shipment
from api.inventory.service.stock_changes import (
    BinMove,
    StockChange,
    change_state,
    change_stock,
    move_units,
)

__all__ = [
    "MAX_QUANTITY",
    "AdjustReason",
    "AllocationRequest",
    "BinKind",
    "BinMove",
    "MovementKind",
    "OpeningLevel",
    "StockChange",
    "UnopenedLevels",
    "adjust",
    "adjust_as_held",
    "allocate",
    "change_state",
    "change_stock",
    "create_bin",
    "create_location",
    "default_location",
    "edit_bin",
    "edit_level",
    "edit_location",
    "expected_at",
    "expire_reservations",
    "levels_to_sweep",
    "lock_unopened",
    "mark_stock_status",
    "move_units",
    "open_level",
    "open_stock",
    "reconcile",
    "release",
    "release_reservation",
    "reserve",
    "restock",
    "revert_opening_stock",
    "set_many_thresholds",
    "set_opening_stock",
    "set_threshold",
    "ship",
    "void_shipment",
]
