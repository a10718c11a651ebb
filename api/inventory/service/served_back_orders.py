"""Units that became available while not all levels of their variant were locked."""

from uuid import UUID

from api.inventory.service import back_orders, journal, locks
from api.kernel.principal import Principal


def serve_back_orders(variant_id: UUID, *, by: Principal) -> bool:
    """Allocate units of a variant that can be sold to the order lines that wait for them.

    Needed after expired reservations were released, and after a location was opened. Locks all
    levels of the variant. Returns whether anything was allocated; repeating changes nothing.
    """
    levels = locks.lock({variant_id})
    entries = back_orders.allocate_arrived(levels, {})
    journal.write_entries(levels, entries, by=by, serves=False)
    return bool(entries)
