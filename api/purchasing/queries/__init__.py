"""Reads of purchasing."""

from api.purchasing.queries.incoming import incoming
from api.purchasing.queries.order_paper import order_paper, supplier_address
from api.purchasing.queries.purchase_orders import (
    check_order_seen,
    line_page,
    purchase_order,
    purchase_order_by_number,
    purchase_order_page,
)
from api.purchasing.queries.receipts import check_receipt_seen, receipt, receipt_page
from api.purchasing.queries.reorder import reorder_page, to_order
from api.purchasing.queries.suppliers import item_page, supplier, supplier_item, supplier_page
from api.purchasing.queries.transfers import (
    TRANSFER_PREFIX,
    check_transfer_seen,
    transfer,
    transfer_by_number,
    transfer_line_page,
    transfer_page,
)

__all__ = [
    "TRANSFER_PREFIX",
    "check_order_seen",
    "check_receipt_seen",
    "check_transfer_seen",
    "incoming",
    "item_page",
    "line_page",
    "order_paper",
    "purchase_order",
    "purchase_order_by_number",
    "purchase_order_page",
    "receipt",
    "receipt_page",
    "reorder_page",
    "supplier",
    "supplier_address",
    "supplier_item",
    "supplier_page",
    "to_order",
    "transfer",
    "transfer_by_number",
    "transfer_line_page",
    "transfer_page",
]
