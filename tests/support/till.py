"""The payment provider, asked directly: how customers pay there, and what its own books say."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Till:
    """The look-alike of Stripe at `url`."""

    url: str
    secret_key: str

    def pay(self, intent: dict[str, Any], *, card: str = "pm_card_visa") -> httpx.Response:
        """Pay as a browser does: with the publishable key and this payment's own secret."""
        return httpx.post(
            f"{self.url}/v1/payment_intents/{intent['payment_intent_id']}/confirm",
            auth=(intent["publishable_key"], ""),
            data={"client_secret": intent["client_secret"], "payment_method": card},
        )

    def charges_for_somebody_else(self, amount: int) -> str:
        """Take money (euro cents) that our shop did not ask for; returns the PaymentIntent's id."""
        paid = httpx.post(
            f"{self.url}/v1/payment_intents",
            auth=(self.secret_key, ""),
            data={
                "amount": amount,
                "currency": "eur",
                "confirm": "true",
                "payment_method": "pm_card_visa",
            },
        )
        return str(paid.raise_for_status().json()["id"])

    def intents(self) -> list[dict[str, Any]]:
        """List every PaymentIntent that it knows."""
        return self._all("/v1/payment_intents")

    def refunds(self) -> list[dict[str, Any]]:
        """List every refund that it knows."""
        return self._all("/v1/refunds")

    def of_order(self, order_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the PaymentIntents and the refunds that name an order."""
        intents = [i for i in self.intents() if i["metadata"].get("order_id") == order_id]
        known = {intent["id"] for intent in intents}
        return intents, [r for r in self.refunds() if r["payment_intent"] in known]

    def differences(self, connection: Connection) -> list[str]:
        """Compare its books with ours: each payment taken and given back here and there alike."""
        theirs = {i["id"]: [i["amount_received"], 0] for i in self.intents()}
        for refund in self.refunds():
            if refund["status"] not in ("failed", "canceled"):
                theirs[refund["payment_intent"]][1] += refund["amount"]
        ours = {
            row.provider_ref: [row.captured, row.refunded]
            for row in connection.execute(
                text("SELECT provider_ref, captured, refunded FROM payments"
                     " WHERE provider = 'stripe' AND provider_ref IS NOT NULL"
                     " UNION ALL SELECT reference, amount, 0 FROM attention_items"
                     " WHERE kind = 'orphan_money' AND resolution IS DISTINCT FROM 'linked'")
            )
        }  # fmt: skip
        return [
            f"{intent}: {theirs.get(intent)} there, {ours.get(intent)} here (taken, given back)"
            for intent in theirs.keys() | ours.keys()
            if theirs.get(intent, [0, 0]) != ours.get(intent, [0, 0])
        ]

    def _all(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"has_more": True}
        while page["has_more"]:
            after = {"starting_after": found[-1]["id"]} if found else {}
            answer = httpx.get(
                f"{self.url}{path}", params={"limit": 100, **after}, auth=(self.secret_key, "")
            )
            page = answer.raise_for_status().json()
            found += page["data"]
        return found
