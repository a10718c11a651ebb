"""Where a refund case stands: derived from the refunds of its money."""

from collections.abc import Collection
from enum import StrEnum

from api.payments.states import RefundState


class RefundRequestStatus(StrEnum):
    """All the money of one case, which may go back to several payments."""

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PARTIALLY_FAILED = "partially_failed"


def refund_request_status(refunds: Collection[RefundState]) -> RefundRequestStatus:
    """Derive the status of a case: what is least far along, and what failed once all has ended."""
    for waiting in (RefundState.REQUESTED, RefundState.SUBMITTED):
        if waiting in refunds:
            return RefundRequestStatus(waiting.value)
    if RefundState.FAILED not in refunds:
        return RefundRequestStatus.SUCCEEDED
    ended_alike = all(state is RefundState.FAILED for state in refunds)
    return RefundRequestStatus.FAILED if ended_alike else RefundRequestStatus.PARTIALLY_FAILED
