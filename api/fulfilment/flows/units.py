"""Which units of an order can be put into a parcel, and what came of those that it waited for."""

from collections.abc import Mapping
from uuid import UUID

from api.fulfilment import queries
from api.inventory import queries as inventory_queries
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.orders import service as orders_service
from api.orders.errors import NothingToShip, QuantityExceedsOpen
from api.orders.service import Order


def note_arrived(order_id: UUID, *, by: Principal) -> None:
    """Write into an order's history that units came that it had waited for."""
    order = orders_service.lock(order_id)
    left = sum(inventory_queries.waiting_units(order_id).values())
    rest = f"{counted(left, 'unit')} still back-ordered." if left else "All its units are here."
    text = f"Goods came that were back-ordered. {rest}"
    orders_service.add_event(order.id, "back_order_allocated", text, by=by)


def unclaimed_units(order: Order, requested: Mapping[UUID, int] | None) -> dict[UUID, int]:
    """Check the requested units against those open, in stock and in no other open parcel."""
    quantities = orders_service.open_quantities(order, requested)
    claimed = queries.claimed_units(order.id)
    waiting = inventory_queries.waiting_units(order.id)
    if not claimed and not waiting:
        return quantities
    free = {
        line.id: line.open_quantity - claimed.get(line.id, 0) - waiting.get(line.id, 0)
        for line in order.lines
    }
    if requested is None:
        quantities = {line_id: units for line_id, units in free.items() if units > 0}
        if not quantities:
            if waiting and not claimed:
                raise NothingToShip(
                    f"{counted(sum(waiting.values()), 'unit')} of the order are back-ordered: they"
                    " ship once they have come."
                )
            raise NothingToShip(
                "All open units of the order are in parcels being packed: ship or cancel those."
            )
        return quantities
    too_many = [
        {
            "pointer": f"/lines/{position}/quantity",
            "code": QuantityExceedsOpen.code,
            "detail": f"{units} requested, {max(0, free[line_id])} open and in no other parcel"
            + (f"; {waiting[line_id]} wait for stock." if line_id in waiting else "."),
        }
        for position, (line_id, units) in enumerate(quantities.items())
        if units > free[line_id]
    ]
    if too_many:
        raise QuantityExceedsOpen(errors=too_many)
    return quantities
