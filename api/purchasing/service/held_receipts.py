"""Receipts above a limit: what nobody has ordered waits for a second person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.inventory import queries as inventory_queries
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.platform import approvals
from api.platform.approvals import CommandKind
from api.platform.settings import current_settings
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine
from api.purchasing.service.received_lines import Arrived


@dataclass(frozen=True, slots=True)
class HeldReceipt:
    """A receipt as it waits: where it goes, what it is for, and what carries it out later."""

    command_id: UUID
    place: UUID
    order: PurchaseOrder | None
    form: Mapping[str, object]


def must_wait(
    receipt: HeldReceipt,
    arrived: Sequence[tuple[Arrived, int | None]],
    ordered: Mapping[UUID, PurchaseOrderLine],
    *,
    by: Principal,
) -> bool:
    """Hold a receipt of more that nobody has ordered, in units or value, than `by` may alone.

    `arrived` comes with the cost of one unit; without any, a unit counts as much as its price.
    """
    settings = current_settings()
    left = {variant_id: line.quantity - line.received for variant_id, line in ordered.items()}
    units, value, skus = 0, 0, dict[str, None]()
    for one, cost in arrived:
        variant_id = one.variant.variant_id
        expected = min(max(0, left.get(variant_id, 0)), one.units)
        left[variant_id] = left.get(variant_id, 0) - expected
        if one.units > expected:
            if cost is None:
                _, cost = inventory_queries.sku_and_price(variant_id, settings.currency)
            units += one.units - expected
            value += (one.units - expected) * (cost or 0)
            skus[one.variant.sku] = None
    order = receipt.order
    of = f"beyond P-{order.number}" if order is not None else "without a purchase order"
    return approvals.hold(
        CommandKind.RECEIPT,
        receipt.command_id,
        subject_id=order.id if order is not None else receipt.place,
        summary=f"Receive {units} units of {', '.join(skus)} {of}",
        measures={Limit.ADJUST_MAX_UNITS: units, Limit.ADJUST_MAX_VALUE: value},
        permission=Permission.INVENTORY_RECEIVE,
        arguments=receipt.form,
        by=by,
    )
