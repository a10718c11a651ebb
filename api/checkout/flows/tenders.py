"""Gift cards and store credit at the checkout: what they pay, and what remains for the card."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.payment_sync.service import Tender
from api.payments.gateways import PaymentGateway
from api.platform.service_registry import get_service
from api.stored_value import policy
from api.stored_value import service as stored_value_service
from api.stored_value.errors import StoreCreditNeedsAccount
from api.stored_value.service import UsableAccount


@dataclass(frozen=True, slots=True)
class TenderChoice:
    """With what a customer pays: gift cards by their codes, the store credit, then the rest."""

    gift_cards: Sequence[str]
    store_credit: bool
    payment_method: str


def choose(total: Money, choice: TenderChoice, *, by: Principal, lock: bool) -> list[Tender]:
    """Divide a total over gift cards, in the order given, and store credit.

    What remains is 0, or at least what a card can be charged with. With `lock` their balances stay
    locked until the transaction ends. Raises `GiftCardNotUsable` and `StoreCreditNeedsAccount`.
    """
    if not choice.gift_cards and not choice.store_credit:
        return []
    if choice.store_credit and by.kind != "customer":
        raise StoreCreditNeedsAccount
    accounts = stored_value_service.usable_accounts(
        choice.gift_cards,
        credit_of=by.id if choice.store_credit else None,
        currency=total.currency,
        lock=lock,
    )
    return _divided(total, accounts, by_card=choice.payment_method == "stripe")


def of_credit(total: Money, customer_id: UUID | None, *, by_card: bool) -> list[Tender]:
    """Divide a total over a customer's store credit, and what remains for the card.

    Its balance stays locked until the transaction ends. Raises `StoreCreditNeedsAccount` for a
    guest.
    """
    if customer_id is None:
        raise StoreCreditNeedsAccount
    accounts = stored_value_service.usable_accounts(
        (), credit_of=customer_id, currency=total.currency, lock=True
    )
    return _divided(total, accounts, by_card=by_card)


def _divided(total: Money, accounts: Sequence[UsableAccount], *, by_card: bool) -> list[Tender]:
    gateway: PaymentGateway = get_service(PaymentGateway)

    def least_rest(rest: int) -> int:
        return gateway.least_charge(rest, total.currency) if by_card else rest

    parts = policy.split(total.amount, [one.balance for one in accounts], least_rest=least_rest)
    return [Tender(one, part) for one, part in zip(accounts, parts, strict=True) if part]


def paid_by(tenders: Sequence[Tender]) -> int:
    """Return how much tenders pay together, in minor units."""
    return sum(tender.amount for tender in tenders)


def shown(tenders: Sequence[Tender], total: int, currency: str) -> dict[str, object]:
    """Return the members of a quote about tenders: what each pays, and what is due then."""
    return {
        "tenders": [
            {
                "kind": tender.account.kind,
                "last_four": tender.account.last_four,
                "amount": Money(tender.amount, currency),
                "balance": Money(tender.account.balance, currency),
            }
            for tender in tenders
        ],
        "due": Money(total - paid_by(tenders), currency),
    }
