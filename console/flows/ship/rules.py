"""What follows from each event of a parcel in the making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from console.client.models import CaseFile
from console.flows import lines as goods
from console.flows import quantities, tracking
from console.flows.lines import Exactly, Move, OneMore, Scanned, TurnTo
from console.flows.ship.draft import Packed, ShipDraft
from console.flows.ship.events import (
    By,
    Dismiss,
    Enter,
    Event,
    LookUp,
    NotRecognised,
    Recognised,
    Send,
    TakeAll,
    Tracked,
)
from console.flows.step import Choice, Feedback, Question, Step, done, good, noted, wrong
from console.flows.words import units

ShipStep = Step[ShipDraft, LookUp | Send]
_Wanted = Callable[[Packed], int]


def start(order: CaseFile, *, carrier: str) -> ShipDraft:
    """Everything still open, by the carrier used last."""
    return ShipDraft(order.id, order.number, _lines(order), carrier)


def reloaded(draft: ShipDraft, order: CaseFile) -> ShipStep:
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
        lines.append(replace(fresh, take=take, checked=min(old.checked, fresh.open)))
    state = replace(draft, lines=tuple(lines), cursor=min(draft.cursor, max(0, len(lines) - 1)))
    words = noted("Read again: " + "; ".join(changes)) if changes else None
    return Step(state, feedback=words)


def step(draft: ShipDraft, event: Event) -> ShipStep:
    """Take one event."""
    match event:
        case Scanned(code):
            return _scanned(replace(draft, question=None), code)
        case Recognised():
            return _recognised(draft, event)
        case NotRecognised(code):
            return _track(draft, code, "taken as tracking number; the shop could not be asked")
        case OneMore(by):
            return _take(draft, lambda line: line.take + by)
        case Exactly(text):
            return _exactly(draft, text)
        case TakeAll():
            everything = tuple(replace(line, take=line.open) for line in draft.lines)
            state = replace(draft, lines=everything, question=None)
            return Step(state, feedback=good(f"Everything: {units(state.units)}"))
        case Move(to):
            return Step(replace(draft, cursor=goods.bounded(to, draft.lines)))
        case By(carrier):
            return _by(draft, carrier.strip())
        case Tracked(text):
            return _track(draft, text, "tracking number")
        case TurnTo(by):
            question = draft.question.moved(by) if draft.question else None
            return Step(replace(draft, question=question))
        case Dismiss():
            return Step(replace(draft, question=None))
        case Enter():
            return _enter(draft)


def _lines(order: CaseFile) -> tuple[Packed, ...]:
    return tuple(
        Packed(
            line.id,
            line.sku,
            line.barcode,
            line.name,
            line.open_quantity,
            line.open_quantity,
            barcodes=line.barcodes,
        )
        for line in order.lines
        if line.open_quantity > 0
    )


def _scanned(draft: ShipDraft, code: str) -> ShipStep:
    for at, line in enumerate(draft.lines):
        if count := line.units_called(code):
            return _check(draft, at, line, count)
    if tracking.is_from_carrier(code):
        return _track(draft, code, "tracking number")
    return Step(draft, (LookUp(code),))


def _check(draft: ShipDraft, at: int, line: Packed, count: int) -> ShipStep:
    """Check off the units that one scan means: a whole case or nothing of it."""
    checked = line.checked + count
    if checked > line.open:
        case = f" A case holds {count}." if count > 1 else ""
        there = f"{line.checked} of {line.open} are in."
        words = f"{checked - line.open} too many: {line.name}, {there}{case} Put back"
        return Step(replace(draft, cursor=at), feedback=wrong(words))
    counted = replace(line, checked=checked, take=max(line.take, checked))
    state = replace(draft, lines=goods.exchanged(draft.lines, at, counted), cursor=at)
    if state.checked_units == state.units:
        return Step(state, feedback=done(f"All {units(state.units)} checked: Enter ships"))
    return Step(state, feedback=good(f"{line.name}  {checked} of {counted.take}"))


def _recognised(draft: ShipDraft, told: Recognised) -> ShipStep:
    if told.kind is None:
        return _track(draft, told.code, "tracking number")
    if told.kind == "order":
        words = f"That is {told.label}: ship or leave {draft.number} first"
        return Step(draft, feedback=wrong(words))
    if told.kind == "fulfilment":
        words = f"{told.label} has this label already. Put it aside"
        return Step(draft, feedback=wrong(words))
    for at, line in enumerate(draft.lines):
        # The goods got this code after the order was read.
        if told.sku and line.units_called(told.sku):
            return _check(draft, at, line, told.units)
    return Step(draft, feedback=wrong(f"WRONG ITEM  {told.label} is not to ship here. Put back"))


def _track(draft: ShipDraft, text: str, words: str) -> ShipStep:
    number = tracking.tidy(text)
    refusal = tracking.why_not(number)
    if refusal:
        return Step(draft, feedback=wrong(refusal))
    known = tracking.carrier_of(number)
    state = replace(draft, tracking=number, carrier=known or draft.carrier)
    return Step(state, feedback=good(f"{number}  {words}" + (f", {known}" if known else "")))


def _exactly(draft: ShipDraft, text: str) -> ShipStep:
    try:
        quantity = quantities.parse(text)
    except quantities.NotAQuantity as refusal:
        return Step(draft, feedback=wrong(str(refusal)))
    return _take(draft, lambda line: quantity)


def _take(draft: ShipDraft, wanted: _Wanted) -> ShipStep:
    if not draft.lines:
        return Step(draft, feedback=wrong("Nothing is left to ship"))
    line = draft.lines[draft.cursor]
    take = wanted(line)
    if take > line.open:
        return Step(draft, feedback=wrong(f"{line.name}: only {line.open} to ship, not {take}"))
    if take < 0:
        return Step(draft, feedback=wrong(f"{line.name}: none left to take out"))
    packed = replace(line, take=take, checked=min(line.checked, take))
    state = replace(draft, lines=goods.exchanged(draft.lines, draft.cursor, packed), question=None)
    return Step(state, feedback=good(f"{line.name}  {take} of {line.open}"))


def _by(draft: ShipDraft, carrier: str) -> ShipStep:
    if not carrier:
        return Step(draft, feedback=wrong("A carrier has a name"))
    return Step(replace(draft, carrier=carrier, question=None), feedback=good(f"by {carrier}"))


def _enter(draft: ShipDraft) -> ShipStep:
    if draft.question:
        return _answered(draft, draft.question.focused.name)
    refusal = _why_not(draft)
    if refusal:
        return Step(draft, feedback=refusal)
    question = _question(draft)
    if question:
        return Step(replace(draft, question=question))
    return _send(draft)


def _why_not(draft: ShipDraft) -> Feedback | None:
    if not draft.lines:
        return wrong("Nothing is left to ship")
    if not draft.units:
        return wrong("No units chosen: + adds one, * takes everything")
    if not draft.carrier:
        return wrong("By whom? ← → chooses a carrier, @ types one")
    return None


def _question(draft: ShipDraft) -> Question | None:
    back = Choice("back", "go back")
    if 0 < draft.checked_units < draft.units:
        return Question(
            f"Only {draft.checked_units} of {units(draft.units)} were checked.",
            (back, Choice("checked", f"ship the {draft.checked_units}"), Choice("all", "ship all")),
        )
    if not draft.tracking:
        return Question("No tracking number yet.", (back, Choice("bare", "ship without")))
    return None


def _answered(draft: ShipDraft, choice: str) -> ShipStep:
    closed = replace(draft, question=None)
    if choice == "back":
        return Step(closed, feedback=noted("Not shipped yet"))
    if choice == "checked":
        checked = tuple(replace(line, take=line.checked) for line in draft.lines)
        closed = replace(closed, lines=checked)
    elif choice == "all":
        everything = tuple(replace(line, checked=line.take) for line in draft.lines)
        closed = replace(closed, lines=everything)
    if choice != "bare" and not closed.tracking:
        return Step(replace(closed, question=_question(closed)))
    return _send(closed)


def _send(draft: ShipDraft) -> ShipStep:
    leaving = {line.line_id: line.take for line in draft.lines if line.take}
    send = Send(leaving, draft.carrier, draft.tracking or None, draft.is_everything)
    return Step(draft, (send,))
