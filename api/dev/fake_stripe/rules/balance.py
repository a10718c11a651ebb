"""The account's balance: what each movement of money leaves after fees, and its way to the bank.

https://docs.stripe.com/reports/balance-transaction-types, https://docs.stripe.com/payouts. Every
currency settles into a bank account of its own, so nothing is converted. The prices are the
stand-in's: 1.5 % and half of the minimum amount per payment (0.25 EUR), forty times the minimum
per chargeback (20 EUR); Stripe keeps both when money goes back.
"""

from collections import defaultdict
from typing import Any, Final

from api.dev.fake_stripe.account import Account, StripeObject
from api.dev.fake_stripe.errors import StripeProblem
from api.dev.fake_stripe.rules import currencies

DAY: Final = 24 * 3600
AVAILABLE_AFTER: Final = 2 * DAY
"""A payment is paid out two days later, as in most of Europe."""
ARRIVES_AFTER: Final = DAY
_PER_TEN_THOUSAND: Final = 150


def processing_fee(amount: int, currency: str) -> int:
    """Return what Stripe keeps of a payment, in minor units."""
    percentage = (amount * _PER_TEN_THOUSAND + 5_000) // 10_000
    return min(amount, percentage + currencies.MINIMUM.get(currency, 0) // 2)


def dispute_fee(currency: str) -> int:
    """Return what a chargeback costs."""
    return 40 * currencies.MINIMUM.get(currency, 0)


def record(
    account: Account,
    source: StripeObject,
    amount: int,
    *,
    kind: str,
    fee: int = 0,
    category: str | None = None,
    description: str | None = None,
    available_after: int = AVAILABLE_AFTER,
) -> StripeObject:
    """Write down a movement: `amount` comes in (or goes out when negative), `fee` is kept of it."""
    what = "Stripe processing fees" if kind == "charge" else "Dispute fee"
    detail = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": what,
        "type": "stripe_fee",
    }
    return account.new(
        "balance_transaction",
        amount=amount,
        fee=fee,
        fee_details=[detail] if fee else [],
        net=amount - fee,
        currency=source["currency"],
        type=kind,
        reporting_category=category or kind,
        description=description,
        source=source["id"],
        available_on=account.now + available_after,
        _payout=None,
    )


def current(account: Account) -> StripeObject:
    """Return the balance: what can be paid out, and what is on its way to that."""
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    for entry in account.every("balance_transaction"):
        bucket = "available" if entry["available_on"] <= account.now else "pending"
        sums[bucket][entry["currency"]] += entry["net"]
        other = "pending" if bucket == "available" else "available"
        sums[other][entry["currency"]] += 0
    return {
        "object": "balance",
        "livemode": False,
        **{
            bucket: [
                {"amount": amount, "currency": currency, "source_types": {"card": amount}}
                for currency, amount in sorted(per_currency.items())
            ]
            for bucket, per_currency in sums.items()
        },
    }


def shown(account: Account, entry: StripeObject) -> StripeObject:
    """Return a balance transaction with its status as of now."""
    status = "available" if entry["available_on"] <= account.now else "pending"
    return entry | {"status": status}


def pay_out(account: Account, *, currency: str | None = None, at_once: bool = False) -> list[str]:
    """Make the automatic payouts that are due; returns their ids.

    One payout per currency with all that is available, or with `at_once` all that there is. A
    balance that is not positive waits for better days.
    """
    entries: dict[str, list[StripeObject]] = defaultdict(list)
    for entry in account.every("balance_transaction"):
        is_free = entry["_payout"] is None and entry["type"] != "payout"
        if is_free and (at_once or entry["available_on"] <= account.now):
            entries[entry["currency"]].append(entry)
    made = []
    for each, parts in sorted(entries.items()):
        amount = sum(entry["net"] for entry in parts)
        if amount > 0 and currency in (None, each):
            made.append(_pay_out_one(account, each, amount, parts))
    return made


def _pay_out_one(account: Account, currency: str, amount: int, parts: list[StripeObject]) -> str:
    payout = account.new(
        "payout",
        amount=amount,
        currency=currency,
        arrival_date=account.now + ARRIVES_AFTER,
        automatic=True,
        status="pending",
        reconciliation_status="completed",
    )
    for entry in parts:
        account.save(entry | {"_payout": payout["id"], "available_on": min(
            entry["available_on"], account.now
        )})  # fmt: skip
    own = record(account, payout, -amount, kind="payout", description="STRIPE PAYOUT",
                 available_after=0)  # fmt: skip
    account.save(own | {"_payout": payout["id"]})
    payout["balance_transaction"] = own["id"]
    account.save(payout)
    account.emit("payout.created", payout)
    account.emit("payout.reconciliation_completed", payout)
    account.schedule("payout", payout["id"], seconds=ARRIVES_AFTER)
    return str(payout["id"])


def arrive(account: Account, payout: StripeObject) -> None:
    """Let a payout reach the bank; one that has arrived or failed stays as it is."""
    if payout["status"] in ("pending", "in_transit"):
        payout["status"] = "paid"
        account.save(payout)
        account.emit("payout.paid", payout)


def fail(account: Account, payout: StripeObject, code: str = "account_closed") -> None:
    """Let the bank send a payout back; the money is in the balance again."""
    if payout["status"] in ("failed", "canceled"):
        raise StripeProblem(400, f"This payout is {payout['status']} already.", is_kept=True)
    back = record(account, payout, payout["amount"], kind="payout_failure", available_after=0)
    payout |= {
        "status": "failed",
        "failure_code": code,
        "failure_message": "The bank account has been closed.",
        "failure_balance_transaction": back["id"],
    }
    account.save(payout)
    account.emit("payout.failed", payout)


FILTERS: Final[dict[str, Any]] = {"payout": "_payout", "source": "source", "type": "type"}
