"""Statuses of refund requests, returns and claims."""

from collections.abc import Collection
from enum import StrEnum

from api.kernel.states import StateMachine
from api.payments.states import RefundState


class RefundRequestStatus(StrEnum):
    """Status of a refund request over all its refunds."""

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PARTIALLY_FAILED = "partially_failed"


def refund_request_status(refunds: Collection[RefundState]) -> RefundRequestStatus:
    """Derive the status: that of the least advanced refund, or the failures once all have ended."""
    for pending in (RefundState.REQUESTED, RefundState.SUBMITTED):
        if pending in refunds:
            return RefundRequestStatus(pending.value)
    if RefundState.FAILED not in refunds:
        return RefundRequestStatus.SUCCEEDED
    all_failed = all(state is RefundState.FAILED for state in refunds)
    return RefundRequestStatus.FAILED if all_failed else RefundRequestStatus.PARTIALLY_FAILED


class ReturnKind(StrEnum):
    """Why goods come back: by the shop's own policy, by the law, or for other goods."""

    RETURN = "return"
    WITHDRAWAL = "withdrawal"
    EXCHANGE = "exchange"


class ReturnState(StrEnum):
    """Status of a return."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Disposition(StrEnum):
    """What becomes of a returned unit. `missing` never arrived."""

    RESTOCK = "restock"
    DAMAGED = "damaged"
    QUARANTINE = "quarantine"
    DISCARD = "discard"
    MISSING = "missing"


_ON_ITS_WAY = (ReturnState.APPROVED, ReturnState.IN_TRANSIT)
_RECEIVED_STATES = (ReturnState.RECEIVED, ReturnState.INSPECTED)

RETURN = StateMachine(
    "The return",
    initial=ReturnState.REQUESTED,
    commands={
        "approve": {ReturnState.REQUESTED: ReturnState.APPROVED},
        "reject": {ReturnState.REQUESTED: ReturnState.REJECTED},
        "cancel": dict.fromkeys((ReturnState.REQUESTED, *_ON_ITS_WAY), ReturnState.CANCELLED),
        "post": dict.fromkeys(_ON_ITS_WAY, ReturnState.IN_TRANSIT),
        # Goods may come before anybody has approved them: then the parcel decides.
        "receive": dict.fromkeys(
            (ReturnState.REQUESTED, *_ON_ITS_WAY, *_RECEIVED_STATES), ReturnState.RECEIVED
        ),
        "inspect": dict.fromkeys((*_ON_ITS_WAY, *_RECEIVED_STATES), ReturnState.INSPECTED),
        # A refund may go out before the goods came, and they may never be wanted back.
        "refund": {one: one for one in (*_ON_ITS_WAY, *_RECEIVED_STATES)},
        "close": dict.fromkeys((*_ON_ITS_WAY, *_RECEIVED_STATES), ReturnState.CLOSED),
        # Its refund failed after it was closed.
        "reopen": {ReturnState.CLOSED: ReturnState.INSPECTED},
    },
)

LIVE = tuple(state for state in ReturnState if state not in ("rejected", "cancelled"))
"""Its units count as returned."""
OPEN = tuple(state for state in LIVE if state is not ReturnState.CLOSED)


class ClaimKind(StrEnum):
    """What went wrong with units of an order."""

    BROKEN = "broken"
    LOST = "lost"
    WRONG = "wrong"


class ClaimState(StrEnum):
    """Status of a claim."""

    OPEN = "open"
    APPROVED = "approved"
    RESOLVED = "resolved"
    DENIED = "denied"


CLAIM = StateMachine(
    "The claim",
    initial=ClaimState.OPEN,
    commands={
        "approve": {ClaimState.OPEN: ClaimState.APPROVED},
        "deny": dict.fromkeys((ClaimState.OPEN, ClaimState.APPROVED), ClaimState.DENIED),
        "resolve": {ClaimState.APPROVED: ClaimState.RESOLVED},
    },
)


class ReturnStatus(StrEnum):
    """How far the goods of an order have come back; derived, never set."""

    NONE = "none"
    REQUESTED = "requested"
    PARTIAL = "partial"
    RETURNED = "returned"


class Condition(StrEnum):
    """In which condition the shop accepts goods by its own policy."""

    ANY = "any"
    UNUSED = "unused"
    SEALED = "sealed"


class GoodsCondition(StrEnum):
    """In which condition goods are that somebody wants to return."""

    SEALED = "sealed"
    UNUSED = "unused"
    USED = "used"


class ShippingRule(StrEnum):
    """When a return gives the shipping of the order back, by the shop's own policy."""

    NEVER = "never"
    WHOLE_ORDER = "whole_order"


class Exclusion(StrEnum):
    """Why there is no right of withdrawal: article 16 of Directive 2011/83/EU.

    Sealed goods lose it only once they were opened after delivery, which nobody knows before they
    are back: their withdrawal is accepted, and inspection decides.
    """

    CUSTOM_MADE = "custom_made"
    """(c): made to the consumer's specifications."""
    PERISHABLE = "perishable"
    """(d): liable to deteriorate or expire rapidly."""
    SEALED_HYGIENE = "sealed_hygiene"
    """(e): sealed for health protection or hygiene, once unsealed."""
    MIXED = "mixed"
    """(f): inseparably mixed with other items after delivery."""
    SEALED_MEDIA = "sealed_media"
    """(i): sealed audio, video or software, once unsealed."""
    PERIODICAL = "periodical"
    """(j): newspapers, periodicals and magazines."""
    DATED_SERVICE = "dated_service"
    """(l): accommodation, transport, catering or leisure for a certain date."""
    DIGITAL = "digital"
    """(m): digital content whose supply has begun with consent."""
