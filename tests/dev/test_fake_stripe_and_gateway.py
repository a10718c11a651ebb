"""The shop's own gateway reads what comes after a payment from the stand-in, in pages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.payments.errors import GatewayObjectUnknown
from api.payments.gateways.stripe import StripeGateway
from api.platform.settings import Settings
from tests.support.fake_stripe import FakeStripe


@pytest.fixture
def gateway(fake: FakeStripe, settings: Settings) -> StripeGateway:
    """The real gateway, on the stand-in."""
    return StripeGateway(
        replace(settings, stripe_api_base=fake.base, stripe_secret_key="sk_test_stockroom")
    )


def test_the_gateway_reads_refunds_disputes_and_warnings(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    intent, other = fake.paid(5000), fake.paid(3000)
    refund = fake.simulate("refund", intent, amount=2000)
    dispute = fake.simulate("dispute", other, status="lost")
    warning = fake.simulate("fraud-warning", intent)

    assert [(r.id, r.amount, r.intent_id) for r in gateway.refunds_of(intent)] == [
        (refund["id"], 2000, intent)
    ]
    assert refund["id"] in [r.id for r in gateway.recent_refunds(since, None).items]
    (found,) = gateway.disputes_of(other)
    assert (found.id, found.status, found.amount, found.intent_id) == (
        dispute["id"], "lost", 3000, other,
    )  # fmt: skip
    assert (found.fee, found.currency) == (2000, "EUR")
    assert gateway.fetch_dispute(found.id) == found
    assert found in gateway.recent_disputes(since, None).items
    warned = gateway.fetch_fraud_warning(warning["id"])
    assert (warned.is_actionable, warned.intent_id) == (True, intent)
    assert warned in gateway.recent_fraud_warnings(since, None).items
    later = datetime.now(UTC) + timedelta(hours=1)
    assert gateway.recent_disputes(later, None).items == []


def test_the_gateway_reads_lists_page_by_page(
    fake: FakeStripe, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.payments.gateways.stripe.PAGE_SIZE", 1)
    since = datetime.now(UTC) - timedelta(minutes=5)
    made = [fake.simulate("refund", fake.paid(1000))["id"] for _ in range(3)]

    seen, page = [], gateway.recent_refunds(since, None)
    while True:
        seen += [refund.id for refund in page.items]
        if page.next_after is None:
            break
        page = gateway.recent_refunds(since, page.next_after)

    assert [one for one in seen if one in made] == made[::-1]


def test_what_the_account_does_not_know_is_told_apart(gateway: StripeGateway) -> None:
    for ask in (gateway.fetch_refund, gateway.fetch_dispute, gateway.fetch_fraud_warning):
        with pytest.raises(GatewayObjectUnknown):
            ask("xx_of_another_account")


def test_the_gateway_reads_the_risk_and_the_checks_of_a_payment(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    cards = ("pm_card_visa", "pm_card_riskLevelElevated", "pm_card_cvcCheckFail")
    plain, risky, wrong_code = (fake.paid(1000, card=card) for card in cards)

    read = {one: gateway.fetch_intent(one) for one in (plain, risky, wrong_code)}

    assert [read[one].risk_level for one in read] == ["normal", "elevated", "normal"]
    assert [read[one].failed_checks for one in read] == [(), (), ("cvc",)]
    listed = {one.id: one for one in gateway.recent_intents(since, None).items}
    assert {one: listed[one].risk_level for one in read} == {
        one: read[one].risk_level for one in read
    }
    assert gateway.fetch_intent(fake.intent(1000).id).risk_level is None
