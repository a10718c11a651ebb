"""Writes of returns. All need a transaction and the order locked, and never commit."""

from api.returns.service.refund_requests import (
    RequestedLine,
    create_refund_request,
    exists,
    restocked_quantities,
    revert_refund_request,
)

__all__ = [
    "RequestedLine",
    "create_refund_request",
    "exists",
    "restocked_quantities",
    "revert_refund_request",
]
