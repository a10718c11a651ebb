"""Correcting a stock level: `+5`, `-2` or `=7`, then a reason.

Plus and minus are changes and add up with everyone else's; equals is a count and only holds if the
level has not moved since. A figure far above what stands there is asked about once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.client.models import StockLevel
from console.flows import quantity_input
from console.flows.formatting import signed, units
from console.flows.transition import Transition, good, noted, wrong

REASONS = (
    ("correction", "correction"),
    ("count", "count"),
    ("damaged", "damaged"),
    ("lost", "lost"),
    ("found", "found"),
    ("received", "received"),
    ("returned", "returned"),
    ("other", "other"),
)
"""Wire name and word, in the order of their digits 1 to 8."""

USUAL = {"=": "count", "+": "received", "-": "damaged"}
"""The reason that Enter alone takes, by operator."""

HARD_SPACE = "\u00a0"

ALWAYS_LIKELY = 10
"""Units that are never odd, however little stands there."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A correction in the making; `sign` is one of + - =."""

    level: StockLevel
    sign: str
    quantity: int
    is_sure: bool = True
    """False while an odd quantity waits for a second Enter."""

    @property
    def change(self) -> int:
        """Units that the level gains or loses."""
        match self.sign:
            case "+":
                return self.quantity
            case "-":
                return -self.quantity
            case _:
                return self.quantity - self.level.on_hand

    @property
    def usual_reason(self) -> str:
        """The wire name of the reason that Enter alone takes."""
        return USUAL[self.sign]


@dataclass(frozen=True, slots=True)
class Typed:
    """The operator typed a sign and a quantity at a level."""

    level: StockLevel
    text: str


@dataclass(frozen=True, slots=True)
class ReasonChosen:
    """The reason, by its digit; empty takes the usual one. Confirms an odd quantity first."""

    digit: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Never mind."""


@dataclass(frozen=True, slots=True)
class Give:
    """Command: send the correction."""

    adjustment: Adjustment
    reason: str


Event = Typed | ReasonChosen | Cancelled
AdjustStep = Transition[Adjustment | None, Give]


def step(state: Adjustment | None, event: Event) -> AdjustStep:
    """Take one event; None is the state in which nothing is being corrected."""
    match event:
        case Typed(level, text):
            return _typed(level, text)
        case Cancelled():
            return Transition(None, feedback=noted("Nothing changed") if state else None)
        case ReasonChosen(digit):
            if state is None:
                return Transition(None)
            if not state.is_sure:
                return _sure(state, digit)
            return _because(state, digit)


def listed_reasons(adjustment: Adjustment) -> str:
    """The reasons with their digits, the usual one marked."""
    return "  ".join(
        f"{n}{HARD_SPACE}{word}{f'{HARD_SPACE}⏎' if name == adjustment.usual_reason else ''}"
        for n, (name, word) in enumerate(REASONS, 1)
    )


def _typed(level: StockLevel, text: str) -> AdjustStep:
    sign, figure = text[:1], text[1:]
    try:
        quantity = quantity_input.parse(figure)
    except quantity_input.NotAQuantity as refusal:
        return Transition(None, feedback=wrong(str(refusal)))
    adjustment = Adjustment(level, sign, quantity)
    if adjustment.change == 0:
        return Transition(None, feedback=noted(f"{level.sku} has {units(level.on_hand)} already"))
    if level.on_hand + adjustment.change < 0:
        there = f"{level.sku}: only {level.on_hand} on hand"
        return Transition(None, feedback=wrong(f"{there}, {quantity} cannot go"))
    expected = max(level.on_hand, level.low_stock_threshold or 0, ALWAYS_LIKELY)
    if quantity_input.is_odd(quantity, expected=expected):
        return Transition(replace(adjustment, is_sure=False))
    return Transition(adjustment)


def _sure(state: Adjustment, digit: str) -> AdjustStep:
    if digit:
        return Transition(None, feedback=wrong(f"Nothing changed: {digit} is not a yes"))
    return Transition(replace(state, is_sure=True))


def _because(state: Adjustment, digit: str) -> AdjustStep:
    reason = state.usual_reason
    if digit:
        if not digit.isdigit() or not 1 <= int(digit) <= len(REASONS):
            return Transition(
                state, feedback=wrong(f"Reasons are 1 to {len(REASONS)}, not {digit}")
            )
        reason = REASONS[int(digit) - 1][0]
    level = state.level
    words = f"{level.sku} {signed(state.change)} → {units(level.on_hand + state.change)}"
    return Transition(None, (Give(state, reason),), good(f"{words} · {reason}"))
