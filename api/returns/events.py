"""What others may want to know of returns."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ReturnApproved(Event):
    """A return was approved: its customer gets the slip's link and the instructions."""

    return_id: UUID
    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReturnRejected(Event):
    """A return was rejected, with a reason."""

    return_id: UUID
    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class ExchangeCancelled(Event):
    """An exchange was cancelled whose goods were paid for: the money goes back at once."""

    return_id: UUID
    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class WithdrawalConfirmed(Event):
    """A consumer withdrew from a contract: the receipt goes out at once."""

    withdrawal_id: UUID
