"""What Stripe sends, as it sends it: signed bodies, also those that are no events."""

import hashlib
import hmac
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from api.payments.gateways import PaymentGateway
from api.payments.gateways.stripe import StripeGateway
from api.payments.models import ProviderEvent
from api.platform.db import session
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.support.shop import Shop
from tests.support.work import drain

DATA = Path(__file__).parent / "data"


@pytest.fixture
def reads_stripe(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Have a shop whose gateway reads messages as Stripe signs them, and answers as told."""
    settings: Settings = get_service(Settings)
    monkeypatch.setattr(shop.gateway, "verify_event", StripeGateway(settings).verify_event)
    return shop


def sends(app: Flask, body: bytes) -> Any:
    """Send a body as Stripe does."""
    settings: Settings = get_service(Settings)
    secret = settings.stripe_webhook_secret.encode()
    now = int(time.time())
    signed = hmac.new(secret, b"%d." % now + body, hashlib.sha256).hexdigest()
    return app.test_client().post(
        "/api/v1/webhooks/stripe",
        data=body,
        headers={"Stripe-Signature": f"t={now},v1={signed}"},
    )


def event(name: str, intent: str, object_id: str) -> bytes:
    """Read a message of Stripe that is about an intent of this shop."""
    body = json.loads((DATA / name).read_text())
    body["data"]["object"] |= {"payment_intent": intent, "id": object_id}
    return json.dumps(body).encode()


def test_a_dispute_as_stripe_tells_it_holds_the_order(reads_stripe: Shop) -> None:
    shop = reads_stripe
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    (intent,) = shop.gateway.intents

    dispute = shop.gateway.dispute(intent, amount=2490)
    assert sends(shop.app, event("dispute_created.json", intent, dispute)).status_code == 200
    drain()

    case = owner.gets(f"/orders/{order['id']}").json
    assert [one["reason"] for one in case["holds"]] == ["dispute"]
    assert case["disputes"][0]["amount"] == {"amount": 2490, "currency": "EUR"}


def test_a_refund_as_stripe_tells_it_is_taken_over(reads_stripe: Shop) -> None:
    shop = reads_stripe
    shop.sells("MUG", 10, price="20.00 EUR")
    order, owner = shop.an_order(MUG=2), shop.staff()
    (intent,) = shop.gateway.intents

    refund = shop.gateway.refund_in_dashboard(intent, 2000)
    assert sends(shop.app, event("refund_created.json", intent, refund)).status_code == 200
    drain()

    case = owner.gets(f"/orders/{order['id']}").json
    assert (case["total"]["amount"], case["refundable"]["amount"]) == (4490, 2490)


ODD: list[Any] = [
    [],
    {"id": "evt_1"},
    {"id": "evt_2", "object": "event", "type": "payment_intent.succeeded", "created": 1,
     "data": {"object": None}},
    None,
    17,
    {"id": 5, "type": "x", "data": {"object": {}}},
    {"id": "evt_3", "type": "x\u0000y", "data": {"object": {"id": "a"}}},
    {"id": "evt_4", "type": "x", "data": {"object": {"id": ["a"]}}},
    {"id": "e" * 500, "type": "x", "data": {"object": {"id": "a"}}},
    {"id": "evt_5", "type": "x", "data": []},
]  # fmt: skip


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_a_signed_body_that_is_no_event_is_refused_in_words(reads_stripe: Shop, body: Any) -> None:
    answer = sends(reads_stripe.app, json.dumps(body).encode())

    assert (answer.status_code, answer.json["code"]) == (400, "event_malformed")
    assert session.scalars(select(ProviderEvent.id)).all() == []


@pytest.mark.parametrize("raw", [b"", b"{", b'{"id": "\\ud800"}', b"[" * 3000, b"\xff\xfe"])
def test_a_signed_body_that_is_no_json_is_refused(reads_stripe: Shop, raw: bytes) -> None:
    assert sends(reads_stripe.app, raw).status_code == 400


def test_what_cannot_be_stored_of_an_object_is_left_out(reads_stripe: Shop) -> None:
    held = {"id": "pi_1", "object": "payment_intent", "payment_intent": "a\u0000b", "charge": 5,
            "metadata": {"name": "Ada\u0000"}}  # fmt: skip
    body = {"id": "evt_1", "object": "event", "type": "payment_intent.created",
            "data": {"object": held}}  # fmt: skip

    assert sends(reads_stripe.app, json.dumps(body).encode()).status_code == 200
    stored = session.scalars(select(ProviderEvent.body)).one()
    assert stored["object"] == {"id": "pi_1", "object": "payment_intent", "charge": "5"}


def test_a_thin_event_is_acknowledged_and_passed_over(reads_stripe: Shop) -> None:
    thin = {"id": "evt_test_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter",
            "related_object": {"id": "mtr_1", "type": "billing.meter"}}  # fmt: skip

    assert sends(reads_stripe.app, json.dumps(thin).encode()).status_code == 200
    assert session.scalars(select(ProviderEvent.id)).all() == []


def test_an_event_about_no_object_is_stored_and_ignored(reads_stripe: Shop) -> None:
    body = {"id": "evt_1", "object": "event", "type": "balance.available",
            "data": {"object": {"object": "balance"}}}  # fmt: skip

    assert sends(reads_stripe.app, json.dumps(body).encode()).status_code == 200
    drain()
    assert session.scalars(select(ProviderEvent.outcome)).all() == ["ignored"]


def test_without_any_secret_nothing_is_believed(shop: Shop) -> None:
    settings: Settings = get_service(Settings)
    register(shop.app, PaymentGateway, StripeGateway(replace(settings, stripe_webhook_secret="")))
    try:
        answer = sends(shop.app, b"{}")
    finally:
        register(shop.app, PaymentGateway, shop.gateway)

    assert (answer.status_code, answer.json["code"]) == (400, "signature_invalid")
