"""Two parcels of two orders in one box: locked together, and their scanned units told apart."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.fulfilment import queries, service
from api.fulfilment.models import Fulfilment
from api.inventory import service as inventory_service
from api.orders import service as orders_service
from api.orders.service import Order


def lock_packed(fulfilment_id: UUID, *, moves_stock: bool = True) -> list[tuple[Order, Fulfilment]]:
    """Lock the orders of a box by id, their parcels, and the stock levels of two orders by id.

    The parcel that was asked for comes first. One that left the box meanwhile, because its order
    was cancelled, is not returned.
    """
    before = queries.packed_together(fulfilment_id)
    orders = {one: orders_service.lock(one) for one in sorted({row.order_id for row in before})}
    packed = [
        (orders[row.order_id], service.lock(row.id))
        for row in sorted(queries.packed_together(fulfilment_id), key=lambda row: row.id)
    ]
    if moves_stock and len(packed) > 1:
        variants = {line.variant_id for order, _ in packed for line in order.lines}
        inventory_service.lock_levels(variants)
    return sorted(packed, key=lambda one: one[1].id != fulfilment_id)


def own_units(
    packed: Sequence[tuple[Order, Fulfilment]], verified: Mapping[UUID, int]
) -> list[dict[UUID, int]]:
    """Divide verified units by the parcels that hold their lines; unknown ones stay with the first.

    So they are refused as those of a single parcel are.
    """
    lines = [{line.order_line_id for line in parcel.lines} for _, parcel in packed]
    others = set().union(*lines[1:])
    return [
        {line: units for line, units in verified.items()
         if line in own or (at == 0 and line not in others)}
        for at, own in enumerate(lines)
    ]  # fmt: skip
