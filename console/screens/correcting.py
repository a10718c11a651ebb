"""Putting a parcel right after it was shipped: another label, or taken back altogether."""

from __future__ import annotations

from console.client import orders
from console.client.models import CaseFile, Fulfilment
from console.flows import tracking
from console.flows.step import Question, wrong
from console.flows.words import units
from console.scan.entry import Prompt
from console.screens import holding
from console.screens.counter import Counter
from console.screens.holding import HoldingScreen

WHICH = Prompt("which_parcel", "which parcel:")
NUMBER = Prompt("new_number", "its tracking number, or Enter for none:")
CARRIER = Prompt("new_carrier", "by whom, then F10:", sends=True)
WHY_VOID = Prompt("why_void", "why? Note, then F10:", sends=True)
PROMPTS = holding.PROMPTS | {one.name for one in (WHICH, NUMBER, CARRIER, WHY_VOID)}
COMMANDS = frozenset({"correct_parcel", "void_parcel"})


class CorrectingScreen(HoldingScreen):
    """A screen on which `t` changes a parcel's label and `v` takes the parcel back."""

    def __init__(self, counter: Counter) -> None:
        super().__init__(counter)
        self._wanted = ""
        """What is to be done with the parcel that is chosen."""

        self._parcel_at_hand: Fulfilment | None = None
        self._number = ""
        self._undoes = ""

    def why_not(self, action: str) -> str | None:
        """Only what is on its way can be put right."""
        if action not in COMMANDS:
            return super().why_not(action)
        order = self.order_at_hand()
        if order is None:
            return "The order is not here yet"
        if not order.on_their_way:
            return "No parcel of it is on its way: what has arrived comes back as a return"
        return None

    def without_parcels(self) -> dict[str, str]:
        """Labels to take off the bar: nothing is on its way that could be put right."""
        order = self.order_at_hand()
        return {} if order is not None and order.on_their_way else dict.fromkeys(COMMANDS, "")

    def undo_shipment(self, fulfilment_id: str, key: str) -> bool:
        """F9: ask whether this parcel is taken back; False when it is not on its way any more."""
        order = self.order_at_hand()
        parcels = order.on_their_way if order is not None else ()
        parcel = next((one for one in parcels if one.id == fulfilment_id), None)
        if parcel is None:
            return False
        self._undoes = key
        self._choose("void_parcel", parcel)
        return True

    async def do_correct_parcel(self) -> None:
        """Change carrier and tracking number."""
        self._begin("correct_parcel")

    async def do_void_parcel(self) -> None:
        """Take the shipment back."""
        self._begin("void_parcel")

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """The parcel, its number, its carrier, or why it is taken back."""
        order, parcel, text = self.order_at_hand(), self._parcel_at_hand, text.strip()
        if order is None:
            self.take_cancel(prompt)
        elif prompt.name == WHICH.name:
            self._take_which_parcel(order, text)
        elif prompt.name == NUMBER.name and parcel is not None:
            self._take_number(parcel, text)
        elif prompt.name == CARRIER.name and parcel is not None:
            self._take_carrier(order, parcel, text)
        elif prompt.name == WHY_VOID.name and parcel is not None:
            draft = orders.void(order, parcel, text or None, undoes=self._undoes or None)
            self._give(draft, f"{parcel.number} is being taken back")
        else:
            await super().take_answer(prompt, text)

    def _begin(self, wanted: str) -> None:
        order = self.order_at_hand()
        parcels = order.on_their_way if order is not None else ()
        self._undoes = ""
        if len(parcels) == 1:
            self._choose(wanted, parcels[0])
        elif parcels:
            self._wanted = wanted
            listed = "  ".join(f"{n} {_followed(one)}" for n, one in enumerate(parcels, 1))
            self._show(Question("Which parcel?", ()), listed)
            self.ask(WHICH)

    def _choose(self, wanted: str, parcel: Fulfilment) -> None:
        self._parcel_at_hand = parcel
        if wanted == "correct_parcel":
            told = "Its customer gets the right number by e-mail. Esc: no."
            self._show(Question(f"What is on the label of {_followed(parcel)}?", ()), told)
            self.ask(NUMBER, parcel.tracking_number or "")
            return
        count = units(sum(line.quantity for line in parcel.lines))
        question = (
            f"Take {_followed(parcel)} back? {count} go back on the shelf, kept for the order, "
            "and its customer is told."
        )
        self._show(Question(question, ()), "F10 takes it back. Esc: no; then t: only its label.")
        self.ask(WHY_VOID)

    def _take_which_parcel(self, order: CaseFile, digit: str) -> None:
        parcels = order.on_their_way
        if not digit.isdecimal() or not 1 <= int(digit) <= len(parcels):
            self._stop()
            self.say(wrong(f"Nothing changed: {digit or 'nothing'} is none of the parcels"))
            return
        self._choose(self._wanted, parcels[int(digit) - 1])

    def _take_number(self, parcel: Fulfilment, text: str) -> None:
        number = tracking.tidy(text)
        refusal = tracking.why_not(number) if number else None
        if refusal:
            self.say(wrong(refusal))
            self.ask(NUMBER, text)
            return
        self._number = number
        fits = tracking.carriers_of(number)
        by = parcel.carrier or ""
        self.ask(CARRIER, fits[0] if len(fits) == 1 else by)

    def _take_carrier(self, order: CaseFile, parcel: Fulfilment, carrier: str) -> None:
        if not carrier:
            self.say(wrong("A carrier has a name"))
            self.ask(CARRIER, parcel.carrier or "")
            return
        draft = orders.correct(order, parcel, carrier=carrier, tracking=self._number or None)
        self._give(draft, f"{parcel.number}: the new label is being sent")

    def _stop(self) -> None:
        super()._stop()
        self._wanted, self._parcel_at_hand, self._number, self._undoes = "", None, "", ""


def _followed(parcel: Fulfilment) -> str:
    number = f" {parcel.tracking_number}" if parcel.tracking_number else ""
    return f"{parcel.number} ({parcel.carrier}{number})"
