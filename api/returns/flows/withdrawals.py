"""The right of withdrawal: begin, confirm, match. Articles 9 to 16 of Directive 2011/83/EU.

No account is needed, nothing waits for an approval, and a statement of an unknown order is taken
all the same: staff find the order, the notice keeps its moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import GUEST, Principal
from api.orders import service as orders_service
from api.orders.service import Order
from api.orders.states import OrderStatus
from api.payment_sync import service as payment_sync_service
from api.platform import attention, audit
from api.platform.attention import AttentionKind
from api.platform.db import transaction
from api.platform.settings import current_settings
from api.returns import rules
from api.returns.errors import (
    NothingToWithdraw,
    QuantityExceedsReturnable,
    WithdrawalExcluded,
    WithdrawalPeriodOver,
)
from api.returns.flows.of_returns import raise_deadline
from api.returns.flows.returns import policies_of
from api.returns.models import Withdrawal
from api.returns.queries import cases as case_queries
from api.returns.queries import settings as settings_queries
from api.returns.queries import withdrawals as withdrawal_queries
from api.returns.service import cases, receiving, withdrawals
from api.returns.service.cases import ReturnInput, ReturnLineInput
from api.returns.states import Exclusion, ReturnKind
from api.returns.texts import WITHDRAWN
from api.tax.rules import GIFT_CARD


@dataclass(frozen=True, slots=True)
class Covered:
    """What a withdrawal covers, by order line: units to come back, and units never shipped."""

    returned: Mapping[UUID, int]
    cancelled: Mapping[UUID, int]
    excluded: Mapping[UUID, Exclusion]

    @property
    def line_ids(self) -> list[UUID]:
        """Return the lines that it covers."""
        return list(dict.fromkeys([*self.returned, *self.cancelled]))


@dataclass(frozen=True, slots=True)
class Begun:
    """A draft: its id, the secret that confirms it, and the statement that would be made."""

    id: UUID
    token: str
    statement: str
    ends_at: datetime | None


def begin(
    *,
    order_id: UUID | None,
    order_number: str,
    name: str,
    email: str,
    units: Mapping[UUID, int] | None,
    language: str,
) -> Begun:
    """Write the draft of a withdrawal. Needs a transaction.

    `order_id` is that of an order that the sender was shown to know; without one it is looked for
    by number and e-mail address, and the answer does not tell whether it was found: what would be
    refused is left to staff then. With it, raises `WithdrawalPeriodOver`, `WithdrawalExcluded`,
    `NothingToWithdraw` and `QuantityExceedsReturnable`.
    """
    texts = settings_queries.texts_of(language)
    found = order_id or withdrawal_queries.matching_order(order_number, email)
    goods: list[str] = []
    excluded: list[str] = []
    ends_at = None
    if found is not None:
        order = orders_service.lock(found)
        try:
            ends_at = period_ends(order)
            covered = covered_by(order, units)
        except (NothingToWithdraw, WithdrawalExcluded, WithdrawalPeriodOver):
            if order_id is not None:
                raise
            found = None
        # A stranger is shown nothing of the order but what they typed.
        if order_id is not None:
            by_id = {line.id: line for line in order.lines}
            goods = [
                f"{covered.returned.get(one, 0) + covered.cancelled.get(one, 0)} x "
                f"{cases.title_of(by_id[one])} ({by_id[one].sku})"
                for one in covered.line_ids
            ]
            excluded = [
                f"({by_id[one].sku}: {reason.replace('_', ' ')}, article 16)"
                for one, reason in covered.excluded.items()
            ]
    number = withdrawal_queries.bare_number(order_number)
    statement = withdrawal_queries.statement(
        texts, goods=goods, order_number=number, name=name, excluded=excluded
    )
    draft_id, token = withdrawals.draft(
        order_id=found,
        order_number=number,
        name=name,
        email=email,
        units=units if order_id is not None else None,
        statement=statement,
        language=language,
    )
    return Begun(draft_id, token, statement, ends_at if order_id is not None else None)


def confirm(withdrawal_id: UUID, token: str, *, by: Principal = GUEST) -> UUID | None:
    """Confirm a withdrawal: its notice is given at this moment, and a return is open.

    Confirmed again it changes nothing. Units that were not shipped are cancelled and released at
    once; the sweeps cancel payments of an order that ends with them. Returns the order. Raises
    `WithdrawalNotFound` and what `begin` raises, when the order has changed since.
    """
    with transaction():
        order_id = withdrawals.order_of(withdrawal_id)
        order = None if order_id is None else orders_service.lock(order_id)
        withdrawal = withdrawals.lock(withdrawal_id, token)
        if withdrawal.confirmed_at is not None:
            return order_id
        if order is not None:
            period_ends(order)
        withdrawals.confirm(withdrawal)
        if order is None:
            _ask_for_order(withdrawal)
            return None
        _open(order, withdrawal, by=by)
        return order.id


def match(withdrawal_id: UUID, order_id: UUID, *, by: Principal) -> UUID:
    """Say which order a withdrawal means that named none that was found; returns its return.

    The notice keeps its moment: whether it was in time, and until when the refund is due, counts
    from there. Needs a transaction. Raises `WithdrawalNotFound`, `OrderNotFound`,
    `NothingToWithdraw` and `WithdrawalExcluded`.
    """
    order = orders_service.lock(order_id)
    withdrawal = withdrawals.lock(withdrawal_id, None)
    if withdrawal.return_id is None:
        withdrawal.order_id = order.id
        withdrawal.units = None
        _open(order, withdrawal, by=by)
        attention.clear(AttentionKind.WITHDRAWAL, reference=f"unmatched:{withdrawal.id}")
    assert withdrawal.return_id is not None
    return withdrawal.return_id


def withdraw_for_customer(
    order_id: UUID,
    *,
    units: Mapping[UUID, int] | None,
    name: str | None,
    email: str | None,
    language: str | None,
    by: Principal,
) -> UUID:
    """Record a withdrawal that came by post, e-mail or phone; returns its return.

    Needs a transaction. Raises what `begin` raises.
    """
    order = orders_service.lock(order_id)
    spoken = language or settings_queries.language_of(order.shipping_address["country"])
    begun = begin(
        order_id=order.id,
        order_number=order.number,
        name=name or order.customer_name,
        email=email or order.email,
        units=units,
        language=spoken,
    )
    withdrawal = withdrawals.lock(begun.id, begun.token)
    withdrawals.confirm(withdrawal)
    _open(order, withdrawal, by=by)
    assert withdrawal.return_id is not None
    return withdrawal.return_id


def period_ends(order: Order) -> datetime | None:
    """Return when the right of withdrawal of an order ends; None while it has no end.

    Raises `WithdrawalPeriodOver` once it has.
    """
    settings = current_settings()
    arrival = case_queries.arrival_of(order.id, order.lines)
    country = order.shipping_address["country"]
    holidays = settings_queries.holidays_from(arrival, country) if arrival else frozenset()
    ends_at = rules.withdrawal_ends(arrival, settings.zone, holidays)
    if ends_at is not None and clock.now() >= ends_at:
        ended = ends_at.astimezone(settings.zone)
        raise WithdrawalPeriodOver(ended=f"{ended:%Y-%m-%d %H:%M}", ended_at=ends_at)
    return ends_at


def covered_by(order: Order, units: Mapping[UUID, int] | None) -> Covered:
    """Return what a withdrawal covers: named units, or everything that is left of the order.

    Units that were not shipped come first. Raises `WithdrawalExcluded` when the law excludes all
    of it, `NothingToWithdraw`, and `QuantityExceedsReturnable`.
    """
    policies = policies_of(order)
    room = cases.returnable_units(order)
    returned: dict[UUID, int] = {}
    cancelled: dict[UUID, int] = {}
    excluded: dict[UUID, Exclusion] = {}
    is_over = order.status is OrderStatus.CANCELLED
    errors = []
    for line in order.lines:
        wanted = None if units is None else units.get(line.id, 0)
        open_units = 0 if is_over else line.open_quantity
        # Gift cards were sent as codes: nothing of them comes back.
        is_code = line.tax_class == GIFT_CARD
        codes = line.shipped_quantity - line.refunded_quantity if is_code else 0
        goods = room.get(line.id, 0)
        most = open_units + max(0, codes) + goods
        if wanted == 0 or not most:
            continue
        policy = policies[line.product_id]
        if policy.excludes_withdrawal and policy.withdrawal_exclusion is not None:
            excluded[line.id] = policy.withdrawal_exclusion
            continue
        if wanted is not None and wanted > most:
            errors.append((line.sku, wanted, most))
        count = most if wanted is None else wanted
        unshipped = min(count, open_units + max(0, codes))
        if unshipped:
            cancelled[line.id] = unshipped
        if count > unshipped:
            returned[line.id] = count - unshipped
    if errors:
        raise QuantityExceedsReturnable(
            "; ".join(f"{sku}: {wanted} requested, {most} left" for sku, wanted, most in errors)
        )
    if not returned and not cancelled:
        raise _nothing(order, excluded)
    return Covered(returned, cancelled, excluded)


def _open(order: Order, withdrawal: Withdrawal, *, by: Principal) -> None:
    assert withdrawal.confirmed_at is not None
    stored = withdrawal.units
    units = None if stored is None else {UUID(one): count for one, count in stored.items()}
    covered = covered_by(order, units)
    parent = cases.open_return(
        order,
        ReturnInput(
            kind=ReturnKind.WITHDRAWAL,
            language=withdrawal.language,
            is_approved=True,
            lines=[
                ReturnLineInput(one, covered.returned.get(one, 0), WITHDRAWN)
                for one in covered.line_ids
            ],
            cancelled=covered.cancelled,
        ),
        return_id=new_id(),
        by=by,
    )
    parent.withdrawn_at = withdrawal.confirmed_at
    parent.refund_due_at = rules.withdrawal_refund_due(
        withdrawal.confirmed_at, current_settings().zone
    )
    withdrawal.return_id = parent.id
    _cancel_unshipped(order, covered.cancelled, by=by)
    audit.record("withdrawal.confirmed", by=by, subject_id=withdrawal.id, order_id=str(order.id))
    if orders_service.refundable(order) > 0:
        raise_deadline(order.id, parent.id, parent.number, parent.refund_due_at)
    elif receiving.waits_for_nothing(parent):
        cases.close(order, parent, note=None, by=by)
    payment_sync_service.refresh(order)


def _cancel_unshipped(order: Order, units: Mapping[UUID, int], *, by: Principal) -> None:
    """Cancel units that are still to be shipped, so that none leaves any more."""
    still_open = {
        line.id: min(units.get(line.id, 0), line.open_quantity)
        for line in order.lines
        if min(units.get(line.id, 0), line.open_quantity) > 0
    }
    if still_open and order.status is not OrderStatus.CANCELLED:
        orders_service.cancel_units(order, still_open, by=by)
        inventory_service.release(order.id, still_open, by=by, reason="withdrawn from")


def _ask_for_order(withdrawal: Withdrawal) -> None:
    assert withdrawal.confirmed_at is not None
    attention.raise_item(
        AttentionKind.WITHDRAWAL,
        f"unmatched:{withdrawal.id}",
        f"{withdrawal.name} withdrew from order {withdrawal.order_number}, which was not found "
        f"with the address {withdrawal.email}, or can no longer be withdrawn from. Say which order "
        "it means, or answer them",
        due_at=rules.withdrawal_refund_due(withdrawal.confirmed_at, current_settings().zone),
    )


def _nothing(order: Order, excluded: Mapping[UUID, Exclusion]) -> Exception:
    if not excluded:
        return NothingToWithdraw()
    skus = {line.id: line.sku for line in order.lines}
    errors: Sequence[Mapping[str, str]] = [
        {
            "pointer": "/units",
            "code": WithdrawalExcluded.code,
            "detail": f"{skus[line_id]}: {reason.replace('_', ' ')} "
            "(article 16 of Directive 2011/83/EU).",
        }
        for line_id, reason in excluded.items()
    ]
    return WithdrawalExcluded(errors=errors)
