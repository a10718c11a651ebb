"""Early fraud warnings: https://docs.stripe.com/disputes/measuring#early-fraud-warnings."""

from typing import Final

from api.dev.fake_stripe.account import Account, StripeObject
from api.dev.fake_stripe.errors import StripeProblem

FRAUD_TYPES: Final = (
    *("card_never_received", "fraudulent_card_application", "made_with_counterfeit_card"),
    *("made_with_lost_card", "made_with_stolen_card", "misc", "unauthorized_use_of_card"),
)


def warn(account: Account, charge: StripeObject, fraud_type: str = "misc") -> StripeObject:
    """Let the customer's bank report a payment as fraud, before any dispute."""
    if fraud_type not in FRAUD_TYPES:
        raise StripeProblem(400, f"fraud_type must be one of {', '.join(FRAUD_TYPES)}.",
                            param="fraud_type")  # fmt: skip
    warning = account.new(
        "radar.early_fraud_warning",
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        fraud_type=fraud_type,
        actionable=not charge["refunded"] and not charge["disputed"],
    )
    account.emit("radar.early_fraud_warning.created", warning)
    return warning


def settle(account: Account, charge: StripeObject) -> None:
    """Note that nothing can be done any more: the payment went back, or is disputed."""
    for warning in account.every("radar.early_fraud_warning", charge=charge["id"]):
        if warning["actionable"]:
            warning["actionable"] = False
            account.save(warning)
            account.emit("radar.early_fraud_warning.updated", warning, actionable=True)
