"""What follows from each event of a parcel in the making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from console.client.models import OrderDetail
from console.client.note_models import OrderNote
from console.flows import line_items, quantity_input
from console.flows.formatting import promise, units
from console.flows.line_items import Exactly, Move, OneMore, Scanned, TurnTo
from console.flows.ship import codes
from console.flows.ship.codes import ShipStep
from console.flows.ship.draft import Packed, ShipDraft
from console.flows.ship.events import (
    AsTracking,
    CarrierChosen,
    Dismiss,
    Enter,
    Event,
    NotRecognised,
    Override,
    Recognised,
    Send,
    TakeAll,
    TrackingEntered,
)
from console.flows.transition import Choice, Feedback, Question, Transition, good, noted, wrong

LONGEST_REASON = 300
_Wanted = Callable[[Packed], int]


def start(order: OrderDetail) -> ShipDraft:
    """Everything still open, by the carrier that was agreed; by none where nothing says which."""
    return ShipDraft(
        order.id,
        order.number,
        _lines(order),
        order.carrier or "",
        agreed=order.shipping_method or "",
        promised=promise(order.promised_ship_at, order.promised_delivery_at),
        note=order.customer_note or "",
        wishes=_wishes(order),
        unread=_unread(order),
    )


def reloaded(draft: ShipDraft, order: OrderDetail) -> ShipStep:
    """The order was read again: keep the draft as far as it still fits, and say what did not."""
    before = {line.line_id: line for line in draft.lines}
    lines, changes = [], []
    for fresh in _lines(order):
        old = before.get(fresh.line_id)
        if old is None:
            lines.append(fresh)
            changes.append(f"{fresh.name} is new")
            continue
        if old.open != fresh.open:
            changes.append(f"{fresh.name}: {old.open} → {fresh.open} to ship")
        everything = old.take == old.open
        take = fresh.open if everything else min(old.take, fresh.open)
        lines.append(replace(fresh, take=take, checked=min(old.checked, take)))
    state = replace(
        draft,
        lines=tuple(lines),
        cursor=min(draft.cursor, max(0, len(lines) - 1)),
        agreed=order.shipping_method or "",
        promised=promise(order.promised_ship_at, order.promised_delivery_at),
        note=order.customer_note or "",
        wishes=_wishes(order),
        unread=_unread(order),
        # What is asked about a line may be about another one by now.
        doubtful=None,
        question=None if draft.doubtful else draft.question,
    )
    words = noted("Read again: " + "; ".join(changes)) if changes else None
    return Transition(state, feedback=words)


def step(draft: ShipDraft, event: Event) -> ShipStep:
    """Take one event."""
    match event:
        case Scanned(code):
            return codes.scanned(draft, code)
        case Recognised():
            return codes.recognised(draft, event)
        case NotRecognised():
            return codes.not_recognised(draft, event)
        case TrackingEntered(text):
            return codes.typed(draft, text)
        case AsTracking():
            return codes.as_tracking(draft)
        case OneMore(by):
            return _take(draft, lambda line: line.take + by)
        case Exactly(text):
            return _exactly(draft, text)
        case TakeAll():
            everything = tuple(replace(line, take=line.open) for line in draft.lines)
            state = replace(draft, lines=everything, question=None, doubtful=None)
            return Transition(state, feedback=good(f"Everything: {units(state.units)}"))
        case Move(to):
            return Transition(replace(draft, cursor=line_items.bounded(to, draft.lines)))
        case CarrierChosen(carrier):
            return _by(draft, carrier.strip())
        case Override(reason):
            return _override(draft, reason.strip())
        case TurnTo(by):
            question = draft.question.moved(by) if draft.question else None
            return Transition(replace(draft, question=question))
        case Dismiss():
            return _dismissed(draft)
        case Enter():
            return _enter(draft)


def _lines(order: OrderDetail) -> tuple[Packed, ...]:
    return tuple(
        Packed(
            line.id,
            line.sku,
            line.barcode,
            line.name,
            line.ready_quantity,
            line.ready_quantity,
            barcodes=line.barcodes,
            must_verify=line.must_verify,
        )
        for line in order.lines
        if line.ready_quantity > 0
    )


def _wishes(order: OrderDetail) -> tuple[str, ...]:
    """What goes with the goods: the gift message, notes and properties of lines."""
    wishes = [f"Card: {order.gift_message}"] if order.gift_message else []
    for line in order.lines:
        told = [f"{name}: {value}" for name, value in line.properties.items()]
        told += [line.note] if line.note else []
        if told and line.open_quantity:
            wishes.append(f"{line.name}: {', '.join(told)}")
    return tuple(wishes)


def _unread(order: OrderDetail) -> tuple[OrderNote, ...]:
    return tuple(note for note in order.notes if note.is_pinned and not note.is_read)


def _exactly(draft: ShipDraft, text: str) -> ShipStep:
    try:
        quantity = quantity_input.parse(text)
    except quantity_input.NotAQuantity as refusal:
        return Transition(draft, feedback=wrong(str(refusal)))
    return _take(draft, lambda line: quantity)


def _take(draft: ShipDraft, wanted: _Wanted) -> ShipStep:
    if not draft.lines:
        return Transition(draft, feedback=wrong("Nothing is left to ship"))
    line = draft.lines[draft.cursor]
    take = wanted(line)
    if take > line.open:
        return Transition(
            draft, feedback=wrong(f"{line.name}: only {line.open} to ship, not {take}")
        )
    if take < 0:
        return Transition(draft, feedback=wrong(f"{line.name}: none left to take out"))
    packed = replace(line, take=take, checked=min(line.checked, take))
    lines = line_items.exchanged(draft.lines, draft.cursor, packed)
    state = replace(draft, lines=lines, question=None, doubtful=None)
    return Transition(state, feedback=good(f"{line.name}  {take} of {line.open}"))


def _by(draft: ShipDraft, carrier: str) -> ShipStep:
    if not carrier:
        return Transition(draft, feedback=wrong("A carrier has a name"))
    state = replace(draft, carrier=carrier, question=None, doubtful=None)
    return Transition(state, feedback=good(f"by {carrier}"))


def _override(draft: ShipDraft, reason: str) -> ShipStep:
    if not 3 <= len(reason) <= LONGEST_REASON:
        words = f"A reason has 3 to {LONGEST_REASON} characters: it is kept with the parcel"
        return Transition(draft, feedback=wrong(words))
    if not draft.unverified:
        return Transition(draft, feedback=noted("Everything that must be checked is checked"))
    left = units(draft.unverified)
    state = replace(draft, override=reason, question=None, doubtful=None)
    return Transition(state, feedback=noted(f"{left} may leave unchecked: {reason}"))


def _dismissed(draft: ShipDraft) -> ShipStep:
    if draft.question is not None:
        return Transition(replace(draft, question=None, doubtful=None))
    if draft.alarm:
        return Transition(replace(draft, alarm=""), feedback=noted("Put right: go on"))
    return Transition(draft)


def _enter(draft: ShipDraft) -> ShipStep:
    if draft.question:
        return _answered(draft, draft.question.focused.name)
    refusal = _why_not(draft)
    if refusal:
        return Transition(draft, feedback=refusal)
    question = _pinned(draft) or _half_checked(draft) or _untracked(draft)
    if question:
        return Transition(replace(draft, question=question))
    return _send(draft)


def _why_not(draft: ShipDraft) -> Feedback | None:
    if not draft.lines:
        return wrong("Nothing is left to ship")
    if draft.alarm:
        return wrong(f"{draft.alarm}. Esc: it is put right")
    if not draft.units:
        return wrong("No units chosen: + adds one, * takes everything")
    if draft.unverified and not _ready(draft):
        first = next(line for line in draft.lines if line.unverified)
        return wrong(f"Not checked yet: {first.name} {first.checked} of {first.take}. Scan each")
    if not draft.carrier:
        return wrong("By whom? ← → chooses a carrier, @ types one")
    return None


def _ready(draft: ShipDraft) -> int:
    """Units that could leave as they are."""
    return sum(line.take - line.unverified for line in draft.lines)


def _pinned(draft: ShipDraft) -> Question | None:
    """The first pinned note that was not acknowledged: it is read before anything leaves."""
    for note in draft.unread:
        if note.id not in draft.acknowledged:
            choices = (Choice("back", "go back"), Choice("read", "I have read it"))
            return Question(f"Read this first ({note.created_by}): {note.text}", choices)
    return None


def _half_checked(draft: ShipDraft) -> Question | None:
    back = Choice("back", "go back")
    if draft.unverified:
        ready = _ready(draft)
        return Question(
            f"{units(draft.unverified)} of {draft.units} not checked. They do not leave so.",
            (back, Choice("ready", f"ship only the other {ready}")),
        )
    if 0 < draft.checked_units < draft.units and not draft.override:
        return Question(
            f"Only {draft.checked_units} of {units(draft.units)} were checked.",
            (back, Choice("checked", f"ship the {draft.checked_units}"), Choice("all", "ship all")),
        )
    return None


def _untracked(draft: ShipDraft) -> Question | None:
    if draft.tracking:
        return None
    choices = (Choice("back", "go back"), Choice("bare", "ship without"))
    return Question("No tracking number yet.", choices)


def _answered(draft: ShipDraft, choice: str) -> ShipStep:
    if choice == "item":
        return codes.as_goods(draft)
    if choice == "label":
        return codes.as_tracking(draft)
    closed = replace(draft, question=None)
    if choice == "read":
        first = next(note for note in draft.unread if note.id not in draft.acknowledged)
        return _enter(replace(closed, acknowledged=(*draft.acknowledged, first.id)))
    if choice == "back":
        return Transition(closed, feedback=noted("Not shipped yet"))
    if choice == "checked":
        closed = replace(closed, lines=tuple(replace(one, take=one.checked) for one in draft.lines))
    elif choice == "ready":
        ready = tuple(replace(one, take=one.take - one.unverified) for one in draft.lines)
        closed = replace(closed, lines=ready)
    question = None if choice == "bare" else _untracked(closed)
    return Transition(replace(closed, question=question)) if question else _send(closed)


def _send(draft: ShipDraft) -> ShipStep:
    send = Send(
        {line.line_id: line.take for line in draft.lines if line.take},
        draft.carrier,
        draft.tracking or None,
        draft.is_everything,
        {line.line_id: line.checked for line in draft.lines if line.checked},
        draft.override if any(line.unverified for line in draft.lines) else "",
        draft.acknowledged,
    )
    return Transition(draft, (send,))
