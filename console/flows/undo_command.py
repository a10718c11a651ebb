"""What F9 can undo, and the reason when it cannot.

A command that never left is dropped. A stock adjustment, or a move that was made just now, is
answered by its opposite. Goods and
money that left do not come back by a key press: of a parcel it is asked first, while it has only
just left, and otherwise the operator is told what can be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from console.client.outbox import Command, State


class Drop(NamedTuple):
    """It never left: forget it."""

    command: Command


class SendInverse(NamedTuple):
    """It was done: send the inverse command."""

    command: Command


class OfferToVoid(NamedTuple):
    """A parcel was shipped a moment ago: ask whether to void it."""

    command: Command
    order_id: str
    fulfilment_id: str


class Cannot(NamedTuple):
    """It cannot be undone; why, and what to do instead."""

    command: Command
    why: str


class Nothing(NamedTuple):
    """There is nothing to undo."""


JUST_NOW = 600.0
"""Seconds for which F9 undoes a shipment or a move; later the order's page of parcels does."""

INSTEAD = {
    "ship": "It left more than ten minutes ago: k on the order, then v, takes it back",
    "move": "It was moved more than ten minutes ago: scan it back",
    "state": "It was changed more than ten minutes ago: ! on the level changes it back",
    "zero_check": "What was seen stays: = counts the bin",
    "receive_transfer": "What came of a transfer stays: F7 corrects the stock",
    "ship_transfer": ":transfers, then c, cancels it and puts its units back",
    "close_transfer": "A transfer that was ended stays: F7 corrects the stock",
    "counted": "A count that is posted stays: count the bin again",
    "finish_count": "A count that is posted stays: count the bin again",
    "void_parcel": "What was voided is shipped again",
    "correct_parcel": "k on the order, then t, changes the label once more",
    "receive": "It came more than ten minutes ago: F7 corrects the stock",
    "undo_receipt": "F6 receives it again",
    "refund": "Money that was given back stays there: add a note, or ask for a new payment",
    "batch": "States are not turned back by a key: :p, then u, x or n",
    "mark_paid": "Money that was recorded stays: F8 gives it back",
    "cancel": "A cancelled order stays cancelled: a new order takes its place",
    "hold": "u on the order releases it",
    "release": "h on the order holds it again",
    "note": "Notes are history and stay: write another one that puts it right",
}


def plan(
    latest: Sequence[Command], now: float
) -> Drop | SendInverse | OfferToVoid | Cannot | Nothing:
    """What undo means for the newest of these commands (newest first) at this time."""
    if not latest:
        return Nothing()
    command = latest[0]
    if command.is_unsent:
        return Drop(command)
    is_late = command.kind in {"move", "state"} and now - command.made_at > JUST_NOW
    if command.state is State.DONE and command.inverse is not None and not is_late:
        return SendInverse(command)
    is_fresh = now - command.made_at <= JUST_NOW
    if command.kind == "receive" and command.state is State.DONE and is_fresh:
        return SendInverse(command)
    if command.kind == "ship" and command.state is State.DONE and command.answer:
        parcel = command.answer.get("id")
        if isinstance(parcel, str) and is_fresh:
            return OfferToVoid(command, command.aggregate.partition(":")[2], parcel)
    if command.state in (State.WAITING, State.ASKING):
        why = f"{command.label}: already on its way, its answer is not known yet. F12 shows it"
        return Cannot(command, why)
    return Cannot(command, f"{command.label}. {INSTEAD.get(command.kind, 'It stays')}")
