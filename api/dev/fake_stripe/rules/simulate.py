"""What a customer, a bank or somebody at Stripe's dashboard does: each is one command.

A target is a PaymentIntent, a charge, a refund, a dispute or a payout by its id, or the id of an
order, which the shop writes into the metadata of its PaymentIntents.
"""

from collections.abc import Callable
from typing import Any, Final

from api.dev.fake_stripe.account import Account, StripeObject
from api.dev.fake_stripe.errors import StripeProblem, missing
from api.dev.fake_stripe.rules import balance, cards, disputes, intents, radar, refunds

Simulated = tuple[dict[str, str], Callable[[Account, dict[str, Any]], Any]]


def _pay(account: Account, sent: dict[str, Any]) -> StripeObject:
    intent = _intent(account, sent["target"], wanted=("requires_payment_method",))
    card = {"payment_method": sent.get("card") or "pm_card_visa"}
    paid = intents.confirm(account, intent, card)
    if paid["status"] == "requires_action" and sent.get("authentication"):
        return intents.authenticate(account, paid, {"outcome": sent["authentication"]})
    return paid


def _refund(account: Account, sent: dict[str, Any]) -> StripeObject:
    charge = _charge(account, sent["target"])
    wanted = {name: sent[name] for name in ("amount", "reason") if sent.get(name) is not None}
    return refunds.create(account, {"charge": charge["id"], **wanted})


def _fail_refund(account: Account, sent: dict[str, Any]) -> StripeObject:
    refund = _refund_of(account, sent["target"])
    refunds.fail(account, refund, sent.get("reason") or "expired_or_canceled_card")
    return refund


def _dispute(account: Account, sent: dict[str, Any]) -> StripeObject:
    status = sent.get("status") or "needs_response"
    if status not in disputes.STATUSES:
        raise StripeProblem(
            400, f"status must be one of {', '.join(disputes.STATUSES)}.", param="status"
        )
    found = account.find(sent["target"])
    if found is None or found["object"] != "dispute":
        charge = _charge(account, sent["target"])
        known = account.every("dispute", charge=charge["id"])
        found = known[0] if known else None
    if found is None:
        found = disputes.begin(
            account,
            charge,
            status=status,
            reason=sent.get("reason") or "fraudulent",
            amount=sent.get("amount"),
            days=sent.get("days", 7),
        )
    return disputes.lead_to(account, found, status)


def _warn(account: Account, sent: dict[str, Any]) -> StripeObject:
    charge = _charge(account, sent["target"])
    return radar.warn(account, charge, sent.get("fraud_type") or "misc")


def _pay_out(account: Account, sent: dict[str, Any]) -> dict[str, object]:
    made = balance.pay_out(account, currency=sent.get("currency"), at_once=True)
    payouts = [account.get("payout", each) for each in made]
    for payout in payouts:
        if sent.get("status") in ("paid", "failed"):
            balance.arrive(account, payout)
        if sent.get("status") == "failed":
            balance.fail(account, payout)
    return {"object": "list", "data": payouts}


def _resend(account: Account, sent: dict[str, Any]) -> StripeObject:
    event = account.get("event", sent["target"])
    account.deliver(event["id"])
    return event


_COMMON: Final = {"target": "text", "lost": "boolean"}
SIMULATIONS: Final[dict[str, Simulated]] = {
    "pay": (_COMMON | {"card": "text", "authentication": "text"}, _pay),
    "refund": (_COMMON | {"amount": "integer", "reason": "text"}, _refund),
    "fail-refund": (_COMMON | {"reason": "text"}, _fail_refund),
    "dispute": (
        _COMMON | {"status": "text", "reason": "text", "amount": "integer", "days": "integer"},
        _dispute,
    ),
    "fraud-warning": (_COMMON | {"fraud_type": "text"}, _warn),
    "payout": ({"currency": "text", "status": "text", "lost": "boolean"}, _pay_out),
    "resend": ({"target": "text"}, _resend),
}


def simulate(account: Account, name: str, sent: dict[str, object]) -> object:
    """Make one thing happen; with `lost`, the shop is not told and has to find out by itself."""
    _, perform = SIMULATIONS[name]
    if "target" in SIMULATIONS[name][0] and not sent.get("target"):
        raise StripeProblem(400, "Say which one: target.", param="target")
    account.tells = not sent.get("lost", False)
    try:
        return perform(account, sent)
    finally:
        account.tells = True


def happen(account: Account, action: str, object_id: str) -> None:
    """Perform what was scheduled."""
    if action == "payouts":
        balance.pay_out(account)
        account.schedule("payouts", "", seconds=balance.DAY)
        return
    subject = account.find(object_id)
    if subject is None:
        return
    if action == "payout":
        balance.arrive(account, subject)
    elif action == "refund_succeeds":
        refunds.succeed(account, subject)
    elif action == "refund_fails" and subject["status"] == "succeeded":
        refunds.fail(account, subject)
    elif action == "early_fraud_warning":
        radar.warn(account, subject)
    elif action == "dispute":
        reason, status = _promised_dispute(account, subject)
        disputes.begin(account, subject, status=status, reason=reason)


def _promised_dispute(account: Account, charge: StripeObject) -> tuple[str, str]:
    method = account.get("payment_method", charge["payment_method"])
    return cards.behaviour_of(method).dispute


def _intent(account: Account, target: str, *, wanted: tuple[str, ...] = ()) -> StripeObject:
    """Return a PaymentIntent by any id that leads to it; of an order's, one in a wanted state."""
    found = account.find(target)
    if found is not None and found["object"] == "payment_intent":
        return found
    if found is not None and found.get("payment_intent"):
        return account.get("payment_intent", found["payment_intent"])
    of_order = account.every("payment_intent", **{"metadata.order_id": target})
    for intent in of_order:
        if not wanted or intent["status"] in wanted:
            return intent
    if of_order:
        return of_order[0]
    raise missing(target, "payment_intent", param="target")


def _charge(account: Account, target: str) -> StripeObject:
    found = account.find(target)
    if found is not None and found["object"] == "charge":
        return found
    intent = _intent(account, target, wanted=("succeeded",))
    if intent["latest_charge"] is None:
        raise StripeProblem(400, f"Nobody has paid {target} by card.", param="target")
    return account.get("charge", intent["latest_charge"])


def _refund_of(account: Account, target: str) -> StripeObject:
    found = account.find(target)
    if found is not None and found["object"] == "refund":
        return found
    of_charge = account.every("refund", charge=_charge(account, target)["id"])
    for refund in of_charge:
        if refund["status"] in ("succeeded", "pending"):
            return refund
    raise StripeProblem(400, f"There is no refund of {target} that could fail.", param="target")
