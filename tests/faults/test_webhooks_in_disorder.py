"""Webhooks come twice, late, in the wrong order, or from somebody else."""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.support.town import Town


class Messenger:
    """Brings messages to the shop's webhook, signed as Stripe signs them."""

    def __init__(self, town: Town) -> None:
        self._url = f"{town.shop.url}/api/v1/webhooks/stripe"
        self._secret = town.shop.env["STRIPE_WEBHOOK_SECRET"]

    def brings(
        self,
        event_id: str,
        kind: str,
        held: dict[str, Any],
        *,
        secret: str = "",
        age_seconds: int = 0,
    ) -> httpx.Response:
        """Bring one message and return the answer."""
        body = json.dumps(
            {"id": event_id, "object": "event", "type": kind, "data": {"object": held}}
        ).encode()
        now = int(time.time()) - age_seconds
        signed = hmac.new((secret or self._secret).encode(), b"%d." % now + body, hashlib.sha256)
        signature = f"t={now},v1={signed.hexdigest()}"
        return httpx.post(self._url, content=body, headers={"Stripe-Signature": signature})


def test_duplicates_and_old_news_settle_an_order_once(
    town: Town, at_once: ThreadPoolExecutor
) -> None:
    """`succeeded` comes eight times at once, and everything that happened before it after it."""
    town.owner.sells("NOVEL", 5, price=2000)
    reader = town.visitor("reader@example.test")
    messenger = Messenger(town)
    order = reader.orders("NOVEL")
    intent = reader.asks_to_pay(order)

    with town.from_stripe.refusing("POST", "/api/v1/webhooks/stripe", 200):
        town.till.pay(intent)
        (held,), _ = town.till.of_order(order["id"])
        unpaid = {**held, "status": "requires_payment_method", "amount_received": 0}
        copies = [
            at_once.submit(messenger.brings, "evt_novel_3", "payment_intent.succeeded", held)
            for _ in range(8)
        ]
        answers = [copy.result(30) for copy in copies]
        answers += [
            messenger.brings("evt_novel_2", "payment_intent.payment_failed", unpaid),
            messenger.brings("evt_novel_1", "payment_intent.created", unpaid),
            messenger.brings("evt_novel_3", "payment_intent.succeeded", held),
        ]
        town.settles()

    assert [answer.status_code for answer in answers] == [200] * 11
    assert reader.sees(order)["payment_status"] == "paid"
    case = town.owner.opens(order)
    assert [entry["kind"] for entry in case["timeline"]] == ["placed", "paid"]
    inbox = "SELECT provider_event_id FROM provider_events WHERE object_id = :id ORDER BY 1"
    assert [row[0] for row in town.shop.sql(inbox, id=held["id"])] == [
        "evt_novel_1", "evt_novel_2", "evt_novel_3",
    ]  # fmt: skip
    town.letter_to("reader@example.test")


def test_news_of_a_refund_before_and_after_its_own_answer(town: Town) -> None:
    town.owner.sells("DIARY", 5, price=3000)
    order = town.a_paid_order("DIARY", by=town.visitor("diarist@example.test"))
    messenger = Messenger(town)
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}

    town.owner.commands(f"/orders/{order['id']}/refunds", {"lines": [line], "reason": "late"})
    _, (given,) = town.till.of_order(order["id"])
    for number in range(2):
        messenger.brings(f"evt_diary_{number}", "refund.updated", {**given, "status": "pending"})
    town.settles()

    case = town.owner.opens(order)
    assert [refund["status"] for refund in case["refunds"]] == ["succeeded"]
    assert case["refunded"] == {"amount": 3000, "currency": "EUR"}
    town.letter_to("diarist@example.test", about="refund")


def test_what_stripe_did_not_sign_is_not_believed(town: Town) -> None:
    town.owner.sells("ATOM", 5)
    guest = town.visitor("hopeful@example.test")
    order = guest.orders("ATOM")
    intent = guest.asks_to_pay(order)
    messenger = Messenger(town)
    paid = {"id": intent["payment_intent_id"], "object": "payment_intent", "status": "succeeded"}

    forged = messenger.brings("evt_x1", "payment_intent.succeeded", paid, secret="whsec_guessed")
    replayed = messenger.brings("evt_x2", "payment_intent.succeeded", paid, age_seconds=3600)
    unsigned = httpx.post(f"{town.shop.url}/api/v1/webhooks/stripe", json={"id": "evt_x3"})
    signed = messenger.brings("evt_x4", "payment_intent.succeeded", paid)
    stranger = messenger.brings("evt_x5", "payment_intent.succeeded", {"id": "pi_unknown"})
    of_no_interest = messenger.brings("evt_x6", "customer.created", {"id": "cus_1"})
    town.settles()

    refusals = [answer.status_code for answer in (forged, replayed, unsigned)]
    assert refusals == [400, 400, 400]
    assert {answer.json()["code"] for answer in (forged, replayed, unsigned)} == {
        "signature_invalid"
    }
    assert [answer.status_code for answer in (signed, stranger, of_no_interest)] == [200] * 3
    assert "message_about_strangers" in town.shop.log("worker")
    assert guest.sees(order)["payment_status"] == "pending"
    stored = town.shop.sql("SELECT 1 FROM provider_events WHERE provider_event_id LIKE 'evt_x_'")
    assert len(stored) == 3
