"""What customers do with their own orders: cancel one until it is packed, and order again."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from api.cart import queries as cart_queries
from api.cart import service as cart_service
from api.cart.queries import views as cart_views
from api.catalog.queries import variant_lookup
from api.checkout.flows import amendments
from api.fulfilment import queries as fulfilment_queries
from api.kernel.principal import Principal
from api.order_edits.errors import AlreadyPacked, NothingToReorder
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.orders.service import Order
from api.platform.db import session
from api.returns import flows as returns_flows

_CANCELLED = UUID("6b0e5cb2-6e5f-4a6a-9a0e-2f6f6f0f2c11")
"""Names the cancellation of an order by its customer: there is one, so its refund has one id."""


@dataclass(frozen=True, slots=True)
class Reordered:
    """The cart after an order was put into it again, and what of it is gone."""

    cart: Mapping[str, object]
    gone: list[dict[str, object]]
    token: str | None


def cancel_order(order_id: UUID, *, by: Principal) -> None:
    """Cancel an order for its customer, until a parcel of it is packed.

    An unpaid one puts its items back into the cart; what was paid for another goes back the way it
    was paid. Locks the order; of two who cancel and pack at once, the second is refused. Raises
    `OrderNotFound`, `InvalidState`, `AlreadyPacked`, `PaymentInProgress` and `GatewayUnavailable`.
    """
    orders_queries.order_id_of_customer(order_id, by)
    order = orders_queries.get_order(order_id)
    is_paid = order.paid_at is not None
    session.rollback()
    if not is_paid:
        amendments.cancel_order(order_id, by=by)
        return
    amendments.check_not_in_progress(order_id)
    session.rollback()
    returns_flows.cancel_order(
        order_id,
        reason="customer",
        note="Cancelled by the customer.",
        case_id=uuid5(_CANCELLED, str(order_id)),
        by=by,
        check=_refuse_packed,
    )


def may_cancel_paid(order_id: UUID) -> bool:
    """Tell whether nothing of a paid order is packed, so that its customer may cancel it."""
    return not fulfilment_queries.claimed_units(order_id)


def reorder(order_id: UUID, *, by: Principal) -> Reordered:
    """Put the goods of an order into the cart of its customer again, at the prices of today.

    What is no longer for sale is told; fewer units and other prices stand in the cart's warnings. A
    guest whose token is no cart's gets a new one. Needs a transaction; locks the cart. Raises
    `OrderNotFound`, and `NothingToReorder` when nothing of it is for sale.
    """
    orders_queries.order_id_of_customer(order_id, by)
    currency = orders_queries.get_order(order_id).currency
    lines = [line for line in orders_queries.lines_of(order_id) if line.removed_at is None]
    offers = variant_lookup.offers([line.variant_id for line in lines], currency)
    gone = [
        {"sku": line.sku, "title": line.title, "detail": f"{line.title} is no longer for sale."}
        for line in lines
        if line.variant_id not in offers or not offers[line.variant_id].is_for_sale
    ]
    there = [line for line in lines if line.sku not in {one["sku"] for one in gone}]
    if not there:
        raise NothingToReorder
    cart, token = cart_service.lock_and_bump(by), None
    if cart is None:
        cart, token = cart_service.open_cart(by, currency)
    if cart.currency != currency:
        raise NothingToReorder(
            f"Your cart is in {cart.currency} and this order in {currency}: empty the cart first."
        )
    cart_service.put_lines(
        cart,
        [
            {
                "variant_id": line.variant_id,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
            }
            for line in there
        ],
    )
    return Reordered(cart_views.view(cart, cart_queries.lines(cart)), gone, token)


def _refuse_packed(order: Order) -> None:
    """Refuse to cancel what is picked, packed or has left. Raises `AlreadyPacked`."""
    orders_service.check_cancellable(order)
    if (
        order.picking_started_at is not None
        or any(line.shipped_quantity for line in order.lines)
        or not may_cancel_paid(order.id)
    ):
        raise AlreadyPacked
