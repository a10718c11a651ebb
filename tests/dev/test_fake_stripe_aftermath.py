"""What comes after a payment at the stand-in for Stripe: refunds, disputes, warnings, payouts.

Each is asked for through Stripe's own SDK, which must understand the answer.
"""

import urllib.error

import pytest
import stripe

from tests.support.fake_stripe import FakeStripe

STATES = {
    "warning_needs_response": ["created"],
    "warning_under_review": ["created", "updated"],
    "warning_closed": ["created", "updated", "closed"],
    "needs_response": ["created", "funds_withdrawn"],
    "under_review": ["created", "funds_withdrawn", "updated"],
    "won": ["created", "funds_withdrawn", "updated", "closed", "funds_reinstated"],
    "lost": ["created", "funds_withdrawn", "updated", "closed"],
}


@pytest.mark.parametrize("status", STATES)
def test_a_dispute_passes_through_its_states_and_tells_of_each(
    fake: FakeStripe, status: str
) -> None:
    intent = fake.paid(5000)

    made = fake.simulate("dispute", intent, status=status, days=9)

    dispute = fake.sdk.disputes.retrieve(made["id"])
    assert (dispute.status, dispute.amount, dispute.reason) == (status, 5000, "fraudulent")
    assert dispute.payment_intent == intent
    due_by = dispute.evidence_details.due_by
    assert due_by is not None
    assert 9 * 86_400 <= due_by - dispute.created <= 10 * 86_400
    assert dispute.is_charge_refundable is status.startswith("warning")
    assert fake.charge(intent).disputed
    told = fake.sdk.events.list({"limit": 100})
    kinds = [each.type for each in told.data if each.data.object["id"] == dispute.id]
    assert kinds[::-1] == [f"charge.dispute.{kind}" for kind in STATES[status]]
    for kind in STATES[status]:
        fake.waits_for(f"charge.dispute.{kind}", dispute.id)


def test_an_inquiry_takes_no_money_and_a_chargeback_takes_it_with_a_fee(fake: FakeStripe) -> None:
    inquiry = fake.simulate("dispute", fake.paid(2000), status="warning_needs_response")
    lost = fake.simulate("dispute", fake.paid(3000), status="lost")
    won = fake.simulate("dispute", fake.paid(4000), status="won")

    def moved(dispute: dict[str, object]) -> list[tuple[str, int, int]]:
        found = fake.sdk.balance_transactions.list({"source": str(dispute["id"]), "limit": 9})
        return [(each.reporting_category, each.amount, each.fee) for each in found.data][::-1]

    assert moved(inquiry) == []
    assert moved(lost) == [("dispute", -3000, 2000)]
    assert moved(won) == [("dispute", -4000, 2000), ("dispute_reversal", 4000, 0)]


def test_an_inquiry_may_become_a_chargeback(fake: FakeStripe) -> None:
    intent = fake.paid(2000)
    inquiry = fake.simulate("dispute", intent, status="warning_closed")

    fake.simulate("dispute", intent, status="needs_response")

    dispute = fake.sdk.disputes.retrieve(inquiry["id"])
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    fake.waits_for("charge.dispute.funds_withdrawn", dispute.id)


def test_a_dispute_that_is_over_stays_over(fake: FakeStripe) -> None:
    intent = fake.paid()
    lost = fake.simulate("dispute", intent, status="lost")

    with pytest.raises(urllib.error.HTTPError) as refused:
        fake.simulate("dispute", intent, status="won")
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        fake.sdk.disputes.update(lost["id"], {"evidence": {"product_description": "A mug."}})

    refused.value.close()
    assert refused.value.code == 400
    assert fake.sdk.disputes.retrieve(lost["id"]).status == "lost"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("A signed receipt.", "under_review"),
        ("winning_evidence", "won"),
        ("losing_evidence", "lost"),
    ],
)
def test_evidence_is_handed_in_and_its_words_decide(
    fake: FakeStripe, words: str, status: str
) -> None:
    begun = fake.simulate("dispute", fake.paid())

    answered = fake.sdk.disputes.update(
        begun["id"], {"evidence": {"uncategorized_text": words}, "submit": True}
    )

    assert answered.status == status
    assert answered.evidence_details.has_evidence
    assert answered.evidence_details.submission_count == 1


def test_evidence_may_be_kept_back_and_a_dispute_accepted(fake: FakeStripe) -> None:
    begun = fake.simulate("dispute", fake.paid())

    kept = fake.sdk.disputes.update(
        begun["id"], {"evidence": {"customer_name": "Ada"}, "submit": False}
    )
    accepted = fake.sdk.disputes.close(begun["id"])

    assert (kept.status, kept.evidence.customer_name) == ("needs_response", "Ada")
    assert accepted.status == "lost"


def test_money_that_the_bank_took_back_is_not_refunded_as_well(fake: FakeStripe) -> None:
    charged_back, asked = fake.paid(), fake.paid()
    fake.simulate("dispute", charged_back)
    fake.simulate("dispute", asked, status="warning_needs_response")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        fake.sdk.refunds.create({"payment_intent": charged_back})
    refund = fake.sdk.refunds.create({"payment_intent": asked})

    assert refused.value.code == "charge_disputed"
    assert refund.status == "succeeded"


def test_a_refund_at_the_dashboard_tells_the_shop(fake: FakeStripe) -> None:
    intent = fake.paid(2000)

    made = fake.simulate("refund", intent, amount=700, reason="requested_by_customer")

    told = fake.waits_for("refund.created", made["id"])
    assert (told["amount"], told["payment_intent"], told["metadata"]) == (700, intent, {})
    charge = fake.waits_for("charge.refunded", fake.charge(intent).id)
    assert (charge["amount_refunded"], charge["refunded"]) == (700, False)
    listed = fake.sdk.refunds.list({"payment_intent": intent})
    assert [each.id for each in listed.data] == [made["id"]]
    (event,) = fake.sdk.events.list({"type": "refund.created", "limit": 1}).data
    assert event.request is not None
    assert event.request.id is None


def test_a_refund_fails_long_after_it_had_succeeded(fake: FakeStripe) -> None:
    intent = fake.paid(2000)
    refund = fake.sdk.refunds.create({"payment_intent": intent})

    fake.simulate("fail-refund", refund.id, reason="lost_or_stolen_card")

    told = fake.waits_for("refund.failed", refund.id)
    assert (told["status"], told["failure_reason"]) == ("failed", "lost_or_stolen_card")
    assert told["failure_balance_transaction"]
    assert fake.charge(intent).amount_refunded == 0
    assert fake.sdk.refunds.create({"payment_intent": intent}).amount == 2000


def test_test_cards_make_refunds_late_or_fail(fake: FakeStripe) -> None:
    late = fake.sdk.refunds.create({"payment_intent": fake.paid(card="pm_card_pendingRefund")})
    bad = fake.sdk.refunds.create({"payment_intent": fake.paid(card="pm_card_refundFail")})

    assert (late.status, bad.status) == ("pending", "succeeded")
    assert fake.waits_for("refund.updated", late.id)["status"] == "succeeded"
    assert fake.waits_for("refund.failed", bad.id)["status"] == "failed"


def test_a_bank_warns_of_fraud_until_the_money_went_back(fake: FakeStripe) -> None:
    intent = fake.paid()

    made = fake.simulate("fraud-warning", intent, fraud_type="made_with_stolen_card")

    told = fake.waits_for("radar.early_fraud_warning.created", made["id"])
    assert (told["charge"], told["actionable"]) == (fake.charge(intent).id, True)
    listed = fake.sdk.radar.early_fraud_warnings.list({"payment_intent": intent})
    assert [each.id for each in listed.data] == [made["id"]]
    fake.sdk.refunds.create({"payment_intent": intent})
    assert not fake.sdk.radar.early_fraud_warnings.retrieve(made["id"]).actionable


def test_test_cards_bring_disputes_and_warnings_by_themselves(fake: FakeStripe) -> None:
    disputed = fake.charge(fake.paid(card="pm_card_createDisputeProductNotReceived"))
    asked = fake.charge(fake.paid(card="pm_card_createDisputeInquiry"))
    warned = fake.charge(fake.paid(card="pm_card_createIssuerFraudRecord"))

    def about(kind: str, charge: stripe.Charge) -> dict[str, object]:
        found = [e.data.object for e in fake.events if e.type == kind]
        return next(each.to_dict() for each in found if each["charge"] == charge.id)

    fake.waits(lambda: fake.kinds().count("charge.dispute.created") == 2)
    fake.waits(lambda: "radar.early_fraud_warning.created" in fake.kinds())
    assert about("charge.dispute.created", disputed)["reason"] == "product_not_received"
    assert about("charge.dispute.created", asked)["status"] == "warning_needs_response"
    assert about("radar.early_fraud_warning.created", warned)["actionable"] is True


def test_what_the_shop_was_not_told_is_still_listed(fake: FakeStripe) -> None:
    intent = fake.paid()

    lost = fake.simulate("refund", intent, lost="true")
    told = fake.simulate("dispute", fake.paid())

    fake.waits_for("charge.dispute.created", told["id"])
    assert all(event.data.object["id"] != lost["id"] for event in fake.events)
    assert fake.sdk.refunds.list({"payment_intent": intent}).data[0].id == lost["id"]
    (event,) = fake.sdk.events.list({"type": "refund.created", "limit": 1}).data
    fake.simulate("resend", event.id)
    fake.waits_for("refund.created", lost["id"])


def test_what_was_paid_is_paid_out_after_fees(fake: FakeStripe) -> None:
    intent = fake.paid(10_000, currency="sek")
    fake.sdk.refunds.create({"payment_intent": intent, "amount": 1000})
    before = {each.currency: each.amount for each in fake.sdk.balance.retrieve().pending}

    (payout,) = fake.simulate("payout", currency="sek", status="paid")["data"]

    # 1.5 % and 1.50 SEK of 100 SEK; nothing comes back with the refund.
    assert before["sek"] == payout["amount"] == 10_000 - 300 - 1000
    parts = fake.sdk.balance_transactions.list({"payout": payout["id"]})
    found = [(each.type, each.amount, each.fee, each.net) for each in parts.data][::-1]
    assert found == [
        ("charge", 10_000, 300, 9700),
        ("refund", -1000, 0, -1000),
        ("payout", -8700, 0, -8700),
    ]
    kept = fake.sdk.payouts.retrieve(payout["id"])
    assert (kept.status, kept.automatic) == ("paid", True)
    fake.waits_for("payout.paid", payout["id"])
    after = fake.sdk.balance.retrieve()
    assert [each.amount for each in after.available if each.currency == "sek"] == [0]


def test_a_payout_that_comes_back_is_in_the_balance_again(fake: FakeStripe) -> None:
    fake.paid(10_000, currency="nok")

    (payout,) = fake.simulate("payout", currency="nok", status="failed")["data"]

    assert fake.sdk.payouts.retrieve(payout["id"]).failure_code == "account_closed"
    balance = fake.sdk.balance.retrieve()
    assert [each.amount for each in balance.available if each.currency == "nok"] == [9700]
