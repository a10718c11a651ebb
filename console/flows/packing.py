"""A parcel at the packing station: what each scan means, and what is missing before it leaves.

A right scan goes on, a wrong one blocks until the next right one or until it is put right. What is
verified here is sent by the outbox, so that packing goes on while the shop is away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from console.client.packing import BoxType, PackingLine, PackingSession
from console.flows import line_items, tracking

PERCENT = 3
GRAMS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a code did: the parcel as it is now, what to say, and whether the shop is told."""

    parcel: Parcel
    words: str
    is_wrong: bool = False
    is_sent: bool = True
    is_label: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel and what was done to it here. `done` are units by line that the shop has not yet."""

    session: PackingSession
    done: dict[str, int] = field(default_factory=dict)
    box: str = ""
    """The box that was scanned here."""
    weight: int | None = None
    is_rechecked: bool = False
    alarm: str = ""
    carrier: str = ""
    tracking: str = ""
    override: str = ""
    acknowledged: tuple[str, ...] = ()
    at: int = 0
    """The line under the cursor."""

    @property
    def lines(self) -> tuple[PackingLine, ...]:
        """What goes into the parcel."""
        return self.session.lines

    def verified(self, line: PackingLine) -> int:
        """Units of a line that are verified, those that were not sent yet included."""
        return line.verified + self.done.get(line.id, 0)

    def left(self, line: PackingLine) -> int:
        """Units of a line that are still to be verified."""
        return line.quantity - self.verified(line)

    @property
    def units(self) -> int:
        """Units of the whole parcel."""
        return sum(line.quantity for line in self.lines)

    @property
    def verified_units(self) -> int:
        """Units that are verified."""
        return sum(self.verified(line) for line in self.lines)

    @property
    def unverified(self) -> int:
        """Units that the shop wants verified and are not."""
        if self.override:
            return 0
        return sum(self.left(line) for line in self.lines if line.must_verify)

    @property
    def current(self) -> PackingLine | None:
        """The line that is scanned next."""
        return next((line for line in self.lines if self.left(line)), None)

    @property
    def grams(self) -> int | None:
        """What the parcel weighs."""
        return self.weight if self.weight is not None else self.session.weight_grams

    @property
    def box_name(self) -> str:
        """The box, or nothing."""
        return self.box or (self.session.box.name if self.session.box else "")

    @property
    def is_off(self) -> bool:
        """Whether the weight asks for a look into the parcel."""
        grams, should_be = self.grams, self.session.expected_grams
        if grams is None or should_be is None or self.is_rechecked:
            return False
        return abs(grams - should_be) > max(should_be * PERCENT / 100, GRAMS)

    @property
    def by(self) -> str:
        """Who takes it."""
        return self.carrier or self.session.carrier or ""

    @property
    def unread(self) -> tuple[str, ...]:
        """Pinned notes that nobody here has acknowledged, by their ids."""
        return tuple(
            note.id for note in self.session.pinned_notes
            if not note.is_read and note.id not in self.acknowledged
        )  # fmt: skip

    @property
    def is_untouched(self) -> bool:
        """Whether nobody would miss what was done here."""
        return not (self.verified_units or self.box or self.tracking or self.alarm)

    @property
    def leaves_by_itself(self) -> bool:
        """Whether no label is waited for: it is bought, or the customer picks the parcel up."""
        is_full = self.current is None and not self.unread
        return is_full and (self.session.buys_label or self.session.is_picked_up)

    @property
    def waits_for_label(self) -> bool:
        """Whether it is packed at the shop, and only its carrier gave no label."""
        return self.session.status == "packed"

    def missing(self) -> str:
        """The first thing that is missing before the parcel may leave, or nothing."""
        if self.alarm:
            return f"{self.alarm.rstrip('.')}. Esc: it is put right"
        if self.unverified:
            line = next(one for one in self.lines if one.must_verify and self.left(one))
            return f"Not verified yet: {line.name} {self.verified(line)} of {line.quantity}"
        if self.session.needs_box and not self.box_name:
            return "No box yet: scan its label"
        if self.is_off:
            return f"{self.grams} g instead of {self.session.expected_grams} g: look inside"
        if not self.by and not self.session.is_picked_up and not self.session.buys_label:
            return "By whom? Its label tells, or @ names the carrier"
        return ""

    def scan(self, code: str, units: int, boxes: Sequence[BoxType]) -> Outcome:
        """Take a scanned code: an item, a box, or once all is verified the label."""
        if self.waits_for_label:
            outcome = self._label(code)
            words = f"{self.session.order_number} is packed: scan its label, or Enter asks for it"
            return outcome if outcome.is_label else Outcome(self, words, True, is_sent=False)
        for line in self.lines:
            count = units * line_items.units_called(code, line.sku, line.barcode, line.barcodes)
            if count:
                return self._item(line, code, count)
        box = next((one for one in boxes if one.barcode == code.upper()), None)
        if box is not None:
            parcel = replace(self, box=box.name, weight=None, is_rechecked=False, alarm="")
            parcel = replace(parcel, session=replace(self.session, weight_grams=None))
            return Outcome(parcel, f"Box {box.name}")
        if self.session.is_picked_up:
            return self._wrong(f"WRONG ITEM  {code} is not in this order. Put it aside")
        return self._label(code)

    def _item(self, line: PackingLine, code: str, count: int) -> Outcome:
        same = [one for one in self.lines if one.sku == line.sku]
        left = sum(self.left(one) for one in same)
        if count > left:
            return self._wrong(f"{count - left} too many: {line.name}. Put them aside")
        done = dict(self.done)
        rest = count
        for one in same:
            step = min(rest, self.left(one))
            if step:
                done[one.id] = done.get(one.id, 0) + step
                rest -= step
        parcel = replace(self, done=done, alarm="")
        total = sum(one.quantity for one in same)
        words = f"{line.name}  {total - left + count} of {total}"
        if not parcel.unverified and parcel.current is None:
            words = f"All {parcel.units} verified"
        return Outcome(parcel, words)

    def _label(self, code: str) -> Outcome:
        fits = (self.by,) if self.by else tracking.carriers_of(code)
        numbers = [(one, tracking.number_of(one, code)) for one in fits]
        found = [(one, number) for one, number in numbers if number is not None]
        if len(found) != 1:
            return self._wrong(f"WRONG ITEM  {code} is not in this order. Put it aside")
        carrier, number = found[0]
        words = self.missing_before_label()
        if words:
            return Outcome(self, f"The label comes last. {words}", is_wrong=True, is_sent=False)
        parcel = replace(self, carrier=carrier, tracking=number)
        words = f"{number}  tracking number, {carrier}"
        return Outcome(parcel, words, is_sent=False, is_label=True)

    def missing_before_label(self) -> str:
        """What is missing before a label may be stuck on, or nothing."""
        words = self.missing()
        return "" if words.startswith("By whom") else words

    def _wrong(self, words: str) -> Outcome:
        return Outcome(replace(self, alarm=words), words, is_wrong=True)

    def with_unit(self, line: PackingLine, step: int) -> Parcel:
        """The parcel with one more unit of a line by hand, or one less."""
        done = {**self.done, line.id: self.done.get(line.id, 0) + step}
        return replace(self, done=done, alarm="" if step > 0 else self.alarm)

    def refreshed(self, session: PackingSession) -> Parcel:
        """Take what the shop says; what it knows of is no longer counted here.

        Of a wrong scan it has words of its own: those that stand here already stay.
        """
        alarm = (self.alarm or session.blocked_by) if session.blocked_by else ""
        return replace(self, session=session, done={}, box="", weight=None, alarm=alarm)

    def body(self, *, is_partial: bool) -> dict[str, object]:
        """What is sent when the parcel leaves."""
        return {
            "is_partial": is_partial,
            "carrier": self.by or None,
            "tracking_number": self.tracking or None,
            "override_reason": self.override or None,
            "acknowledged_notes": list(self.acknowledged),
        }


def begins_parcel(code: str) -> bool:
    """Whether a code is of a tote or an order, which an item of a tote is not."""
    return code.upper().startswith(("T-", "O-"))
