"""Status of a refund request, derived from its refunds."""

from collections.abc import Collection
from enum import StrEnum

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
