"""PaymentIntents and their charges: https://docs.stripe.com/payments/paymentintents/lifecycle."""

from collections.abc import Mapping
from typing import Any, Final

from api.dev.fake_stripe.account import Account, StripeObject, make_id, public
from api.dev.fake_stripe.errors import StripeProblem, unexpected_state
from api.dev.fake_stripe.rules import balance, cards, currencies

CREATE: Final = {
    "amount": "integer",
    "automatic_payment_methods": "hash",
    "capture_method": "text",
    "confirm": "boolean",
    "confirmation_method": "text",
    "currency": "text",
    "customer": "text",
    "description": "text",
    "metadata": "metadata",
    "off_session": "boolean",
    "payment_method": "text",
    "payment_method_data": "hash",
    "payment_method_types": "list",
    "receipt_email": "text",
    "return_url": "text",
    "setup_future_usage": "text",
    "shipping": "hash",
    "statement_descriptor": "text",
    "statement_descriptor_suffix": "text",
    "use_stripe_sdk": "boolean",
}
UPDATE: Final = {
    name: kind
    for name, kind in CREATE.items()
    if name
    not in (
        *("automatic_payment_methods", "confirm", "confirmation_method", "off_session"),
        *("return_url", "use_stripe_sdk"),
    )
}
CONFIRM: Final = {
    name: CREATE[name]
    for name in (
        *("off_session", "payment_method", "payment_method_data", "payment_method_types"),
        *("receipt_email", "return_url", "setup_future_usage", "shipping", "use_stripe_sdk"),
    )
}
CAPTURE: Final = {"amount_to_capture": "integer", "metadata": "metadata"}
CANCEL: Final = {"cancellation_reason": "text"}
AUTHENTICATE: Final = {"outcome": "text"}

_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
_PLAIN_FIELDS: Final = (
    *("customer", "description", "receipt_email", "setup_future_usage", "shipping"),
    *("statement_descriptor", "statement_descriptor_suffix", "payment_method_types"),
)


def create(account: Account, sent: dict[str, Any]) -> StripeObject:
    """Ask for an amount; with `confirm`, take it at once."""
    for name in ("amount", "currency"):
        if sent.get(name) is None:
            raise StripeProblem(
                400, f"Missing required param: {name}.", code="parameter_missing", param=name
            )
    currency = currencies.check_currency(sent["currency"])
    currencies.check_amount(sent["amount"], currency)
    capture_method = sent.get("capture_method", "automatic")
    if capture_method not in ("automatic", "automatic_async", "manual"):
        raise StripeProblem(400, "Invalid capture_method", param="capture_method")
    intent = account.new(
        "payment_intent",
        amount=sent["amount"],
        currency=currency,
        capture_method=capture_method,
        metadata=sent.get("metadata", {}),
    )
    intent["client_secret"] = make_id(f"{intent['id']}_secret")
    _set_fields(account, intent, sent)
    account.save(intent)
    account.emit("payment_intent.created", intent)
    if sent.get("confirm"):
        return confirm(account, intent, {"return_url": sent.get("return_url")})
    return intent


def update(account: Account, intent: StripeObject, sent: dict[str, Any]) -> StripeObject:
    """Change what is asked for, as long as it was not paid."""
    if {"amount", "currency"} & set(sent):
        if intent["status"] not in _OPEN:
            raise unexpected_state(intent, "change the amount of")
        currency = currencies.check_currency(sent.get("currency") or intent["currency"])
        amount: int = sent["amount"] if "amount" in sent else intent["amount"]
        currencies.check_amount(amount, currency)
        intent |= {"amount": amount, "currency": currency}
    _change_metadata(intent, sent)
    _set_fields(account, intent, sent)
    account.save(intent)
    return intent


def confirm(account: Account, intent: StripeObject, sent: dict[str, object]) -> StripeObject:
    """Pay; a 402 when the bank says no, after which another card may be tried."""
    if intent["status"] not in _OPEN:
        raise unexpected_state(intent, "confirm")
    _set_fields(account, intent, sent)
    if intent["payment_method"] is None:
        raise StripeProblem(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update "
            "the PaymentIntent with a payment method and then confirm it again.",
            code="payment_intent_unexpected_state",
            payment_intent=public(intent),
            is_kept=True,
        )
    method = cards.find_method(account, intent["payment_method"])
    intent |= {"payment_method": method["id"], "last_payment_error": None}
    if cards.behaviour_of(method).is_authenticated:
        intent |= {"status": "requires_action", "next_action": _next_action(sent)}
        account.save(intent)
        account.emit("payment_intent.requires_action", intent)
        return intent
    return _charge(account, intent, method)


def authenticate(
    account: Account, intent: StripeObject, sent: Mapping[str, object]
) -> StripeObject:
    """Let the customer pass 3-D Secure or not: `outcome` is succeeded or failed."""
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, "authenticate")
    method = account.get("payment_method", intent["payment_method"])
    if sent.get("outcome") == "succeeded":
        return _charge(account, intent, method)
    error = {
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "message": "The provided PaymentMethod has failed authentication. You can provide "
        "payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent "
        "again.",
        "payment_method": public(method),
    }
    _fail(account, intent, error)
    return intent


def capture(account: Account, intent: StripeObject, sent: dict[str, object]) -> StripeObject:
    """Take an authorized amount, or a part of it; the rest is released."""
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, "capture")
    amount: int = {"amount_to_capture": intent["amount_capturable"], **sent}["amount_to_capture"]
    if not 0 < amount <= intent["amount_capturable"]:
        raise StripeProblem(
            400,
            f"The amount could not be captured: it is greater than {intent['amount_capturable']}.",
            code="amount_too_large",
            param="amount_to_capture",
            is_kept=True,
        )
    currencies.check_divisible(amount, intent["currency"])
    _change_metadata(intent, sent)
    charge = account.get("charge", intent["latest_charge"])
    _settle(account, intent, charge, amount)
    account.emit("charge.captured", charge)
    account.emit("payment_intent.succeeded", intent)
    return intent


def cancel(account: Account, intent: StripeObject, sent: Mapping[str, object]) -> StripeObject:
    """Withdraw what was not paid; an authorization is released."""
    reason = sent.get("cancellation_reason")
    if reason is not None and reason not in _REASONS:
        raise StripeProblem(400, "Invalid cancellation_reason", param="cancellation_reason")
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise unexpected_state(intent, "cancel")
    intent |= {
        "status": "canceled",
        "canceled_at": account.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    account.save(intent)
    account.emit("payment_intent.canceled", intent)
    return intent


def _charge(account: Account, intent: StripeObject, method: StripeObject) -> StripeObject:
    """Ask the bank: the money is taken, held for a capture, or refused."""
    card = cards.behaviour_of(method)
    charge = account.new(
        "charge",
        amount=intent["amount"],
        currency=intent["currency"],
        payment_intent=intent["id"],
        payment_method=method["id"],
        billing_details=method["billing_details"],
        description=intent["description"],
        metadata=intent["metadata"],
        receipt_email=intent["receipt_email"],
        shipping=intent["shipping"],
    )
    details = charge["payment_method_details"]["card"]
    same = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    details |= {name: method["card"][name] for name in same}
    details |= {"checks": cards.checks(method), "network": method["card"]["brand"]}
    if card.is_authenticated:
        details["three_d_secure"] = {"result": "authenticated", "version": "2.2.0"}
    charge["outcome"] |= {"risk_level": card.risk_level, "risk_score": card.risk_score}
    intent |= {"latest_charge": charge["id"], "next_action": None}
    if card.code:
        raise _declined(account, intent, charge, method)
    charge |= {"paid": True, "status": "succeeded"}
    if card.risk_level == "elevated":
        charge["outcome"] |= {"type": "manual_review", "reason": "elevated_risk_level"}
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        details["amount_authorized"] = intent["amount"]
        account.save(charge)
        account.save(intent)
        account.emit("charge.succeeded", charge)
        account.emit("payment_intent.amount_capturable_updated", intent)
    else:
        _settle(account, intent, charge, intent["amount"])
        account.emit("charge.succeeded", charge)
        account.emit("payment_intent.succeeded", intent)
    if card.dispute[0]:
        account.schedule("dispute", charge["id"], seconds=1)
    if card.fraud_warning:
        account.schedule("early_fraud_warning", charge["id"], seconds=1)
    return intent


def _settle(account: Account, intent: StripeObject, charge: StripeObject, amount: int) -> None:
    charge |= {"captured": True, "amount_captured": amount}
    entry = balance.record(
        account,
        charge,
        amount,
        fee=balance.processing_fee(amount, charge["currency"]),
        kind="charge",
        description=charge["description"],
    )
    charge["balance_transaction"] = entry["id"]
    account.save(charge)
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    account.save(intent)


def _declined(
    account: Account, intent: StripeObject, charge: StripeObject, method: StripeObject
) -> StripeProblem:
    card = cards.behaviour_of(method)
    message = "Your card was declined."
    charge |= {"status": "failed", "failure_code": card.code, "failure_message": message}
    charge["outcome"] |= {
        "type": "blocked" if card.is_blocked else "issuer_declined",
        "network_status": "not_sent_to_network" if card.is_blocked else "declined_by_network",
        "reason": "highest_risk_level" if card.is_blocked else card.decline_code,
        "seller_message": "Stripe blocked this payment as too risky."
        if card.is_blocked
        else "The bank did not return any further details with this decline.",
    }
    account.save(charge)
    facts = {
        "code": card.code,
        "decline_code": card.decline_code,
        "charge": charge["id"],
        "doc_url": f"https://stripe.com/docs/error-codes/{card.code.replace('_', '-')}",
        "payment_method": public(method),
    }
    account.emit("charge.failed", charge)
    _fail(account, intent, {"type": "card_error", "message": message, **facts})
    return StripeProblem(
        402, message, kind="card_error", is_kept=True, payment_intent=public(intent), **facts
    )


def _fail(account: Account, intent: StripeObject, error: Mapping[str, object]) -> None:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": error,
    }
    account.save(intent)
    account.emit("payment_intent.payment_failed", intent)


def _set_fields(account: Account, intent: StripeObject, sent: dict[str, Any]) -> None:
    intent |= {name: sent[name] for name in _PLAIN_FIELDS if name in sent}
    method = None
    if sent.get("payment_method_data") is not None:
        method = cards.create_method(account, sent["payment_method_data"])
    elif sent.get("payment_method") is not None:
        method = cards.find_method(account, sent["payment_method"])
    if method is not None:
        intent |= {"payment_method": method["id"]}
        if intent["status"] == "requires_payment_method":
            intent["status"] = "requires_confirmation"


def _change_metadata(held: StripeObject, sent: Mapping[str, object]) -> None:
    """Merge; an empty value removes its key (https://docs.stripe.com/api/metadata)."""
    merged = held["metadata"] | sent.get("metadata", {})
    held["metadata"] = {key: value for key, value in merged.items() if value != ""}


def _next_action(sent: Mapping[str, object]) -> dict[str, object]:
    if sent.get("return_url") and not sent.get("use_stripe_sdk"):
        redirect = {"return_url": sent["return_url"], "url": "/three_d_secure"}
        return {"type": "redirect_to_url", "redirect_to_url": redirect}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
