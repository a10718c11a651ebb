"""The next job of the operator: one thing, one Enter away."""

from __future__ import annotations

from typing import NamedTuple

from console.client.models import OrderCard, Overview, Person
from console.flows.formatting import Sense, age, count, counted, units
from console.flows.next_actions import why_not_ship


class Job(NamedTuple):
    """The next thing to do, and where Enter goes for it."""

    label: str
    """One or two words for the key."""

    title: str
    why: str
    sense: Sense
    screen: str
    subject: str = ""


def next_job(
    seen: Overview | None, order: OrderCard | None, person: Person | None, refused: int
) -> Job | None:
    """The next job, or None while there is none or nothing is known.

    `order` is the first of the queue, or the one that the operator moved to. Refused commands come
    first, because what was believed done was not; then the orders, for who may ship; then what
    needs a person, and stock that runs low.
    """
    if refused:
        are = "command was" if refused == 1 else "commands were"
        return Job("decide", f"{count(refused)} {are} refused", "They wait for your decision.",
                   Sense.BAD, "outbox")  # fmt: skip
    may_ship = person is not None and person.may("fulfilment:write")
    needy = seen.needs_attention if seen else 0
    if order is not None and (may_ship or not needy):
        return _order_job(order, person, seen)
    if needy:
        thing = "thing needs" if needy == 1 else "things need"
        return Job("look", f"{count(needy)} {thing} a person", "Disputes, double payments, "
                   "failing jobs: the oldest first.", Sense.BAD, "attention")  # fmt: skip
    if seen is not None and seen.low_stock:
        levels = counted(seen.low_stock, "stock level", "stock levels")
        run = "runs" if seen.low_stock == 1 else "run"
        return Job("look", f"{levels} {run} low", "Nothing waits to be shipped.", Sense.PART,
                   "stock", "low")  # fmt: skip
    return None


def _order_job(order: OrderCard, person: Person | None, seen: Overview | None) -> Job:
    details = [units(order.open_unit_count)]
    if order.open_unit_count < order.unit_count:
        details = [f"{order.open_unit_count} of {units(order.unit_count)}"]
    details += [f"to {order.ship_country}"] if order.ship_country else []
    details.append(f"placed {age(order.placed_at)} ago")
    wait = seen.to_ship if seen else 0
    why = f"{' · '.join(details)} · {count(wait)} wait" if wait > 1 else " · ".join(details)
    if why_not_ship(order, person) is None:
        title = f"Ship {order.number} for {order.customer_name}"
        return Job("ship", title, why, Sense.DUE, "ship", order.id)
    title = f"{order.number} for {order.customer_name}"
    return Job("open", title, why, Sense.QUIET, "order", order.id)
