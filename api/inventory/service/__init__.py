"""Writes of the inventory. Other packages call these functions and nothing below them."""

from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.models import AdjustReason, BinColour, BinKind, MovementKind
from api.inventory.service.adjustments import adjust, adjust_as_held, adjust_lot
from api.inventory.service.allocation_changes import change_allocations
from api.inventory.service.allocations import AllocationRequest, allocate, release
from api.inventory.service.back_orders import variants_to_serve
from api.inventory.service.bins import assign_tote, create_bin, edit_bin
from api.inventory.service.bulk_thresholds import set_many_thresholds
from api.inventory.service.expectations import expected_at
from api.inventory.service.level_settings import edit_level, set_threshold
from api.inventory.service.locations import (
    create_location,
    default_location,
    edit_location,
    open_level,
    set_location_reference,
)
from api.inventory.service.locks import lock_levels
from api.inventory.service.lots import (
    LotLabel,
    LotsOnTheirWay,
    assign_lot,
    check_lot,
    edit_lot,
    lots_to_stop,
    open_lots,
    stop_lot,
)
from api.inventory.service.missing_units import back_order_missing, release_missing
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
from api.inventory.service.returned_lots import lot_that_came_back
from api.inventory.service.served_back_orders import serve_back_orders
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
    "BinColour",
    "BinKind",
    "BinMove",
    "LotLabel",
    "LotsOnTheirWay",
    "MovementKind",
    "OpeningLevel",
    "StockChange",
    "UnopenedLevels",
    "adjust",
    "adjust_as_held",
    "adjust_lot",
    "allocate",
    "assign_lot",
    "assign_tote",
    "back_order_missing",
    "change_allocations",
    "change_state",
    "change_stock",
    "check_lot",
    "create_bin",
    "create_location",
    "default_location",
    "edit_bin",
    "edit_level",
    "edit_location",
    "edit_lot",
    "expected_at",
    "expire_reservations",
    "levels_to_sweep",
    "lock_levels",
    "lock_unopened",
    "lot_that_came_back",
    "lots_to_stop",
    "mark_stock_status",
    "move_units",
    "open_level",
    "open_lots",
    "open_stock",
    "reconcile",
    "release",
    "release_missing",
    "release_reservation",
    "reserve",
    "restock",
    "revert_opening_stock",
    "serve_back_orders",
    "set_location_reference",
    "set_many_thresholds",
    "set_opening_stock",
    "set_threshold",
    "ship",
    "stop_lot",
    "variants_to_serve",
    "void_shipment",
]
