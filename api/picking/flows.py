"""Picking over packages: a short pick makes a count, and may change the order."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from api.fulfilment import queries as fulfilment_queries
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.order_edits import flows as order_edits_flows
from api.order_edits import service as order_edits_service
from api.order_edits.flows import Addition, EditForm, LineChange
from api.orders import service as orders_service
from api.orders.service import OrderLine
from api.picking import queries, service
from api.picking.errors import (
    NoSubstitute,
    PickLineNotFound,
    RestNeedsApproval,
    UnitsInParcel,
)
from api.platform import audit
from api.platform.auth import PermissionMissing
from api.platform.db import AnyRow, transaction
from api.platform.settings import current_settings
from api.warehouse import service as warehouse_service


def report_short(line_id: UUID, *, other_bin: bool, by: Principal) -> UUID:
    """Report units that are not in their bin; returns the line's batch.

    The figures stay: a count of the item in this bin is planned for today, and what it finds is
    posted as any other count. Raises what the service raises.
    """
    line, _ = _report(line_id, other_bin=other_bin, by=by)
    batch_id: UUID = line.batch_id
    return batch_id


def back_order_rest(line_id: UUID, *, by: Principal) -> UUID:
    """Report units short and let the customer wait for them; returns the line's batch.

    They are off sale until the count of their bin is posted, and the order gets the next units that
    can be sold, in its turn. A picker may let it wait whatever the variant's back-orders say, and
    beyond their limit: it was sold from stock, and all that changes is when it leaves. Of a line
    that needs less by now, only what is still allocated waits. Locks the order, the batch, what
    `plan_count` locks, then the levels of the order's variants. Raises what `report_short` raises,
    and `UnitsInParcel`.
    """
    line, missing = _report(line_id, other_bin=False, by=by)
    waiting = inventory_service.back_order_missing(
        line.order_id,
        line.order_line_id,
        line.level_id,
        missing,
        bin_id=line.bin_id,
        reference=line.order_number,
        by=by,
    )
    if waiting:
        _check_parcels(line)
        text = f"{waiting} of {line.sku} were not found while picking: back-ordered."
        orders_service.add_event(line.order_id, "back_ordered", text, by=by)
        audit.record(
            "pick_line.back_ordered", by=by, subject_id=line.order_id, sku=line.sku, units=waiting
        )
    batch_id: UUID = line.batch_id
    return batch_id


def cancel_rest(line_id: UUID, *, command_id: UUID, by: Principal) -> UUID:
    """Report units short and take them off the order; returns the line's batch.

    What they cost goes back the way it was paid. The report, its count and the edit of the order
    are one transaction; `command_id` is the id of the edit, so that a repeated command finds it and
    goes on with the refund. Locks the order, the batch, the payments and the stock levels.

    Raises what `report_short` raises, `PermissionMissing` without `orders:write` (and
    `orders:refund`, where money goes back), `RestNeedsApproval` above a limit of the role, and
    what an edit raises, such as `NothingToEdit` when nothing would be left on the order.
    """
    if not by.may(Permission.ORDERS_WRITE):
        raise PermissionMissing(permission=Permission.ORDERS_WRITE)
    with transaction():
        line = _known(line_id)
        if not order_edits_service.exists(command_id):
            line, missing = _report(line_id, other_bin=False, by=by)
            form = _form(line, missing)
            costs = order_edits_flows.preview(line.order_id, form, by=by)
            if costs["refund"].amount and not by.may(Permission.ORDERS_REFUND):
                raise PermissionMissing(permission=Permission.ORDERS_REFUND)
            if costs["must_be_approved"]:
                raise RestNeedsApproval(refund=costs["refund"])
            _edit(line, form, "pick_line.rest_cancelled", missing, command_id=command_id, by=by)
    order_edits_flows.complete_edit(line.order_id)
    batch_id: UUID = line.batch_id
    return batch_id


def substitute_rest(line_id: UUID, *, command_id: UUID, by: Principal) -> UUID:
    """Report units short and let another item go out instead; returns the line's batch.

    The oldest rule of staff whose item has enough units free here decides. The customer pays no
    more than was agreed, so the rule is all the permission that is needed. The new line comes at
    once, in the same place of the walk. Locks and repeats as `cancel_rest` does. Raises what
    `report_short` raises, `NoSubstitute`, and what an edit raises.
    """
    with transaction():
        line = _known(line_id)
        if not order_edits_service.exists(command_id):
            line, missing = _report(line_id, other_bin=False, by=by)
            form = _substituted(line, missing, by=by)
            _edit(line, form, "pick_line.substituted", missing, command_id=command_id, by=by)
            service.add_new_lines(line)
    order_edits_flows.complete_edit(line.order_id)
    batch_id: UUID = line.batch_id
    return batch_id


def _known(line_id: UUID) -> AnyRow:
    line = queries.line(line_id)
    if line is None:
        raise PickLineNotFound
    return line


def _report(line_id: UUID, *, other_bin: bool, by: Principal) -> tuple[AnyRow, int]:
    line = _known(line_id)
    missing = service.report_short(line_id, other_bin=other_bin, by=by)
    warehouse_service.plan_count(
        line.level_id,
        line.bin_id,
        location_id=line.location_id,
        scope=f"{line.sku} in {line.bin_code or 'no bin'}: {missing} not found",
        day=current_settings().today,
        by=by,
    )
    return line, missing


def _check_parcels(line: AnyRow) -> None:
    """Refuse to let units wait that lie in a parcel which has not left (`UnitsInParcel`)."""
    units = fulfilment_queries.claimed_units(line.order_id).get(line.order_line_id, 0)
    waiting = inventory_queries.waiting_units(line.order_id).get(line.order_line_id, 0)
    if units > _ordered(line).open_quantity - waiting:
        raise UnitsInParcel(units=units, sku=line.sku)


def _ordered(line: AnyRow) -> OrderLine:
    lines = orders_service.lock(line.order_id).lines
    return next(one for one in lines if one.id == line.order_line_id)


def _form(line: AnyRow, missing: int) -> EditForm:
    """Take units off an order line."""
    change = LineChange(line.order_line_id, _ordered(line).quantity - missing)
    return EditForm(lines=[change], reason=f"{missing} of {line.sku} were not found while picking")


def _substituted(line: AnyRow, missing: int, *, by: Principal) -> EditForm:
    """Choose what goes out instead, at the price of what is missing. Raises `NoSubstitute`."""
    order = orders_service.lock(line.order_id)
    ordered = _ordered(line)
    # Rounded down: with its discount the line is not always a whole price a unit.
    price = (ordered.unit_price * ordered.quantity - ordered.discount) // ordered.quantity
    less = _form(line, missing)
    for _, sku in queries.free_substitutes(line.variant_id, line.location_id, missing):
        addition = Addition(sku, missing, Money(price, order.currency))
        form = replace(less, add=[addition], reason=f"{less.reason}; {sku} goes out instead")
        if not _costs_more(order_edits_flows.preview(line.order_id, form, by=by)):
            return form
    raise NoSubstitute(sku=line.sku, missing=missing)


def _costs_more(costs: dict[str, Any]) -> bool:
    return bool(costs["total"].amount > costs["total_before"].amount)


def _edit(
    line: AnyRow, form: EditForm, action: str, units: int, *, command_id: UUID, by: Principal
) -> None:
    order_edits_flows.edit_approved(line.order_id, form, command_id=command_id, by=by)
    audit.record(action, by=by, subject_id=line.order_id, sku=line.sku, units=units)
