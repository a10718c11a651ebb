"""What can happen to a parcel in the making, and the commands that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from console.flows.line_items import Exactly, Move, OneMore, Scanned, TurnTo


@dataclass(frozen=True, slots=True)
class Recognised:
    """The shop said what a code is: goods, an order, or (None) nothing it knows."""

    code: str
    kind: str | None
    label: str = ""
    sku: str = ""
    """Of goods."""

    units: int = 1
    """How many of the goods the code means."""

    is_typed: bool = False
    """Whether it was typed as a tracking number."""


@dataclass(frozen=True, slots=True)
class NotRecognised:
    """The shop could not be asked about a code."""

    code: str
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class TakeAll:
    """Everything that is open goes into the parcel."""


@dataclass(frozen=True, slots=True)
class CarrierChosen:
    """The carrier was chosen or typed."""

    carrier: str


@dataclass(frozen=True, slots=True)
class TrackingEntered:
    """The tracking number was typed as such."""

    text: str


@dataclass(frozen=True, slots=True)
class AsTracking:
    """A code that could be goods as well is the tracking number."""


@dataclass(frozen=True, slots=True)
class Override:
    """Units may leave unscanned, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Enter:
    """The green action, or the focused answer of an open question."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """An open question is left without an answer, or what was wrong has been put right."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Command: ask the shop what this code is."""

    code: str
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Command: hand these units to the carrier."""

    lines: dict[str, int]
    carrier: str
    tracking: str | None
    is_everything: bool
    verified: dict[str, int]
    override: str
    acknowledged: tuple[str, ...] = ()


Event = (
    Scanned
    | Recognised
    | NotRecognised
    | OneMore
    | Exactly
    | TakeAll
    | Move
    | CarrierChosen
    | TrackingEntered
    | AsTracking
    | Override
    | TurnTo
    | Enter
    | Dismiss
)
