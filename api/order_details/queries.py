"""One order with its payments, refunds and parcels: for staff, and for its customer."""

from typing import Any
from uuid import UUID

from api.catalog.queries import variant_lookup
from api.fulfilment import queries as fulfilment_queries
from api.inventory import queries as inventory_queries
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.queries import customer_orders, handling, together
from api.payments import queries as payments_queries
from api.platform import attention
from api.platform.external_references import Subject, SubjectKind, references_of
from api.platform.settings import current_settings
from api.promotions.queries import admin as promotions_queries
from api.returns import queries as returns_queries
from api.shared_parcels import queries as shared_parcels_queries
from api.stored_value import queries as stored_value_queries

_PARCEL = (
    "id", "number", "status", "carrier", "tracking_number", "tracking_url", "shipped_at",
    "delivered_at",
)  # fmt: skip
_PARCEL_LINE = ("sku", "title", "variant_title")
_SHIPPED = ("shipped", "delivered", "ready_for_pickup", "picked_up")
_REFUND_STATES = {"requested": "pending", "submitted": "pending"}


def customer_order(order_id: UUID, principal: Principal) -> dict[str, object]:
    """Return an order for its customer or guest: parcels, refunds and allowed actions.

    Parcels are shown once they are shipped. A refund is `pending` until the bank has answered.
    Eight statements for any number of lines, notes, parcels and refunds, and two for an order that
    is neither shipped nor paid and waits for no goods. Raises `OrderNotFound`, also for an order of
    someone else.
    """
    order, has_money = customer_orders.order_with_actions(
        order_id, principal, is_in_progress=payments_queries.is_in_progress
    )
    order["lines"] = inventory_queries.with_back_orders(
        order_id, order["lines"], has_some=order.pop("has_back_orders")
    )
    has_parcels = any(line["shipped_quantity"] for line in order["lines"])
    is_open = order["paid_at"] and order["status"] == "placed" and not has_parcels
    # What is picked or packed is not cancelled by its customer any more.
    if not order.pop("is_picked") and is_open and not fulfilment_queries.claimed_units(order_id):
        order["allowed_actions"] = [*order["allowed_actions"], "cancel"]
    order["parcels"] = _parcels(order_id, order["lines"]) if has_parcels else []
    order["discounts"] = _discounts(order)
    order["notes"] = handling.customer_notes(order_id) if order.pop("has_notes") else []
    order["refunds"] = _refunds(order_id) if has_money else []
    return order


def discounts_of_order(
    order_id: UUID, *, limit: int, cursor: str | None, with_total: bool
) -> dict[str, object]:
    """Return a page of what discounts took off an order. Raises `OrderNotFound`."""
    currency = orders_queries.get_order(order_id).currency
    return promotions_queries.page_of_order(
        order_id, currency, limit=limit, cursor=cursor, with_total=with_total
    )


def _discounts(order: dict[str, Any]) -> list[dict[str, object]]:
    total = order["discount_total"]
    return promotions_queries.of_order(order["id"], total.currency) if total.amount else []


def _parcels(order_id: UUID, lines: list[dict[str, object]]) -> list[dict[str, object]]:
    by_id = {line["id"]: line for line in lines}
    return [
        {
            **{name: parcel[name] for name in _PARCEL},
            "lines": [
                {
                    "order_line_id": packed["order_line_id"],
                    "quantity": packed["quantity"],
                    **{name: by_id[packed["order_line_id"]][name] for name in _PARCEL_LINE},
                }
                for packed in parcel["lines"]
            ],
        }
        for parcel in fulfilment_queries.fulfilments_of_order(order_id)
        if parcel["status"] in _SHIPPED
    ]


def _refunds(order_id: UUID) -> list[dict[str, object]]:
    # Their ids come from commands and are not in order of time.
    refunds = sorted(
        payments_queries.refunds_of_order(order_id),
        key=lambda refund: (refund.created_at, refund.id),
    )
    return [
        {
            "id": refund.id,
            "status": _REFUND_STATES.get(refund.status, refund.status),
            "amount": Money(refund.amount, refund.currency),
            "created_at": refund.created_at,
        }
        for refund in refunds
    ]


def admin_order(order_id: UUID, by: Principal) -> dict[str, object]:
    """Return an order with its lines, payments, refunds, parcels and history.

    Without `customers:read` only the customer data needed for a label is included. Each line has
    its title as ordered, and the current `barcodes` of its variant. Nineteen statements for any
    number of lines, notes, refunds and parcels; one more each where a note is pinned and where a
    parcel is shared with another order. Raises `OrderNotFound`.
    """
    order = orders_queries.admin_view(order_id)
    customer_id, total = order["customer_id"], order["total"]
    has_credit = customer_id is not None and by.may(Permission.CREDIT_READ)
    if not by.may(Permission.CUSTOMERS_READ):
        hidden = ("email", "customer_id", "billing_address", "vat_id", "gift")
        order |= dict.fromkeys(hidden)
    waiting = inventory_queries.waiting_units(order_id)
    codes = variant_lookup.barcodes_of([line["variant_id"] for line in order["lines"]])
    settings = current_settings()
    parcels = fulfilment_queries.fulfilments_of_order(order_id)
    named = together.numbers([order_id], by)
    return {
        **order,
        "lines": [
            {
                **line,
                "back_ordered_quantity": waiting.get(line["id"], 0),
                "barcodes": codes.get(line["variant_id"], []),
                "must_verify": fulfilment_queries.must_verify(
                    settings.ship_verification, has_barcode=line["variant_id"] in codes
                ),
            }
            for line in order["lines"]
        ],
        "carrier": fulfilment_queries.carrier_of(order["shipping_method"]),
        # The name as ordered; the code is for checkouts only.
        "shipping_method": order["shipping_method"]["name"],
        "store_credit": stored_value_queries.credit_in(customer_id, total.currency)
        if has_credit
        else None,
        "attention": attention.open_items_of_order(order_id),
        "discounts": _discounts(order),
        "holds": orders_queries.holds(order_id),
        "notes": handling.notes(order_id, by),
        "references": references_of(Subject(SubjectKind.ORDER, order_id)),
        "payments": payments_queries.payments_of_order(order_id),
        "disputes": payments_queries.disputes_of_order(order_id),
        "fraud_warnings": payments_queries.fraud_warnings_of_order(order_id),
        "refunds": returns_queries.refunds_of_order(order_id),
        "fulfilments": parcels,
        "ships_with": named.get(order_id, []),
        "shipping_savings": shared_parcels_queries.savings_of_order(order_id, parcels),
    }
