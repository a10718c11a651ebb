"""What received units cost in the stock: all of a purchase order together what its invoice says."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select

from api.kernel.money import allocate, divide_half_up
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction
from api.platform.settings import current_settings
from api.purchasing.calculation import LineCost, converted, landed_costs
from api.purchasing.errors import CurrencyMixed
from api.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    SupplierItem,
)
from api.purchasing.service.received_lines import Arrived


class ReceivedCosts:
    """The costs of a receipt, in whole minor units of the shop's currency.

    The units of a line that were ordered cost together what the line costs with its part of the
    freight: what rounding leaves over goes to the units that come later. More than was ordered
    costs what one of the line costs.
    """

    def __init__(
        self, order: PurchaseOrder | None, ordered: Mapping[UUID, PurchaseOrderLine]
    ) -> None:
        self._currency, self._order, self._ordered = current_settings().currency, order, ordered
        self._totals: dict[UUID, int] = {}
        self._booked: dict[UUID, int] = {}
        self._received = {variant_id: line.received for variant_id, line in ordered.items()}
        if order is not None and ordered:
            lines = [LineCost(line.quantity, line.unit_cost) for line in ordered.values()]
            landed = landed_costs(lines, order.freight)
            whole = allocate(self._into_shop(sum(landed)), landed)
            self._totals = dict(zip(ordered, whole, strict=True))
            self._booked = _booked([line.id for line in ordered.values()])

    def of_unit(self, one: Arrived) -> int | None:
        """Return what one unit costs, rounded; None where nobody has said.

        Raises `CurrencyMixed` where a line says it in another currency than the shop's.
        """
        line = self._ordered.get(one.variant.variant_id)
        if line is not None:
            return divide_half_up(self._totals[line.variant_id], line.quantity)
        if one.line.unit_cost is not None:
            if one.line.unit_cost.currency != self._currency:
                raise CurrencyMixed(currency=self._currency)
            return one.line.unit_cost.amount
        if self._order is None:
            return None
        cost = require_transaction().scalar(
            select(SupplierItem.unit_cost).where(
                SupplierItem.supplier_id == self._order.supplier_id,
                SupplierItem.variant_id == one.variant.variant_id,
            )
        )
        return None if cost is None else self._into_shop(cost)

    def book(self, one: Arrived) -> int | None:
        """Return what all units of a line cost together, and count them as received."""
        unit, line = self.of_unit(one), self._ordered.get(one.variant.variant_id)
        if unit is None or line is None:
            return None if unit is None else unit * one.units
        before = self._received[line.variant_id]
        self._received[line.variant_id] = after = before + one.units
        expected = min(after, line.quantity) - min(before, line.quantity)
        cost = unit * (one.units - expected)
        if expected:
            total, done = self._totals[line.variant_id], min(after, line.quantity)
            booked = self._booked.get(line.id, 0)
            # Freight may have been corrected since: what came last makes up for it.
            share = max(0, divide_half_up(total * done, line.quantity) - booked)
            self._booked[line.id] = booked + share
            cost += share
        return cost

    def _into_shop(self, amount: int) -> int:
        assert self._order is not None
        currency = self._order.currency
        rate = None if currency == self._currency else self._order.exchange_rate
        return converted(amount, currency, self._currency, rate)


def _booked(line_ids: list[UUID]) -> dict[UUID, int]:
    """Return what the units of lines that were ordered and came have cost so far."""
    # Units beyond the order cost what one costs; they are no part of the invoice of the line.
    cost = func.coalesce(ReceiptLine.cost, ReceiptLine.unit_cost * ReceiptLine.quantity)
    rows = require_transaction().execute(
        select(
            ReceiptLine.purchase_order_line_id,
            func.sum(cost - ReceiptLine.unit_cost * ReceiptLine.over_quantity),
        )
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(any_of(ReceiptLine.purchase_order_line_id, line_ids), Receipt.undone_at.is_(None))
        .group_by(ReceiptLine.purchase_order_line_id)
    )
    return {line_id: int(total or 0) for line_id, total in rows if line_id is not None}
