"""Writes of purchasing. Lock order: the purchase order, its lines, then stock levels."""

from api.purchasing.service.purchase_orders import (
    cancel_purchase_order,
    close_purchase_order,
    create_purchase_order,
    edit_purchase_order,
    order_purchase_order,
    set_line,
)
from api.purchasing.service.receipts import receive, undo_receipt
from api.purchasing.service.suppliers import (
    create_supplier,
    edit_supplier,
    remove_item,
    set_item,
)

__all__ = [
    "cancel_purchase_order",
    "close_purchase_order",
    "create_purchase_order",
    "create_supplier",
    "edit_purchase_order",
    "edit_supplier",
    "order_purchase_order",
    "receive",
    "remove_item",
    "set_item",
    "set_line",
    "undo_receipt",
]
