"""What the provider does to one paid order without being asked, beside what the shop does.

Each event of the provider leaves messages behind, which a test delivers when it likes: twice, late,
in any order, or not at all.
"""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import select

from api.orders.models import Order
from api.payment_sync import flows as payment_sync_flows
from api.payments.models import Dispute, FraudWarning, Payment, Refund
from api.payments.states import DISPUTE_CLOSED
from api.platform.db import session
from tests.support.shop import Buyer, Shop, Staff
from tests.support.work import drain, let_waits_run_out

ANSWERS = {200, 201, 402, 404, 409, 422}
GONE = {"failed", "canceled"}
_messages = count(1)

Message = tuple[str, str, str]


@dataclass
class ForeignStory:
    """One order of two mugs (24.88 EUR), paid by card, and everybody around it."""

    shop: Shop
    owner: Staff
    guest: Buyer = field(init=False)
    order: dict[str, Any] = field(init=False)
    intent: str = field(init=False)
    sent: list[Message] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guest = self.shop.guest()
        self.order = self.shop.an_order(MUG=2, buyer=self.guest)
        (self.intent,) = (
            intent.id
            for intent in self.shop.gateway.intents.values()
            if intent.metadata.get("order_id") == self.order["id"]
        )

    # The shop.

    def create_intent(self) -> None:
        """The customer asks to pay once more."""
        self._heard(
            self.guest.client.post(
                "/api/v1/payments/create-payment-intent",
                json={"order_id": self.order["id"]},
                headers=self.guest.headers,
            )
        )

    def mark_paid(self) -> None:
        """Staff record a bank transfer of 10.00 that came as well."""
        body = {
            "reference": "bank",
            "amount": {"amount": 1000, "currency": "EUR"},
            "allow_overpayment": True,
        }
        self._heard(self.owner.posts(f"/orders/{self.order['id']}/mark-paid", body))

    def refund_line(self) -> None:
        """Staff give the price of one mug back."""
        self._heard(self.owner.refunds(self.order, lines={0: 1}))

    def refund_all(self) -> None:
        """Staff give back all that the page says can be given back."""
        left = self.owner.gets(f"/orders/{self.order['id']}").json["refundable"]
        body = {"lines": [], "shipping": False, "reason": "other", "amount": left}
        self._heard(self.owner.posts(f"/orders/{self.order['id']}/refunds", body))

    def cancel(self) -> None:
        """Staff cancel the order."""
        self._heard(self.owner.posts(f"/orders/{self.order['id']}/cancel", {"reason": "customer"}))

    def ship(self) -> None:
        """The warehouse hands it over; held back, it must not leave."""
        is_held = self._order().on_hold
        answer = self.owner.posts(f"/orders/{self.order['id']}/ship", {"carrier": "DHL"})
        self._heard(answer)
        if is_held and answer.status_code != 409:
            self.faults.append(f"shipped while on hold: {answer.status_code}")

    # The provider.

    def part_refunded(self) -> None:
        """Somebody refunds 5.00 in the dashboard."""
        self._refund_there(500)

    def rest_refunded(self) -> None:
        """Somebody refunds all that is left in the dashboard."""
        self._refund_there(10**9)

    def disputed(self) -> None:
        """The bank disputes the payment; once."""
        if not self._dispute():
            dispute = self.shop.gateway.dispute(self.intent)
            self.sent.append(("charge.dispute.created", dispute, self.intent))

    def dispute_won(self) -> None:
        """The bank decides for the shop."""
        self._decide("won")

    def dispute_lost(self) -> None:
        """The bank decides against the shop."""
        self._decide("lost")

    def warned(self) -> None:
        """The bank warns of fraud."""
        warning = self.shop.gateway.warn_of_fraud(self.intent)
        self.sent.append(("radar.early_fraud_warning.created", warning, self.intent))

    def tells(self, messages: list[Message], *, times: int = 2) -> None:
        """Deliver messages so often, each under an id of its own, and let the worker apply them."""
        for kind, object_id, intent in messages * times:
            answer = self.shop.app.test_client().post(
                "/api/v1/webhooks/stripe",
                data=f"evt_f{next(_messages)} {kind} {object_id} {intent}",
                headers={"Stripe-Signature": "good"},
            )
            self._heard(answer)
        drain()

    def sweep(self) -> None:
        """The timetable looks for what nobody told."""
        let_waits_run_out()
        payment_sync_flows.sweep_payments()
        payment_sync_flows.sweep_refunds()
        drain()

    # What must hold.

    def wrong(self) -> list[str]:
        """List what is here and not there, and what should not be."""
        drain()
        order, gateway = self._order(), self.shop.gateway
        payment = session.scalars(select(Payment).where(Payment.provider_ref == self.intent)).one()
        given = sum(
            refund.amount
            for refund in gateway.refunds.values()
            if refund.intent_id == self.intent and refund.status not in GONE
        )
        lost = sum(
            one.amount
            for one in gateway.disputes.values()
            if one.intent_id == self.intent and one.status == "lost"
        )
        found = list(self.faults)
        theirs = (gateway.intents[self.intent].received, given, lost)
        ours = (payment.captured, payment.refunded + payment.refund_pending, payment.charged_back)
        if theirs != ours:
            found.append(f"{theirs} there, {ours} here (taken, given back, charged back)")
        failed = session.scalars(
            select(Refund.failure).where(Refund.order_id == order.id, Refund.status == "failed")
        ).all()
        found += [f"a refund failed at the provider: {why}" for why in failed]
        open_here = session.scalars(
            select(Dispute.provider_ref).where(
                Dispute.order_id == order.id, Dispute.closed_at.is_(None)
            )
        ).all()
        open_there = [
            one.id
            for one in gateway.disputes.values()
            if one.intent_id == self.intent and one.status not in DISPUTE_CLOSED
        ]
        if sorted(open_here) != sorted(open_there):
            found.append(f"open disputes: {open_there} there, {open_here} here")
        warned_here = session.scalars(
            select(FraudWarning.provider_ref).where(
                FraudWarning.order_id == order.id, FraudWarning.closed_at.is_(None)
            )
        ).all()
        warned_there = [
            one.id
            for one in gateway.warnings.values()
            if one.intent_id == self.intent and one.is_actionable
        ]
        if sorted(warned_here) != sorted(warned_there):
            found.append(f"open warnings: {warned_there} there, {warned_here} here")
        if order.status == "placed" and (open_there or warned_there) and not order.on_hold:
            found.append("neither a dispute nor a warning holds it")
        return found

    def _order(self) -> Order:
        session.rollback()
        return session.scalars(select(Order).where(Order.number == self.order["number"])).one()

    def _dispute(self) -> str | None:
        return next(
            (one.id for one in self.shop.gateway.disputes.values()
             if one.intent_id == self.intent), None,
        )  # fmt: skip

    def _decide(self, status: str) -> None:
        self.disputed()
        dispute = self._dispute()
        assert dispute is not None
        if self.shop.gateway.disputes[dispute].status not in DISPUTE_CLOSED:
            self.shop.gateway.move_dispute(dispute, status)
            self.sent.append(("charge.dispute.closed", dispute, self.intent))

    def _refund_there(self, most: int) -> None:
        gateway = self.shop.gateway
        if (dispute := self._dispute()) and gateway.disputes[dispute].status != "won":
            return  # Stripe refunds nothing that is disputed or charged back
        given = sum(
            one.amount
            for one in gateway.refunds.values()
            if one.intent_id == self.intent and one.status not in GONE
        )
        amount = min(most, gateway.intents[self.intent].received - given)
        if amount > 0:
            refund = gateway.refund_in_dashboard(self.intent, amount)
            self.sent.append(("refund.created", refund, self.intent))
            self.sent.append(("charge.refunded", f"ch_{self.intent}", self.intent))

    def _heard(self, answer: Any) -> None:
        if answer.status_code not in ANSWERS:
            self.faults.append(f"{answer.request.path}: {answer.status_code} {answer.text}")


OURS = ("create_intent", "mark_paid", "refund_line", "refund_all", "cancel", "ship")
FOREIGN = (
    "part_refunded", "rest_refunded", "disputed", "dispute_won", "dispute_lost", "warned",
)  # fmt: skip
EVENTS = OURS + FOREIGN
