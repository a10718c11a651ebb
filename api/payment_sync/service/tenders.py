"""Payments by gift card and store credit. Each needs the order locked."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.orders import service as orders_service
from api.payment_sync.service.provider_state import refresh
from api.payments import service as payments_service
from api.stored_value import service as stored_value_service
from api.stored_value.service import UsableAccount
from api.stored_value.states import EntryKind


@dataclass(frozen=True, slots=True)
class Tender:
    """A gift card or store credit, and how much of an order it pays, in minor units."""

    account: UsableAccount
    amount: int


def pay_with(order: orders_service.Order, tenders: Sequence[Tender], *, by: Principal) -> None:
    """Pay a part of an order, or all of it, from accounts whose balances are locked.

    Each part is a captured payment of its own, with the account's kind as provider.
    """
    for tender in tenders:
        payment = payments_service.record_captured(
            new_id(),
            order.id,
            provider=tender.account.kind,
            amount=tender.amount,
            currency=order.currency,
            reference=tender.account.name,
        )
        stored_value_service.redeem(
            tender.account.id, tender.amount, order_id=order.id, payment_id=payment.id, by=by
        )
        paid = Money(tender.amount, order.currency)
        orders_service.add_event(order.id, "paid", f"{paid} paid by {tender.account.name}.", by=by)
    refresh(order)


def release_tenders(order: orders_service.Order) -> None:
    """Return what gift cards and store credit paid for an order that ends without being paid.

    The payments are voided. Locks them, then the accounts.
    """
    if not order.tendered:
        return
    for payment, amount in payments_service.void_tenders(order.id):
        stored_value_service.give_back(
            payment.id, amount, EntryKind.RELEASED, reference=str(payment.id), by=SYSTEM
        )
        returned = Money(amount, payment.currency)
        orders_service.add_event(
            order.id, "released", f"{returned} returned to {payment.reference}.", by=SYSTEM
        )
