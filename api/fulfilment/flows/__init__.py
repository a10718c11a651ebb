"""Fulfilment flows over orders, parcels and stock, in the transaction of the caller.

The order is locked first, then the parcel, then the stock levels: the same sequence everywhere, so
that two people who pack the same order wait for each other and never deadlock.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from api.fulfilment import queries, service
from api.fulfilment.carriers import BY_EMAIL, carrier_name
from api.fulfilment.errors import FulfilmentOutdated, OrderIsDelivered, OrderIsPickedUp
from api.fulfilment.flows.together import lock_packed, own_units
from api.fulfilment.flows.units import unclaimed_units
from api.fulfilment.models import Fulfilment
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.orders import service as orders_service
from api.orders.service import Order
from api.orders.states import OrderStatus
from api.platform import audit
from api.stored_value import service as stored_value_service
from api.stored_value.service import Purchase
from api.tax.rules import GIFT_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Carrier and tracking number of a parcel, and its verified units."""

    carrier: str
    tracking_number: str | None = None
    verified: Mapping[UUID, int] = field(default_factory=dict)
    """Scanned units by order line."""
    override_reason: str | None = None
    """Why it may ship although some units were not scanned."""
    acknowledged_notes: Collection[UUID] = ()
    """Pinned notes of the order that whoever ships has read."""


def ship_order(
    order_id: UUID, requested: Mapping[UUID, int] | None, hand_over: HandOver, *, by: Principal
) -> UUID:
    """Ship units of an order in a new parcel; returns the parcel's id.

    Without quantities all open units that are in no other parcel are shipped. Refuses an
    order that is not paid or is cancelled (`InvalidState`), more units than are open
    (`QuantityExceedsOpen`), an order with nothing left (`NothingToShip`), units that must be
    verified and were not (`UnitsNotVerified`), pinned notes that `by` has not read (`NotesUnread`),
    and one that is picked up (`OrderIsPickedUp`).
    """
    order = orders_service.lock(order_id)
    orders_service.check_shippable(order)
    orders_service.check_notes_read(order, hand_over.acknowledged_notes, by=by)
    quantities = unclaimed_units(order, requested)
    parcel = service.open_fulfilment(order.id, order.number, quantities, by=by)
    _hand_over(order, parcel, hand_over, by=by)
    return parcel.id


def prepare_pickup(
    order_id: UUID,
    requested: Mapping[UUID, int] | None,
    *,
    verified: Mapping[UUID, int],
    override_reason: str | None = None,
    acknowledged_notes: Collection[UUID] = (),
    by: Principal,
) -> UUID:
    """Put units of an order aside for its customer to pick up; returns the parcel's id.

    The customer gets an e-mail. Stock stays allocated until it is picked up. Refuses what
    `ship_order` refuses, and an order that is delivered (`OrderIsDelivered`).
    """
    order = orders_service.lock(order_id)
    if not _is_picked_up(order):
        raise OrderIsDelivered
    orders_service.check_shippable(order)
    orders_service.check_notes_read(order, acknowledged_notes, by=by)
    quantities = unclaimed_units(order, requested)
    parcel = service.open_fulfilment(order.id, order.number, quantities, by=by)
    service.verify(order, parcel, verified, override_reason=override_reason, by=by)
    service.prepare(parcel)
    text = f"{parcel.number}: {_units(parcel)} ready for pick-up."
    orders_service.add_event(order.id, "ready_for_pickup", text, by=by)
    audit.record("fulfilment.prepared", by=by, subject_id=parcel.id, number=parcel.number)
    return parcel.id


def pick_up(fulfilment_id: UUID, *, by: Principal) -> None:
    """Hand a parcel that is ready for pick-up to its customer: its units leave the stock.

    Refuses what `ship_fulfilment` refuses.
    """
    order = orders_service.lock(queries.order_of(fulfilment_id))
    parcel = service.lock(fulfilment_id)
    service.pick_up(parcel)
    orders_service.check_shippable(order)
    orders_service.check_notes_read(order, (), by=by)
    _refuse_outdated(order, parcel)
    quantities = parcel.quantities()
    inventory_service.ship(order.id, quantities, fulfilment_id=parcel.id, by=by)
    _issue_gift_cards(order, parcel, by=by)
    text = f"{parcel.number}: {_units(parcel)} picked up."
    orders_service.record_shipment(order, quantities, text=text, by=by)
    orders_service.record_delivery(order, quantities, by=by)
    audit.record("fulfilment.picked_up", by=by, subject_id=parcel.id, number=parcel.number)


def ship_gift_cards(order_id: UUID, *, by: Principal) -> None:
    """Ship the gift cards of a paid order by e-mail; repeating changes nothing.

    Those of an order that is held or was refunded meanwhile are left to staff, who ship them as
    other units; those of one that is picked up are sent when it is.
    """
    order = orders_service.lock(order_id)
    waiting = inventory_queries.waiting_units(order_id)
    units = {
        line.id: line.open_quantity - waiting.get(line.id, 0)
        for line in order.lines
        if line.tax_class == GIFT_CARD and line.open_quantity > waiting.get(line.id, 0)
    }
    if order.to_ship and units and not _is_picked_up(order):
        by_mail = HandOver(
            carrier=BY_EMAIL, tracking_number=None, override_reason="A gift card has no parcel."
        )
        ship_order(order_id, units, by_mail, by=by)


def open_fulfilment(order_id: UUID, requested: Mapping[UUID, int] | None, *, by: Principal) -> UUID:
    """Claim units of an order for a parcel to be packed; returns the parcel's id.

    Refuses what `ship_order` refuses, except unverified units. Stock does not move: the units were
    allocated when the order was placed, and are subtracted when the parcel ships.
    """
    order = orders_service.lock(order_id)
    orders_service.check_shippable(order)
    quantities = unclaimed_units(order, requested)
    parcel = service.open_fulfilment(order.id, order.number, quantities, by=by)
    orders_service.add_event(
        order.id,
        "fulfilment_opened",
        f"{parcel.number} opened for {_units(parcel)}.",
        by=by,
    )
    audit.record("fulfilment.opened", by=by, subject_id=parcel.id, number=parcel.number)
    return parcel.id


def ship_fulfilment(fulfilment_id: UUID, hand_over: HandOver, *, by: Principal) -> None:
    """Ship an open parcel, and that of another order in the same box with the same label.

    Refuses a parcel that is not open, an order that was cancelled since (`InvalidState`), a parcel
    with units that were refunded in the meantime (`FulfilmentOutdated`), units that must be
    verified and were not (`UnitsNotVerified`), and pinned notes that `by` has not read
    (`NotesUnread`).
    """
    packed = lock_packed(fulfilment_id)
    for order, parcel in packed:
        service.refuse_unshippable(parcel)
        orders_service.check_shippable(order)
        orders_service.check_notes_read(order, hand_over.acknowledged_notes, by=by)
        _refuse_outdated(order, parcel)
    hand_over = replace(hand_over, tracking_number=_number_of(packed, hand_over))
    for (order, parcel), own in zip(packed, own_units(packed, hand_over.verified), strict=True):
        _hand_over(order, parcel, replace(hand_over, verified=own), by=by)


def _number_of(packed: Sequence[tuple[Order, Fulfilment]], hand_over: HandOver) -> str | None:
    """Return the number of a box: as it was scanned, or that of the label that was bought."""
    bought = (
        parcel.tracking_number
        for _, parcel in packed
        if parcel.carrier == carrier_name(hand_over.carrier)
    )
    return hand_over.tracking_number or next(filter(None, bought), None)


def correct_fulfilment(
    fulfilment_id: UUID, *, carrier: str, tracking_number: str | None, by: Principal
) -> None:
    """Correct carrier and tracking number of a shipped parcel; its customer gets an e-mail.

    The same values change nothing. Refuses a parcel that is not shipped (`InvalidState`).
    """
    for order, parcel in lock_packed(fulfilment_id, moves_stock=False):
        _correct(order, parcel, carrier, tracking_number, by=by)


def _correct(
    order: Order, parcel: Fulfilment, carrier: str, tracking_number: str | None, *, by: Principal
) -> None:
    before = _carrier_text(parcel)
    if not service.correct(parcel, carrier=carrier, tracking_number=tracking_number):
        return
    orders_service.record_correction(
        order,
        text=f"{parcel.number} corrected: {_carrier_text(parcel)} instead of {before}.",
        tracking_number=tracking_number,
        by=by,
    )
    audit.record(
        "fulfilment.corrected",
        by=by,
        subject_id=parcel.id,
        number=parcel.number,
        carrier=parcel.carrier,
        tracking_number=tracking_number,
    )


def void_fulfilment(fulfilment_id: UUID, *, reason: str | None, by: Principal) -> None:
    """Void a shipped or picked-up parcel, the inverse of shipping.

    Its units are on hand again and allocated to the order, which is open again; its customer gets
    an e-mail, unless they were to pick it up. Refuses a parcel that has not left or was delivered,
    or of which units were refunded since (`InvalidState`), or restocked as a return
    (`UnitsAlreadyReturned`), and what `service.void` refuses of a pick-up. Its gift cards are
    disabled; refuses when one was used (`GiftCardUsed`). The parcel of another order in the same
    box is voided with it, or neither.
    """
    for order, parcel in lock_packed(fulfilment_id):
        _void(order, parcel, reason=reason, by=by)


def _void(order: Order, parcel: Fulfilment, *, reason: str | None, by: Principal) -> None:
    quantities = parcel.quantities()
    if any(line.tax_class == GIFT_CARD for line in order.lines):
        stored_value_service.disable_shipped(parcel.id, by=by)
    was_picked_up = service.void(parcel, reason=reason)
    inventory_service.void_shipment(order.id, quantities, fulfilment_id=parcel.id, by=by)
    why = f" {reason}" if reason else ""
    orders_service.record_void(
        order,
        quantities,
        text=f"{parcel.number} voided: {_units(parcel)} to "
        f"{'prepare' if was_picked_up else 'ship'} again.{why}",
        was_delivered=was_picked_up,
        by=by,
    )
    audit.record(
        "fulfilment.voided", by=by, subject_id=parcel.id, number=parcel.number, reason=reason
    )


def cancel_fulfilment(fulfilment_id: UUID, *, by: Principal) -> None:
    """Cancel an open parcel, which releases its units: the inverse of opening it.

    One that shares a box with that of another order is unpacked with it.
    """
    for order, parcel in lock_packed(fulfilment_id):
        _cancel(order, parcel, by=by)


def deliver_fulfilment(fulfilment_id: UUID, *, at: datetime | None = None, by: Principal) -> None:
    """Record that a parcel was delivered, with that of another order in the same box.

    Now, or when its carrier says that it was.
    """
    for order, parcel in lock_packed(fulfilment_id, moves_stock=False):
        service.deliver(parcel, at=at)
        orders_service.record_delivery(order, parcel.quantities(), by=by)
        audit.record("fulfilment.delivered", by=by, subject_id=parcel.id, number=parcel.number)


def cancel_open_fulfilments(order_id: UUID, *, by: Principal) -> None:
    """Cancel the open parcels of an order with nothing left to ship; repeating changes nothing.

    Packages that cancel orders do not import this one, so parcels are cancelled by the order's
    event. Until then they cannot ship, because shipping checks the order first. An order that was
    reopened since, because a parcel was voided, keeps them.
    """
    order = orders_service.lock(order_id)
    if order.status is OrderStatus.PLACED:
        return
    for parcel in service.lock_open(order.id):
        _cancel(order, parcel, by=by)


def pack_together(order_id: UUID, other_id: UUID, *, by: Principal) -> UUID:
    """Claim what is left of two orders for one box; returns the parcel of the first, which has it.

    Orders, payments and papers stay apart: each order has a parcel of its own, with one label. The
    caller has locked both orders and checked that they may go together. Refuses what
    `open_fulfilment` refuses of either, and orders that are picked up (`OrderIsPickedUp`).
    """
    parcels = []
    for one in (order_id, other_id):
        order = orders_service.lock(one)
        if _is_picked_up(order):
            raise OrderIsPickedUp
        parcels.append(service.lock(open_fulfilment(one, None, by=by)))
    service.join(*parcels)
    for parcel, other in (parcels, parcels[::-1]):
        text = f"{parcel.number} goes in one box with {other.number}: one label for both."
        orders_service.add_event(parcel.order_id, "packed_together", text, by=by)
    return parcels[0].id


def _refuse_outdated(order: Order, parcel: Fulfilment) -> None:
    still_open = {line.id: line.open_quantity for line in order.lines}
    if any(units > still_open[line_id] for line_id, units in parcel.quantities().items()):
        raise FulfilmentOutdated(number=parcel.number)


def _is_picked_up(order: Order) -> bool:
    return order.shipping_method.get("kind") == "pickup"


def _hand_over(order: Order, parcel: Fulfilment, hand_over: HandOver, *, by: Principal) -> None:
    """Ship a parcel: verify it, and update the parcel, the stock and the order."""
    if _is_picked_up(order):
        raise OrderIsPickedUp
    quantities, tracking_number = parcel.quantities(), hand_over.tracking_number
    unverified = service.verify(
        order, parcel, hand_over.verified, override_reason=hand_over.override_reason, by=by
    )
    service.ship(parcel, carrier=hand_over.carrier, tracking_number=tracking_number)
    inventory_service.ship(order.id, quantities, fulfilment_id=parcel.id, by=by)
    skipped = ""
    if unverified:
        skipped = f" {counted(unverified, 'unit')} not verified: {hand_over.override_reason}."
    _issue_gift_cards(order, parcel, by=by)
    orders_service.record_shipment(
        order,
        quantities,
        text=f"{parcel.number}: {_units(parcel)} shipped with {_carrier_text(parcel)}.{skipped}",
        tracking_number=tracking_number,
        by=by,
    )
    audit.record(
        "fulfilment.shipped",
        by=by,
        subject_id=parcel.id,
        number=parcel.number,
        carrier=parcel.carrier,
        tracking_number=tracking_number,
        **({"unverified": unverified, "override": hand_over.override_reason} if unverified else {}),
    )


def _issue_gift_cards(order: Order, parcel: Fulfilment, *, by: Principal) -> None:
    """Issue a gift card for each unit of a parcel that is one, over its price without discounts."""
    gift = order.gift or {"email": order.email, "message": None, "send_at": None}
    send_at = gift["send_at"] and datetime.fromisoformat(gift["send_at"])
    quantities = parcel.quantities()
    for line in order.lines:
        if line.tax_class == GIFT_CARD and line.unit_price:
            for _ in range(quantities.get(line.id, 0)):
                stored_value_service.issue_bought(
                    Money(line.unit_price, order.currency),
                    Purchase(order.id, line.id, parcel.id, order.customer_name),
                    country=order.shipping_address["country"],
                    recipient=gift["email"],
                    message=gift["message"],
                    send_at=send_at,
                    by=by,
                )


def _cancel(order: Order, parcel: Fulfilment, *, by: Principal) -> None:
    service.cancel(parcel)
    service.separate(parcel)
    orders_service.add_event(order.id, "fulfilment_cancelled", f"{parcel.number} cancelled.", by=by)
    audit.record("fulfilment.cancelled", by=by, subject_id=parcel.id, number=parcel.number)


def _carrier_text(parcel: Fulfilment) -> str:
    number = f", {parcel.tracking_number}" if parcel.tracking_number else ""
    return f"{parcel.carrier}{number}"


def _units(parcel: Fulfilment) -> str:
    return counted(sum(line.quantity for line in parcel.lines), "unit")
