"""The Stripe look-alike, asked through Stripe's own SDK, keeps what a shop relies on."""

import base64
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from api.dev import services
from api.dev import stripe as lookalike
from tests.dev.conftest import eventually
from tests.support.stack import running_service

SECRET = "whsec_of_this_test"


class Till:
    """A running look-alike, the SDK that talks to it and the webhook that listens."""

    def __init__(self, folder: Path) -> None:
        self.events: list[stripe.Event] = []
        self.is_away = False
        listener = ThreadingHTTPServer((services.LOOPBACK, 0), self._door())
        self.listener = listener
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        port = services.free_port()
        self.service = lookalike.service(
            folder,
            port=port,
            webhook_url=f"http://{services.LOOPBACK}:{listener.server_port}/",
            webhook_secret=SECRET,
        )
        self.base = f"http://{services.LOOPBACK}:{port}"
        self.sdk = stripe.StripeClient("sk_test_stockroom", base_addresses={"api": self.base}).v1

    def intent(self, amount: int = 1299, **more: Any) -> stripe.PaymentIntent:
        """Ask for money."""
        return self.sdk.payment_intents.create({"amount": amount, "currency": "eur", **more})

    def pay_as_customer(self, intent: stripe.PaymentIntent, secret: str) -> dict[str, Any]:
        """Confirm from the customer's side: the publishable key and this payment's secret."""
        sent = {"payment_method": "pm_card_visa", "client_secret": secret}
        key = base64.b64encode(b"pk_test_stockroom:").decode()
        request = urllib.request.Request(
            f"{self.base}/v1/payment_intents/{intent.id}/confirm",
            data=urllib.parse.urlencode(sent).encode(),
            headers={"Authorization": f"Basic {key}"},
        )
        with urllib.request.urlopen(request) as answer:
            paid: dict[str, Any] = json.load(answer)
        return paid

    def kinds(self) -> list[str]:
        """Return the kinds of the events that arrived."""
        return [event.type for event in self.events]

    def _door(till: "Till") -> type[BaseHTTPRequestHandler]:
        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers["Stripe-Signature"]
                event = stripe.Webhook.construct_event(body, signature, SECRET)
                if not till.is_away:
                    till.events.append(event)
                self.send_response(503 if till.is_away else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        return Door


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Till, Any]]:
    folder = tmp_path_factory.mktemp("stripe")
    till = Till(folder)
    with running_service(till.service, folder) as running:
        yield till, running
    till.listener.shutdown()
    till.listener.server_close()


@pytest.fixture
def till(stage: tuple[Till, Any]) -> Till:
    till, _ = stage
    till.events.clear()
    till.is_away = False
    return till


def test_a_customer_pays_with_the_publishable_key_and_the_secret(till: Till) -> None:
    intent = till.intent()

    paid = till.pay_as_customer(intent, intent.client_secret or "")

    assert paid["status"] == "succeeded"
    assert paid["amount_received"] == 1299
    eventually(lambda: "payment_intent.succeeded" in till.kinds())


def test_a_stranger_cannot_pay_with_a_wrong_secret(till: Till) -> None:
    intent = till.intent()

    with pytest.raises(urllib.error.HTTPError) as refused:
        till.pay_as_customer(intent, "pi_wrong")

    refused.value.close()
    assert refused.value.code == 401
    assert till.sdk.payment_intents.retrieve(intent.id).status == "requires_payment_method"


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_declined_card_says_why_and_another_card_may_follow(
    till: Till, card: str, code: str, decline_code: str
) -> None:
    intent = till.intent()

    with pytest.raises(stripe.CardError) as declined:
        till.sdk.payment_intents.confirm(intent.id, {"payment_method": card})

    assert declined.value.code == code
    assert declined.value.error is not None
    assert declined.value.error.decline_code == decline_code
    again = till.sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert again.status == "succeeded"
    eventually(
        lambda: {"payment_intent.payment_failed", "payment_intent.succeeded"} <= set(till.kinds())
    )


def test_the_same_idempotency_key_is_the_same_payment(till: Till) -> None:
    asked = {"amount": 500, "currency": "eur"}
    first = till.sdk.payment_intents.create(asked, {"idempotency_key": "order-1"})

    again = till.sdk.payment_intents.create(asked, {"idempotency_key": "order-1"})

    assert again.id == first.id
    with pytest.raises(stripe.IdempotencyError):
        till.sdk.payment_intents.create(asked | {"amount": 501}, {"idempotency_key": "order-1"})


def test_no_more_is_refunded_than_was_paid(till: Till) -> None:
    intent = till.intent(1000, confirm=True, payment_method="pm_card_visa")

    refund = till.sdk.refunds.create(
        {"payment_intent": intent.id, "amount": 600, "reason": "requested_by_customer"}
    )

    assert (refund.status, refund.amount) == ("succeeded", 600)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        till.sdk.refunds.create({"payment_intent": intent.id, "amount": 401})
    till.sdk.refunds.create({"payment_intent": intent.id, "amount": 400})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        till.sdk.refunds.create({"payment_intent": intent.id, "amount": 1})
    assert refused.value.code == "charge_already_refunded"
    eventually(lambda: till.kinds().count("refund.created") == 2)


def test_a_paid_intent_is_not_cancelled(till: Till) -> None:
    paid = till.intent(confirm=True, payment_method="pm_card_visa")
    unpaid = till.intent()

    with pytest.raises(stripe.InvalidRequestError) as refused:
        till.sdk.payment_intents.cancel(paid.id)
    cancelled = till.sdk.payment_intents.cancel(unpaid.id, {"cancellation_reason": "abandoned"})

    assert refused.value.code == "payment_intent_unexpected_state"
    assert cancelled.status == "canceled"
    eventually(lambda: "payment_intent.canceled" in till.kinds())


def test_a_card_that_is_held_is_captured_later(till: Till) -> None:
    held = till.intent(800, capture_method="manual", confirm=True, payment_method="pm_card_visa")

    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture",
        800,
        0,
    )
    captured = till.sdk.payment_intents.capture(held.id)
    assert (captured.status, captured.amount_received) == ("succeeded", 800)
    eventually(lambda: "payment_intent.amount_capturable_updated" in till.kinds())


def test_recent_intents_come_newest_first(till: Till) -> None:
    older, newer = till.intent(), till.intent()

    listed = till.sdk.payment_intents.list({"created": {"gte": older.created - 60}, "limit": 2})

    assert [intent.id for intent in listed.data] == [newer.id, older.id]
    everyone = [intent.id for intent in listed.auto_paging_iter()]
    assert len(everyone) == len(set(everyone)) > 2
    assert till.sdk.payment_intents.list({"created": {"lt": 1}}).data == []


def test_events_reach_a_shop_that_was_away(till: Till) -> None:
    till.is_away = True
    intent = till.intent(confirm=True, payment_method="pm_card_visa")

    till.is_away = False

    eventually(
        lambda: any(
            event.type == "payment_intent.succeeded" and event.data.object["id"] == intent.id
            for event in till.events
        )
    )


def test_nothing_is_forgotten_over_a_kill(stage: tuple[Till, Any], till: Till) -> None:
    _, running = stage
    till.is_away = True
    intent = till.intent(confirm=True, payment_method="pm_card_visa")

    running.kill()
    till.is_away = False
    running.start()

    assert till.sdk.payment_intents.retrieve(intent.id).status == "succeeded"
    eventually(lambda: "payment_intent.succeeded" in till.kinds())
