"""Writes of purchasing. Lock order: the purchase order, its lines, then stock levels."""

from api.purchasing.service.purchase_orders import (
    cancel_purchase_order,
    close_purchase_order,
    create_purchase_order,
    edit_purchase_order,
    email_purchase_order,
    order_purchase_order,
    set_line,
)
from api.purchasing.service.receipts import receive, receive_as_held, undo_receipt
from api.purchasing.service.reorder import reorder, set_reorder_rule
from api.purchasing.service.suppliers import (
    create_supplier,
    edit_supplier,
    remove_item,
    set_item,
)
from api.purchasing.service.transfers import (
    cancel_transfer,
    close_transfer,
    create_transfer,
    mark_ready,
    receive_transfer,
    reopen_transfer,
    set_transfer_line,
    ship_transfer,
    undo_transfer_receipt,
)

__all__ = [
    "cancel_purchase_order",
    "cancel_transfer",
    "close_purchase_order",
    "close_transfer",
    "create_purchase_order",
    "create_supplier",
    "create_transfer",
    "edit_purchase_order",
    "edit_supplier",
    "email_purchase_order",
    "mark_ready",
    "order_purchase_order",
    "receive",
    "receive_as_held",
    "receive_transfer",
    "remove_item",
    "reopen_transfer",
    "reorder",
    "set_item",
    "set_line",
    "set_reorder_rule",
    "set_transfer_line",
    "ship_transfer",
    "undo_receipt",
    "undo_transfer_receipt",
]
