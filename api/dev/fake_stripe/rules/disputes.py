"""Disputes from the bank's first word to its last: https://docs.stripe.com/disputes/how-disputes-work.

An inquiry (`warning_...`) asks and takes no money. A chargeback takes the money and a fee when it
begins; winning it brings the money back.
"""

from typing import Any, Final

from api.dev.fake_stripe.account import Account, StripeObject, public
from api.dev.fake_stripe.errors import StripeProblem
from api.dev.fake_stripe.rules import balance, radar

UPDATE: Final = {"evidence": "hash", "metadata": "metadata", "submit": "boolean"}
REASONS: Final = (
    *("bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated"),
    *("debit_not_authorized", "duplicate", "fraudulent", "general", "incorrect_account_details"),
    *("insufficient_funds", "noncompliant", "product_not_received", "product_unacceptable"),
    *("subscription_canceled", "unrecognized"),
)
_FOLLOWS: Final = {
    "warning_needs_response": ("warning_under_review", "warning_closed", "needs_response"),
    "warning_under_review": ("warning_closed", "needs_response"),
    "warning_closed": ("needs_response",),
    "needs_response": ("under_review", "lost"),
    "under_review": ("won", "lost"),
    "won": (),
    "lost": (),
}
STATUSES: Final = tuple(_FOLLOWS)
_PATHS: Final = {
    "warning_needs_response": (),
    "warning_under_review": ("warning_under_review",),
    "warning_closed": ("warning_under_review", "warning_closed"),
    "needs_response": (),
    "under_review": ("under_review",),
    "won": ("under_review", "won"),
    "lost": ("under_review", "lost"),
}
_DAYS_TO_ANSWER: Final = 7


def begin(
    account: Account,
    charge: StripeObject,
    *,
    status: str = "needs_response",
    reason: str = "fraudulent",
    amount: int | None = None,
    days: int = _DAYS_TO_ANSWER,
) -> StripeObject:
    """Let the customer's bank dispute a payment, or ask about it; `amount` may be a part."""
    if reason not in REASONS:
        raise StripeProblem(400, f"reason must be one of {', '.join(REASONS)}.", param="reason")
    disputed = charge["amount_captured"] - charge["amount_refunded"] if amount is None else amount
    if not charge["captured"] or not 0 < disputed <= charge["amount_captured"]:
        raise StripeProblem(400, f"Charge {charge['id']} has nothing to dispute.", is_kept=True)
    is_inquiry = status.startswith("warning")
    dispute = account.new(
        "dispute",
        amount=disputed,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="warning_needs_response" if is_inquiry else "needs_response",
        is_charge_refundable=is_inquiry,
    )
    dispute["payment_method_details"]["card"] |= {
        "brand": charge["payment_method_details"]["card"]["brand"],
        "case_type": "inquiry" if is_inquiry else "chargeback",
    }
    # Stripe shows the last second of a day, on which the evidence has to be there.
    dispute["evidence_details"]["due_by"] = (account.now // 86_400 + days + 1) * 86_400 - 1
    account.save(dispute)
    charge["disputed"] = True
    account.save(charge)
    account.emit("charge.dispute.created", dispute)
    if not is_inquiry:
        _withdraw(account, dispute)
    radar.settle(account, charge)
    return dispute


def lead_to(account: Account, dispute: StripeObject, status: str) -> StripeObject:
    """Take a dispute to a status, through every status that lies between."""
    if status not in _PATHS:
        raise StripeProblem(400, f"status must be one of {', '.join(_PATHS)}.", param="status")
    is_now = dispute["status"]
    steps = [step for step in (*_PATHS[status], status) if step != is_now]
    if is_now.startswith("warning") and not status.startswith("warning"):
        steps = ["needs_response", *[step for step in steps if step != "needs_response"]]
    for step in dict.fromkeys(steps):
        if step in _FOLLOWS[dispute["status"]]:
            move(account, dispute, step)
    if dispute["status"] != status:
        raise StripeProblem(
            400, f"A dispute that is {dispute['status']} cannot become {status}.", is_kept=False
        )
    return dispute


def move(account: Account, dispute: StripeObject, status: str) -> None:
    """Take one step and tell what Stripe tells of it."""
    before = dispute["status"]
    if status not in _FOLLOWS[before]:
        raise StripeProblem(
            400, f"A dispute that is {before} cannot become {status}.", is_kept=False
        )
    dispute["status"] = status
    if status == "needs_response":
        dispute["is_charge_refundable"] = False
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    if status.endswith("under_review"):
        dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
    account.save(dispute)
    is_over = status in ("won", "lost", "warning_closed")
    account.emit(f"charge.dispute.{'closed' if is_over else 'updated'}", dispute, status=before)
    if status == "needs_response":
        _withdraw(account, dispute)
    if status == "won":
        _reinstate(account, dispute)


def update(account: Account, dispute: StripeObject, sent: dict[str, Any]) -> StripeObject:
    """Answer the bank. As in Stripe's test mode, the words decide how it ends.

    `evidence[uncategorized_text]` winning_evidence or losing_evidence closes the dispute.
    """
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise StripeProblem(400, "This dispute is already closed", is_kept=True)
    evidence = sent.get("evidence", {})
    unknown = set(evidence) - set(dispute["evidence"])
    if unknown:
        raise StripeProblem(
            400,
            f"Received unknown parameter: evidence[{unknown.pop()}]",
            code="parameter_unknown",
        )
    dispute["evidence"] |= evidence
    dispute["metadata"] |= sent.get("metadata", {})
    if evidence:
        dispute["evidence_details"]["has_evidence"] = True
    account.save(dispute)
    if sent.get("submit", True) and evidence:
        ending = {"winning_evidence": "won", "losing_evidence": "lost"}
        is_inquiry = dispute["status"].startswith("warning")
        under_review = "warning_under_review" if is_inquiry else "under_review"
        end = ending.get(evidence.get("uncategorized_text", ""), under_review)
        lead_to(account, dispute, "warning_closed" if is_inquiry and end != under_review else end)
    else:
        account.emit("charge.dispute.updated", dispute)
    return dispute


def close(account: Account, dispute: StripeObject) -> StripeObject:
    """Accept the dispute: it is lost."""
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise StripeProblem(400, "This dispute is already closed", is_kept=True)
    if dispute["status"].startswith("warning"):
        return lead_to(account, dispute, "warning_closed")
    move(account, dispute, "lost")
    return dispute


def _withdraw(account: Account, dispute: StripeObject) -> None:
    entry = balance.record(
        account,
        dispute,
        -dispute["amount"],
        fee=balance.dispute_fee(dispute["currency"]),
        kind="adjustment",
        category="dispute",
        description=f"Chargeback withdrawal for {dispute['charge']}",
        available_after=0,
    )
    dispute["balance_transactions"].append(public(entry))
    account.save(dispute)
    account.emit("charge.dispute.funds_withdrawn", dispute)


def _reinstate(account: Account, dispute: StripeObject) -> None:
    entry = balance.record(
        account,
        dispute,
        dispute["amount"],
        kind="adjustment",
        category="dispute_reversal",
        description=f"Chargeback reversal for {dispute['charge']}",
        available_after=0,
    )
    dispute["balance_transactions"].append(public(entry))
    account.save(dispute)
    account.emit("charge.dispute.funds_reinstated", dispute)
