"""Writes of orders. Callers lock the order first; statuses are always derived."""

from api.orders.models import Order
from api.orders.service.amendments import Amendment, Pricing, amend, check_amendable, discount
from api.orders.service.cancellation import cancel, cancel_units, check_cancellable
from api.orders.service.holds import hold, hold_for, release_hold, release_holds_of
from api.orders.service.orders import (
    LineInput,
    OrderInput,
    add_event,
    create_order,
    lock,
    note,
    set_vat_id,
    with_last_change,
)
from api.orders.service.payment_totals import (
    amount_due,
    check_payable,
    overpaid,
    owed,
    record_payment_totals,
    refundable,
)
from api.orders.service.quantities import (
    check_shippable,
    open_quantities,
    record_correction,
    record_delivery,
    record_refunded_lines,
    record_shipment,
    record_void,
    refundable_quantities,
)
from api.orders.service.search_terms import index_orders
from api.orders.service.status import recompute_status

__all__ = [
    "Amendment",
    "LineInput",
    "Order",
    "OrderInput",
    "Pricing",
    "add_event",
    "amend",
    "amount_due",
    "cancel",
    "cancel_units",
    "check_amendable",
    "check_cancellable",
    "check_payable",
    "check_shippable",
    "create_order",
    "discount",
    "hold",
    "hold_for",
    "index_orders",
    "lock",
    "note",
    "open_quantities",
    "overpaid",
    "owed",
    "recompute_status",
    "record_correction",
    "record_delivery",
    "record_payment_totals",
    "record_refunded_lines",
    "record_shipment",
    "record_void",
    "refundable",
    "refundable_quantities",
    "release_hold",
    "release_holds_of",
    "set_vat_id",
    "with_last_change",
]
