"""The case file of one order, put together from what the floors below tell."""

from typing import Any
from uuid import UUID

from api.aftersales import queries as aftersales
from api.catalog import queries as catalog
from api.fulfilment import queries as fulfilment
from api.orders import queries as orders
from api.payments import queries as payments


def case_file(order_id: UUID) -> dict[str, Any]:
    """Return an order with its lines, money, refunds, parcels and history.

    Each line tells how it was called when it was bought, and by which `barcodes` its goods are
    known now. Thirteen statements, however many lines, refunds and parcels there are. Raises
    `OrderNotFound`.
    """
    order = orders.full(order_id)
    codes = catalog.codes_of([line["variant_id"] for line in order["lines"]])
    return {
        **order,
        "lines": [
            {**line, "barcodes": codes.get(line["variant_id"], [])} for line in order["lines"]
        ],
        # The name that was agreed: its code is for checkouts.
        "shipping_method": order["shipping_method"]["name"],
        "holds": orders.holds(order_id),
        "payments": payments.payments_of_order(order_id),
        "disputes": payments.disputes_of_order(order_id),
        "fraud_warnings": payments.fraud_warnings_of_order(order_id),
        "refunds": aftersales.refunds_of_order(order_id),
        "fulfilments": fulfilment.fulfilments_of_order(order_id),
    }
