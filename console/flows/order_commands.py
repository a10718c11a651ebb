"""Marking an order as paid, and cancelling it: asked step by step, reviewed, then sent.

Both move money, so nothing is sent before F10 in a review that says how much and where to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.client.approvals import held
from console.client.models import Money, OrderDetail, Person
from console.client.refunds import CommandResult, Outcome
from console.flows import amount_input
from console.flows.formatting import money, money_came_from, units
from console.flows.transition import (
    Choice,
    Feedback,
    Question,
    Transition,
    done,
    noted,
    waiting,
    wrong,
)

CANCEL_REASONS = (
    ("customer", "customer"),
    ("out_of_stock", "out of stock"),
    ("fraud", "fraud"),
    ("mistake", "mistake"),
    ("other", "other"),
)
"""Wire name and word, in the order of their digits, from 1."""

LONGEST_REFERENCE = 200


@dataclass(frozen=True, slots=True)
class MarkPaid:
    """Money that came another way."""

    amount: Money | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Why an order is cancelled."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderCommand:
    """What is being asked; `question` stands once everything is known."""

    what: MarkPaid | Cancel
    question: Question | None = None

    def turned(self, by: int) -> OrderCommand:
        """The focus on another answer."""
        return self if self.question is None else replace(self, question=self.question.moved(by))

    @property
    def says_yes(self) -> bool:
        """Whether the focused answer is the one that sends."""
        return self.question is not None and self.question.focused.name == "yes"


CommandStep = Transition[OrderCommand, None]


def why_not_mark_paid(order: OrderDetail, person: Person | None) -> str | None:
    """Why this person cannot record money for this order, or None."""
    if person is None or not person.may("payments:write"):
        return "Your role does not record payments"
    if order.status != "placed":
        return f"It is {order.status}: no money is recorded for it any more"
    return None


def why_not_cancel(order: OrderDetail, person: Person | None) -> str | None:
    """Why this person cannot cancel this order, or None."""
    if person is None or not person.may("orders:cancel"):
        return "Your role does not cancel orders"
    if order.status != "placed":
        return f"It is {order.status}: it cannot be cancelled"
    return None


def amount_typed(command: OrderCommand, order: OrderDetail, text: str) -> CommandStep:
    """How much came. More than is due is taken, and the review says so."""
    assert isinstance(command.what, MarkPaid)
    try:
        amount = amount_input.parse(text, order.total.currency)
    except amount_input.NotAnAmount as refusal:
        return Transition(command, feedback=wrong(str(refusal)))
    words = noted(f"{money(amount)}: which transfer, or who took it?")
    return Transition(OrderCommand(replace(command.what, amount=amount)), feedback=words)


def reference_typed(command: OrderCommand, order: OrderDetail, text: str) -> CommandStep:
    """By what the money is found again: then the review."""
    paid = command.what
    assert isinstance(paid, MarkPaid)
    assert paid.amount is not None
    reference = text.strip()
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        words = f"A reference has 1 to {LONGEST_REFERENCE} characters, such as: bank 12 Nov"
        return Transition(command, feedback=wrong(words))
    more = paid.amount.amount - order.due.amount
    excess = f" ⚠ {money(Money(more, paid.amount.currency))} more than is due." if more > 0 else ""
    question = Question(
        f"Record {money(paid.amount)} as paid for {order.number}: {reference}?{excess} "
        "What the customer could still pay by card is withdrawn.",
        (Choice("no", "no, nothing came"), Choice("yes", f"record {money(paid.amount)}")),
    )
    return Transition(OrderCommand(replace(paid, reference=reference), question))


def reason_typed(command: OrderCommand, order: OrderDetail, text: str) -> CommandStep:
    """Why it is cancelled, by its digit: then the review."""
    digit = text.strip()
    if not (digit.isascii() and digit.isdigit() and 1 <= int(digit) <= len(CANCEL_REASONS)):
        return Transition(command, feedback=wrong(f"Why? {listed_reasons()}"))
    name, word = CANCEL_REASONS[int(digit) - 1]
    question = Question(
        f"Cancel {order.number} ({word})? {_money_back(order)} {_goods_back(order)}",
        (Choice("no", "no, keep the order"), Choice("yes", "cancel the order")),
    )
    return Transition(OrderCommand(Cancel(name), question))


def listed_reasons() -> str:
    """The reasons with their digits."""
    return "  ".join(f"{n} {word}" for n, (_, word) in enumerate(CANCEL_REASONS, 1))


def lost(tries: int) -> Feedback:
    """An answer was lost, and is asked for again."""
    return waiting(f"Not known yet: asking again under the same key (try {tries + 1})")


def ended(what: MarkPaid | Cancel, order: OrderDetail, outcome: Outcome) -> Feedback:
    """What became of it."""
    detail = outcome.failure.detail if outcome.failure else ""
    match outcome.fate:
        case CommandResult.GIVEN if isinstance(what, MarkPaid) and what.amount is not None:
            return done(f"{money(what.amount)} recorded for {order.number}")
        case CommandResult.GIVEN:
            return done(f"{order.number} is cancelled")
        case CommandResult.PENDING:
            return wrong("The payment provider does not answer: look at the order, then try again")
        case CommandResult.HELD:
            return noted(f"{order.number} is not cancelled yet: {held(outcome.approvers)}")
        case CommandResult.NOT_SENT:
            return wrong(f"Not sent, nothing happened. {detail}".strip())
        case _:
            return wrong(f"Refused, nothing happened. {detail}".strip())


def _money_back(order: OrderDetail) -> str:
    if not order.refundable.amount:
        return "Nothing was paid."
    if any(dispute.closed_at is None for dispute in order.disputes):
        return "Its money is in dispute: nothing is refunded, and Attention lists it."
    where = money_came_from(order)
    if any(line.shipped_quantity for line in order.lines):
        return f"The money for what has not left goes back to {where}."
    return f"{money(order.refundable)} go back to {where}."


def _goods_back(order: OrderDetail) -> str:
    return f"{units(order.open_units)} will not be shipped."
