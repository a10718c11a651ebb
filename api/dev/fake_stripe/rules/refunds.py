"""Refunds, ours and those made at the dashboard: https://docs.stripe.com/refunds."""

from collections.abc import Mapping
from typing import Any, Final

from api.dev.fake_stripe.account import Account, StripeObject
from api.dev.fake_stripe.errors import StripeProblem
from api.dev.fake_stripe.rules import balance, cards, currencies, radar

CREATE: Final = {
    "amount": "integer",
    "charge": "text",
    "metadata": "metadata",
    "payment_intent": "text",
    "reason": "text",
}
UPDATE: Final = {"metadata": "metadata"}
_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")
FAILURES: Final = (
    *("charge_for_pending_refund_disputed", "declined", "expired_or_canceled_card"),
    *("insufficient_funds", "lost_or_stolen_card", "merchant_request", "unknown"),
)
_SETTLES_AFTER: Final = 5.0  # seconds; with Stripe's test cards it is as soon


def create(account: Account, sent: dict[str, Any]) -> StripeObject:
    """Give money back, never more than is left, and none that a bank has reversed already."""
    charge = _charge_of(account, sent)
    if sent.get("reason") not in (None, *_REASONS):
        raise StripeProblem(400, "Invalid reason: must be one of " + ", ".join(_REASONS),
                            param="reason")  # fmt: skip
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = sent.get("amount", left)
    if left == 0 and charge["captured"]:
        raise StripeProblem(
            400,
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
            is_kept=True,
        )
    if is_charged_back(account, charge):
        raise StripeProblem(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            is_kept=True,
        )
    if amount < 1:
        raise StripeProblem(400, "Invalid positive integer", param="amount",
                            code="parameter_invalid_integer")  # fmt: skip
    if amount > left:
        raise StripeProblem(
            400,
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
            is_kept=True,
        )
    currencies.check_divisible(amount, charge["currency"])
    method = account.get("payment_method", charge["payment_method"])
    how = cards.behaviour_of(method).refund
    refund = account.new(
        "refund",
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        reason=sent.get("reason"),
        metadata=sent.get("metadata", {}),
        status="pending" if how == "pending" else "succeeded",
    )
    entry = balance.record(
        account, refund, -amount, kind="refund", description="REFUND FOR CHARGE",
    )  # fmt: skip
    refund["balance_transaction"] = entry["id"]
    account.save(refund)
    before = charge["amount_refunded"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.save(charge)
    if charge["refunded"]:
        radar.settle(account, charge)
    account.emit("refund.created", refund)
    account.emit("charge.refunded", charge, amount_refunded=before)
    if how:
        action = "refund_succeeds" if how == "pending" else "refund_fails"
        account.schedule(action, refund["id"], seconds=_SETTLES_AFTER)
    return refund


def update(account: Account, refund: StripeObject, sent: Mapping[str, object]) -> StripeObject:
    """Change the metadata; nothing else can be changed."""
    refund["metadata"] |= sent.get("metadata", {})
    account.save(refund)
    account.emit("refund.updated", refund)
    return refund


def succeed(account: Account, refund: StripeObject) -> None:
    """Let a refund reach the customer that was on its way."""
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        account.save(refund)
        account.emit("refund.updated", refund, status="pending")
        account.emit("charge.refund.updated", refund, status="pending")


def fail(account: Account, refund: StripeObject, reason: str = "expired_or_canceled_card") -> None:
    """Let a refund come back, even one that had succeeded; the money is the account's again.

    https://docs.stripe.com/refunds#failed-refunds
    """
    if refund["status"] not in ("pending", "succeeded"):
        raise StripeProblem(400, f"Refund {refund['id']} is {refund['status']}.", is_kept=True)
    if reason not in FAILURES:
        raise StripeProblem(400, f"failure_reason must be one of {', '.join(FAILURES)}.",
                            param="failure_reason")  # fmt: skip
    before = refund["status"]
    back = balance.record(account, refund, refund["amount"], kind="refund_failure")
    refund |= {
        "status": "failed",
        "failure_reason": reason,
        "failure_balance_transaction": back["id"],
    }
    account.save(refund)
    charge = account.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    account.save(charge)
    for kind in ("refund.failed", "refund.updated", "charge.refund.updated"):
        account.emit(kind, refund, status=before)


def is_charged_back(account: Account, charge: StripeObject) -> bool:
    """Say whether a dispute holds the money of a charge, now or for good."""
    return any(
        not dispute["is_charge_refundable"] and dispute["status"] != "won"
        for dispute in account.every("dispute", charge=charge["id"])
    )


def _charge_of(account: Account, sent: dict[str, Any]) -> StripeObject:
    if sent.get("payment_intent"):
        intent = account.get("payment_intent", sent["payment_intent"], param="payment_intent")
        if intent["latest_charge"] is None or intent["amount_received"] == 0:
            raise StripeProblem(
                400,
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
                is_kept=True,
            )
        return account.get("charge", intent["latest_charge"])
    if not sent.get("charge"):
        raise StripeProblem(
            400,
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            code="parameter_missing",
        )
    charge = account.get("charge", sent["charge"], param="charge")
    if not charge["captured"]:
        raise StripeProblem(
            400, f"Charge {charge['id']} was not captured.", param="charge", is_kept=True
        )
    return charge
