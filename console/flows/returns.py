"""A return that is unpacked: pure steps from a scan to what is posted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.client.returns import ReturnDetail, ReturnRefund
from console.flows import quantity_input
from console.flows.line_items import bounded, exchanged
from console.flows.transition import Transition, good, noted, wrong

DISPOSITIONS = ("restock", "damaged", "quarantine", "discard")
"""What may become of a unit, the commonest first."""


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a return: what is still to come, and what was counted now."""

    variant_id: str
    sku: str
    name: str
    reason: str
    expected: int = 0
    outstanding: int = 0
    received: int = 0
    waiting: int = 0
    refunded: int = 0
    now: int = 0
    disposition: str = DISPOSITIONS[0]
    has_lots: bool = False
    lot: str = ""
    """The lot that is printed on what came."""

    exchange: str = ""
    """What its customer gets instead."""

    line_id: str = ""
    """The line whose units are still to come, or of which some wait for a disposition."""

    @property
    def over(self) -> int:
        """Units that nobody announced."""
        return max(0, self.now - self.outstanding)


@dataclass(frozen=True, slots=True)
class Unpacking:
    """A return, what was counted of it now, and its refund once that is reviewed."""

    back: ReturnDetail
    items: tuple[Item, ...]
    cursor: int = 0
    review: ReturnRefund | None = None

    @property
    def units(self) -> int:
        """Units that would be posted."""
        return sum(item.now for item in self.items)

    @property
    def waiting(self) -> int:
        """Units that came and have no disposition."""
        return sum(item.waiting for item in self.items)

    @property
    def work(self) -> tuple[object, ...]:
        """What the operator did: the part that undo reverts."""
        return (self.items,)

    def posted(self) -> list[dict[str, object]]:
        """What is sent to the shop of the units that came now."""
        return [
            {
                "variant_id": item.variant_id,
                "quantity": item.now,
                "expected_received": item.received,
                "disposition": item.disposition,
                **({"lot": item.lot} if item.lot else {}),
            }
            for item in self.items
            if item.now
        ]

    @property
    def lacking(self) -> str:
        """The first article that would be restocked and whose lot nobody has named."""
        restocked = (
            item.sku
            for item in self.items
            if (item.now or item.waiting) and item.has_lots and not item.lot
            and item.disposition == DISPOSITIONS[0]
        )  # fmt: skip
        return next(restocked, "")

    def inspected(self) -> list[dict[str, object]]:
        """What is sent to the shop of the units that came before."""
        return [
            {
                "line_id": item.line_id,
                "quantity": item.waiting,
                "disposition": item.disposition,
                **({"lot": item.lot} if item.lot else {}),
            }
            for item in self.items
            if item.waiting
        ]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Command: ask the shop what a code is."""

    code: str


ReturnStep = Transition[Unpacking, LookUp]


def start(back: ReturnDetail) -> Unpacking:
    """Nothing counted yet."""
    return Unpacking(back, _items(back))


def reloaded(state: Unpacking, back: ReturnDetail) -> Unpacking:
    """The return was read again: what was counted stays."""
    counted = {item.variant_id: item for item in state.items}
    items = [
        replace(item, now=before.now, disposition=before.disposition, lot=before.lot)
        if (before := counted.pop(item.variant_id, None))
        else item
        for item in _items(back)
    ]
    strangers = [replace(item, outstanding=0, received=0) for item in counted.values() if item.now]
    every = (*items, *strangers)
    return Unpacking(back, every, bounded(state.cursor, every))


def scanned(state: Unpacking, code: str) -> ReturnStep:
    """An article by its SKU; any other code is asked for."""
    for at, item in enumerate(state.items):
        if item.sku.upper() == code.upper():
            return _counted(state, at, item.now + 1)
    return Transition(state, (LookUp(code),))


def in_lot(state: Unpacking, lot: str) -> ReturnStep:
    """Of which lot the line under the cursor is."""
    if not state.items:
        return Transition(state, feedback=wrong("Scan what came"))
    item = state.items[state.cursor]
    if not item.has_lots:
        return Transition(state, feedback=wrong(f"{item.sku} has no lots"))
    items = exchanged(state.items, state.cursor, replace(item, lot=lot.strip().upper()))
    return Transition(replace(state, items=items), feedback=good(f"{item.sku}: lot {lot.strip()}"))


def recognised(
    state: Unpacking,
    variant_id: str,
    sku: str,
    name: str,
    units: int,
    *,
    has_lots: bool = False,
    lot: str = "",
) -> ReturnStep:
    """The shop said what a code is: an article of the return, or one that nobody announced."""
    at = next((n for n, one in enumerate(state.items) if one.variant_id == variant_id), None)
    if at is None:
        stranger = Item(variant_id, sku, name, "not announced", has_lots=has_lots)
        state, at = replace(state, items=(*state.items, stranger)), len(state.items)
    if lot:
        item = replace(state.items[at], lot=lot)
        state = replace(state, items=exchanged(state.items, at, item))
    return _counted(state, at, state.items[at].now + units)


def take_open(state: Unpacking) -> ReturnStep:
    """All that is still to come of the line under the cursor."""
    if not state.items:
        return Transition(state, feedback=wrong("Scan what came"))
    item = state.items[state.cursor]
    if item.now >= item.outstanding:
        return Transition(state, feedback=noted(f"{item.sku}: {item.now} counted. F10 posts all"))
    return _counted(state, state.cursor, item.outstanding)


def change(state: Unpacking, by: int) -> ReturnStep:
    """So many units more or less of the line under the cursor."""
    if not state.items:
        return Transition(state, feedback=wrong("Scan what came"))
    return _counted(state, state.cursor, state.items[state.cursor].now + by)


def exactly(state: Unpacking, text: str) -> ReturnStep:
    """The quantity under the cursor was typed."""
    if not state.items:
        return Transition(state, feedback=wrong("Scan what came"))
    try:
        units = quantity_input.parse(text)
    except quantity_input.NotAQuantity as refusal:
        return Transition(state, feedback=wrong(str(refusal)))
    return _counted(state, state.cursor, units)


def turn(state: Unpacking) -> ReturnStep:
    """The next disposition for the line under the cursor."""
    if not state.items:
        return Transition(state, feedback=wrong("Scan what came"))
    item = state.items[state.cursor]
    at = DISPOSITIONS.index(item.disposition) + 1
    fresh = replace(item, disposition=DISPOSITIONS[at % len(DISPOSITIONS)])
    items = exchanged(state.items, state.cursor, fresh)
    return Transition(
        replace(state, items=items), feedback=good(f"{item.sku}: {fresh.disposition}")
    )


def moved(state: Unpacking, to: int) -> Unpacking:
    """The cursor on another line."""
    return replace(state, cursor=bounded(to, state.items))


def posted(state: Unpacking) -> Unpacking:
    """What was counted is on its way to the shop."""
    items = tuple(
        replace(
            item, now=0, waiting=0, received=item.received + item.now,
            outstanding=max(0, item.outstanding - item.now),
        )
        for item in state.items
    )  # fmt: skip
    return replace(state, items=items, review=None)


def reviewed(state: Unpacking, refund: ReturnRefund | None) -> Unpacking:
    """The refund is shown, or was left."""
    return replace(state, review=refund)


def _counted(state: Unpacking, at: int, units: int) -> ReturnStep:
    item = state.items[at]
    if units < 0:
        return Transition(state, feedback=wrong(f"{item.sku}: nothing is counted of it"))
    fresh = replace(item, now=units)
    state = replace(state, items=exchanged(state.items, at, fresh), cursor=at, review=None)
    words = f"{item.name}  {units} of {item.outstanding}, {item.disposition}"
    if fresh.over:
        return Transition(state, feedback=noted(f"{words}: {fresh.over} NOT ANNOUNCED, recorded"))
    return Transition(state, feedback=good(words))


def _items(back: ReturnDetail) -> tuple[Item, ...]:
    """One item for each article, whichever lines it has."""
    found: dict[str, Item] = {}
    for line in back.lines:
        item = found.get(line.variant_id) or Item(
            line.variant_id, line.sku, line.title, line.reason_label
        )
        is_open = line.waiting or (line.outstanding and not item.line_id)
        found[line.variant_id] = replace(
            item,
            expected=item.expected + line.quantity,
            outstanding=item.outstanding + line.outstanding,
            received=item.received + line.received_quantity,
            waiting=item.waiting + line.waiting if not item.waiting else item.waiting,
            refunded=item.refunded + line.refunded_quantity,
            has_lots=line.has_lots,
            exchange=line.exchange.sku if line.exchange else item.exchange,
            line_id=line.id if is_open else item.line_id,
        )
    return tuple(found.values())
