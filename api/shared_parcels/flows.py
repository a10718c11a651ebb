"""Packing two orders in one parcel, and refunding the shipping that it saves.

Locks the orders by id, then the parcels, then the proposal.
"""

from uuid import UUID

from api.catalog.queries import variant_lookup
from api.checkout.flows import shipping_choice
from api.fulfilment import flows as fulfilment_flows
from api.fulfilment import queries as fulfilment_queries
from api.kernel.errors import DomainError
from api.kernel.money import Money, divide_half_up
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.queries import together
from api.orders.queries.together import Shipment
from api.orders.service import Order
from api.payment_sync import flows as payment_sync_flows
from api.platform import audit
from api.platform.db import transaction
from api.returns import flows as returns_flows
from api.returns.flows import RefundForm
from api.shared_parcels import queries, service
from api.shared_parcels.errors import OrdersNotTogether, OrdersOfTwoMarkets, ParcelNotShipped
from api.shared_parcels.states import SavingDecision
from api.shipping import queries as shipping_queries
from api.shipping.queries import ShippingOption
from api.shipping.rules import Consignment

_LEFT = ("shipped", "delivered")


def pack_together(order_id: UUID, other_id: UUID, *, by: Principal) -> UUID:
    """Pack what is left of two orders in one parcel; returns that of the first order.

    The second order's shipping, less what both together cost more than the first alone, is proposed
    as a refund. Needs a transaction; locks both orders by id. Raises `OrderNotFound`,
    `OrdersNotTogether`, `OrdersOfTwoMarkets`, and what `fulfilment` raises about either.
    """
    if order_id == other_id:
        raise OrdersNotTogether(one="An order", other="itself", why="it is the same one")
    orders = {one: orders_service.lock(one) for one in sorted((order_id, other_id))}
    order, other = orders[order_id], orders[other_id]
    found = together.shipments([order_id, other_id])
    _check_together(found[order_id], found[other_id])
    fulfilment_id = fulfilment_flows.pack_together(order_id, other_id, by=by)
    packed = fulfilment_queries.packed_together(fulfilment_id)
    beside = next(row.id for row in packed if row.order_id == other_id)
    saved = Money(_saved(order, other), order.currency)
    if saved.amount > 0:
        service.propose(beside, other_id, saved)
        text = f"Goes with {order.number}: its shipping of {saved} may be refunded."
        orders_service.add_event(other_id, "shipping_saved", text, by=by)
    audit.record(
        "fulfilment.packed_together", by=by, subject_id=fulfilment_id, orders=[
            order.number, other.number,
        ], saved=str(saved),
    )  # fmt: skip
    return fulfilment_id


def refund_saving(fulfilment_id: UUID, *, case_id: UUID, by: Principal) -> bool:
    """Refund the shipping that a shared parcel saved, the way it was paid.

    `case_id` is the id of the command and of the refund: repeated, it continues it. Returns False
    when the amount is above a limit of `by`: then it waits for a second person. `fulfilment_id`
    is that of either parcel in the box. Raises `FulfilmentNotFound`, `SavingNotFound`,
    `SavingDecided`, `ParcelNotShipped` and what a refund raises.
    """
    saving = queries.get_saving(fulfilment_id)
    payment_sync_flows.scan_external_changes(saving.order_id)
    with transaction():
        orders_service.lock(saving.order_id)
        amount = service.decide(
            saving.fulfilment_id, SavingDecision.REFUNDED, case_id=case_id, by=by
        )
        is_done = True
        if amount is not None:
            _check_left(fulfilment_id)
            form = RefundForm(
                lines=(), shipping=True, shipping_amount=amount.amount, reason="shipped_together"
            )
            is_done = returns_flows.reserve_refund(saving.order_id, form, case_id=case_id, by=by)
    if is_done:
        returns_flows.complete_refunds(saving.order_id)
    return is_done


def keep_saving(fulfilment_id: UUID, *, by: Principal) -> None:
    """Keep the shipping that a shared parcel saved. Needs a transaction; locks the order.

    Raises `FulfilmentNotFound`, `SavingNotFound` and `SavingDecided`.
    """
    saving = queries.get_saving(fulfilment_id)
    orders_service.lock(saving.order_id)
    amount = service.decide(saving.fulfilment_id, SavingDecision.KEPT, by=by)
    text = f"Shipping of {amount} is kept, though it went with another order."
    orders_service.add_event(saving.order_id, "shipping_kept", text, by=by)
    audit.record("fulfilment.shipping_kept", by=by, subject_id=fulfilment_id, amount=str(amount))


def _check_left(fulfilment_id: UUID) -> None:
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    if parcel["status"] not in _LEFT:
        raise ParcelNotShipped(number=parcel["number"])


def _check_together(one: Shipment, other: Shipment) -> None:
    if one.country != other.country or one.currency != other.currency:
        first, second = _market(one), _market(other)
        if first != second:
            raise OrdersOfTwoMarkets(
                one=one.number, other=other.number, market=first, other_market=second
            )
    why = next(
        (
            words
            for words, differs in (
                ("one is picked up by its customer", one.is_picked_up or other.is_picked_up),
                ("they are of two customers", one.buyer != other.buyer),
                ("they go to two addresses", one.address != other.address),
            )
            if differs
        ),
        None,
    )
    if why is not None:
        raise OrdersNotTogether(one=one.number, other=other.number, why=why)


def _market(one: Shipment) -> str:
    return f"{queries.market_of(one.country) or one.country} ({one.currency})"


def _saved(order: Order, other: Order) -> int:
    """Return what the second order paid for shipping in vain, in minor units of its currency.

    That is its shipping that was not refunded, less what the method of the first order costs more
    for the goods of both, by the prices of today. Nothing where that method does not take both.
    """
    paid = other.shipping_total - other.shipping_refunded
    alone, both = _option(order), _option(order, other)
    if alone is None or both is None or paid <= 0:
        return 0
    more = max(0, both.amount - alone.amount)
    net = order.shipping_total - order.shipping_tax
    if more and not order.prices_include_tax and net > 0:
        more = divide_half_up(more * order.shipping_total, net)
    return max(0, min(paid - more, orders_service.refundable(other)))


def _option(*orders: Order) -> ShippingOption | None:
    lines = [line for order in orders for line in order.lines if line.open_quantity]
    profiles = variant_lookup.shipping_profiles([line.variant_id for line in lines])
    first = orders[0]
    options = shipping_queries.shipping_options(
        shipping_choice.place_of(first.shipping_address),
        first.currency,
        Consignment(
            subtotal=sum(order.subtotal for order in orders),
            weight_grams=sum(line.weight_grams * line.open_quantity for line in lines),
            quantity=sum(line.open_quantity for line in lines),
            profiles={
                profiles[line.variant_id]: line.title
                for line in lines
                if profiles.get(line.variant_id)
            },
            products={line.product_id: line.title for line in lines},
            customer_id=first.customer_id,
        ),
    )
    try:
        return shipping_queries.chosen_option(options, first.shipping_method["code"])
    except DomainError:
        return None
