"""The walk of a batch at the bins: what is scanned next, and what a scan means.

For each line a bin, an item and, where there are totes, a tote. A wrong scan never goes on. What is
confirmed here is sent by the outbox, so the walk goes on while the shop is away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from console.client.picking import Batch, PickLine, PickOrder, Tote
from console.flows.bin_codes import find


class Step(StrEnum):
    """What is to be scanned."""

    CART = "cart"
    BIN = "bin"
    WARNING = "warning"
    ITEM = "item"
    TOTE = "tote"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Pick:
    """Units that were confirmed, to be sent."""

    line: PickLine
    units: int
    item: str
    place: str | None
    tote: str | None
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """A tote that was put on the cart, to be sent; None is for all orders of the batch."""

    order: PickOrder | None
    code: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a code did: the walk as it is now, what to say, and what to send."""

    walk: Walk
    words: str
    is_wrong: bool = False
    send: Pick | Assigned | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody is in a batch. `done` are units confirmed here by line."""

    batch: Batch
    done: dict[str, int] = field(default_factory=dict)
    totes: dict[str, tuple[Tote, ...]] = field(default_factory=dict)
    """Totes put on the cart here, by order; "" for all orders."""
    skipped: tuple[str, ...] = ()
    at_bin: str | None = None
    """The bin that was scanned for the current line."""
    item: str | None = None
    """The item that was scanned and waits for its tote."""
    units: int = 0
    lot: str | None = None
    """The lot that the item's label told."""
    acknowledged: frozenset[str] = frozenset()
    """Warnings that were read."""
    is_tote_full: bool = False
    """Whether a second tote for the current order is to be scanned."""

    def refreshed(self, batch: Batch) -> Walk:
        """Take what the shop says; what it knows of is no longer counted here."""
        known = {line.id: line.picked for line in batch.lines}
        before = {line.id: line.picked for line in self.batch.lines}
        done = {
            line_id: left
            for line_id, units in self.done.items()
            if (left := units - (known.get(line_id, 0) - before.get(line_id, 0))) > 0
        }
        there = {tote.barcode for order in batch.orders for tote in order.totes}
        there |= {tote.barcode for tote in batch.totes}
        totes = {
            order_id: new
            for order_id, own in self.totes.items()
            if (new := tuple(tote for tote in own if tote.barcode not in there))
        }
        after = replace(self, batch=batch, done=done, totes=totes)
        if self.line is not None and (after.line is None or after.line.id != self.line.id):
            return replace(after, item=None, units=0)  # what was scanned was for another line
        return after

    def settled(self) -> Walk:
        """Forget what the shop has not taken, once nothing waits to be sent: it was refused."""
        if not self.done and not self.totes:
            return self
        return replace(self, done={}, totes={}, at_bin=None, item=None, units=0)

    def left(self, line: PickLine) -> int:
        """Units of a line that are still in their bin."""
        return line.quantity - line.picked - self.done.get(line.id, 0)

    @property
    def picked(self) -> int:
        """Units that are picked, those that were not sent yet included."""
        return sum(line.picked for line in self.batch.lines) + sum(self.done.values())

    @property
    def lines(self) -> tuple[PickLine, ...]:
        """What is still to be picked, in the order of the walk; skipped lines come last."""
        held = {one.order_id for one in self.batch.orders if one.on_hold}
        todo = [
            line for line in self.batch.lines
            if line.status == "todo" and self.left(line) > 0 and line.order_id not in held
        ]  # fmt: skip
        late = {line_id: place for place, line_id in enumerate(self.skipped, start=1)}
        return tuple(sorted(todo, key=lambda line: late.get(line.id, 0)))

    @property
    def line(self) -> PickLine | None:
        """The line that is picked now."""
        return self.lines[0] if self.lines else None

    def totes_of(self, line: PickLine) -> tuple[Tote, ...]:
        """The totes that a line's units may go into."""
        if self.batch.kind == "single_item":
            return (*self.batch.totes, *self.totes.get("", ()))
        order = next(one for one in self.batch.orders if one.order_id == line.order_id)
        return (*order.totes, *self.totes.get(line.order_id, ()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be read before the current line is taken: of its product and its order."""
        line = self.line
        if line is None:
            return ()
        order = next(one for one in self.batch.orders if one.order_id == line.order_id)
        told = [f"{line.sku}: {line.pick_warning}"] if line.pick_warning else []
        told += [f"order {order.number}: {note}" for note in order.pinned_notes]
        return tuple(one for one in told if one not in self.acknowledged)

    def read_warnings(self) -> Outcome:
        """Somebody read what stands there: it does not interrupt this batch again."""
        after = replace(self, acknowledged=self.acknowledged | set(self.warnings))
        return Outcome(after, "Read: now the item")

    def full(self) -> Outcome:
        """The tote is full: the next one that is scanned is the current order's as well."""
        line = self.line
        if line is None or not self.totes_of(line):
            return Outcome(self, "No tote is filled here", is_wrong=True)
        return Outcome(replace(self, is_tote_full=True), "Full: scan an empty tote")

    @property
    def cart_order(self) -> PickOrder | None:
        """The order that the next tote is for; None for all of them."""
        line = self.line
        if self.is_tote_full and line is not None and self.batch.kind != "single_item":
            return next(one for one in self.batch.orders if one.order_id == line.order_id)
        return self.order_without_tote

    @property
    def order_without_tote(self) -> PickOrder | None:
        """The next order that needs a tote; a batch of totes is not walked before each has one."""
        if self.batch.kind != "totes":
            return None
        return next(
            (
                one for one in self.batch.orders
                if one.status == "picking" and not one.totes and one.order_id not in self.totes
            ),
            None,
        )  # fmt: skip

    @property
    def step(self) -> Step:
        """What is to be scanned now."""
        line = self.line
        if line is None:
            return Step.DONE
        is_bare = self.batch.kind == "single_item" and not self.totes_of(line)
        if self.order_without_tote or is_bare or self.is_tote_full:
            return Step.CART
        if self.item is not None:
            return Step.TOTE
        if line.bin_barcode and self.at_bin != line.bin_barcode:
            return Step.BIN
        return Step.WARNING if self.warnings else Step.ITEM

    def skip(self) -> Walk:
        """Come to the current line last."""
        line = self.line
        if line is None:
            return self
        order = (*(one for one in self.skipped if one != line.id), line.id)
        return replace(self, skipped=order, at_bin=None, item=None, units=0)

    def scan(self, code: str, units: int | None = None, *, lot: str | None = None) -> Outcome:
        """Use a code that was scanned, with the quantity typed before it and the lot it told."""
        line = self.line
        if line is None:
            return Outcome(self, "Everything is picked: Enter finishes the batch", is_wrong=True)
        if self.step is Step.CART:
            return self._tote_on_cart(code)
        if self.step is Step.TOTE:
            return self._into_tote(line, code)
        if line.bin_barcode and code.upper() == line.bin_barcode.upper():
            if self.step is Step.WARNING:
                return self.read_warnings()
            return Outcome(replace(self, at_bin=line.bin_barcode), f"{line.bin_code}: take it")
        if find(code, [line]) is not None:
            if self.step is Step.BIN:
                return Outcome(self, f"Scan the bin {line.bin_code} first", is_wrong=True)
            if self.step is Step.WARNING:
                words = f"READ FIRST: {self.warnings[0]}. Enter, or the bin once more"
                return Outcome(self, words, is_wrong=True)
            first = line.lots[0].code if line.lots else None
            if lot and first and lot.upper() != first.upper():
                return Outcome(self, f"WRONG LOT: {first} is sold first", is_wrong=True)
            return self._item(line, code, units, lot)
        if self.step is Step.BIN:
            return Outcome(self, f"Wrong bin: go to {line.bin_code}", is_wrong=True)
        other = find(code, self.lines)
        words = f"WRONG ITEM: {line.sku} is expected"
        if other is not None:
            words += f". This is for order {self.lines[other].order_number}, later"
        return Outcome(self, words, is_wrong=True)

    def _item(self, line: PickLine, code: str, units: int | None, lot: str | None) -> Outcome:
        left = self.left(line)
        wanted = units if units is not None else (left if self.totes_of(line) else 1)
        if wanted > left:
            return Outcome(self, f"{wanted - left} too many: {left} are needed", is_wrong=True)
        if wanted < 1:
            return Outcome(self, "At least one unit is picked", is_wrong=True)
        if self.totes_of(line):
            names = " or ".join(tote.words for tote in self.totes_of(line))
            walk = replace(self, item=code, units=wanted, lot=lot)
            return Outcome(walk, f"{wanted} {line.sku} into {names}")
        return replace(self, lot=lot)._picked(line, code, wanted, None)

    def _into_tote(self, line: PickLine, code: str) -> Outcome:
        totes = {tote.barcode.upper(): tote for tote in self.totes_of(line)}
        tote = totes.get(code.upper())
        if tote is not None:
            return self._picked(line, self.item or line.sku, self.units, tote.barcode)
        if find(code, [line]) is not None:
            return Outcome(self, "Now the tote: scan its label", is_wrong=True)
        names = " or ".join(one.code for one in totes.values())
        return Outcome(self, f"WRONG TOTE: order {line.order_number} has {names}", is_wrong=True)

    def _picked(self, line: PickLine, item: str, units: int, tote: str | None) -> Outcome:
        done = {**self.done, line.id: self.done.get(line.id, 0) + units}
        after = replace(self, done=done, item=None, units=0, lot=None)
        following = after.line
        if following is None or following.bin_barcode != line.bin_barcode:
            after = replace(after, at_bin=None)
        words = f"✔ {units} {line.sku}" + (f" in {tote}" if tote else "")
        pick = Pick(line, units, item, self.at_bin, tote, self.lot)
        return Outcome(after, words, send=pick)

    def _tote_on_cart(self, code: str) -> Outcome:
        if not code.upper().startswith("T-"):
            return Outcome(self, "First scan a tote: its code begins with T-", is_wrong=True)
        used = {tote.barcode for one in self.batch.orders for tote in one.totes}
        used |= {tote.barcode for tote in self.batch.totes}
        used |= {tote.barcode for totes in self.totes.values() for tote in totes}
        if code.upper() in used:
            return Outcome(self, f"{code} is on the cart already: take another", is_wrong=True)
        order = self.cart_order
        own = order.order_id if order else ""
        totes = {**self.totes, own: (*self.totes.get(own, ()), Tote(code, code.upper()))}
        slot = f"slot {order.position}, order {order.number}" if order else "all orders"
        after = replace(self, totes=totes, is_tote_full=False)
        return Outcome(after, f"{code} for {slot}", send=Assigned(order, code))
