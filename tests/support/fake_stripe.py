"""The stand-in for Stripe as a running server, the SDK that talks to it and a webhook."""

import base64
import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import stripe

from api.dev import processes
from api.dev.fake_stripe.service import service as fake_stripe
from tests.support.waiting import eventually

SECRET = "whsec_of_this_test"


class FakeStripe:
    """A running stand-in, the SDK that talks to it and the webhook that listens."""

    def __init__(self, folder: Path) -> None:
        self.events: list[stripe.Event] = []
        self.is_away = False
        listener = ThreadingHTTPServer((processes.LOOPBACK, 0), self._door())
        self.listener = listener
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        port = processes.free_port()
        self.service = fake_stripe(
            folder,
            port=port,
            webhook_url=f"http://{processes.LOOPBACK}:{listener.server_port}/",
            webhook_secret=SECRET,
        )
        self.base = f"http://{processes.LOOPBACK}:{port}"
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

    def simulate(self, name: str, target: str = "", **more: Any) -> dict[str, Any]:
        """Do what a bank, a customer or somebody at the dashboard does."""
        sent = urllib.parse.urlencode({"target": target, **more} if target else more)
        request = urllib.request.Request(
            f"{self.base}/simulate/{name}",
            data=sent.encode(),
            headers={"Authorization": "Bearer sk_test_stockroom"},
        )
        with urllib.request.urlopen(request) as answer:
            done: dict[str, Any] = json.load(answer)
        return done

    def paid(self, amount: int = 1299, *, card: str = "pm_card_visa", **more: Any) -> str:
        """Have an amount paid by card; returns the PaymentIntent's id."""
        intent = self.intent(amount, confirm=True, payment_method=card, **more)
        assert intent.status == "succeeded"
        return intent.id

    def charge(self, intent_id: str) -> stripe.Charge:
        """Return the charge of a PaymentIntent."""
        intent = self.sdk.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
        assert isinstance(intent.latest_charge, stripe.Charge)
        return intent.latest_charge

    def waits_for(self, kind: str, object_id: str) -> dict[str, Any]:
        """Wait until the webhook has this event about this object; returns the object in it."""

        def found() -> list[stripe.Event]:
            return [
                event
                for event in list(self.events)
                if event.type == kind and event.data.object["id"] == object_id
            ]

        eventually(found, what=f"{kind} of {object_id}")
        plain: dict[str, Any] = found()[0].data.object.to_dict()
        return plain

    def waits(self, condition: Callable[[], object]) -> None:
        """Wait until something holds."""
        eventually(condition, what="it to happen")

    def kinds(self) -> list[str]:
        """Return the kinds of the events that arrived."""
        return [event.type for event in self.events]

    def _door(till: "FakeStripe") -> type[BaseHTTPRequestHandler]:
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
