"""What the stand-in for Stripe refuses, and which risk it sees, as Stripe does."""

import sqlite3
from pathlib import Path

import pytest
import stripe

from api.dev.fake_stripe.account import IDEMPOTENCY_SECONDS, Account
from api.dev.fake_stripe.errors import StripeProblem
from tests.support.fake_stripe import FakeStripe

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
SMALLEST = {"eur": 50, "gbp": 30, "huf": 17_500, "jpy": 50, "czk": 1500, "dkk": 250, "usd": 50}


@pytest.mark.parametrize("currency", SMALLEST)
def test_less_than_the_minimum_is_not_charged(fake: FakeStripe, currency: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        fake.intent(SMALLEST[currency] - 1, currency=currency)

    assert (refused.value.code, refused.value.param) == ("amount_too_small", "amount")
    assert fake.intent(SMALLEST[currency], currency=currency).amount == SMALLEST[currency]


@pytest.mark.parametrize(
    ("currency", "amount", "good"),
    [
        ("isk", 12_345, 12_300),
        ("ugx", 50_050, 50_000),
        ("kwd", 1_234, 1_230),
        ("tnd", 9_999, 9_990),
    ],
)
def test_fractions_that_cards_do_not_carry_are_not_charged(
    fake: FakeStripe, currency: str, amount: int, good: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        fake.intent(amount, currency=currency)

    assert refused.value.param == "amount"
    assert fake.intent(good, currency=currency).amount == good


@pytest.mark.parametrize("currency", ["iqd", "lyd", "xyz"])
def test_what_is_no_currency_of_stripe_is_refused(fake: FakeStripe, currency: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid currency"):
        fake.intent(5000, currency=currency)


def test_a_currency_without_decimals_is_charged_in_whole_units(fake: FakeStripe) -> None:
    assert fake.intent(500, currency="jpy").amount == 500
    assert fake.intent(501, currency="mga").amount == 501


def test_more_than_twelve_digits_are_not_charged(fake: FakeStripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        fake.intent(1_000_000_000_000)

    assert refused.value.code == "amount_too_large"


@pytest.mark.parametrize(
    ("card", "level", "checks"),
    [
        ("pm_card_visa", "normal", (None, None, "pass")),
        ("pm_card_riskLevelElevated", "elevated", (None, None, "pass")),
        ("pm_card_riskLevelHighest", "highest", (None, None, "pass")),
        ("pm_card_cvcCheckFail", "normal", (None, None, "fail")),
    ],
)
def test_a_charge_carries_what_radar_and_the_bank_say(
    fake: FakeStripe, card: str, level: str, checks: tuple[str | None, ...]
) -> None:
    charge = fake.charge(fake.paid(card=card))

    assert charge.outcome is not None
    assert charge.outcome.risk_level == level
    assert 0 < (charge.outcome.risk_score or 0) < 100
    assert charge.payment_method_details is not None
    found = charge.payment_method_details.card
    assert found is not None
    assert found.checks is not None
    assert checks == (
        found.checks.address_line1_check,
        found.checks.address_postal_code_check,
        found.checks.cvc_check,
    )


def test_the_address_is_checked_where_one_was_given(fake: FakeStripe) -> None:
    method = fake.sdk.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "4000000000000036", "exp_month": 12, "exp_year": 2040, "cvc": "1"},
            "billing_details": {"address": {"line1": "Lindenstr. 9", "postal_code": "10969"}},
        }
    )

    charge = fake.charge(fake.paid(card=method.id))

    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    checks = charge.payment_method_details.card.checks
    assert checks is not None
    assert (checks.address_line1_check, checks.address_postal_code_check) == ("pass", "fail")


def test_a_payment_that_radar_blocks_never_reaches_the_bank(fake: FakeStripe) -> None:
    intent = fake.intent()

    with pytest.raises(stripe.CardError):
        fake.sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_radarBlock"})

    (charge,) = fake.sdk.charges.list({"payment_intent": intent.id}).data
    assert charge.outcome is not None
    assert (charge.outcome.type, charge.outcome.network_status) == (
        "blocked",
        "not_sent_to_network",
    )


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [("succeeded", "succeeded", None),
     ("failed", "requires_payment_method", "payment_intent_authentication_failure")],
)  # fmt: skip
def test_3d_secure_asks_the_customer_first(
    fake: FakeStripe, outcome: str, status: str, code: str | None
) -> None:
    intent = fake.intent()

    asked = fake.simulate("pay", intent.id, card="pm_card_threeDSecure2Required")
    fake.simulate(f"payment_intents/{intent.id}/authenticate", outcome=outcome)

    assert asked["status"] == "requires_action"
    assert asked["next_action"]["type"] == "use_stripe_sdk"
    fake.waits_for("payment_intent.requires_action", intent.id)
    found = fake.sdk.payment_intents.retrieve(intent.id)
    assert found.status == status
    assert (found.last_payment_error.code if found.last_payment_error else None) == code


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241", "exp_month": 12, "exp_year": 2040}, "incorrect_number"),
        ({"number": "4242424242424242", "exp_month": 13, "exp_year": 40}, "invalid_expiry_month"),
        ({"number": "4242424242424242", "exp_month": 1, "exp_year": 2020}, "invalid_expiry_year"),
    ],
)
def test_a_card_that_cannot_be_is_refused(
    fake: FakeStripe, card: dict[str, object], code: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        fake.sdk.payment_methods.create({"type": "card", "card": card})  # type: ignore[typeddict-item]

    assert refused.value.code == code


def test_a_parameter_that_nobody_knows_is_refused(fake: FakeStripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        fake.intent(colour="blue")
    with pytest.raises(stripe.InvalidRequestError) as unbound:
        fake.sdk.charges.list({"created": {"since": 1}})  # type: ignore[typeddict-unknown-key]

    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")
    assert unbound.value.code == "parameter_unknown"


def test_a_wrong_id_is_not_found(fake: FakeStripe) -> None:
    for ask in (
        lambda: fake.sdk.payment_intents.retrieve("pi_none"),
        lambda: fake.sdk.refunds.retrieve("re_none"),
        lambda: fake.sdk.disputes.retrieve("du_none"),
        lambda: fake.sdk.payment_intents.confirm(fake.intent().id, {"payment_method": "pm_none"}),
        lambda: fake.sdk.payment_intents.list({"starting_after": "pi_none"}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            ask()
        assert refused.value.code == "resource_missing"


def test_the_secret_key_alone_opens_the_books(fake: FakeStripe) -> None:
    as_browser = stripe.StripeClient("pk_test_stockroom", base_addresses={"api": fake.base}).v1

    with pytest.raises(stripe.AuthenticationError):
        as_browser.charges.list()
    with pytest.raises(stripe.AuthenticationError):
        as_browser.refunds.create({"payment_intent": fake.paid()})


def test_a_replayed_answer_says_so_and_a_decline_is_replayed_too(fake: FakeStripe) -> None:
    key = {"idempotency_key": "once"}
    sent = {"amount": 700, "currency": "eur", "confirm": True}
    declined = {**sent, "payment_method": "pm_card_chargeDeclined"}

    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            fake.sdk.payment_intents.create(declined, key)  # type: ignore[arg-type]

    assert (refused.value.headers or {})["Idempotent-Replayed"] == "true"
    listed = fake.sdk.payment_intents.list({"limit": 100})
    assert [intent.amount for intent in listed.data].count(700) == 1


def test_a_request_that_was_never_understood_leaves_its_key_free(fake: FakeStripe) -> None:
    key = {"idempotency_key": "corrected"}
    with pytest.raises(stripe.InvalidRequestError):
        fake.sdk.payment_intents.create({"amount": 1, "currency": "eur"}, key)  # type: ignore[arg-type]

    made = fake.sdk.payment_intents.create({"amount": 800, "currency": "eur"}, key)  # type: ignore[arg-type]

    assert made.amount == 800


def test_a_key_is_forgotten_after_a_day(tmp_path: Path) -> None:
    moment = 1_000_000.0
    account = Account(tmp_path / "account.sqlite", now=lambda: moment)
    account.keep_answer("key", "POST /v1/refunds a=1", 200, b"{}")

    moment += IDEMPOTENCY_SECONDS - 1
    assert account.answer_of("key", "POST /v1/refunds a=1") == (200, b"{}")
    with pytest.raises(StripeProblem) as refused:
        account.answer_of("key", "POST /v1/refunds a=2")
    assert refused.value.error["type"] == "idempotency_error"
    moment += 1
    assert account.answer_of("key", "POST /v1/refunds a=2") is None
    account.close()


def test_the_books_are_closed_to_others(stage: tuple[FakeStripe, object]) -> None:
    fake, _ = stage
    file = Path(fake.service.command[-1]) / "account.sqlite"

    assert file.stat().st_mode & 0o077 == 0
    # Card numbers stay inside and are not shown.
    shown = fake.sdk.payment_methods.retrieve(str(fake.charge(fake.paid()).payment_method))
    assert "_number" not in shown.to_dict()
    with sqlite3.connect(file) as books:
        (kept,) = books.execute("SELECT count(*) FROM objects").fetchone()
    books.close()
    assert kept > 0


@pytest.mark.parametrize(
    "listed",
    ["payment_intents", "refunds", "disputes", "charges", "events", "balance_transactions"],
)
def test_every_list_comes_in_pages_and_since_a_moment(fake: FakeStripe, listed: str) -> None:
    for _ in range(3):
        intent = fake.paid()
        fake.sdk.refunds.create({"payment_intent": intent, "amount": 100})
        fake.simulate("dispute", intent, status="warning_needs_response", amount=100)
    service = getattr(fake.sdk, listed)

    first = service.list({"limit": 2})
    second = service.list({"limit": 2, "starting_after": first.data[-1].id})

    assert first.has_more
    assert len({each.id for each in (*first.data, *second.data)}) >= 3
    everything = [each.id for each in service.list({"limit": 2}).auto_paging_iter()]
    assert len(everything) == len(set(everything))
    newest = first.data[0].created
    assert service.list({"created": {"gte": newest + 10}}).data == []
    since = service.list({"created": {"gte": newest - 3600}, "limit": 100})
    assert since.data[0].id == first.data[0].id
    assert service.retrieve(first.data[0].id).id == first.data[0].id
