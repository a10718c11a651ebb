"""The verbs of the shelves. Other rooms of the house call these and nothing below them."""

from api.inventory.service.corrections import mark, reconcile
from api.inventory.service.counts import adjust, set_threshold
from api.inventory.service.dispatch import restock, ship, void_shipment
from api.inventory.service.holds import expire_holds, hold, levels_to_sweep, release_hold
from api.inventory.service.many import set_many_thresholds
from api.inventory.service.opening import (
    Shelf,
    Unopened,
    lock_unopened,
    open_stock,
    set_opening_stock,
    take_back_opening,
)
from api.inventory.service.places import (
    create_location,
    default_location,
    edit_location,
    open_level,
)
from api.inventory.service.promises import Demand, allocate, release

__all__ = [
    "Demand",
    "Shelf",
    "Unopened",
    "adjust",
    "allocate",
    "create_location",
    "default_location",
    "edit_location",
    "expire_holds",
    "hold",
    "levels_to_sweep",
    "lock_unopened",
    "mark",
    "open_level",
    "open_stock",
    "reconcile",
    "release",
    "release_hold",
    "restock",
    "set_many_thresholds",
    "set_opening_stock",
    "set_threshold",
    "ship",
    "take_back_opening",
    "void_shipment",
]
