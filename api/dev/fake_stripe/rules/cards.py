"""Stripe's test cards: https://docs.stripe.com/testing. A card here does what it does there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from api.dev.fake_stripe.account import Account, StripeObject
from api.dev.fake_stripe.errors import StripeProblem, missing


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What comes of paying with a card."""

    code: str = ""
    """Why it is declined; empty when it is not."""
    decline_code: str = ""
    is_authenticated: bool = False
    """Whether 3-D Secure asks the customer first."""
    risk_level: str = "normal"
    risk_score: int = 20
    is_blocked: bool = False
    line1: str = "pass"
    postal_code: str = "pass"
    cvc: str = "pass"
    dispute: tuple[str, str] = ("", "")
    """Reason and first status of the dispute that follows."""
    fraud_warning: bool = False
    refund: str = ""
    """`pending` settles later, `failed` fails after it had succeeded."""


_CARDS: Final = {
    "4000000000000002": Behaviour(code="card_declined", decline_code="generic_decline"),
    "4000000000009995": Behaviour(code="card_declined", decline_code="insufficient_funds"),
    "4000000000009987": Behaviour(code="card_declined", decline_code="lost_card"),
    "4000000000009979": Behaviour(code="card_declined", decline_code="stolen_card"),
    "4000000000000341": Behaviour(code="card_declined", decline_code="generic_decline"),
    "4000000000000069": Behaviour(code="expired_card", decline_code="expired_card"),
    "4000000000000127": Behaviour(
        code="incorrect_cvc", decline_code="incorrect_cvc", cvc="fail"
    ),
    "4000000000000119": Behaviour(code="processing_error", decline_code="processing_error"),
    "4000002500003155": Behaviour(is_authenticated=True),
    "4000002760003184": Behaviour(is_authenticated=True),
    "4000000000003220": Behaviour(is_authenticated=True),
    "4000008260003178": Behaviour(
        is_authenticated=True, code="card_declined", decline_code="insufficient_funds"
    ),
    "4000008400001629": Behaviour(
        is_authenticated=True, code="card_declined", decline_code="generic_decline"
    ),
    "4000000000009235": Behaviour(risk_level="elevated", risk_score=70),
    "4000000000004954": Behaviour(risk_level="highest", risk_score=92),
    "4100000000000019": Behaviour(
        risk_level="highest", risk_score=98, is_blocked=True, code="card_declined",
        decline_code="fraudulent",
    ),
    "4000000000000010": Behaviour(line1="fail", postal_code="fail"),
    "4000000000000028": Behaviour(line1="fail"),
    "4000000000000036": Behaviour(postal_code="fail"),
    "4000000000000044": Behaviour(line1="unavailable", postal_code="unavailable"),
    "4000000000000101": Behaviour(cvc="fail"),
    "4000000000000259": Behaviour(dispute=("fraudulent", "needs_response")),
    "4000000000002685": Behaviour(dispute=("product_not_received", "needs_response")),
    "4000000000001976": Behaviour(dispute=("fraudulent", "warning_needs_response")),
    "4000000000005423": Behaviour(fraud_warning=True),
    "4000000000007726": Behaviour(refund="pending"),
    "4000000000005126": Behaviour(refund="failed"),
}  # fmt: skip
_PLAIN: Final = Behaviour()
_NAMED: Final = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequired": "4000002500003155",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_riskLevelElevated": "4000000000009235",
    "pm_card_riskLevelHighest": "4000000000004954",
    "pm_card_radarBlock": "4100000000000019",
    "pm_card_avsFail": "4000000000000010",
    "pm_card_avsLine1Fail": "4000000000000028",
    "pm_card_avsZipFail": "4000000000000036",
    "pm_card_avsUnchecked": "4000000000000044",
    "pm_card_cvcCheckFail": "4000000000000101",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_createIssuerFraudRecord": "4000000000005423",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}
_BRANDS: Final = {"4": "visa", "5": "mastercard", "2": "mastercard", "3": "amex", "6": "discover"}


def behaviour_of(method: StripeObject) -> Behaviour:
    """Say what comes of paying with this payment method."""
    return _CARDS.get(method["_number"], _PLAIN)


def find_method(account: Account, method_id: str) -> StripeObject:
    """Return a payment method; Stripe's named test cards become one when they are used."""
    if method_id in _NAMED:
        card = {"number": _NAMED[method_id], "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        return create_method(account, {"type": "card", "card": card})
    found = account.find(method_id)
    if found is None or found["object"] != "payment_method":
        raise missing(method_id, "PaymentMethod", param="payment_method")
    return found


def create_method(account: Account, sent: Mapping[str, object]) -> StripeObject:
    """Keep a card; its number stays inside. Refuses a number or date that cannot be."""
    kind, card = sent.get("type"), sent.get("card")
    if kind != "card" or not isinstance(card, dict):
        raise StripeProblem(
            400, "The payment method type must be card, with its card.", param="type"
        )
    number = str(card.get("number", "")).replace(" ", "")
    month, year = _expiry(card)
    if not _has_check_digit(number):
        raise _unusable("incorrect_number", "Your card number is incorrect.", "number")
    now = datetime.fromtimestamp(account.now, UTC)
    if not 1 <= month <= 12:
        raise _unusable(
            "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"
        )
    if (year, month) < (now.year, now.month):
        raise _unusable(
            "invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year"
        )
    made = account.new("payment_method", type="card", _number=number)
    brand = _BRANDS.get(number[0], "unknown")
    made["card"] |= {
        "brand": brand,
        "display_brand": brand,
        "networks": {"available": [brand], "preferred": None},
        "last4": number[-4:],
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"fp{number[:6]}{number[-4:]}",
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if card.get("cvc") else None,
        },
    }
    details = sent.get("billing_details")
    if isinstance(details, dict):
        address = details.pop("address", None)
        made["billing_details"] |= {k: v for k, v in details.items() if v}
        if isinstance(address, dict):
            made["billing_details"]["address"] |= {k: v for k, v in address.items() if v}
    account.save(made)
    return made


def checks(method: StripeObject) -> dict[str, str | None]:
    """Return what the bank says of address and security code; None where nothing was given."""
    says, address = behaviour_of(method), method["billing_details"]["address"]
    return {
        "address_line1_check": says.line1 if address["line1"] else None,
        "address_postal_code_check": says.postal_code if address["postal_code"] else None,
        "cvc_check": says.cvc if method["card"]["checks"]["cvc_check"] else None,
    }


def _expiry(card: dict[str, Any]) -> tuple[int, int]:
    try:
        month, year = int(card.get("exp_month", "")), int(card.get("exp_year", ""))
    except ValueError:
        raise _unusable(
            "invalid_expiry_year", "Your card's expiration date is missing.", "exp_year"
        ) from None
    return month, year + 2000 if year < 100 else year


def _has_check_digit(number: str) -> bool:
    """Luhn's formula (ISO/IEC 7812-1, annex B)."""
    if not number.isascii() or not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _unusable(code: str, message: str, param: str) -> StripeProblem:
    return StripeProblem(402, message, kind="card_error", code=code, param=param)
