"""Reads of purchasing."""

from api.purchasing.queries.purchase_orders import (
    incoming,
    line_page,
    purchase_order,
    purchase_order_by_number,
    purchase_order_page,
)
from api.purchasing.queries.receipts import receipt, receipt_page
from api.purchasing.queries.suppliers import item_page, supplier, supplier_item, supplier_page

__all__ = [
    "incoming",
    "item_page",
    "line_page",
    "purchase_order",
    "purchase_order_by_number",
    "purchase_order_page",
    "receipt",
    "receipt_page",
    "supplier",
    "supplier_item",
    "supplier_page",
]
