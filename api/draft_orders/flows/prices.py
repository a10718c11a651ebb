"""Prices that staff set on a draft; above the limit of their role a second person approves them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.draft_orders import service
from api.draft_orders.errors import DraftPriceChanged, PricesNotApproved
from api.draft_orders.models import DraftOrder
from api.draft_orders.states import DraftStatus
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.payments.errors import WrongCurrency
from api.platform import approvals, audit
from api.platform.approvals import CommandKind
from api.platform.auth import PermissionMissing


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Units that staff put on a draft; without a price at that of the customer today."""

    sku: str
    quantity: int
    unit_price: Money | None


def check_currency(
    wanted: Sequence[WantedLine], currency: str, *, pointer: str = "/lines/{at}/unit_price/currency"
) -> None:
    """Refuse a price in another currency than the draft's. Raises `WrongCurrency`."""
    for at, one in enumerate(wanted):
        if one.unit_price is not None and one.unit_price.currency != currency:
            error = {"pointer": pointer.format(at=at), "code": WrongCurrency.code}
            detail = f"The draft is in {currency}."
            raise WrongCurrency(detail, errors=[{**error, "detail": detail}])


def check_may_price(by: Principal) -> None:
    """Refuse prices set by who may give no discounts. Raises `PermissionMissing`."""
    if not by.may(Permission.ORDERS_DISCOUNT):
        raise PermissionMissing(permission=Permission.ORDERS_DISCOUNT.value)


def settle(draft: DraftOrder, *, by: Principal) -> None:
    """Let the prices of a draft stand, or have them wait for a second person.

    They wait when they take more off the usual prices than a limit of `by` allows; until then the
    draft is neither sent nor placed. What waited before is out of date. Needs the draft locked.
    """
    off = sum(max(0, one.usual_price - one.unit_price) * one.quantity for one in draft.lines)
    reduction = Money(off, draft.currency)
    draft.price_command_id = None
    if not off:
        return
    command_id = new_id()
    must_wait = approvals.hold(
        CommandKind.DRAFT_PRICE,
        command_id,
        subject_id=draft.id,
        summary=f"Prices of draft {draft.number}, {reduction} off: {draft.reason or 'no reason'}",
        measures={Limit.DISCOUNT_MAX: approvals.size_of(reduction)},
        permission=Permission.ORDERS_DISCOUNT,
        arguments={"draft_id": str(draft.id)},
        by=by,
    )
    if must_wait:
        draft.price_command_id = command_id


def approve_prices(command_id: UUID, arguments: Mapping[str, Any], by: Principal) -> None:
    """Let the prices of a draft stand that waited, in the caller's transaction.

    Locks the draft. Raises `DraftNotFound`, and `DraftPriceChanged` for other prices by now.
    """
    draft = service.lock(UUID(arguments["draft_id"]))
    is_open = draft.status in (DraftStatus.OPEN, DraftStatus.SENT)
    if draft.price_command_id != command_id or not is_open:
        raise DraftPriceChanged(number=draft.number)
    draft.price_command_id = None
    draft.version += 1
    audit.record("draft_order.prices_approved", by=by, subject_id=draft.id, number=draft.number)


def check_approved(draft: DraftOrder) -> None:
    """Refuse to send or place a draft whose prices wait. Raises `PricesNotApproved`."""
    waits = told(draft)
    if waits is not None:
        raise PricesNotApproved(number=draft.number, waits=waits)


def told(draft: DraftOrder) -> str | None:
    """Say what the prices of a draft wait for; None when they stand."""
    if draft.price_command_id is None:
        return None
    status = approvals.find_status(draft.price_command_id)
    if status == "waiting":
        return "wait for a second person"
    return f"were not approved ({status}): set others"
