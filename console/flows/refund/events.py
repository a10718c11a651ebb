"""What can happen to a refund, and the commands that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from console.client.models import Money, RefundQuote
from console.client.refunds import Outcome
from console.flows.line_items import Exactly, Move, OneMore, Scanned, TurnTo


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is refundable, with the shipping fee."""


@dataclass(frozen=True, slots=True)
class TurnRestock:
    """Back to stock, or not: the line under the cursor."""


@dataclass(frozen=True, slots=True)
class TurnShipping:
    """The shipping fee is given back, or not."""


@dataclass(frozen=True, slots=True)
class TurnStoreCredit:
    """Money is given as store credit, or the way it came."""


@dataclass(frozen=True, slots=True)
class AmountEntered:
    """All that goes back was typed; nothing typed leaves it to the price of the goods."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasonChosen:
    """The reason, by its digit."""

    digit: str


@dataclass(frozen=True, slots=True)
class NoteEntered:
    """A sentence for the record."""

    text: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """The shop said what the draft with this serial comes to."""

    serial: int
    quote: RefundQuote


@dataclass(frozen=True, slots=True)
class NotQuoted:
    """The shop did not say what it comes to."""

    serial: int
    why: str


@dataclass(frozen=True, slots=True)
class Commit:
    """F10: first the review, then, from the review, the sending. `key` is made at the press."""

    key: str


@dataclass(frozen=True, slots=True)
class Enter:
    """The focused answer of the review; the safe one unless the operator moved."""

    key: str


@dataclass(frozen=True, slots=True)
class Back:
    """Leave the review and go on editing."""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """Nobody knows yet whether the refund happened."""

    tries: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The refund's fate is known."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class AskQuote:
    """Command: ask the shop what this comes to."""

    serial: int
    lines: dict[str, int]
    shipping: bool
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Send:
    """Command: give the money back."""

    lines: tuple[tuple[str, int, bool], ...]
    """Order line, units, whether back to stock."""

    shipping: bool
    amount: Money | None
    reason: str
    note: str | None
    expected: Money
    key: str
    to_store_credit: bool = False


Event = (
    Scanned
    | OneMore
    | Exactly
    | Everything
    | Move
    | TurnRestock
    | TurnShipping
    | TurnStoreCredit
    | AmountEntered
    | ReasonChosen
    | NoteEntered
    | Quoted
    | NotQuoted
    | Commit
    | TurnTo
    | Enter
    | Back
    | AnswerLost
    | Ended
)
