"""What a scanned or typed code does to a parcel in the making: goods, its label, or an alarm.

Goods are what the shop has stored as a barcode. A label is a number that fits the carrier of this
parcel, by form and check digit. What fits both is asked about, and anything else is wrong: it never
becomes anything by itself.
"""

from __future__ import annotations

from dataclasses import replace

from console.flows import line_items, tracking
from console.flows.formatting import units
from console.flows.ship.draft import Doubtful, Packed, ShipDraft
from console.flows.ship.events import LookUp, NotRecognised, Recognised, Send
from console.flows.transition import Choice, Question, Transition, done, good, wrong

ShipStep = Transition[ShipDraft, LookUp | Send]


def scanned(draft: ShipDraft, code: str) -> ShipStep:
    """A code came in: goods of this order, or to be looked up."""
    state = replace(draft, question=None, doubtful=None)
    for at, line in enumerate(draft.lines):
        if count := line.units_called(code):
            return _goods(state, code, line.name, at, count)
    return Transition(state, (LookUp(code),))


def recognised(draft: ShipDraft, told: Recognised) -> ShipStep:
    """The shop said what it is."""
    if told.is_typed:
        return _typed(draft, told)
    if told.kind == "variant":
        # Goods of this order can have got the code after the order was read.
        at = next((at for at, one in enumerate(draft.lines) if one.units_called(told.sku)), None)
        return _goods(draft, told.code, told.label, at, told.units)
    if told.kind == "order":
        return _alarm(draft, f"That is {told.label}: ship or leave {draft.number} first")
    if told.kind == "fulfilment":
        return _alarm(draft, f"{told.label} has this label already. Put it aside")
    return _label_or_alarm(draft, told.code, "no goods, order or parcel")


def not_recognised(draft: ShipDraft, told: NotRecognised) -> ShipStep:
    """Offline: what fits the carrier is its label, and nothing else can be known."""
    if told.is_typed:
        return track(draft, told.code, "tracking number; the shop could not be asked")
    return _label_or_alarm(draft, told.code, "the shop cannot be asked now")


def typed(draft: ShipDraft, text: str) -> ShipStep:
    """A tracking number was typed as such: anything but what the shop knows as something else."""
    number = tracking.tidy(text)
    refusal = tracking.why_not(number)
    if refusal:
        return Transition(draft, feedback=wrong(refusal))
    return Transition(draft, (LookUp(text.strip(), is_typed=True),))


def as_tracking(draft: ShipDraft) -> ShipStep:
    """Of a code that is goods too, the operator said that it is the label."""
    if draft.doubtful is None:
        return Transition(draft)
    state = replace(draft, question=None, doubtful=None)
    return _label(state, draft.doubtful.number, draft.carrier)


def as_goods(draft: ShipDraft) -> ShipStep:
    """Of a code that fits the carrier too, the operator said that it is the goods."""
    doubt = draft.doubtful
    state = replace(draft, question=None, doubtful=None)
    if doubt is None:
        return Transition(state)
    if doubt.line is None or doubt.line >= len(draft.lines):
        return _wrong_item(state, doubt.label)
    return _check(state, doubt.line, draft.lines[doubt.line], doubt.units)


def track(draft: ShipDraft, number: str, words: str) -> ShipStep:
    """This is the parcel's number."""
    tidy = tracking.tidy(number)
    return Transition(replace(draft, tracking=tidy), feedback=good(f"{tidy}  {words}"))


def _typed(draft: ShipDraft, told: Recognised) -> ShipStep:
    if told.kind is None:
        return track(draft, told.code, "tracking number")
    what = {"fulfilment": f"{told.label} has this number already",
            "order": f"That is {told.label} and no tracking number",
            "variant": f"That is {told.label}: scan it without #"}  # fmt: skip
    return Transition(draft, feedback=wrong(what[told.kind]))


def _goods(draft: ShipDraft, code: str, label: str, at: int | None, count: int) -> ShipStep:
    # Before the goods are checked no label is taken, so it can only be the goods.
    number = None if draft.unverified else tracking.number_of(draft.carrier, code)
    if number is not None:
        question = Question(
            f"{code} is {label}, and fits {draft.carrier} as well.",
            (Choice("item", "it is the item"), Choice("label", "it is the label")),
        )
        return Transition(
            replace(draft, doubtful=Doubtful(number, label, at, count), question=question)
        )
    return _wrong_item(draft, label) if at is None else _check(draft, at, draft.lines[at], count)


def _check(draft: ShipDraft, at: int, line: Packed, count: int) -> ShipStep:
    """Check off the units that one scan means: a whole case or nothing of it."""
    checked = line.checked + count
    if checked > line.open:
        case = f" A case holds {count}." if count > 1 else ""
        there = f"{line.checked} of {line.open} are in."
        words = f"{checked - line.open} too many: {line.name}, {there}{case} Put back"
        return _alarm(replace(draft, cursor=at), words)
    counted = replace(line, checked=checked, take=max(line.take, checked))
    lines = line_items.exchanged(draft.lines, at, counted)
    state = replace(draft, lines=lines, cursor=at, alarm="")
    if state.checked_units == state.units:
        return Transition(state, feedback=done(f"All {units(state.units)} checked: Enter ships"))
    return Transition(state, feedback=good(f"{line.name}  {checked} of {counted.take}"))


def _wrong_item(draft: ShipDraft, label: str) -> ShipStep:
    return _alarm(draft, f"WRONG ITEM  {label} is not to ship here. Put back")


def _label_or_alarm(draft: ShipDraft, code: str, why: str) -> ShipStep:
    number = tracking.number_of(draft.carrier, code) if draft.carrier else None
    if number is not None:
        return _label(draft, number, draft.carrier)
    fits = tracking.carriers_of(code)
    if not draft.carrier and len(fits) == 1:
        number = tracking.number_of(fits[0], code)
        assert number is not None
        return _label(draft, number, fits[0])
    if fits:
        by = f"this goes by {draft.carrier}" if draft.carrier else "→ chooses the carrier first"
        return _alarm(draft, f"{code} is a number of {' or '.join(fits)}: {by}")
    return _alarm(draft, f"UNKNOWN ITEM  {code}: {why}. # types a tracking number")


def _label(draft: ShipDraft, number: str, carrier: str) -> ShipStep:
    if draft.alarm:
        return Transition(draft, feedback=wrong(f"First: {draft.alarm}. Esc: it is put right"))
    if draft.unverified:
        left = units(draft.unverified)
        return Transition(
            draft, feedback=wrong(f"{left} not checked yet: scan the goods, then the label")
        )
    return track(replace(draft, carrier=carrier), number, f"tracking number, {carrier}")


def _alarm(draft: ShipDraft, words: str) -> ShipStep:
    return Transition(replace(draft, alarm=words), feedback=wrong(words))
